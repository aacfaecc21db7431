/** Files from the share menu: kept, given out once, or the reason why not. */
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, expect, test } from 'vitest';
import { type Shelf, openShelf, receiveShared, takeShared } from '../../workers/service/sharedFiles.ts';

const hourMs = 3600_000;
let shelf: Shelf;

beforeEach(() => {
  shelf = openShelf(new IDBFactory());
});

function share(...files: File[]): Request {
  const body = new FormData();
  body.set('title', 'Holiday');
  for (const file of files) body.append('files', file);
  return new Request('https://splat.example/share-target', { method: 'POST', body });
}

const names = async (now?: number): Promise<unknown> => {
  const taken = await takeShared(shelf, now);
  return taken.ok ? taken.value.map(({ name }) => name) : taken.failure.code;
};

test('several shares are given out together, once', async () => {
  await receiveShared(share(new File(['1'], 'one.jpg'), new File(['2'], 'two.jpg')), shelf, null);
  await receiveShared(share(new File(['3'], 'three.ply')), shelf, 1e9);
  expect(await names()).toEqual(['one.jpg', 'two.jpg', 'three.ply']);
  expect(await names()).toEqual([]);
});

test('files larger than the room there is are refused with the figures', async () => {
  await receiveShared(share(new File([new Uint8Array(2000)], 'film.mp4')), shelf, 16 * 1024 * 1024 + 1999);
  expect(await takeShared(shelf)).toMatchObject({ ok: false, failure: { code: 'storage-full', detail: expect.stringContaining('2000') } });
  await receiveShared(share(new File([new Uint8Array(2000)], 'film.mp4')), shelf, 16 * 1024 * 1024 + 2000);
  expect(await names()).toEqual(['film.mp4']);
});

test('a share without a file in it, or that is no form, is told', async () => {
  await receiveShared(share(new File([], 'empty.jpg')), shelf, null);
  expect(await names()).toBe('bad-file');
  await receiveShared(new Request('https://splat.example/share-target', { method: 'POST', body: 'x' }), shelf, null);
  expect(await names()).toBe('bad-file');
});

test('what nobody took within a day is gone', async () => {
  await receiveShared(share(new File(['1'], 'one.jpg')), shelf, null, 0);
  expect(await names(25 * hourMs)).toEqual([]);
});

test('a shelf that refuses keeps the reason', async () => {
  const kept: unknown[] = [];
  const full: Shelf = {
    put: async (handOver) => {
      if (handOver.result.ok) throw new DOMException('full', 'QuotaExceededError');
      kept.push(handOver.result.failure.code);
    },
    takeAll: async () => [],
  };
  await receiveShared(share(new File(['1'], 'one.jpg')), full, null);
  expect(kept).toEqual(['storage-full']);
});
