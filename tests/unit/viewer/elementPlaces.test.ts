/** Points, boxes, measures, picture sizes and picks: against values worked out by hand and a plane whose depth has a closed form. */
import { describe, expect, test } from 'vitest';
import type { Vector3 } from '../../../src/core/math/rotation.ts';
import type { PackedSplats } from '../../../src/core/view/packedSplats.ts';
import type { ProbePoint } from '../../../src/core/view/splatRenderer.ts';
import { axesOf, positionOf } from '../../../src/viewer/camera/axes.ts';
import type { CameraState } from '../../../src/viewer/camera/cameraState.ts';
import { focalPx } from '../../../src/viewer/camera/toView.ts';
import { depthInFrontOf, facesCamera } from '../../../src/viewer/hotspots.ts';
import { measure } from '../../../src/viewer/measure.ts';
import { pickAt } from '../../../src/viewer/picking.ts';
import { pictureSize } from '../../../src/viewer/pictures.ts';
import { formatBox, parseBox, parsePoint } from '../../../src/viewer/places.ts';
import { createBoxSample } from '../../../src/viewer/sampledBox.ts';

describe('points and boxes', () => {
  test('read units and separators', () => {
    expect(parsePoint('1 -2.5m 30cm')).toEqual([1, -2.5, 0.3]);
    expect(parsePoint(' .5, 1e2 ,400mm')).toEqual([0.5, 100, 0.4]);
  });

  test.each(['', '1 2', '1 2 3 4', '1 2 x', '1 2 3km', '1 2 Infinity', '1 2 0x10', null])('refuse %s', (text) =>
    expect(parsePoint(text)).toBeNull(),
  );

  test('put the corners of a box in order and write it back', () => {
    const box = parseBox('1 0 3 -1 2 0');
    expect(box).toEqual({ low: [-1, 0, 0], high: [1, 2, 3] });
    expect(box && parseBox(formatBox(box))).toEqual(box);
  });
});

describe('measuring', () => {
  test('takes every way of writing a point', () => {
    expect(measure([0, 0, 0], '3 4 0')).toBe(5);
    expect(measure({ x: 1, y: 2, z: 2 }, { position: [0, 0, 0] })).toBe(3);
  });
  test('gives null, never NaN', () => {
    expect(measure([0, 0, NaN], [0, 0, 0])).toBeNull();
    expect(measure('here', [0, 0, 0])).toBeNull();
  });
});

describe('the size of a picture', () => {
  const shown = { widthPx: 400, heightPx: 200 };
  test('is the one on the screen, the one asked for, or in proportion', () => {
    expect(pictureSize({}, shown)).toBeNull();
    expect(pictureSize({ widthPx: 30, heightPx: 40 }, shown)).toEqual({ widthPx: 30, heightPx: 40 });
    expect(pictureSize({ widthPx: 100 }, shown)).toEqual({ widthPx: 100, heightPx: 50 });
    expect(pictureSize({ heightPx: 100 }, shown)).toEqual({ widthPx: 200, heightPx: 100 });
  });
});

describe('picking', () => {
  const state: CameraState = { target: [0.3, 0.1, -0.2], theta: 0.7, phi: 1.2, radius: 4, fov: 0.9 };
  const [widthPx, heightPx] = [320, 200];
  // The plane n . x = d seen by the camera above: depth = (d - n . c) / (n . ray), ray = forward + x right - y up.
  const n: Vector3 = [0.36, 0.48, 0.8];
  const d = 0.5;
  const dot = (a: Vector3, b: Vector3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  function depthAt({ xPx, yPx }: Pick<ProbePoint, 'xPx' | 'yPx'>): { depth: number; at: Vector3 } {
    const { right, up, forward } = axesOf(state);
    const f = focalPx(state.fov, widthPx, heightPx);
    const [x, y] = [(xPx - widthPx / 2) / f, (yPx - heightPx / 2) / f];
    const ray = forward.map((v, k) => v + x * right[k] - y * up[k]) as Vector3;
    const c = positionOf(state);
    const depth = (d - dot(n, c)) / dot(n, ray);
    return { depth, at: c.map((v, k) => v + depth * ray[k]) as Vector3 };
  }
  const seen = (hole: (point: ProbePoint) => boolean) => async (points: ProbePoint[]) =>
    points.map((point) => ({ surfaceDepth: hole(point) ? null : depthAt(point).depth, transmittance: 0 }));

  test('finds the point and the normal of a plane', async () => {
    const pick = await pickAt({ state, widthPx, heightPx, probe: seen(() => false) }, 200, 70);
    const truth = depthAt({ xPx: 200, yPx: 70 });
    expect(pick?.depth).toBeCloseTo(truth.depth, 9);
    truth.at.forEach((v, k) => expect(pick?.position[k]).toBeCloseTo(v, 6));
    n.forEach((v, k) => expect(pick?.normal?.[k]).toBeCloseTo(v, 5));
  });

  test('gives a position without a normal where the surface ends on both sides', async () => {
    const pick = await pickAt({ state, widthPx, heightPx, probe: seen(({ xPx }) => xPx !== 200) }, 200, 70);
    expect(pick?.position).toBeDefined();
    expect(pick?.normal).toBeNull();
  });

  test('gives null beside the picture and where nothing is', async () => {
    expect(await pickAt({ state, widthPx, heightPx, probe: seen(() => true) }, 200, 70)).toBeNull();
    expect(await pickAt({ state, widthPx, heightPx, probe: seen(() => false) }, 320, 70)).toBeNull();
    expect(await pickAt({ state, widthPx, heightPx, probe: seen(() => false) }, NaN, 70)).toBeNull();
  });
});

describe('hotspots', () => {
  test('face the camera on the side of their normal', () => {
    expect(facesCamera([0, 0, 0], [0, 0, 1], [3, 1, 0.1])).toBe(true);
    expect(facesCamera([0, 0, 0], [0, 0, 1], [3, 1, -0.1])).toBe(false);
    expect(facesCamera([0, 0, 0], null, [0, 0, -5])).toBe(true);
  });
  test('are asked about in front of the surface they stand on', () => {
    expect(depthInFrontOf(10, 1)).toBeCloseTo(9.8);
    expect(depthInFrontOf(1, 20)).toBeCloseTo(0.8);
  });
});

describe('the box of what came so far', () => {
  const packed = (points: Vector3[]): PackedSplats => {
    const geometry = new Uint32Array(points.length * 8);
    const floats = new Float32Array(geometry.buffer);
    points.forEach((p, i) => floats.set(p, 8 * i));
    return { count: points.length, shDegree: 0, geometry, sh: new Uint32Array(0) };
  };
  test('is that of the middle nine tenths along each axis', () => {
    const sample = createBoxSample(101);
    const points = Array.from({ length: 101 }, (_, i): Vector3 => [i, -2 * i, i === 100 ? 1e9 : 7]);
    sample.add(packed(points.slice(0, 40)));
    sample.add(packed(points.slice(40)));
    expect(sample.box()).toEqual({ low: [5, -190, 7], high: [95, -10, 7] });
  });
  test('is of an even sample when there are many', () => {
    const sample = createBoxSample(1e6);
    for (let run = 0; run < 100; run++) sample.add(packed(Array.from({ length: 1000 }, (_, i): Vector3 => [1000 * run + i, 0, 0])));
    const box = sample.box();
    expect(box?.low[0]).toBeCloseTo(5000, -3);
    expect(box?.high[0]).toBeCloseTo(95000, -3);
  });
  test('is null before the first', () => expect(createBoxSample(0).box()).toBeNull());
});
