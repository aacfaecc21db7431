/** SIFT's CPU twin against closed forms and against exactly known warps. */
import { describe, expect, test } from 'vitest';
import { matchReference } from '../../../src/core/sfm/matcher.ref.ts';
import { siftRef } from '../../../src/core/sfm/sift.ref.ts';
import { addCandidate, createCandidates, selectCandidates } from '../../../src/core/sfm/siftSelect.ts';
import { createRandom, permutation } from '../../../src/core/math/random.ts';
import { type PlaneMap, drawBlobs, randomBlobs } from './blobScene.ts';

type Found = ReturnType<typeof siftRef>;
const [width, height] = [320, 240];
const scene = randomBlobs(11, 330, width, height);
const plain = siftRef(drawBlobs(scene, width, height), { maxFeatures: 2000 });
const point = ({ keypoints }: Found, i: number) => keypoints.subarray(4 * i, 4 * i + 4);

function nearest(found: Found, x: number, y: number, sigma: number, mostRatio: number): number {
  let [best, least] = [-1, Infinity];
  for (let i = 0; i < found.count; i++) {
    const [px, py, ps] = point(found, i);
    const distance = Math.hypot(px - x, py - y);
    if (Math.abs(Math.log(ps / sigma)) < Math.log(mostRatio) && distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** DoG(s, k s) of a blob of sigma b is largest at s = b / sqrt(k) (from the closed form 1 / (b^2 + s^2) - 1 / (b^2 + k^2 s^2)). */
test.each([
  [4, 100.3, 80.8],
  [7, 71.75, 90.1],
  [11, 120.5, 100],
])('a blob of sigma %d at (%d, %d): position and scale', (sigma, x, y) => {
  const found = siftRef(drawBlobs([{ x, y, sigma, height: 0.4 }], 200, 180), { maxFeatures: 100 });
  const i = nearest(found, x, y, sigma, 1.5);
  expect(i).toBeGreaterThanOrEqual(0);
  const [px, py, scale] = point(found, i);
  expect(Math.hypot(px - x, py - y)).toBeLessThan(0.1);
  expect(Math.abs(scale / (sigma * 2 ** (-1 / 6)) - 1)).toBeLessThan(0.05);
});

const around = (turn: number, scale: number): [PlaneMap, PlaneMap] => {
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  const [cx, cy] = [width / 2, height / 2];
  return [
    (x, y) => [cx + (c * (x - cx) + s * (y - cy)) / scale, cy + (c * (y - cy) - s * (x - cx)) / scale],
    (x, y) => [cx + scale * (c * (x - cx) - s * (y - cy)), cy + scale * (s * (x - cx) + c * (y - cy))],
  ];
};
const tilt = 4e-4;
/** Maps from the warped image to the scene and back; scale: sigma in the warped image by sigma in the scene. */
const warps: { name: string; maps: [PlaneMap, PlaneMap]; scale: number; gain: number }[] = [
  { name: 'turned by 30 degrees', maps: around(Math.PI / 6, 1), scale: 1, gain: 1 },
  { name: 'at 0.7', maps: around(0, 0.7), scale: 0.7, gain: 1 },
  { name: 'at 1.5', maps: around(0, 1.5), scale: 1.5, gain: 1 },
  {
    name: 'in slight perspective',
    maps: [(x, y) => [x / (1 - tilt * x), y / (1 - tilt * x)], (x, y) => [x / (1 + tilt * x), y / (1 + tilt * x)]],
    scale: 0.94,
    gain: 1,
  },
  { name: 'at 0.7 of the brightness', maps: around(0, 1), scale: 1, gain: 0.7 },
];

describe.each(warps)('a texture $name', ({ maps: [toScene, toWarped], scale, gain }) => {
  const warped = siftRef(drawBlobs(scene, width, height, toScene, gain), { maxFeatures: 2000 });
  const inside = (x: number, y: number) => x > 15 && y > 15 && x < width - 15 && y < height - 15;

  test('key points are found again', () => {
    let [seen, again] = [0, 0];
    for (let i = 0; i < plain.count; i++) {
      const [x, y, sigma] = point(plain, i);
      const [wx, wy] = toWarped(x, y);
      if (!inside(x, y) || !inside(wx, wy) || sigma * scale < 1.3) continue;
      seen++;
      const j = nearest(warped, wx, wy, sigma * scale, 1.3);
      if (j >= 0 && Math.hypot(point(warped, j)[0] - wx, point(warped, j)[1] - wy) < 1.5) again++;
    }
    expect(seen).toBeGreaterThan(100);
    expect(again / seen).toBeGreaterThan(0.7);
  });

  test('matches are right', () => {
    const matches = matchReference(plain.descriptors, warped.descriptors);
    const right = matches.filter(([i, j]) => {
      const [wx, wy] = toWarped(point(plain, i)[0], point(plain, i)[1]);
      return Math.hypot(point(warped, j)[0] - wx, point(warped, j)[1] - wy) < 3;
    });
    expect(matches.length).toBeGreaterThan(80);
    expect(right.length / matches.length).toBeGreaterThan(0.9);
  });
});

test('orientations turn with the picture', () => {
  const turned = siftRef(drawBlobs(scene, width, height, around(Math.PI / 6, 1)[0]), { maxFeatures: 2000 });
  const turns = matchReference(plain.descriptors, turned.descriptors).map(
    ([i, j]) => point(turned, j)[3] - point(plain, i)[3] - Math.PI / 6,
  );
  const off = turns.map((turn) => Math.abs(Math.atan2(Math.sin(turn), Math.cos(turn)))).sort((a, b) => a - b);
  expect(off[Math.floor(off.length / 2)]).toBeLessThan(0.05);
});

test.each([-1, 0] as const)('half the size gives half the coordinates, first octave %d', (firstOctave) => {
  const double = siftRef(
    drawBlobs(scene, 2 * width, 2 * height, (x, y) => [x / 2, y / 2]),
    { maxFeatures: 4000, firstOctave: 0 },
  );
  const single = siftRef(drawBlobs(scene, width, height), { maxFeatures: 4000, firstOctave });
  let [dx, dy, count] = [0, 0, 0];
  for (let i = 0; i < single.count; i++) {
    const [x, y, sigma] = point(single, i);
    const j = nearest(double, 2 * x, 2 * y, 2 * sigma, 1.2);
    if (j < 0 || Math.hypot(point(double, j)[0] / 2 - x, point(double, j)[1] / 2 - y) > 0.7) continue;
    dx += point(double, j)[0] / 2 - x;
    dy += point(double, j)[1] / 2 - y;
    count++;
  }
  expect(count).toBeGreaterThan(60);
  expect(Math.hypot(dx / count, dy / count)).toBeLessThan(0.05);
});

test('descriptors have a norm of about 512, and a second run gives the same bytes', () => {
  for (let i = 0; i < plain.count; i++) {
    const norm = Math.hypot(...plain.descriptors.subarray(128 * i, 128 * i + 128));
    expect(Math.abs(norm - 512)).toBeLessThan(6);
  }
  expect(siftRef(drawBlobs(scene, width, height), { maxFeatures: 2000 })).toEqual(plain);
});

test.each([
  [1, 1],
  [7, 5],
  [16, 300],
  [64, 64],
])('%d x %d px: noise of huge contrast and a blank give finite features or none', (w, h) => {
  const random = createRandom(3);
  const noise = siftRef(
    { widthPx: w, heightPx: h, values: Float32Array.from({ length: w * h }, () => 1e6 * random()) },
    { maxFeatures: 50 },
  );
  expect(noise.count).toBeLessThanOrEqual(50);
  expect(noise.keypoints.every(Number.isFinite)).toBe(true);
  const blank = siftRef({ widthPx: w, heightPx: h, values: new Float32Array(w * h).fill(0.5) }, { maxFeatures: 50 });
  expect(blank.count).toBe(0);
});

describe('selection', () => {
  /** 900 candidates in the left upper cell, ten in each other cell of the 8 x 8. */
  const rows: [number, number][] = [];
  const random = createRandom(9);
  for (let cell = 0; cell < 64; cell++) {
    for (let k = 0; k < (cell === 0 ? 900 : 10); k++) rows.push([((cell % 8) + random()) * 50, (Math.floor(cell / 8) + random()) * 50]);
  }
  const chosenOf = (order: Iterable<number>) => {
    const list = createCandidates(8);
    for (const k of order) addCandidate(list, 0, rows[k][0], rows[k][1], 1 + (k % 7) / 4, 0.02);
    return selectCandidates(list, 0.0067, 640, 400, 400);
  };

  test('no order of the candidates changes it', () => {
    expect(chosenOf(permutation(rows.length, random))).toEqual(chosenOf(rows.keys()));
  });

  test('a crowded corner does not starve the rest', () => {
    const { count, values } = chosenOf(rows.keys());
    let elsewhere = 0;
    for (let k = 0; k < count; k++) if (values[5 * k + 1] >= 50 || values[5 * k + 2] >= 50) elsewhere++;
    expect(count).toBe(640);
    expect(elsewhere).toBe(620);
  });

  test('the threshold comes down while there are too few', () => {
    const list = createCandidates();
    for (let k = 0; k < 40; k++) addCandidate(list, 0, 10 * k, 5, 2, k < 10 ? 0.01 : 0.0035);
    expect(selectCandidates(list, 0.0067, 5, 400, 400).count).toBe(5);
    expect(selectCandidates(list, 0.0067, 30, 400, 400).count).toBe(30);
    expect(
      selectCandidates(list, 0.0067, 10, 400, 400)
        .values.filter((_, w) => w % 5 === 4)
        .every((r) => r > 0.009),
    ).toBe(true);
  });
});
