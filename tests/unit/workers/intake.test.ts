/** What intake makes of files before anything is decoded: what was given, names, numbers, kinds and the words for what does not open. */
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { kindByName, kindOfPhoto } from '../../../src/core/image/photoKind.ts';
import type { Result } from '../../../src/core/job/failure.ts';
import { type Given, whatWasGiven } from '../../../workers/intake/given.ts';
import { takeDataset, takeSplats } from '../../../workers/intake/givenFiles.ts';
import type { Keeper } from '../../../workers/intake/keeper.ts';
import { nextNumber, uniqueName } from '../../../workers/intake/names.ts';
import { cameraName } from '../../../workers/intake/photoFacts.ts';
import { unreadableRemarks } from '../../../workers/intake/unreadable.ts';

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const picked = (path: string, content: Uint8Array<ArrayBuffer> | string = 'x') => ({
  path,
  file: new File([content], path.split('/').at(-1)!),
});
const zip = (name: string, entries: Record<string, string>) =>
  picked(name, zipSync(Object.fromEntries(Object.entries(entries).map(([path, text]) => [path, bytesOf(text)]))));

const splatPly = 'ply\nformat binary_little_endian 1.0\nelement vertex 1\nproperty float x\nproperty float f_dc_0\nend_header\n....';
const cloudPly = 'ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty uchar red\nend_header\n0 0';

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

/** What was given, with paths in place of files. */
async function given(files: ReturnType<typeof picked>[], onlyPhotos = false) {
  const what: Given = valueOf(await whatWasGiven(files, onlyPhotos));
  if (what.kind === 'splats') return { kind: what.kind, file: what.file.path };
  if (what.kind === 'dataset') return { kind: what.kind, files: what.files.map(({ path }) => path) };
  const { kind, photos, videos, warnings } = what;
  return {
    kind,
    photos: photos.map(({ path }) => path),
    videos: videos.map(({ path }) => path),
    warned: warnings.map((warning) => warning.photos),
  };
}

describe('what was given', () => {
  test('photos and videos come together, raw photos too, in order of their names', async () => {
    const files = ['walk/b.jpg', 'walk/a.JPG', 'walk/c.DNG', 'walk/two.mp4', 'walk/one.webm', 'walk/notes.txt'].map((path) => picked(path));
    const found = await given(files);
    expect(found).toEqual({ kind: 'photos', photos: ['a.JPG', 'b.jpg', 'c.DNG'], videos: ['one.webm', 'two.mp4'], warned: [] });
  });

  test('zips are opened, alone and among photos; the same name in two of them is two photos', async () => {
    const alone = await given([zip('trip.zip', { 'trip/1.jpg': 'a', 'trip/2.jpg': 'b', '__MACOSX/trip/._1.jpg': 'c' })]);
    expect(alone).toMatchObject({ kind: 'photos', photos: ['1.jpg', '2.jpg'] });
    const several = await given([zip('a.zip', { '1.jpg': 'a' }), zip('b.zip', { '1.jpg': 'b' }), picked('1.jpg'), picked('1.jpg', 'y')]);
    expect(several).toMatchObject({ photos: ['1.jpg', '1_2.jpg', 'a/1.jpg', 'b/1.jpg'] });
  });

  test('the moving part of a live photo is left out and named; a film of its own is not', async () => {
    const found = await given([picked('IMG_1.HEIC'), picked('IMG_1.MOV'), picked('IMG_2.MOV'), picked('IMG_1.mp4')]);
    expect(found).toMatchObject({ videos: ['IMG_1.mp4', 'IMG_2.MOV'], warned: [['IMG_1.MOV']] });
  });

  test('splats alone are viewed; beside photos they are left out and named; a point cloud is no splat', async () => {
    expect(await given([picked('cloud.ply', cloudPly), picked('garden.ply', splatPly)])).toEqual({ kind: 'splats', file: 'garden.ply' });
    expect(await given([picked('garden.spz')])).toEqual({ kind: 'splats', file: 'garden.spz' });
    expect(await given([picked('garden.spz'), picked('1.jpg')])).toMatchObject({
      kind: 'photos',
      photos: ['1.jpg'],
      warned: [['garden.spz']],
    });
    expect(await whatWasGiven([picked('cloud.ply', cloudPly)], false)).toMatchObject({ ok: false, failure: { code: 'too-few-photos' } });
  });

  test('poses make a data set, in a folder or in a zip; added to photos they are no longer of use', async () => {
    const files = ['s/images/1.jpg', 's/sparse/0/images.bin', 's/sparse/0/cameras.bin'];
    expect(await given(files.map((path) => picked(path)))).toMatchObject({ kind: 'dataset' });
    expect(await given([zip('s.zip', { 'transforms.json': '{}', '1.jpg': 'a' })])).toMatchObject({ kind: 'dataset' });
    expect(
      await given(
        files.map((path) => picked(path)),
        true,
      ),
    ).toMatchObject({ kind: 'photos', photos: ['images/1.jpg'] });
  });

  test('nothing of use, and an archive that is none, are failures with their names', async () => {
    expect(await whatWasGiven([picked('notes.txt')], false)).toMatchObject({ ok: false, failure: { code: 'too-few-photos' } });
    const broken = await whatWasGiven([picked('photos.zip', 'no archive')], false);
    expect(broken).toMatchObject({ ok: false, failure: { code: 'bad-file', file: 'photos.zip' } });
  });
});

describe('kinds of pictures', () => {
  const ftyp = (major: string, ...more: string[]): string => `\0\0\0\x20ftyp${major}\0\0\0\0${more.join('')}`;
  test.each([
    ['photo.jpg', '\xff\xd8\xff\xe0', 'jpeg'],
    ['photo.jpg', ftyp('heic', 'mif1', 'heic'), 'heic'],
    ['photo.heic', ftyp('mif1', 'mif1', 'heic'), 'heic'],
    ['photo.avif', ftyp('avif', 'mif1', 'miaf'), 'avif'],
    ['photo.avif', ftyp('mif1', 'avif'), 'avif'],
    ['photo.cr3', ftyp('crx ', 'crx ', 'isom'), 'raw'],
    ['scan.tif', 'II*\0\x08\0', 'tiff'],
    ['IMG_1.DNG', 'II*\0\x08\0', 'raw'],
    ['IMG_1.nef', 'MM\0*', 'raw'],
    ['photo.webp', 'RIFF\x10\0\0\0WEBPVP8 ', 'webp'],
    ['photo.png', '\x89PNG\r\n', 'png'],
    ['photo.jpg', 'nothing at all', 'jpeg'],
    ['photo', '', 'unknown'],
  ])('%s that begins with %j is %s', (name, head, kind) => {
    expect(kindOfPhoto(bytesOf(head), name)).toBe(kind);
  });

  test('by name alone', () => {
    expect(['a.HEIC', 'b.ARW', 'c.jpeg', 'd'].map(kindByName)).toEqual(['heic', 'raw', 'jpeg', 'unknown']);
  });

  test('every photo that does not open is in one remark, with what helps', () => {
    const remarks = unreadableRemarks([
      { name: 'a.heic', kind: 'heic' },
      { name: 'b.jpg', kind: 'jpeg' },
      { name: 'c.dng', kind: 'raw' },
      { name: 'd.heic', kind: 'heic' },
      { name: 'e.tif', kind: 'tiff' },
      { name: 'f', kind: 'unknown' },
    ]);
    expect(remarks.map(({ photos }) => photos)).toEqual([['a.heic', 'd.heic'], ['c.dng'], ['e.tif'], ['b.jpg', 'f']]);
    expect(remarks[0].detail).toMatch(/Most Compatible.*Safari/);
    expect(unreadableRemarks([])).toEqual([]);
  });
});

describe('names', () => {
  test('numbers go on after the highest, also when photos in between are gone or kept no file', () => {
    expect(nextNumber([])).toBe(1);
    expect(nextNumber([{ file: 'photo-00002.jpg' }, { file: 'photo-00012.png' }, { file: '' }, { file: 'photo-00003.jpg' }])).toBe(13);
  });

  test('a taken name gets a number before its ending', () => {
    const taken = new Set(['a/b.c/1.jpg']);
    expect(uniqueName('a/b.c/1.jpg', taken)).toBe('a/b.c/1_2.jpg');
    expect(uniqueName('a/b.c/1.jpg', taken)).toBe('a/b.c/1_3.jpg');
    expect(uniqueName('a/b.c/d', taken)).toBe('a/b.c/d');
    expect(uniqueName('a/b.c/d', taken)).toBe('a/b.c/d_2');
  });

  test('a camera is called as people call it', () => {
    expect(cameraName({ make: 'Canon', model: 'Canon EOS R6' })).toBe('Canon EOS R6');
    expect(cameraName({ make: 'NIKON CORPORATION', model: 'NIKON D750' })).toBe('NIKON D750');
    expect(cameraName({ make: 'Apple', model: 'iPhone 17' })).toBe('Apple iPhone 17');
    expect(cameraName({ make: null, model: null })).toBeNull();
  });
});

describe('files kept as given', () => {
  function memoryKeeper(roomBytes = Infinity): Keeper & { files: Map<string, Uint8Array> } {
    const files = new Map<string, Uint8Array>();
    return {
      files,
      checkRoom: async (needed) =>
        needed > roomBytes
          ? { ok: false, failure: { code: 'storage-full', detail: `${needed} > ${roomBytes}` } }
          : { ok: true, value: null },
      put: async (name, bytes) => {
        files.set(name, bytes);
        return { ok: true, value: null };
      },
      bytesWritten: () => [...files.values()].reduce((sum, { length }) => sum + length, 0),
    };
  }
  const source = (path: string, text: string) => ({ path, sizeBytes: text.length, bytes: async () => bytesOf(text) });
  const pose = [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ];
  const transforms = JSON.stringify({
    ...{ fl_x: 50, fl_y: 50, cx: 32, cy: 24, w: 64, h: 48 },
    frames: [1, 2, 3].map((n) => ({ file_path: `images/${n}.jpg`, transform_matrix: pose })),
  });
  const dataset = [
    source('set/transforms.json', transforms),
    ...[1, 2, 3, 4].map((n) => source(`set/images/${n}.jpg`, `photo ${n}`)),
    source('set/readme.md', 'words'),
  ];

  test('of a data set the poses and the photos they name are copied under their own paths', async () => {
    const keeper = memoryKeeper();
    const result = valueOf(await takeDataset(dataset, keeper, () => undefined));
    expect(result).toMatchObject({ source: 'dataset', photos: [], splatFile: null, bytes: transforms.length + 21 });
    expect(result.files).toEqual([
      { path: 'transforms.json', file: 'given-00001.json', sizeBytes: transforms.length },
      ...[1, 2, 3].map((n) => ({ path: `images/${n}.jpg`, file: `given-0000${n + 1}.jpg`, sizeBytes: 7 })),
    ]);
    expect(new TextDecoder().decode(keeper.files.get('given-00003.jpg'))).toBe('photo 2');
  });

  test('nothing is written when it will not fit', async () => {
    const keeper = memoryKeeper(100);
    expect(await takeDataset(dataset, keeper, () => undefined)).toMatchObject({ ok: false, failure: { code: 'storage-full' } });
    expect(await takeSplats(source('a.spz', 'x'.repeat(101)), keeper, () => undefined)).toMatchObject({ ok: false });
    expect(keeper.files.size).toBe(0);
  });

  test('splats are copied under a name that tells their format', async () => {
    const keeper = memoryKeeper();
    const result = valueOf(await takeSplats(source('My Garden.compressed.ply', 'ply'), keeper, () => undefined));
    expect(result).toMatchObject({ source: 'splats', splatFile: 'splats.compressed.ply', bytes: 3 });
    expect([...keeper.files.keys()]).toEqual(['splats.compressed.ply']);
  });
});
