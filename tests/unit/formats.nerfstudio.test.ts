/** transforms.json: poses from closed forms, intrinsics in every spelling, and damage. */
import { describe, expect, test } from 'vitest';
import { readDataset } from '../../src/core/formats/readDataset.ts';
import type { Failure } from '../../src/core/job/failure.ts';
import { matrixOfQuaternion, rotateVector } from '../../src/core/math/rotation.ts';
import type { Pose } from '../../src/core/scene/camera.ts';
import type { Dataset, SourceFile } from '../../src/core/scene/dataset.ts';
import { file } from '../fixtures/smallModel.ts';

type Json = Record<string, unknown>;

/** Camera-to-world: looks along -z from (x, y, z), as OpenGL cameras do at rest. */
const at = (x: number, y: number, z: number): number[][] => [
  [1, 0, 0, x],
  [0, 1, 0, y],
  [0, 0, 1, z],
  [0, 0, 0, 1],
];
const frames = (): Json[] =>
  ['images/a.png', './images/b.png', 'images/c.png'].map((file_path, i) => ({ file_path, transform_matrix: at(i, 0, 5) }));
const globals = { fl_x: 50, fl_y: 51, cx: 31, cy: 23, w: 64, h: 48 };
const photos = ['images/a.png', 'images/b.png', 'images/c.png'].map((path) => file(path));

const read = (transforms: unknown, more: SourceFile[] = photos): ReturnType<typeof readDataset> =>
  readDataset([...more, file('transforms.json', typeof transforms === 'string' ? transforms : JSON.stringify(transforms))]);

async function dataset(transforms: unknown, more?: SourceFile[]): Promise<Dataset> {
  const result = await read(transforms, more);
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

async function failure(transforms: unknown, more?: SourceFile[]): Promise<Failure> {
  const result = await read(transforms, more);
  if (result.ok) throw new Error('It was read without a failure.');
  return result.failure;
}

/** Where a world point lies for the camera. */
function inCamera(pose: Pose, point: number[]): number[] {
  const rotated = rotateVector(matrixOfQuaternion(pose.q), point);
  return rotated.map((value, c) => value + pose.t[c]);
}

const closeTo = (values: number[]): unknown => values.map((value) => expect.closeTo(value, 12) as unknown);

describe('poses', () => {
  test('OpenGL axes become OpenCV axes: up is -y, forward is +z', async () => {
    const { reconstruction, source, warnings } = await dataset({ ...globals, frames: frames() });
    expect(source).toBe('nerfstudio transforms.json');
    expect(warnings).toEqual([]);
    expect(reconstruction.views.map((view) => view.photoName)).toEqual(['a.png', 'b.png', 'c.png']);
    const [first, second] = reconstruction.views;
    expect(inCamera(first.pose, [1, 2, 0])).toEqual(closeTo([1, -2, 5]));
    expect(inCamera(second.pose, [1, 2, 0])).toEqual(closeTo([0, -2, 5]));
  });

  test('a quarter turn about z, and a uniform scale in the matrix', async () => {
    // Camera x is world y, camera y is world -x: a point at world +y of the camera lies to its right.
    const turned = [
      [0, -2, 0, 1],
      [2, 0, 0, 1],
      [0, 0, 2, 7],
      [0, 0, 0, 1],
    ];
    const list = frames();
    list[0]['transform_matrix'] = turned;
    const { reconstruction } = await dataset({ ...globals, frames: list });
    expect(inCamera(reconstruction.views[0].pose, [1, 4, 0])).toEqual(closeTo([3, 0, 7]));
    expect(inCamera(reconstruction.views[0].pose, [-1, 1, 0])).toEqual(closeTo([0, -2, 7]));
  });

  test.each([
    ['NaN as Python writes it', JSON.stringify(at(NaN, 0, 5)).replace('null', 'NaN')],
    ['infinity', JSON.stringify(at(1, 0, 5)).replace('5', '-Infinity')],
    ['zeros', '[[0,0,0,0],[0,0,0,0],[0,0,0,0],[0,0,0,1]]'],
    ['a mirror', '[[-1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]'],
    ['shear', '[[1,0.5,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]'],
    ['text', '"none"'],
    ['rows that are too short', '[[1,0,0],[0,1,0],[0,0,1]]'],
  ])('a matrix of %s leaves its view out by name', async (_, matrix) => {
    const list = [...frames(), { file_path: 'images/d.png', transform_matrix: 'HERE' }];
    const text = JSON.stringify({ ...globals, frames: list }).replace('"HERE"', matrix);
    const { reconstruction, warnings } = await dataset(text, [...photos, file('images/d.png')]);
    expect(reconstruction.views.length).toBe(3);
    expect(warnings.map(({ code, photos: left }) => [code, left])).toEqual([['partial', ['images/d.png']]]);
  });
});

describe('cameras', () => {
  const firstCamera = async (more: Json, list = frames()): Promise<Json> => ({
    ...(await dataset({ ...more, frames: list })).reconstruction.cameras[0],
  });

  test('global intrinsics are one camera', async () => {
    const { cameras } = (await dataset({ ...globals, frames: frames() })).reconstruction;
    expect(cameras).toEqual([
      { id: 1, model: 'PINHOLE', widthPx: 64, heightPx: 48, fx: 50, fy: 51, cx: 31, cy: 23, k1: 0, k2: 0, p1: 0, p2: 0 },
    ]);
  });

  test('intrinsics per frame win, and distortion makes an OPENCV camera', async () => {
    const list = frames();
    Object.assign(list[1], { fl_x: 70, k1: 0.1, k2: 0.2, p1: 0.3, p2: 0.4 });
    const { cameras, views } = (await dataset({ ...globals, frames: list })).reconstruction;
    expect(views.map((view) => view.cameraId)).toEqual([1, 2, 1]);
    expect(cameras[1]).toEqual({
      id: 2,
      model: 'OPENCV',
      widthPx: 64,
      heightPx: 48,
      fx: 70,
      fy: 51,
      cx: 31,
      cy: 23,
      k1: 0.1,
      k2: 0.2,
      p1: 0.3,
      p2: 0.4,
    });
  });

  test('focal lengths from the angles of view; the centre in the middle', async () => {
    const size = { w: 64, h: 48 };
    expect(await firstCamera({ ...size, camera_angle_x: Math.PI / 2 })).toMatchObject({
      fx: expect.closeTo(32, 10),
      fy: expect.closeTo(32, 10),
      cx: 32,
      cy: 24,
    });
    expect(await firstCamera({ ...size, camera_angle_x: Math.PI / 2, camera_angle_y: 2 * Math.atan(0.5) })).toMatchObject({
      fy: expect.closeTo(48, 10),
    });
    expect(await firstCamera({ ...size, camera_angle_y: 2 * Math.atan(0.5) })).toMatchObject({ fx: expect.closeTo(48, 10) });
  });

  test('without w and h the photo tells its size', async () => {
    const header = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 1, 44, 0, 0, 0, 200);
    const sized = ['images/a.png', 'images/b.png', 'images/c.png'].map((path) => file(path, header));
    const { cameras } = (await dataset({ camera_angle_x: Math.PI / 2, frames: frames() }, sized)).reconstruction;
    expect(cameras).toMatchObject([{ widthPx: 300, heightPx: 200, fx: expect.closeTo(150, 10) }]);
    const { warnings } = await dataset(
      { camera_angle_x: 1, frames: [...frames(), { file_path: 'd', transform_matrix: at(0, 0, 0) }] },
      sized,
    );
    expect(warnings).toMatchObject([{ code: 'partial', photos: ['d'] }]);
  });

  test.each([
    ['a fisheye model', { camera_model: 'OPENCV_FISHEYE' }, /images\/a.png has the camera model "OPENCV_FISHEYE"/],
    ['is_fisheye', { is_fisheye: true }, /is_fisheye/],
    ['a third radial term', { k3: 0.01 }, /OPENCV with k3/],
    ['a negative focal length', { fl_x: -50 }, /-50/],
    ['a focal length in words', { fl_x: 'long' }, /NaN/],
    ['no focal length', { fl_x: null, fl_y: null }, /no focal length/],
    ['a broken size', { w: 64.5 }, /64.5 x 48/],
  ])('%s is a bad-file Failure', async (_, more, words) => {
    const { code, detail, file: name } = await failure({ ...globals, ...more, frames: frames() });
    expect([code, name]).toEqual(['bad-file', 'transforms.json']);
    expect(detail).toMatch(words);
  });
});

describe('files', () => {
  test.each([
    ['a syntax error', '{"frames": [', /^transforms.json is not valid JSON/],
    ['no frames', '{}', /^transforms.json has no list of frames/],
    ['a list', '[]', /^transforms.json has no list of frames/],
    ['a frame without a path', '{"frames": [{"file_path": "a"}, {}]}', /frame 2 of 2/],
  ])('%s is a bad-file Failure that names it', async (_, text, words) => {
    expect(await failure(text)).toMatchObject({
      code: 'bad-file',
      file: 'transforms.json',
      detail: expect.stringMatching(words) as string,
    });
  });

  test('photo paths without extension get the extension of the file', async () => {
    const list = frames().map((frame) => ({ ...frame, file_path: String(frame['file_path']).replace('.png', '') }));
    const { reconstruction, photos: found } = await dataset({ ...globals, frames: list });
    expect(reconstruction.views.map((view) => view.photoName)).toEqual(['a.png', 'b.png', 'c.png']);
    expect(found.map(({ path }) => path)).toEqual(['images/a.png', 'images/b.png', 'images/c.png']);
  });

  const cloud = ['ply', 'format ascii 1.0', 'element vertex 2', 'property float x', 'property float y', 'property float z'];
  const colours = ['property uchar red', 'property uchar green', 'property uchar blue'];

  test('points of a named PLY', async () => {
    const ply = [...cloud, ...colours, 'end_header', '1 2 3 255 0 7', '-4 nan 6 1 2 3', ''].join('\n');
    const { reconstruction, warnings } = await dataset({ ...globals, ply_file_path: './cloud.ply', frames: frames() }, [
      ...photos,
      file('cloud.ply', ply),
    ]);
    expect([...reconstruction.points.xyz, ...reconstruction.points.rgb]).toEqual([1, 2, 3, 255, 0, 7]);
    expect(warnings.map(({ detail }) => detail)).toEqual(['1 of 2 points have a position that is not finite and are left out.']);
  });

  test.each([
    ['is missing', [], /not there/],
    ['is truncated', [file('cloud.ply', [...cloud, 'end_header', '1 2 3'].join('\n'))], /truncated/],
    ['has no end', [file('cloud.ply', cloud.join('\n'))], /truncated/],
    ['is something else', [file('cloud.ply', 'solid')], /not a PLY/],
  ])('points whose file %s are a warning', async (_, more, words) => {
    const { reconstruction, warnings } = await dataset({ ...globals, ply_file_path: 'cloud.ply', frames: frames() }, [...photos, ...more]);
    expect(reconstruction.points.count).toBe(0);
    expect(warnings).toMatchObject([{ code: 'bad-file', detail: expect.stringMatching(words) as string }]);
  });
});
