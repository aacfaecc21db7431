/** A project as one file: whole projects come back byte for byte, and what is damaged, foreign, too new or too large is refused whole. */
import { unzipSync, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readManifest } from '../../src/core/project/archive.ts';
import { packHistory, unpackHistory } from '../../src/core/project/archiveHistory.ts';
import { type Project, defaultProjectOptions } from '../../src/core/project/project.ts';
import { sealOf } from '../../src/core/project/sealed.ts';
import type { EditHistory } from '../../src/core/scene/edit/operations.ts';
import { exportProject } from '../../workers/archive/exportProject.ts';
import { importProject } from '../../workers/archive/importProject.ts';
import { Disk } from './app/storeDisk.ts';

let disk: Disk;
beforeEach(() => {
  disk = new Disk();
  vi.stubGlobal('navigator', disk.navigator());
});
afterEach(() => void vi.unstubAllGlobals());

const bytes = (length: number, seed: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 7)) & 255);
const sealed = (content: Uint8Array<ArrayBuffer>, turn: number): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(16 + content.length);
  whole.set(sealOf([content], turn));
  whole.set(content, 16);
  return whole;
};
const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);
const nothing = (): void => undefined;

const project: Project = {
  id: 'old-id',
  name: 'Küche / 1',
  createdMs: 1,
  updatedMs: Date.UTC(2025, 4, 6),
  source: 'photos',
  state: 'trained',
  photos: [],
  files: [],
  options: defaultProjectOptions,
  solve: null,
  training: null,
  splatFile: null,
  start: null,
  poster: bytes(99, 5),
  bytes: 0,
};
const history: EditHistory = {
  done: [
    { kind: 'delete', splats: Uint8Array.of(1, 2, 255), count: 10 },
    { kind: 'background', colour: '#102030' },
  ],
  undone: [{ kind: 'floaters', strength: 0.25 }],
};
const contents: Record<string, Uint8Array<ArrayBuffer>> = {
  'photo-00001.jpg': bytes(5_000_001, 1),
  'photo-00002.jpg': bytes(0, 2),
  'photo-00001.thumb.jpg': bytes(300, 3),
  'solved.bin': sealed(bytes(4096, 4), 0),
  'trained-1.bin': sealed(bytes(7777, 6), 8),
};

async function savedFile(): Promise<File> {
  const folder = await disk.project('old-id');
  for (const [name, content] of Object.entries(contents)) folder.put(name, content);
  folder.put('trained-0.bin', sealed(bytes(50, 7), 7));
  folder.put('checkpoint-0.bin', bytes(1000, 8));
  const made = await exportProject(project, history, nothing);
  if (!made.ok) throw new Error(made.failure.detail);
  return new File([made.value], 'kitchen.splatproject.zip');
}
const raw = async (file: Blob): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await file.arrayBuffer());
const fileOf = (parts: Record<string, Uint8Array<ArrayBuffer>>, level: 0 | 6 = 0): File =>
  new File([zipSync(parts, { level })], 'x.splatproject.zip');
const projectIds = (): string[] => [...(disk.root.folders.get('projects')?.folders.keys() ?? [])].filter((id) => id !== 'old-id');

describe('a whole project', () => {
  test('comes back byte for byte, with edits and poster, without checkpoints and older splats', async () => {
    const file = await savedFile();
    const back = await importProject(file, 'new-id', nothing);
    expect(back).toMatchObject({ ok: true, value: { record: { name: 'Küche / 1', state: 'trained' }, poster: project.poster, history } });
    const folder = await disk.project('new-id');
    expect([...folder.files.keys()].sort()).toEqual(Object.keys(contents).sort());
    for (const [name, content] of Object.entries(contents)) expect(Buffer.compare(folder.files.get(name)!.bytes, content), name).toBe(0);
  });

  test('takes the older splats along where the newer ones are damaged', async () => {
    await savedFile();
    const folder = await disk.project('old-id');
    const splatsIn = async (): Promise<string[]> => {
      const made = await exportProject(project, history, nothing);
      if (!made.ok) throw new Error(made.failure.detail);
      return Object.keys(unzipSync(await raw(made.value))).filter((name) => name.includes('trained'));
    };
    const altered = contents['trained-1.bin'].slice();
    altered[5000] ^= 1;
    folder.put('trained-1.bin', altered);
    expect(await splatsIn()).toEqual(['files/trained-0.bin']);
    folder.put('trained-1.bin', new Uint8Array(3));
    expect(await splatsIn()).toEqual(['files/trained-0.bin']);
  });

  test('is a zip that other programs read, and is read when they packed it anew', async () => {
    const entries = unzipSync(await raw(await savedFile())) as Record<string, Uint8Array<ArrayBuffer>>;
    expect(entries['files/solved.bin']).toEqual(contents['solved.bin']);
    expect(await importProject(fileOf(entries, 6), 'packed', nothing)).toMatchObject({ ok: true });
    expect(Buffer.compare((await disk.project('packed')).files.get('photo-00001.jpg')!.bytes, contents['photo-00001.jpg'])).toBe(0);
  });

  test('goes into memory when there is no room for a second copy, and says how far it is', async () => {
    await savedFile();
    await disk.root.removeEntry('outgoing', { recursive: true });
    disk.roomBytes = disk.usedBytes() + 10;
    const told: [number, number][] = [];
    const made = await exportProject(project, history, (done, total) => told.push([done, total]));
    expect(disk.root.folders.has('outgoing')).toBe(false);
    const total = Object.values(contents).reduce((sum, { length }) => sum + length, 0);
    expect(told.at(-1)).toEqual([total, total]);
    disk.roomBytes = 1e9;
    expect(made.ok && (await importProject(new File([made.value], 'm.zip'), 'm', nothing)).ok).toBe(true);
  });
});

describe('refused, and nothing left of it', () => {
  const refusal = async (file: File): Promise<string> => {
    const result = await importProject(file, 'broken', nothing);
    expect(projectIds()).toEqual([]);
    return result.ok ? 'taken' : `${result.failure.code}: ${result.failure.detail}`;
  };

  test('a file cut short anywhere, or of another kind', async () => {
    const whole = await raw(await savedFile());
    for (const share of [0, 0.1, 0.5, 0.99, 0.999999]) {
      expect(await refusal(new File([whole.subarray(0, whole.length * share)], 'cut.zip'))).toMatch(/^bad-file: cut\.zip/);
    }
    expect(await refusal(new File([bytes(70_000, 9)], 'photo.jpg'))).toMatch(/^bad-file: photo\.jpg is not a whole project file/);
    expect(await refusal(fileOf({ 'a.txt': text('a') }))).toMatch(/not of a project/);
  });

  test('a byte that was altered', async () => {
    const whole = await raw(await savedFile());
    const at = Buffer.from(whole).indexOf('files/photo-00001.jpg') + 3_000_000;
    whole[at] ^= 1;
    expect(await refusal(new File([whole], 'a.zip'))).toMatch(/^bad-file: .*photo-00001\.jpg is damaged .*checksum/);
  });

  test.each(['../evil.bin', '/etc/passwd', 'a/b', '..', '.hidden', 'C:\\x', '', 'a'.repeat(200)])('a file named %j', async (name) => {
    const manifest = JSON.stringify({ format: 'splat-app-project', version: 1, project: {}, files: [{ name, sizeBytes: 1 }] });
    expect(await refusal(fileOf({ 'project.json': text(manifest), [`files/${name}`]: bytes(1, 1) }))).toMatch(
      /^bad-file: .*no project has/,
    );
  });

  test('a newer version, a list that is not kept, a name twice', async () => {
    const manifest = (more: object) => text(JSON.stringify({ format: 'splat-app-project', version: 1, project: {}, files: [], ...more }));
    expect(await refusal(fileOf({ 'project.json': manifest({ version: 2 }) }))).toMatch(/newer version/);
    expect(await refusal(fileOf({ 'project.json': manifest({ format: 'other' }) }))).toMatch(/not a project of this app/);
    expect(await refusal(fileOf({ 'project.json': text('{') }))).toMatch(/cannot be read/);
    const missing = manifest({ files: [{ name: 'solved.bin', sizeBytes: 3 }] });
    expect(await refusal(fileOf({ 'project.json': missing, 'files/solved.bin': bytes(2, 1) }))).toMatch(/does not hold all/);
    const twice = JSON.stringify({
      format: 'splat-app-project',
      version: 1,
      files: ['a.jpg', 'A.jpg'].map((name) => ({ name, sizeBytes: 1 })),
    });
    expect(readManifest(twice, 'x').ok).toBe(false);
  });

  test('what does not fit, whether the browser knows it or finds out', async () => {
    const file = await savedFile();
    await disk.root.removeEntry('outgoing', { recursive: true });
    disk.roomBytes = disk.usedBytes() + 1e6;
    expect(await refusal(file)).toMatch(/^storage-full: 10 MB are needed, 1 MB are free/);
    disk.saidQuota = 1e9;
    expect(await refusal(file)).toMatch(/^storage-full/);
  });
});

test('edits come back as they were; of damaged ones the operations that make sense', () => {
  const joined = (parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
  expect(unpackHistory(joined(packHistory(history)))).toEqual(history);
  const odd = { done: [{ kind: 'crop-sphere', sphere: { centre: [0, 0], radius: 1 } }, { kind: 'toString' }, ...history.done], undone: 7 };
  expect(unpackHistory(joined(packHistory(odd as never)))).toEqual({ done: history.done, undone: [] });
  const broken = joined(packHistory(history));
  broken[broken.length - 1] ^= 1;
  expect(unpackHistory(broken)).toBeNull();
});
