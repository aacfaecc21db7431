/** Taking photos in with a decoder of the test's own: what is listed, what is written, and where it stops when there is no room. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { thumbnailFile } from '../../../src/core/project/layout.ts';
import type { GreyImage } from '../../../src/core/sfm/grey.ts';
import { type Keeper, openKeeper } from '../../../workers/intake/keeper.ts';
import type { IntakeMessage } from '../../../workers/intake/messages.ts';
import type { SmallPictures } from '../../../workers/intake/smallPictures.ts';
import { runIntake } from '../../../workers/intake/intakeRun.ts';
import { createPhotoTaker } from '../../../workers/intake/takePhotos.ts';

const grey: GreyImage = { widthPx: 80, heightPx: 60, values: Float32Array.from({ length: 4800 }, (_, i) => ((i * 7) % 11) / 11) };
/** Opens what begins with "photo". */
const pictures: SmallPictures = {
  async of(photo) {
    if (!(await photo.text()).startsWith('photo')) throw new Error('no photo');
    return { widthPx: 800, heightPx: 600, grey, thumbnail: new Blob(['small']) };
  },
  greyOf: async () => grey,
};
const file = (path: string, text: string) => ({ path, sizeBytes: text.length, bytes: async () => new TextEncoder().encode(text) });

function takerWith(keeper: Keeper) {
  const posted: Extract<IntakeMessage, { type: 'photo' }>[] = [];
  const taker = createPhotoTaker({ keeper, pictures, post: (message) => void (message.type === 'photo' && posted.push(message)) }, []);
  return { taker, posted };
}

function memoryKeeper(most = Infinity) {
  const files = new Map<string, Uint8Array>();
  const keeper: Keeper = {
    checkRoom: async () => ({ ok: true, value: null }),
    put: async (name, bytes) => {
      if (files.size >= most) return { ok: false, failure: { code: 'storage-full', detail: 'Full.' } };
      files.set(name, bytes);
      return { ok: true, value: null };
    },
    bytesWritten: () => 0,
  };
  return { files, keeper };
}

test('a photo is listed with its facts after it and its small picture were written; its id is the hash of what was received', async () => {
  const { files, keeper } = memoryKeeper();
  const { taker, posted } = takerWith(keeper);
  await taker.take(file('walk/abc.jpg', 'photo abc'));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('photo abc'));
  expect(posted[0].photo).toMatchObject({
    ...{ id: Buffer.from(digest).toString('hex'), name: 'walk/abc.jpg', file: 'photo-00001.jpg', sizeBytes: 9 },
    ...{ widthPx: 800, heightPx: 600, keep: true, reason: null, takenMs: null, cameraName: null },
  });
  expect(posted[0].bytes).toBeNull();
  expect([...files.keys()]).toEqual(['photo-00001.jpg', thumbnailFile('photo-00001.jpg')]);
  expect(taker.greys.get(posted[0].photo.id)).toMatchObject({ widthPx: 64, heightPx: 48 });
});

test('copies are counted and not kept, broken photos are listed and not kept, and numbers have no gaps', async () => {
  const { files, keeper } = memoryKeeper();
  const { taker, posted } = takerWith(keeper);
  const gone = { path: 'gone.jpg', sizeBytes: 3, bytes: () => Promise.reject(new Error('The disk is gone.')) };
  for (const each of [file('a.jpg', 'photo 1'), file('b.jpg', 'photo 1'), file('c.heic', 'broken'), gone, file('a.jpg', 'photo 2')])
    expect((await taker.take(each)).ok).toBe(true);
  expect(posted.map(({ photo }) => [photo.name, photo.file, photo.reason])).toEqual([
    ['a.jpg', 'photo-00001.jpg', null],
    ['c.heic', '', 'unreadable'],
    ['gone.jpg', '', 'unreadable'],
    ['a_2.jpg', 'photo-00002.jpg', null],
  ]);
  expect(files.size).toBe(4);
  expect(taker.remarks().map(({ code, photos }) => [code, photos])).toEqual([
    ['bad-file', ['c.heic']],
    ['bad-file', ['gone.jpg']],
    ['partial', ['b.jpg']],
  ]);
});

test('when the room runs out in the middle, what is there stays and the photo that did not fit is not listed', async () => {
  // Two photos with their small pictures, and the third without its own.
  const { keeper } = memoryKeeper(5);
  const { taker } = takerWith(keeper);
  const taken = [];
  for (const n of [1, 2, 3]) taken.push((await taker.take(file(`${n}.jpg`, `photo ${n}`))).ok);
  expect(taken).toEqual([true, true, false]);
  expect(taker.photos().map(({ name }) => name)).toEqual(['1.jpg', '2.jpg']);
});

test('where nothing can be kept, the page is handed the bytes', async () => {
  // Node has no private file system.
  const { taker, posted } = takerWith(await openKeeper('p'));
  await taker.take(file('a.jpg', 'photo 1'));
  expect(await posted[0].bytes?.text()).toBe('photo 1');
  expect(await posted[0].thumbnail?.text()).toBe('small');
});

test('what is known not to fit is refused with both numbers before anything is written', async () => {
  const written = vi.fn();
  const folder = { getDirectoryHandle: async () => folder, getFileHandle: written };
  vi.stubGlobal('FileSystemFileHandle', { prototype: { createSyncAccessHandle: written } });
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => folder, estimate: async () => ({ quota: 5e6, usage: 2e6 }) } });
  onTestFinished(() => void vi.unstubAllGlobals());
  const big = new File([new Uint8Array(4e6)], 'a.jpg');
  const result = await runIntake({ projectId: 'p', picked: [{ path: 'a.jpg', file: big }], photosBefore: [] }, written);
  expect(result).toEqual({ ok: false, failure: { code: 'storage-full', detail: '5 MB are needed, 3 MB are free.' } });
  expect(written).not.toHaveBeenCalled();
});
