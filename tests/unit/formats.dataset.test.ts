/** Datasets: where models and photos may lie, which poses are used, what is left out, and real sets when they are at hand. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { type ColmapFiles, writeColmapBinary, writeColmapText } from '../../src/core/formats/colmapWrite.ts';
import { readDataset } from '../../src/core/formats/readDataset.ts';
import type { Failure, Result } from '../../src/core/job/failure.ts';
import { matrixOfQuaternion } from '../../src/core/math/rotation.ts';
import type { Dataset, SourceFile } from '../../src/core/scene/dataset.ts';
import { file, smallModel, smallPhotos } from '../fixtures/smallModel.ts';

const asFiles = (folder: string, files: ColmapFiles, extension: string): SourceFile[] =>
  Object.entries(files).map(([name, bytes]) => file(`${folder}${name}.${extension}`, bytes as Uint8Array));
const binary = (folder: string, change: (model: ReturnType<typeof smallModel>) => void = () => {}): SourceFile[] => {
  const model = smallModel();
  change(model);
  return asFiles(folder, writeColmapBinary(model), 'bin');
};
const text = (folder: string): SourceFile[] => asFiles(folder, writeColmapText(smallModel()), 'txt');
const transforms = (path: string): SourceFile => {
  const frames = ['a', 'b', 'c', 'd'].map((name) => ({
    file_path: `images/${name}.jpg`,
    transform_matrix: [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ],
  }));
  return file(path, JSON.stringify({ fl_x: 9, w: 8, h: 8, frames }));
};

function valueOf(result: Result<Dataset>): Dataset {
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}
const dataset = async (files: SourceFile[], poses?: string): Promise<Dataset> =>
  valueOf(await readDataset(files, poses === undefined ? {} : { poses }));
async function failure(files: SourceFile[], poses?: string): Promise<Failure> {
  const result = await readDataset(files, poses === undefined ? {} : { poses });
  if (result.ok) throw new Error('It was read without a failure.');
  return result.failure;
}
const pathsOf = ({ photos }: Dataset): string[] => photos.map(({ path }) => path);

describe('where things lie', () => {
  test.each([
    ['COLMAP binary sparse/0', [...binary('sparse/0/'), ...smallPhotos('images/')], 'images/'],
    ['COLMAP binary sparse', [...binary('sparse/'), ...smallPhotos('images/')], 'images/'],
    ['COLMAP binary 0', [...binary('0/'), ...smallPhotos('images/')], 'images/'],
    ['COLMAP binary', [...binary(''), ...smallPhotos('')], ''],
    ['COLMAP binary', [...binary('set/'), ...smallPhotos('set/images/')], 'images/'],
    ['COLMAP binary deep/down', [...binary('set/deep/down/'), ...smallPhotos('set/photos of it/')], 'photos of it/'],
    ['COLMAP text sparse/0', [...text('sparse/0/'), ...smallPhotos('images/')], 'images/'],
    ['COLMAP text', [...text('C:\\set\\'), ...smallPhotos('C:\\set\\images\\')], 'images/'],
  ])('%s', async (source, files, folder) => {
    const read = await dataset(files);
    expect(read.source).toBe(source);
    expect(read.warnings).toEqual([]);
    expect(read.reconstruction.views.map((view) => view.photoName)).toEqual(['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']);
    expect(read.reconstruction.views.map((view) => view.pose.t[0])).toEqual([2, 1, 3, 0]);
    expect(pathsOf(read)).toEqual(['a', 'b', 'c', 'd'].map((name) => `${folder}${name}.jpg`));
  });

  test('names are ordered by code units, not by language', async () => {
    const names = ['b.jpg', 'B.jpg', '10.jpg', '9.jpg'];
    const model = binary('', ({ views }) => views.forEach((view, i) => (view.photoName = names[i])));
    const read = await dataset([...model, ...names.map((name) => file(name))]);
    expect(read.reconstruction.views.map((view) => view.photoName)).toEqual(['10.jpg', '9.jpg', 'B.jpg', 'b.jpg']);
  });

  test('photos beside the model win over photos of the same name elsewhere; hidden files are nothing', async () => {
    const hidden = ['__MACOSX/images/._a.jpg', 'images/.a.jpg', '.thumbnails/a.jpg'].map((path) => file(path));
    const read = await dataset([...binary('sparse/0/'), ...smallPhotos('images_4/'), ...smallPhotos('images/'), ...hidden]);
    expect(pathsOf(read)).toEqual(['images/a.jpg', 'images/b.jpg', 'images/c.jpg', 'images/d.jpg']);
  });

  test('extensions may differ in case and spelling', async () => {
    const read = await dataset([
      ...binary('sparse/0/'),
      ...['images/a.JPG', 'images/b.jpeg', 'else/c.JPEG', 'images/d.jpg'].map((path) => file(path)),
    ]);
    expect(pathsOf(read)).toEqual(['images/a.JPG', 'images/b.jpeg', 'else/c.JPEG', 'images/d.jpg']);
  });

  test('a base name that two files have, or that two views want, matches nothing', async () => {
    const views = ['left/a.jpg', 'right/a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg'];
    const model = binary('', (scene) => {
      const { cameraId, pose } = scene.views[0];
      scene.views = views.map((photoName) => ({ photoName, cameraId, pose }));
    });
    const files = ['x/a.jpg', 'x/b.jpg', 'x/c.jpg', 'x/d.jpg', 'x/e.jpg', 'y/e.jpg'].map((path) => file(path));
    const read = await dataset([...model, ...files]);
    expect(pathsOf(read)).toEqual(['x/b.jpg', 'x/c.jpg', 'x/d.jpg']);
    expect(read.warnings).toMatchObject([{ code: 'partial', photos: ['left/a.jpg', 'right/a.jpg', 'e.jpg'] }]);
  });

  test('a zip archive, with the usual macOS leftovers', async () => {
    const files = [...binary('set/sparse/0/'), ...smallPhotos('set/images/'), file('__MACOSX/set/images/._a.jpg')];
    const entries = await Promise.all(files.map(async ({ path, bytes }) => [path, await bytes()] as const));
    const read = await dataset([file('set.zip', zipSync(Object.fromEntries(entries)))]);
    expect(read.source).toBe('COLMAP binary sparse/0');
    expect(new TextDecoder().decode(await read.photos[0].bytes())).toBe('photo');
  });
});

describe('which poses are used', () => {
  const both = [...binary('sparse/0/'), transforms('transforms.json'), ...smallPhotos('images/')];

  test('COLMAP before nerfstudio, unless a path chooses', async () => {
    expect((await dataset(both)).source).toBe('COLMAP binary sparse/0');
    expect((await dataset(both, 'transforms.json')).source).toBe('nerfstudio transforms.json');
    expect((await dataset(both, '/home/me/set/transforms.json')).source).toBe('nerfstudio transforms.json');
    expect((await dataset(both, './sparse/0/')).source).toBe('COLMAP binary sparse/0');
    expect((await dataset(both, 'sparse/0/images.bin')).source).toBe('COLMAP binary sparse/0');
  });

  test('a path that names no poses is a Failure that lists those there are', async () => {
    const { code, detail } = await failure(both, 'sparse/1');
    expect([code, detail]).toEqual([
      'bad-file',
      'There are no camera poses at sparse/1. Poses found: COLMAP binary sparse/0, nerfstudio transforms.json.',
    ]);
  });

  test('of several models the one with the most images, of equals the binary one', async () => {
    const small = binary('sparse/0/', (model) => model.views.pop());
    expect((await dataset([...small, ...binary('sparse/1/'), ...smallPhotos('images/')])).source).toBe('COLMAP binary sparse/1');
    expect((await dataset([...small, ...text('text/'), ...smallPhotos('images/')])).source).toBe('COLMAP text text');
    expect((await dataset([...text('sparse/0/'), ...binary('sparse/0/'), ...smallPhotos('images/')])).source).toBe(
      'COLMAP binary sparse/0',
    );
  });
});

describe('what is missing', () => {
  test('a missing photo leaves its view out by name, and the set goes on', async () => {
    const read = await dataset([...binary('sparse/0/'), ...smallPhotos('images/').filter(({ path }) => !path.endsWith('b.jpg'))]);
    expect(read.reconstruction.views.map((view) => view.photoName)).toEqual(['a.jpg', 'c.jpg', 'd.jpg']);
    expect(read.photos.length).toBe(3);
    expect(read.warnings).toMatchObject([{ code: 'partial', photos: ['b.jpg'] }]);
  });

  test('cameras without views are not carried along', async () => {
    const read = await dataset([...binary('', (model) => model.views.forEach((view) => (view.cameraId = 7))), ...smallPhotos('')]);
    expect(read.reconstruction.cameras.map(({ id }) => id)).toEqual([7]);
  });

  test.each([
    ['nothing at all', [], 'too-few-photos', 'no photo among the 0 files'],
    ['no photos', binary('sparse/0/'), 'too-few-photos', 'no photo among the 3 files'],
    ['photos of other names', [...binary('sparse/0/'), file('images/z.jpg')], 'too-few-photos', 'gives 0 usable photos'],
    ['two photos', [...binary('sparse/0/'), ...smallPhotos('images/').slice(0, 2)], 'too-few-photos', 'gives 2 usable photos'],
    ['no poses', smallPhotos('images/'), 'unplaceable', 'transforms.json'],
    [
      'half a model',
      [...binary('sparse/0/').filter(({ path }) => !path.includes('cameras')), ...smallPhotos('images/')],
      'bad-file',
      'sparse/0/cameras.bin is missing',
    ],
  ])('%s is a Failure', async (_, files, code, words) => {
    const found = await failure(files);
    expect([found.code, found.detail]).toEqual([code, expect.stringContaining(words)]);
  });

  test('too few photos names those that were not found', async () => {
    expect((await failure([...binary('sparse/0/'), file('images/a.jpg')])).photos?.sort()).toEqual(['b.jpg', 'c.jpg', 'd.jpg']);
  });

  test('without points3D there are no points', async () => {
    const files = binary('').filter(({ path }) => !path.startsWith('points3D'));
    expect((await dataset([...files, ...smallPhotos('')])).reconstruction.points.count).toBe(0);
  });

  test('a file the platform cannot give is a Failure that names it', async () => {
    const broken = binary('').map((each) =>
      each.path === 'images.bin' ? { ...each, bytes: () => Promise.reject(new Error('gone')) } : each,
    );
    expect(await failure([...broken, ...smallPhotos('')])).toMatchObject({ code: 'bad-file', file: 'images.bin' });
  });
});

describe('damage', () => {
  test.each(['cameras.bin', 'images.bin', 'points3D.bin', 'cameras.txt', 'images.txt', 'points3D.txt', 'transforms.json'])(
    '%s cut at every 7th byte gives a Failure or a dataset with warnings, never an exception',
    async (name) => {
      const model = name.endsWith('bin') ? binary('') : name.endsWith('txt') ? text('') : [transforms('transforms.json')];
      const whole = await model.find(({ path }) => path === name)!.bytes();
      for (let length = 0; length < whole.length; length += 7) {
        const files = [...model.filter(({ path }) => path !== name), file(name, whole.subarray(0, length)), ...smallPhotos('images/')];
        const result = await readDataset(files);
        if (result.ok) expect(result.value.photos.length).toBe(result.value.reconstruction.views.length);
        else expect(result.failure.detail.length).toBeGreaterThan(20);
        if (name.endsWith('bin') || name.endsWith('json')) expect(result.ok).toBe(false);
      }
    },
  );

  test('any byte of a binary model set to 255 never throws', async () => {
    for (const [m, each] of binary('').entries()) {
      const whole = await each.bytes();
      for (let at = 0; at < whole.length; at += 3) {
        const model = binary('');
        model[m] = file(
          each.path,
          whole.map((byte, i) => (i === at ? 255 : byte)),
        );
        const result = await readDataset([...model, ...smallPhotos('')]);
        if (result.ok)
          for (const { pose } of result.value.reconstruction.views) expect([...pose.q, ...pose.t].every(Number.isFinite)).toBe(true);
      }
    }
  });
});

const fox = join(import.meta.dirname, '../../../shared/data/fox');

/** Files of a folder on disk. */
const onDisk = (root: string, folder = ''): SourceFile[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return onDisk(root, path);
    return [{ path, sizeBytes: 0, bytes: () => Promise.resolve(new Uint8Array(readFileSync(join(root, path)))) }];
  });

test('a real set: COLMAP model and transforms.json of the same photos', async () => {
  if (!existsSync(fox)) return console.log('not run: the photo set "fox" is not at hand');
  const colmap = await dataset(onDisk(fox));
  expect([colmap.source, colmap.photos.length, colmap.reconstruction.points.count]).toEqual(['COLMAP binary sparse/0', 50, 12553]);
  const { source, reconstruction, warnings } = await dataset(onDisk(fox), 'transforms.json');
  // The file has 67 frames; the set comes with 50 of the photos.
  expect([source, reconstruction.views.length, warnings.map(({ photos }) => photos?.length)]).toEqual([
    'nerfstudio transforms.json',
    50,
    [17],
  ]);
  const { images } = JSON.parse(readFileSync(join(fox, 'reference.json'), 'utf8')) as {
    images: { name: string; R: number[][]; t: number[] }[];
  };
  for (const { photoName, pose } of reconstruction.views) {
    const truth = images.find(({ name }) => name === photoName)!;
    const [rotation, wanted] = [matrixOfQuaternion(pose.q), truth.R.flat()];
    for (let c = 0; c < 9; c++) expect(rotation[c]).toBeCloseTo(wanted[c], 6);
    for (let c = 0; c < 3; c++) expect(pose.t[c]).toBeCloseTo(truth.t[c], 5);
  }
});
