/** The files win: records mended from them, folders that nobody knows swept, room made from what can be computed again. */
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openDatabase } from '../../../src/app/services/store/database.ts';
import { remakeableBytes, removeRemakeable } from '../../../src/app/services/store/lighten.ts';
import { projectRecord } from '../../../src/app/services/store/mend.ts';
import { newestTrained, photosOfProject, projectBytes, sealedContent } from '../../../src/app/services/store/projectFiles.ts';
import { repairedProject } from '../../../src/app/services/store/projectRepair.ts';
import { openProjectStore } from '../../../src/app/services/store/projectStore.ts';
import { sweepFolders } from '../../../src/app/services/store/sweep.ts';
import type { Project, ProjectState } from '../../../src/core/project/project.ts';
import { sealOf } from '../../../src/core/project/sealed.ts';
import { Disk } from './storeDisk.ts';

let disk: Disk;
beforeEach(() => {
  disk = new Disk();
  vi.stubGlobal('navigator', disk.navigator());
  vi.stubGlobal('indexedDB', new IDBFactory());
});
afterEach(() => void vi.unstubAllGlobals());

const hourMs = 3_600_000;
const recordMs = 1000;
const training = { step: 5, totalSteps: 9, splats: 3, heldOutPsnrDb: null, widthPx: 1, heightPx: 1, adapterName: '' };
const solve = { photos: 1, registered: 1, points: 9, meanReprojectionErrorPx: 0.5, leftOut: [] };

const record = (state: ProjectState, more: Partial<Project> = {}): Project => ({
  ...repairedProject({ id: 'p', state, updatedMs: recordMs, photos: [{ file: 'photo-00001.jpg' }] })!,
  training,
  solve,
  ...more,
});
const files = (ms: number, ...names: string[]) =>
  new Map(['photo-00001.jpg', ...names].map((name) => [name, { sizeBytes: 10, modifiedMs: name.startsWith('photo') ? 1 : ms }]));
const stateAfter = (state: ProjectState, names: string[], ms: number): ProjectState =>
  projectRecord(record(state), files(ms, ...names), { allFilesThere: true }).state;

describe('a record held against its files', () => {
  test.each<[ProjectState, string[], ProjectState]>([
    ['trained', ['trained-0.bin'], 'trained'],
    ['trained', ['checkpoint-1.bin', 'solved.bin'], 'training'],
    ['trained', ['solved.bin'], 'solved'],
    ['training', ['trained-1.bin'], 'trained'],
    ['training', ['trained-1.bin', 'checkpoint-0.bin'], 'training'],
    ['solved', [], 'checked'],
    // They were there when the record said less: photos were changed after them.
    ['checked', ['solved.bin', 'checkpoint-0.bin', 'trained-0.bin'], 'checked'],
  ])('%s with %j of before is %s', (state, names, after) => expect(stateAfter(state, names, recordMs)).toBe(after));

  test.each<[ProjectState, string[], ProjectState]>([
    ['checked', ['solved.bin'], 'solved'],
    ['solved', ['checkpoint-0.bin'], 'training'],
    ['training', ['checkpoint-0.bin', 'trained-0.bin'], 'trained'],
  ])('%s with a younger %j is %s', (state, names, after) => expect(stateAfter(state, names, recordMs + 1)).toBe(after));

  test('tells of no photo, splats or figures that are not there, and stays the same object when all is well', () => {
    const nothing = projectRecord(record('trained', { splatFile: 'splats.ply' }), new Map(), { allFilesThere: true });
    expect(nothing).toMatchObject({ state: 'empty', photos: [], splatFile: null, solve: null, training: null, bytes: 0 });
    expect(projectRecord(record('checked'), new Map(), { allFilesThere: false }).photos).toHaveLength(1);
    const whole = record('trained', { bytes: 20 });
    expect(projectRecord(whole, files(recordMs, 'trained-0.bin'), { allFilesThere: true })).toBe(whole);
  });

  test('is mended at the start without becoming newer', async () => {
    const database = await openDatabase();
    await database.put('projects', record('trained', { bytes: 1 }));
    database.close();
    (await disk.project('p')).put('photo-00001.jpg', new Uint8Array(7), 1);
    const store = await openProjectStore();
    const heard = vi.fn();
    store.subscribe(heard);
    await vi.waitFor(() => expect(heard).toHaveBeenCalled());
    expect(await store.get('p')).toMatchObject({ state: 'checked', training: null, bytes: 7, updatedMs: recordMs });
    store.dispose();
  });
});

test('a folder nobody knows goes after an hour; young, empty, known and busy ones stay', async () => {
  const nowMs = 10 * hourMs;
  for (const [id, ms] of [
    ['old', 1],
    ['young', nowMs - hourMs + 1],
    ['known', 1],
    ['busy', 1],
  ] as const)
    (await disk.project(id)).put('f', new Uint8Array(1), ms);
  await disk.project('empty');
  (await disk.project('busy')).files.get('f')!.locked = true;
  const projects = await disk.root.getDirectoryHandle('projects');
  await sweepFolders(projects as unknown as FileSystemDirectoryHandle, new Set(['known']), nowMs);
  expect([...projects.folders.keys()].sort()).toEqual(['busy', 'empty', 'known', 'young']);
});

test('room is made from checkpoints of finished runs and from caches, and from nothing else', async () => {
  const store = await openProjectStore();
  const [done, running] = [await store.create('Done', 'photos'), await store.create('Running', 'photos')];
  for (const name of ['photo-00001.jpg', 'solved.bin', 'checkpoint-0.bin', 'trained-0.bin'])
    (await disk.project(done.id)).put(name, new Uint8Array(10));
  for (const name of ['photo-00001.jpg', 'checkpoint-0.bin']) (await disk.project(running.id)).put(name, new Uint8Array(10));
  (await disk.root.getDirectoryHandle('solve-cache', { create: true })).put('features', new Uint8Array(100));
  // It has splats of before, and is being trained longer.
  (await disk.project(running.id)).put('trained-0.bin', new Uint8Array(10));
  await store.update(done.id, () => ({ state: 'trained' }));
  await store.update(running.id, () => ({ state: 'training' }));
  expect(await remakeableBytes(await store.list())).toBe(110);
  expect(await removeRemakeable(store)).toBe(110);
  expect([...(await disk.project(done.id)).files.keys()]).toEqual(['photo-00001.jpg', 'solved.bin', 'trained-0.bin']);
  expect(await projectBytes(running.id)).toBe(30);
  store.dispose();
});

describe('files of a project', () => {
  const sealed = (value: number, turn: number): Uint8Array<ArrayBuffer> => {
    const content = new Uint8Array(8).fill(value);
    return new Uint8Array([...sealOf([content], turn), ...content]);
  };
  const first = async (blob: Blob | null): Promise<number | null> => blob && new Uint8Array(await blob.arrayBuffer())[0];

  test('the newest splats that are whole are found', async () => {
    const folder = await disk.project('p');
    expect(await newestTrained('p')).toBeNull();
    folder.put('trained-0.bin', sealed(1, 4));
    folder.put('trained-1.bin', sealed(2, 5));
    expect(await first(await newestTrained('p'))).toBe(2);
    folder.put('trained-1.bin', sealed(2, 5).slice(0, 20));
    expect(await first(await newestTrained('p'))).toBe(1);
    expect(await sealedContent('p', 'trained-1.bin')).toBeNull();
  });

  test('kept photos and given files come under the names they had', async () => {
    const folder = await disk.project('p');
    for (const name of ['photo-00001.jpg', 'photo-00002.jpg', 'given-00001.bin']) folder.put(name, new Uint8Array(1));
    const photos = [
      { file: 'photo-00001.jpg', name: 'a/1.jpg' },
      { file: 'photo-00002.jpg', name: 'a/2.jpg', keep: false },
      { file: 'gone.jpg', name: 'g' },
    ];
    const paths = async (row: object) => (await photosOfProject(repairedProject({ id: 'p', ...row })!)).map(({ path }) => path);
    expect(await paths({ photos })).toEqual(['a/1.jpg']);
    expect(await paths({ photos, files: [{ path: 'sparse/0/cameras.bin', file: 'given-00001.bin' }] })).toEqual(['sparse/0/cameras.bin']);
  });
});
