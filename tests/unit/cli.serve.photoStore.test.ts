/** Photo store: what lies on disk in the end is what the manifest says, whatever comes over the line. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Answer } from '../../src/cli/serve/answer.ts';
import { type Fetched, fetchPhotos } from '../../src/cli/serve/photoStore.ts';
import type { ManifestImage } from '../../src/core/job/trainerApi.ts';

let folder = '';
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'splat-photos-')), 'photos');
  // Pauses pass at once; the disk takes the time it takes.
  vi.useFakeTimers({ toFake: ['setTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

const bytesOf = (i: number): Buffer => Buffer.from(`photo number ${i} `.repeat(500 + i));
const nameOf = (i: number): string => `${String(i + 1).padStart(6, '0')}.jpg`;
const imageOf = (i: number, version = 0): ManifestImage => {
  const bytes = bytesOf(i);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name: nameOf(i), bytes: bytes.length, sha256, url: `https://store.test/${i}?v=${version}` };
};

const body = (bytes: Uint8Array): Response => new Response(bytes as Uint8Array<ArrayBuffer>);
const good = (value: Response): Answer<Response> => ({ ok: true, value });
const no = (status: number): Answer<Response> => ({ ok: false, no: 'lost', status, detail: `No (${status})` });
const broken = (bytes: Uint8Array): Response => {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.error(new TypeError('terminated'));
    },
  });
  return new Response(stream);
};

interface Desk {
  fetched: Fetched;
  downloads: string[];
  manifests: number;
  progress: string[];
}

/** Fetches `count` photos from a store whose answer for a try of a photo may be another one than the photo. */
async function run(
  count: number,
  other: (photo: number, tries: number, version: number) => Answer<Response> | null = () => null,
  signal = new AbortController().signal,
): Promise<Desk> {
  const [downloads, progress, tries] = [[] as string[], [] as string[], new Map<number, number>()];
  let manifests = 0;
  const client = {
    leaseUntil: Date.now() + 60_000,
    manifest: async () => {
      const images = Array.from({ length: count }, (_, i) => imageOf(i, manifests));
      manifests++;
      return { ok: true as const, value: { preset: 'preview' as const, images, checkpoint: null } };
    },
    download: async (url: string): Promise<Answer<Response>> => {
      const [, photo, version] = /\/(\d+)\?v=(\d+)$/.exec(url)!.map(Number);
      downloads.push(url);
      tries.set(photo, (tries.get(photo) ?? 0) + 1);
      return other(photo, tries.get(photo)!, version) ?? good(body(bytesOf(photo)));
    },
  };
  const onProgress = (done: number, total: number): void => void progress.push(`${done}/${total}`);
  let isOver = false;
  const fetching = fetchPhotos({ client, folder, onProgress, random: () => 0, patienceMs: 60_000, signal }).finally(() => (isOver = true));
  while (!isOver) {
    await vi.advanceTimersByTimeAsync(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const fetched = await fetching;
  return { fetched, downloads, manifests, progress };
}

const onDisk = (): string[] => readdirSync(folder).sort();
const isWhole = (i: number): boolean => readFileSync(join(folder, nameOf(i))).equals(bytesOf(i));

test('all photos come under the names of the manifest', async () => {
  const { fetched, progress, manifests } = await run(9);
  expect(fetched).toEqual({ ok: true, photos: 9 });
  expect(onDisk()).toEqual(Array.from({ length: 9 }, (_, i) => nameOf(i)));
  expect(Array.from({ length: 9 }, (_, i) => isWhole(i))).toEqual(Array.from({ length: 9 }, () => true));
  expect(progress).toEqual(Array.from({ length: 9 }, (_, i) => `${i + 1}/9`));
  expect(manifests).toBe(1);
});

test('what is there and right is not fetched again; what is wrong is; what is none of the job goes', async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, nameOf(0)), bytesOf(0));
  writeFileSync(join(folder, nameOf(1)), bytesOf(1).subarray(1));
  writeFileSync(join(folder, nameOf(2)), Buffer.from(bytesOf(2)).fill('x', 5, 6));
  writeFileSync(join(folder, `${nameOf(3)}.part`), 'half');
  writeFileSync(join(folder, '000099.jpg'), 'of another job');
  const { fetched, downloads } = await run(3);
  expect(fetched.ok).toBe(true);
  expect(downloads.sort()).toEqual(['https://store.test/1?v=0', 'https://store.test/2?v=0']);
  expect(onDisk()).toEqual([0, 1, 2].map(nameOf));
  expect([0, 1, 2].map(isWhole)).toEqual([true, true, true]);
});

test.each([
  ['cut short', () => good(body(bytesOf(1).subarray(0, 100)))],
  ['too long', () => good(body(Buffer.concat([bytesOf(1), Buffer.from('more')])))],
  ['altered', () => good(body(Buffer.from(bytesOf(1)).fill('x', 7, 8)))],
  ['broken off', () => good(broken(bytesOf(1).subarray(0, 100)))],
  ['not answered', (): Answer<Response> => ({ ok: false, no: 'again', detail: 'Nobody there.', wishMs: null })],
])('a download that is %s is made again', async (_, bad) => {
  const { fetched, downloads } = await run(3, (photo, tries) => (photo === 1 && tries < 3 ? bad() : null));
  expect(fetched.ok).toBe(true);
  expect(downloads.filter((url) => url.includes('/1?'))).toHaveLength(3);
  expect(onDisk()).toEqual([0, 1, 2].map(nameOf));
  expect(isWhole(1)).toBe(true);
});

test('a photo that keeps arriving altered ends it, and is not left on disk', async () => {
  const { fetched, downloads } = await run(1, () => good(body(Buffer.from(bytesOf(0)).fill('x', 7, 8))));
  expect(fetched).toMatchObject({ ok: false, failure: { code: 'bad-file', file: nameOf(0) } });
  expect(downloads).toHaveLength(5);
  expect(existsSync(join(folder, nameOf(0)))).toBe(false);
});

test('addresses that have run out are asked for anew, once for all photos', async () => {
  const { fetched, manifests, downloads } = await run(4, (_, __, version) => (version === 0 ? no(403) : null));
  expect(fetched.ok).toBe(true);
  expect(manifests).toBe(2);
  expect(downloads.filter((url) => url.endsWith('v=1'))).toHaveLength(4);
});

test('a photo that stays refused ends it', async () => {
  const { fetched } = await run(2, (photo) => (photo === 1 ? no(404) : null));
  expect(fetched).toMatchObject({ ok: false, failure: { code: 'bad-file', detail: '000002.jpg could not be fetched: No (404).' } });
});

test('a stop ends it without a word about the photos', async () => {
  const stop = new AbortController();
  const { fetched } = await run(3, () => {
    stop.abort();
    return { ok: false, no: 'stopped' };
  }, stop.signal); // prettier-ignore
  expect(fetched).toEqual({ ok: false, no: { ok: false, no: 'stopped' } });
});
