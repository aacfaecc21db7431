/** Large archives are read entry by entry: the same files, bytes and refusals as when they are read as a whole. */
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import type { Result } from '../../../src/core/job/failure.ts';
import type { SourceFile } from '../../../src/core/scene/dataset.ts';
import { openArchive } from '../../../workers/intake/archive.ts';

const random = Uint8Array.from({ length: 50_000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
const plain = new Uint8Array(20_000).fill(7);
const content = {
  'walk/': new Uint8Array(0),
  'walk/stored ä.jpg': [random, { level: 0 }],
  'walk/packed.jpg': [plain, { level: 6, extra: { 0x7075: random.subarray(0, 300) }, comment: 'a remark' }],
  'walk/empty.txt': new Uint8Array(0),
} as const;
const archive = zipSync(content as unknown as Parameters<typeof zipSync>[0], { comment: 'taken by the sea' });

/** What of a file was read, in pieces. */
function watched(bytes: Uint8Array<ArrayBuffer>): { file: Blob; pieces: number[] } {
  const file = new Blob([bytes]);
  const pieces: number[] = [];
  const slice = file.slice.bind(file);
  file.slice = (from = 0, to = file.size) => {
    const piece = slice(from, to);
    pieces.push(piece.size);
    return piece;
  };
  file.arrayBuffer = () => Promise.reject(new Error('read as a whole'));
  return { file, pieces };
}

function filesOf(result: Result<SourceFile[]>): SourceFile[] {
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

test('gives the files and bytes that reading it as a whole gives, without reading it as a whole', async () => {
  const whole = filesOf(await openArchive(new Blob([archive]), 'walk.zip'));
  const { file } = watched(archive);
  const large = filesOf(await openArchive(file, 'walk.zip', 0));
  expect(large.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
    ['walk/stored ä.jpg', 50_000],
    ['walk/packed.jpg', 20_000],
    ['walk/empty.txt', 0],
  ]);
  for (const [i, entry] of large.entries()) expect(await entry.bytes()).toEqual(await whole[i].bytes());
  expect(await large[0].bytes()).toEqual(random);
});

test('an entry reads its own part of the file only', async () => {
  const files = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`${n}.jpg`, random]));
  const { file, pieces } = watched(zipSync(files, { level: 0 }));
  const large = filesOf(await openArchive(file, 'a.zip', 0));
  pieces.length = 0;
  expect(await large[7].bytes()).toEqual(random);
  expect(pieces.reduce((sum, size) => sum + size, 0)).toBeLessThan(60_000);
});

test('a damaged entry rejects alone, an encrypted or cut archive is refused by name', async () => {
  const damaged = archive.slice();
  damaged[200] ^= 1;
  const files = filesOf(await openArchive(new Blob([damaged]), 'walk.zip', 0));
  await expect(files[0].bytes()).rejects.toThrow('stored');
  expect(await files[1].bytes()).toEqual(plain);

  const encrypted = archive.slice();
  for (let at = 0; at + 46 < encrypted.length; at++)
    if (new DataView(encrypted.buffer).getUint32(at, true) === 0x02014b50) encrypted[at + 8] |= 1;
  expect(await openArchive(new Blob([encrypted]), 'walk.zip', 0)).toMatchObject({
    ok: false,
    failure: { code: 'bad-file', file: 'walk.zip', detail: expect.stringContaining('encrypted') },
  });
  const cut = new Blob([archive.subarray(0, archive.length - 100)]);
  expect(await openArchive(cut, 'walk.zip', 0)).toMatchObject({ ok: false, failure: { code: 'bad-file', file: 'walk.zip' } });
});
