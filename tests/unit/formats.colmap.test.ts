/** COLMAP models: bytes and text made by hand after the documentation, the writers' output, and damage of every kind. */
import { describe, expect, test } from 'vitest';
import { readColmapBinary } from '../../src/core/formats/colmapBinary.ts';
import { readColmapText } from '../../src/core/formats/colmapText.ts';
import { type ColmapFiles, writeColmapBinary, writeColmapText } from '../../src/core/formats/colmapWrite.ts';
import type { PosedModel } from '../../src/core/formats/posedModel.ts';
import type { Result } from '../../src/core/job/failure.ts';
import type { Reconstruction } from '../../src/core/scene/reconstruction.ts';
import { smallModel } from '../fixtures/smallModel.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/[0-9a-f]{2}/g) ?? [], (pair) => parseInt(pair, 16));

/** One PINHOLE camera, number 5, 640 x 480: fx 500, fy 501.5, cx 320, cy 240. */
const cameraBytes = hex(`
  01 00 00 00 00 00 00 00   05 00 00 00  01 00 00 00   80 02 00 00 00 00 00 00   e0 01 00 00 00 00 00 00
  00 00 00 00 00 40 7f 40   00 00 00 00 00 58 7f 40    00 00 00 00 00 00 74 40   00 00 00 00 00 00 6e 40`);
/** One image, number 9: q = (0.5, 0.5, -0.5, 0.5), t = (1, -2, 3.5), camera 5, "x/y.png", one 2D point at (1, 2) of 3D point -1. */
const imageBytes = hex(`
  01 00 00 00 00 00 00 00   09 00 00 00
  00 00 00 00 00 00 e0 3f   00 00 00 00 00 00 e0 3f   00 00 00 00 00 00 e0 bf   00 00 00 00 00 00 e0 3f
  00 00 00 00 00 00 f0 3f   00 00 00 00 00 00 00 c0   00 00 00 00 00 00 0c 40   05 00 00 00
  78 2f 79 2e 70 6e 67 00   01 00 00 00 00 00 00 00
  00 00 00 00 00 00 f0 3f   00 00 00 00 00 00 00 40   ff ff ff ff ff ff ff ff`);
/** One point, number 2: (0.25, -1, 8), colour (10, 20, 30), error 0.75, seen in two images. */
const pointBytes = hex(`
  01 00 00 00 00 00 00 00   02 00 00 00 00 00 00 00
  00 00 00 00 00 00 d0 3f   00 00 00 00 00 00 f0 bf   00 00 00 00 00 00 20 40   0a 14 1e   00 00 00 00 00 00 e8 3f
  02 00 00 00 00 00 00 00   09 00 00 00 00 00 00 00   0a 00 00 00 07 00 00 00`);

const binary = (files: ColmapFiles): Result<PosedModel> =>
  readColmapBinary(
    { path: 'cameras.bin', bytes: files.cameras },
    { path: 'images.bin', bytes: files.images },
    { path: 'points3D.bin', bytes: files.points3D },
  );
const asText = (path: string, bytes: Uint8Array): { path: string; text: string } => ({ path, text: new TextDecoder().decode(bytes) });
const text = (files: ColmapFiles): Result<PosedModel> =>
  readColmapText(asText('cameras.txt', files.cameras), asText('images.txt', files.images), asText('points3D.txt', files.points3D));

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

function failureOf<T>(result: Result<T>): string {
  if (result.ok) throw new Error('It was read without a failure.');
  expect(result.failure.code).toBe('bad-file');
  return result.failure.detail;
}

const changed = (change: (model: Reconstruction) => void): ColmapFiles => {
  const model = smallModel();
  change(model);
  return writeColmapBinary(model);
};

describe('the documented forms', () => {
  test('binary, byte by byte', () => {
    const model = valueOf(binary({ cameras: cameraBytes, images: imageBytes, points3D: pointBytes }));
    const camera = {
      id: 5,
      model: 'PINHOLE',
      widthPx: 640,
      heightPx: 480,
      fx: 500,
      fy: 501.5,
      cx: 320,
      cy: 240,
      k1: 0,
      k2: 0,
      p1: 0,
      p2: 0,
    };
    expect(model.cameras).toEqual([camera]);
    expect(model.views).toEqual([{ photoName: 'x/y.png', cameraId: 5, pose: { q: [0.5, 0.5, -0.5, 0.5], t: [1, -2, 3.5] } }]);
    const points = {
      count: 1,
      xyz: Float64Array.of(0.25, -1, 8),
      rgb: Uint8Array.of(10, 20, 30),
      error: Float32Array.of(0.75),
      trackLength: Uint32Array.of(2),
    };
    expect(model.points).toEqual(points);
    expect(model.warnings).toEqual([]);
  });

  test('text, the example of the documentation', () => {
    const cameras =
      '# Camera list\n1 SIMPLE_PINHOLE 3072 2304 2559.81 1536 1152\n2 PINHOLE 3072 2304 2560.56 2560.5 1536 1152\n3 SIMPLE_RADIAL 3072 2304 2559.69 1536 1152 -0.0218531\n';
    const pose = '0.851773 0.0165051 0.503764 -0.142941 -0.737434 1.02973 3.74354';
    const images = `# Image list\n1 ${pose} 1 P1180141.JPG\n2362.39 248.498 58396 1784.7 268.254 59027 1784.7 268.254 -1\n2 ${pose} 3 a name.JPG\n\n3 ${pose} 2 P3.JPG\n1190.83 663.957 23056`;
    const points =
      '63390 1.67241 0.292931 0.609726 115 122 136 1.33927 16 6542 15 7345 6 6714 14 7227\n63371 1.71102 0.28566 0.53475 245 251 249 0.612829 118 4140 117 4473\n';
    const model = valueOf(readColmapText({ path: 'c', text: cameras }, { path: 'i', text: images }, { path: 'p', text: points }));
    expect(model.cameras.map(({ model, fx, fy, cx, cy, k1 }) => [model, fx, fy, cx, cy, k1])).toEqual([
      ['SIMPLE_PINHOLE', 2559.81, 2559.81, 1536, 1152, 0],
      ['PINHOLE', 2560.56, 2560.5, 1536, 1152, 0],
      ['SIMPLE_RADIAL', 2559.69, 2559.69, 1536, 1152, -0.0218531],
    ]);
    expect(model.views.map(({ photoName, cameraId }) => [photoName, cameraId])).toEqual([
      ['P1180141.JPG', 1],
      ['a name.JPG', 3],
      ['P3.JPG', 2],
    ]);
    expect(model.views[0].pose.t).toEqual([-0.737434, 1.02973, 3.74354]);
    expect(model.views[0].pose.q[2]).toBeCloseTo(0.503764, 5);
    expect([...model.points.rgb]).toEqual([115, 122, 136, 245, 251, 249]);
    expect([...model.points.trackLength]).toEqual([4, 2]);
  });

  test('text without points lines, and points lines that look like images', () => {
    const line = (id: number, name: string): string => `${id} 1 0 0 0 0 0 0 3 ${name}`;
    const cameras = { path: 'c', text: '3 SIMPLE_PINHOLE 8 8 9 4 4' };
    const names = (images: string): string[] =>
      valueOf(readColmapText(cameras, { path: 'i', text: images }, null)).views.map((view) => view.photoName);
    expect(names([line(1, 'a.jpg'), line(2, 'b.jpg'), line(3, 'c.jpg')].join('\n'))).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
    expect(names([line(1, 'a.jpg'), '100 5 7 8 9 10 11 12 13 14 15 16', line(2, 'b.jpg'), ''].join('\r\n'))).toEqual(['a.jpg', 'b.jpg']);
  });
});

describe('what the writers write', () => {
  test.each([
    ['binary', (model: Reconstruction) => binary(writeColmapBinary(model))],
    ['text', (model: Reconstruction) => text(writeColmapText(model))],
  ])('%s reads back the same', (_, through) => {
    const model = smallModel();
    const read = valueOf(through(model));
    expect(read.cameras).toEqual(model.cameras);
    expect(read.points).toEqual(model.points);
    expect(read.warnings).toEqual([]);
    expect(read.views.map(({ photoName, cameraId, pose }) => [photoName, cameraId, pose.t])).toEqual(
      model.views.map((v) => [v.photoName, v.cameraId, v.pose.t]),
    );
    for (const [i, { pose }] of read.views.entries())
      for (let c = 0; c < 4; c++) expect(pose.q[c]).toBeCloseTo(model.views[i].pose.q[c], 14);
  });

  test('writes the documented bytes', () => {
    const camera = valueOf(binary({ cameras: cameraBytes, images: imageBytes, points3D: pointBytes })).cameras;
    expect(writeColmapBinary({ ...smallModel(), cameras: camera }).cameras).toEqual(cameraBytes);
  });
});

describe('damage', () => {
  const whole = writeColmapBinary(smallModel());

  test.each(['cameras', 'images', 'points3D'] as const)('%s.bin cut anywhere is a Failure that names it', (key) => {
    for (let length = 0; length < whole[key].length; length++) {
      expect(failureOf(binary({ ...whole, [key]: whole[key].subarray(0, length) }))).toMatch(
        new RegExp(`^${key}.bin (is truncated|declares)`),
      );
    }
  });

  test('says at which record a file ends', () => {
    const longName = changed((model) => void (model.views[0].photoName = 'n'.repeat(500)));
    const cut = longName.images.subarray(0, longName.images.length - 3);
    expect(failureOf(binary({ ...longName, images: cut }))).toContain('inside record 4 of 4');
  });

  test('a count that the bytes cannot hold is refused at once', () => {
    for (const count of [5n, 2n ** 32n, 2n ** 63n]) {
      const images = whole.images.slice();
      new DataView(images.buffer).setBigUint64(0, count, true);
      expect(failureOf(binary({ ...whole, images }))).toMatch(/declares .* records|inside record 5/);
    }
  });

  test('a track or an observation list that leads out of the file is a Failure', () => {
    const points3D = pointBytes.slice();
    points3D.fill(0xff, 51, 59);
    expect(failureOf(binary({ cameras: cameraBytes, images: imageBytes, points3D }))).toContain('record 1 of 1');
  });

  test('bytes after the last record are ignored and said', () => {
    const images = Uint8Array.of(...whole.images, 1, 2, 3);
    const model = valueOf(binary({ ...whole, images }));
    expect(model.views.length).toBe(4);
    expect(model.warnings).toEqual([
      { code: 'bad-file', file: 'images.bin', detail: 'images.bin has 3 bytes after its last record; they are ignored.' },
    ]);
  });

  test.each([
    [5, 'OPENCV_FISHEYE'],
    [6, 'FULL_OPENCV'],
    [99, 'number 99'],
  ])('camera model %i is refused by its name', (modelId, name) => {
    const cameras = cameraBytes.slice();
    new DataView(cameras.buffer).setInt32(12, modelId, true);
    expect(failureOf(binary({ ...whole, cameras }))).toMatch(new RegExp(`Camera 5 has the camera model ${name}`));
  });

  test.each([
    ['a focal length of 0', { fx: 0 }, 'Camera 3 has the focal lengths 0 and 100'],
    ['a negative focal length', { fy: -5 }, 'Camera 3 has the focal lengths 101.25 and -5'],
    ['a focal length that is no number', { fx: NaN }, 'Camera 3 has the focal lengths NaN'],
    ['an endless centre', { cx: Infinity }, 'not a finite number'],
    ['no width', { widthPx: 0 }, 'Camera 3 has the size 0 x 48'],
    ['an absurd height', { heightPx: 2 ** 40 }, 'which no photo has'],
  ])('%s is a Failure', (_, change, words) => {
    expect(failureOf(binary(changed((model) => void Object.assign(model.cameras[0], change))))).toContain(words);
  });

  test.each([
    ['NaN in the position', (model: Reconstruction) => void (model.views[1].pose.t[2] = NaN)],
    ['an infinite position', (model: Reconstruction) => void (model.views[1].pose.t[0] = -Infinity)],
    ['a zero quaternion', (model: Reconstruction) => void (model.views[1].pose.q = [0, 0, 0, 0])],
    ['NaN in the quaternion', (model: Reconstruction) => void (model.views[1].pose.q[3] = NaN)],
    ['a camera that is not there', (model: Reconstruction) => void (model.views[1].cameraId = 8)],
  ])('a view with %s is left out by name', (_, change) => {
    const model = valueOf(binary(changed(change)));
    expect(model.views.map((view) => view.photoName)).toEqual(['d.jpg', 'a.jpg', 'c.jpg']);
    expect(model.warnings.map(({ code, photos }) => [code, photos])).toEqual([['partial', ['b.jpg']]]);
  });

  test('of two views with one name the first is used', () => {
    const model = valueOf(binary(changed((model) => void (model.views[3].photoName = 'd.jpg'))));
    expect(model.views.map((view) => view.pose.t[0])).toEqual([0, 1, 2]);
    expect(model.warnings[0].photos).toEqual(['d.jpg']);
  });

  test('points that are not finite are dropped and counted', () => {
    const model = valueOf(binary(changed(({ points }) => void (points.xyz[1] = NaN))));
    expect([...model.points.xyz]).toEqual([-1, -2, -3]);
    expect([...model.points.rgb]).toEqual([253, 254, 255]);
    expect(model.warnings[0].detail).toContain('1 of 2 points');
  });

  test('text Failures name the line', () => {
    const files = writeColmapText(smallModel());
    const broken = (key: keyof ColmapFiles, from: string, to: string): string =>
      failureOf(text({ ...files, [key]: new TextEncoder().encode(new TextDecoder().decode(files[key]).replace(from, to)) }));
    expect(broken('cameras', 'PINHOLE', 'FOV')).toContain('Camera 3 has the camera model FOV');
    expect(broken('cameras', ' 101.25', '')).toContain('cameras.txt, line 2: PINHOLE has 4 parameters, but 3 are given');
    expect(broken('images', ' 7 b.jpg', '')).toContain('images.txt, line 4');
    expect(broken('points3D', ' 253 254 255 1.5', '')).toContain('points3D.txt, line 3');
  });
});
