/** Projects kept on the device: old databases, damaged records, two tabs, no room, and no storage at all. */
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createConnection, databaseName, migrations, openDatabase } from '../../../src/app/services/store/database.ts';
import { type ProjectStore, openProjectStore } from '../../../src/app/services/store/projectStore.ts';
import { answerToPersist, askToPersist, storageState } from '../../../src/app/services/store/quota.ts';
import { getSetting, setSetting } from '../../../src/app/services/store/settings.ts';
import { Disk } from './storeDisk.ts';

let disk: Disk;
const open: ProjectStore[] = [];

beforeEach(() => {
  disk = new Disk();
  vi.stubGlobal('navigator', disk.navigator());
  vi.stubGlobal('indexedDB', new IDBFactory());
});
afterEach(() => {
  for (const store of open.splice(0)) store.dispose();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function tab(): Promise<ProjectStore> {
  const store = await openProjectStore();
  open.push(store);
  return store;
}

describe('database', () => {
  test.each(migrations.map((_, n) => n))('a database of version %i opens as one of today, with what was in it', async (version) => {
    if (version > 0) {
      const old = await openDatabase(version);
      await old.put('projects', { id: 'kept', name: 'Kept' } as never);
      old.close();
    }
    const store = await tab();
    expect((await store.list()).map(({ name }) => name)).toEqual(version > 0 ? ['Kept'] : []);
    await setSetting('a', [1]);
    expect(await getSetting('a')).toEqual([1]);
    const today = await openDatabase();
    expect([...today.objectStoreNames].sort()).toEqual(['edits', 'outbox', 'projects', 'settings']);
    await today.put('outbox', { id: 'o', projectId: 'p', state: 's', createdMs: 1, nextTryMs: 2, data: null });
    expect(await today.getAllFromIndex('outbox', 'projectId', 'p')).toHaveLength(1);
    today.close();
  });

  test('a newer version in another tab is not held up, and this tab goes on with what it knows', async () => {
    const store = await tab();
    const { id } = await store.create('A', 'photos');
    await store.list();
    const newer = await openDB(databaseName, migrations.length + 1);
    expect(newer.version).toBe(migrations.length + 1);
    expect((await store.list()).map(({ name }) => name)).toEqual(['A']);
    expect(await store.update(id, () => ({ name: 'B' }))).toMatchObject({ name: 'B' });
    expect((await store.list()).map(({ name }) => name)).toEqual(['B']);
    expect(await store.saveEdits(id, { done: [], undone: [] })).toMatchObject({ ok: false, failure: { code: 'storage-full' } });
    newer.close();
  });

  test('an older version that does not let go is waited for, but not for ever', async () => {
    const old = await openDB(databaseName, 1); // Hears nothing of newer versions.
    await expect(openDatabase(2, undefined, 20)).rejects.toThrow('another tab'.replace('a', 'A'));
    old.close();
  });

  test('a closed connection is opened anew', async () => {
    const connection = createConnection();
    const first = await connection.get();
    expect(await connection.get()).toBe(first);
    connection.close();
    expect(await (await connection.get()).count('projects')).toBe(0);
    connection.close();
  });
});

describe('projects', () => {
  test('are listed newest first and updates of two tabs at once are both kept', async () => {
    const [one, two] = [await tab(), await tab()];
    const { id } = await one.create('First', 'photos');
    const heard = vi.fn();
    two.subscribe(heard);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).update(id, ({ bytes, name }) => ({ bytes: bytes + 1, name: `${name}.` }))),
    );
    expect(await one.get(id)).toMatchObject({ bytes: 20, name: `First${'.'.repeat(20)}` });
    await vi.waitFor(() => expect(heard.mock.calls.length).toBeGreaterThanOrEqual(20));
    expect(heard.mock.calls.every(([changed]) => changed === id)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 2));
    await two.create('Second', 'video');
    expect((await one.list()).map(({ name }) => name[0])).toEqual(['S', 'F']);
  });

  test('an update cannot change the id, and one of a deleted project does not bring it back', async () => {
    const [one, two] = [await tab(), await tab()];
    const { id } = await one.create('A', 'photos');
    expect(await one.update(id, () => ({ id: 'other' }))).toMatchObject({ id });
    (await disk.project(id)).put('photo-00001.jpg', new Uint8Array(3));
    await two.saveEdits(id, { done: [{ kind: 'floaters', strength: 1 }], undone: [] });
    await two.remove(id);
    expect(await one.update(id, () => ({ name: 'B' }))).toBeNull();
    expect([await one.list(), await one.get(id), (await one.edits(id)).done]).toEqual([[], null, []]);
    expect(disk.usedBytes()).toBe(0);
  });

  test('are deleted also while another tab writes one of their files', async () => {
    const store = await tab();
    const { id } = await store.create('A', 'photos');
    const folder = await disk.project(id);
    folder.put('photo-00001.jpg', new Uint8Array(3));
    folder.files.get('photo-00001.jpg')!.locked = true;
    await store.remove(id);
    expect(await store.list()).toEqual([]);
  });

  test('damaged records are mended field by field', async () => {
    const database = await openDatabase();
    const photo = { file: 'photo-00001.jpg', name: 'a.jpg', keep: 'yes', reason: 'odd' };
    const row = {
      id: 'x',
      name: 7,
      updatedMs: 5,
      state: 'gone',
      photos: [photo, { file: '../../etc' }, null],
      solve: 'no',
      options: { steps: 1.5 },
    };
    await database.put('projects', row as never);
    await database.put('projects', { id: '../up' } as never);
    database.close();
    const [project, ...others] = await (await tab()).list();
    expect(others).toEqual([]);
    expect(project).toMatchObject({ id: 'x', updatedMs: 5, source: 'photos', solve: null, options: { preset: 'preview', steps: null } });
    expect(project.photos).toMatchObject([{ file: 'photo-00001.jpg', name: 'a.jpg', keep: true, reason: null, sharpness: NaN }]);
    expect(typeof project.name).toBe('string');
  });

  test('a change that the database has no room for lives on in this tab and is kept when there is room', async () => {
    const store = await tab();
    const { id } = await store.create('A', 'photos');
    await store.list();
    const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    expect(await store.update(id, () => ({ name: 'B' }))).toMatchObject({ name: 'B' });
    expect(await store.get(id)).toMatchObject({ name: 'B' });
    expect(await store.saveEdits(id, { done: [], undone: [] })).toMatchObject({ ok: false, failure: { code: 'storage-full' } });
    full.mockRestore();
    await store.update(id, () => ({ bytes: 4 }));
    expect(await (await tab()).get(id)).toMatchObject({ name: 'B', bytes: 4 });
  });

  test('everything goes: records, settings, files, caches', async () => {
    const store = await tab();
    const { id } = await store.create('A', 'photos');
    (await disk.project(id)).put('solved.bin', new Uint8Array(9));
    (await disk.root.getDirectoryHandle('solve-cache', { create: true })).put('f', new Uint8Array(9));
    await setSetting('a', 1);
    const [remove, clear] = [vi.fn(), vi.fn()];
    vi.stubGlobal('caches', { keys: async () => ['app'], delete: remove });
    vi.stubGlobal('localStorage', { clear });
    await store.removeEverything();
    expect([await store.list(), await getSetting('a'), disk.usedBytes()]).toEqual([[], undefined, 0]);
    expect(remove).toHaveBeenCalledWith('app');
    expect(clear).toHaveBeenCalled();
  });
});

test.each(['no IndexedDB', 'no private file system'])('with %s everything works in memory and says so', async (what) => {
  if (what === 'no IndexedDB')
    vi.stubGlobal('indexedDB', {
      open: () => {
        throw new DOMException('no', 'SecurityError');
      },
    });
  else vi.stubGlobal('navigator', { storage: { getDirectory: () => Promise.reject(new DOMException('no', 'SecurityError')) } });
  const store = await tab();
  expect(store.keeps).toBe(false);
  const { id } = await store.create('A', 'camera');
  await store.update(id, () => ({ state: 'checked' }));
  const history = { done: [{ kind: 'floaters', strength: 1 } as const], undone: [] };
  expect(await store.saveEdits(id, history)).toEqual({ ok: true, value: null });
  expect(await store.edits(id)).toEqual(history);
  expect(await store.list()).toMatchObject([{ id, name: 'A', state: 'checked' }]);
  await store.remove(id);
  expect(await store.list()).toEqual([]);
  expect(await getSetting('never')).toBeUndefined();
});

describe('room', () => {
  test('is told with the figures; what the browser does not say is null', async () => {
    disk.roomBytes = 5e6;
    expect(await storageState()).toEqual({ usageBytes: 0, quotaBytes: 5e6, freeBytes: 5e6, persisted: false });
    vi.stubGlobal('navigator', {});
    expect(await storageState()).toEqual({ usageBytes: 0, quotaBytes: null, freeBytes: null, persisted: null });
    expect(await askToPersist()).toBeNull();
  });

  test('the answer to keeping it is remembered', async () => {
    expect(await answerToPersist()).toBeNull();
    expect(await askToPersist()).toBe(true);
    expect(await answerToPersist()).toBe(true);
  });
});
