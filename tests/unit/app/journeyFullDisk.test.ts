/** Taking files in where nothing can be kept, and where there is only no room: the one goes on in memory, the other is told. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openKeeper } from '../../../workers/intake/keeper.ts';
import { Disk } from './storeDisk.ts';

let disk: Disk;
beforeEach(() => {
  disk = new Disk();
  vi.stubGlobal('navigator', disk.navigator());
  vi.stubGlobal('FileSystemFileHandle', { prototype: { createSyncAccessHandle: () => undefined } });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const bytes = new Uint8Array(2_500_000);
const refusedAs = (name: string) => vi.spyOn(disk.root, 'getDirectoryHandle').mockRejectedValue(new DOMException('no', name));

test('a disk too full for a folder refuses with the figures', async () => {
  refusedAs('QuotaExceededError');
  const keeper = await openKeeper('p');
  const full = { ok: false, failure: { code: 'storage-full', detail: '3 MB are needed, 0 MB are free.' } };
  expect(await keeper.checkRoom(bytes.length)).toEqual(full);
  expect(await keeper.put('photo-00000.jpg', bytes)).toEqual(full);
  expect(keeper.bytesWritten()).toBe(0);
});

test('a browser that refuses its file system altogether hands the bytes to the page', async () => {
  refusedAs('SecurityError');
  const keeper = await openKeeper('p');
  expect(await keeper.checkRoom(bytes.length)).toEqual({ ok: true, value: null });
  const put = await keeper.put('photo-00000.jpg', bytes);
  expect(put.ok && put.value?.size).toBe(bytes.length);
});

test('with room the bytes are on the disk, not in the page', async () => {
  const keeper = await openKeeper('p');
  expect(await keeper.put('photo-00000.jpg', bytes)).toEqual({ ok: true, value: null });
  expect((await disk.project('p')).files.get('photo-00000.jpg')?.bytes.length).toBe(bytes.length);
});
