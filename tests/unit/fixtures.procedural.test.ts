/** The generated photo set agrees with itself: its points, seen through its cameras, have the colours of its photos. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { readDataset } from '../../src/core/formats/readDataset.ts';
import { greyOf } from '../../src/core/sfm/grey.ts';
import { siftRef } from '../../src/core/sfm/sift.ref.ts';
import type { Camera, View } from '../../src/core/scene/camera.ts';
import type { SourceFile } from '../../src/core/scene/dataset.ts';
import { type ProceduralScene, proceduralScene } from '../fixtures/proceduralScene.ts';
import { writeProceduralDataset } from '../fixtures/writeProceduralDataset.ts';

/** Pixel position of a world point, from the definitions: quaternion sandwich, perspective division, radial lens. */
function project(camera: Camera, { pose }: View, [x, y, z]: number[]): number[] {
  const [w, ...v] = pose.q;
  const cross = (a: number[], b: number[]): number[] => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const once = cross(v, [x, y, z]).map((value, c) => value + w * [x, y, z][c]);
  const place = cross(v, once).map((value, c) => [x, y, z][c] + 2 * value + pose.t[c]);
  const [px, py] = [place[0] / place[2], place[1] / place[2]];
  const radial = 1 + camera.k1 * (px * px + py * py);
  return [camera.fx * px * radial + camera.cx, camera.fy * py * radial + camera.cy, place[2]];
}

/** Share of the points whose own view shows their colour at their place, within what edges and averaging allow. */
function agreement({ reconstruction, photos }: ProceduralScene): number {
  const { cameras, views, points } = reconstruction;
  let agreeing = 0;
  for (let i = 0; i < points.count; i++) {
    const view = i % views.length;
    const [u, v, depth] = project(cameras[0], views[view], [...points.xyz.subarray(3 * i, 3 * i + 3)]);
    const photo = photos[view];
    expect(depth).toBeGreaterThan(0);
    expect(u >= 0 && u < photo.widthPx && v >= 0 && v < photo.heightPx).toBe(true);
    const at = 4 * (Math.floor(v) * photo.widthPx + Math.floor(u));
    if ([0, 1, 2].every((c) => Math.abs(photo.rgba[at + c] - points.rgb[3 * i + c]) <= 16)) agreeing++;
  }
  return agreeing / points.count;
}

const folder = mkdtempSync(join(tmpdir(), 'procedural-'));
afterAll(() => rmSync(folder, { recursive: true }));

const filesIn = (root: string, under = ''): SourceFile[] =>
  readdirSync(join(root, under), { withFileTypes: true }).flatMap((entry) => {
    const path = join(under, entry.name);
    return entry.isDirectory()
      ? filesIn(root, path)
      : [{ path, sizeBytes: 0, bytes: async () => new Uint8Array(readFileSync(join(root, path))) }];
  });

describe('the scene', () => {
  const scene = proceduralScene();

  test('24 photos of 128 x 96 px, the same on every run', () => {
    expect(scene.photos.map(({ widthPx, heightPx }) => `${widthPx}x${heightPx}`)).toEqual(Array.from({ length: 24 }, () => '128x96'));
    expect(proceduralScene({ viewCount: 2 }).photos[0].rgba).toEqual(scene.photos[0].rgba);
  });

  test('points lie where the photos show their colour', () => {
    expect(agreement(scene)).toBeGreaterThan(0.85);
  });

  test('and not where another lens would show it', () => {
    const [camera] = scene.reconstruction.cameras;
    const wrong = { ...scene.reconstruction, cameras: [{ ...camera, fx: 0.9 * camera.fx, fy: 0.9 * camera.fy }] };
    expect(agreement({ ...scene, reconstruction: wrong })).toBeLessThan(0.8);
  });

  test('the same through a distorting lens', () => {
    expect(agreement(proceduralScene({ k1: -0.12, viewCount: 6, pointCount: 1000 }))).toBeGreaterThan(0.85);
  });

  test('photos have detail: neighbouring pixels differ, and views differ', () => {
    const { rgba } = scene.photos[0];
    let changes = 0;
    for (let i = 4; i < rgba.length; i += 4) if (Math.abs(rgba[i] - rgba[i - 4]) >= 2) changes++;
    expect(changes / (rgba.length / 4)).toBeGreaterThan(0.4);
    expect(scene.photos[0].rgba).not.toEqual(scene.photos[12].rgba);
  });
});

describe('the detailed look', () => {
  const scene = proceduralScene({ widthPx: 480, heightPx: 360, viewCount: 1, detail: true });

  test('has features everywhere: over 500, and some in every ninth of the photo', () => {
    const { count, keypoints } = siftRef(greyOf(scene.photos[0]), { maxFeatures: 4096 });
    expect(count).toBeGreaterThan(500);
    const ninths = new Set(
      Array.from({ length: count }, (_, k) => Math.floor(keypoints[4 * k] / 160) + 3 * Math.floor(keypoints[4 * k + 1] / 120)),
    );
    expect(ninths.size).toBe(9);
  });

  test('cameras and places are those of the plain look; points have the colours of the photos', () => {
    const plain = proceduralScene({ widthPx: 480, heightPx: 360, viewCount: 1 }).reconstruction;
    expect(scene.reconstruction.views).toEqual(plain.views);
    expect(scene.reconstruction.points.xyz).toEqual(plain.points.xyz);
    // Blobs end within a pixel, so fewer places than in the plain look agree; by chance (another lens) it would be some 15 %.
    expect(agreement(scene)).toBeGreaterThan(0.6);
  });
});

describe('written to a folder', () => {
  test('it reads back as a dataset with the exact photos', async () => {
    const scene = await writeProceduralDataset(join(folder, 'png'), { viewCount: 4, pointCount: 50 });
    const read = await readDataset(filesIn(join(folder, 'png')));
    if (!read.ok) throw new Error(read.failure.detail);
    expect(read.value.warnings).toEqual([]);
    expect(read.value.reconstruction.cameras).toEqual(scene.reconstruction.cameras);
    expect(read.value.reconstruction.points).toEqual(scene.reconstruction.points);
    const pixels = await sharp(await read.value.photos[1].bytes())
      .ensureAlpha()
      .raw()
      .toBuffer();
    expect(Buffer.compare(pixels, scene.photos[1].rgba)).toBe(0);
  });

  test('rotated JPEGs lie on their side and stand up by their EXIF orientation', async () => {
    const scene = await writeProceduralDataset(join(folder, 'jpeg'), { viewCount: 3, photos: 'rotated-jpeg' });
    const path = join(folder, 'jpeg', 'images', 'view_001.jpg');
    expect(existsSync(path)).toBe(true);
    expect(await sharp(path).metadata()).toMatchObject({ width: 96, height: 128, orientation: 6 });
    const upright = await sharp(path).autoOrient().ensureAlpha().raw().toBuffer();
    const error = upright.reduce((sum, value, i) => sum + Math.abs(value - scene.photos[1].rgba[i]), 0) / upright.length;
    expect(error).toBeLessThan(2);
  });
});
