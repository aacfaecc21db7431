/** Undistortion: single terms of the lens worked out by hand, whole pictures against what the ideal camera would have seen. */
import { describe, expect, test } from 'vitest';
import { distortRef, undistortRef } from '../../src/core/image/undistort.ref.ts';
import type { Camera } from '../../src/core/scene/camera.ts';
import type { Pixels } from '../../src/core/scene/dataset.ts';

const ideal = { k1: 0, k2: 0, p1: 0, p2: 0 };
const camera = (widthPx: number, heightPx: number, lens: Partial<Camera> = {}): Camera => ({
  id: 1,
  model: 'OPENCV',
  widthPx,
  heightPx,
  fx: widthPx,
  fy: widthPx,
  cx: widthPx / 2,
  cy: heightPx / 2,
  ...ideal,
  ...lens,
});

function paint(widthPx: number, heightPx: number, colour: (x: number, y: number) => [number, number, number]): Pixels {
  const rgba = new Uint8Array(4 * widthPx * heightPx);
  for (let k = 0; k < widthPx * heightPx; k++) rgba.set([...colour(k % widthPx, Math.floor(k / widthPx)), 255], 4 * k);
  return { widthPx, heightPx, rgba };
}

// At (0.2, -0.1): r^2 = 0.05, x y = -0.02.
test.each([
  ['nothing', {}, [0.2, -0.1]],
  ['k1', { k1: 0.1 }, [0.2 * 1.005, -0.1 * 1.005]],
  ['k2', { k2: 0.4 }, [0.2 * 1.001, -0.1 * 1.001]],
  ['p1', { p1: 0.01 }, [0.2 - 0.0004, -0.1 + 0.01 * 0.07]],
  ['p2', { p2: 0.01 }, [0.2 + 0.01 * 0.13, -0.1 - 0.0004]],
] as [string, Partial<Camera>, number[]][])('lens term: %s', (_, lens, expected) => {
  const got = distortRef(0.2, -0.1, { ...ideal, ...lens });
  expect(got[0]).toBeCloseTo(expected[0], 14);
  expect(got[1]).toBeCloseTo(expected[1], 14);
});

describe('without distortion', () => {
  test('at its own size the photo is what it is', () => {
    const photo = paint(9, 7, (x, y) => [x * 20, y * 30, (x * 71 + y * 13) % 256]);
    const same = undistortRef(photo, camera(9, 7), 9);
    for (const [k, value] of same.image.entries()) expect(value * 255).toBeCloseTo(photo.rgba[4 * Math.floor(k / 3) + (k % 3)], 9);
  });

  test('half the size is the mean of 2 x 2 pixels', () => {
    const photo = paint(8, 6, (x, y) => [x * 20, y * 30, (x * 7 + y * 13) % 256]);
    const small = undistortRef(photo, camera(8, 6), 4);
    expect([small.widthPx, small.heightPx, small.fx, small.cx, small.cy]).toEqual([4, 3, 4, 2, 1.5]);
    expect(small.mask.every((value) => value === 1)).toBe(true);
    const k = 3 * (1 * 4 + 2);
    expect(small.image[k] * 255).toBeCloseTo(20 * 4.5, 10);
    expect(small.image[k + 1] * 255).toBeCloseTo(30 * 2.5, 10);
    expect(small.image[k + 2] * 255).toBeCloseTo(7 * 4.5 + 13 * 2.5, 10);
  });

  test('a third of the size is the mean of 3 x 3 pixels', () => {
    const photo = paint(9, 9, (x, y) => [(x * 31 + y * 57) % 256, 0, 0]);
    const small = undistortRef(photo, camera(9, 9), 3);
    let sum = 0;
    for (let x = 3; x < 6; x++) for (let y = 6; y < 9; y++) sum += (x * 31 + y * 57) % 256;
    expect(small.image[3 * (2 * 3 + 1)] * 255).toBeCloseTo(sum / 9, 10);
  });
});

describe('with every term', () => {
  const lens = { k1: -0.25, k2: 0.08, p1: 0.01, p2: -0.015 };
  const from = camera(96, 72, lens);
  /** What the world looks like along the ideal ray (x, y, 1), 0..255. */
  const world = (x: number, y: number): [number, number, number] => [
    127 + 90 * Math.sin(5 * x + y),
    127 + 90 * Math.cos(4 * y - 2 * x),
    127 + 90 * Math.sin(6 * x * y),
  ];

  /** The ray whose distorted image is (u, v), by bisection-free Newton steps on a numeric Jacobian. */
  function idealRay(u: number, v: number): [number, number] {
    let [x, y] = [u, v];
    for (let step = 0; step < 20; step++) {
      const [a, b] = distortRef(x, y, lens);
      const h = 1e-6;
      const [ax, bx] = distortRef(x + h, y, lens);
      const [ay, by] = distortRef(x, y + h, lens);
      const [j00, j01, j10, j11] = [(ax - a) / h, (ay - a) / h, (bx - b) / h, (by - b) / h];
      const det = j00 * j11 - j01 * j10;
      x -= (j11 * (a - u) - j01 * (b - v)) / det;
      y -= (j00 * (b - v) - j10 * (a - u)) / det;
    }
    return [x, y];
  }
  const photo = paint(
    96,
    72,
    (x, y) => world(...idealRay((x + 0.5 - from.cx) / from.fx, (y + 0.5 - from.cy) / from.fy)).map(Math.round) as [number, number, number],
  );
  const small = undistortRef(photo, from, 48);

  test('the picture is that of the ideal camera', () => {
    let worst = 0;
    for (let pixel = 0; pixel < small.mask.length; pixel++) {
      const [px, py] = [pixel % 48, Math.floor(pixel / 48)];
      if (px < 3 || py < 3 || px >= 45 || py >= 33) continue;
      const want = world((px + 0.5 - small.cx) / small.fx, (py + 0.5 - small.cy) / small.fy);
      want.forEach((value, c) => (worst = Math.max(worst, Math.abs(small.image[3 * pixel + c] * 255 - value))));
    }
    expect(worst).toBeLessThan(1);
  });

  test('a wide lens the other way leaves the corners unseen and says so', () => {
    const { mask, image } = undistortRef(photo, camera(96, 72, { k1: 0.3 }), 48);
    // The corner (-0.5, -0.375) has r^2 = 0.39 and lands at 1.117 times that, outside; the centre stays.
    expect([mask[0], mask[47], mask[mask.length - 1], mask[18 * 48 + 24]]).toEqual([0, 0, 0, 1]);
    expect(image.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});
