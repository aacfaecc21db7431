/** Homographies of planes and turns with known truth. */
import { expect, test } from 'vitest';
import type { RayPairs } from '../../../src/core/sfm/essential.ts';
import {
  adjugate,
  createHomographySolver,
  homographyOfMany,
  posesOfHomography,
  transferError,
  transferInliers,
} from '../../../src/core/sfm/homography.ts';
import { rotationOfMatches } from '../../../src/core/sfm/rotationOnly.ts';
import { createRandom } from '../../../src/core/math/random.ts';
import { directionErrorDeg, makePair, rotationErrorDeg } from './twoViewScene.ts';

const focal = 1000;
const all = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function applied(h: ArrayLike<number>, x: number, y: number): [number, number] {
  const w = h[6] * x + h[7] * y + h[8];
  return [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w];
}

/** R + t n^T / d of a random motion and plane, and exact matches. */
function plane(seed: number, n: number): { pairs: RayPairs; h: number[]; rotation: number[]; translation: number[] } {
  const random = createRandom(seed);
  const { rotation, translation } = makePair(seed, { n: 1 });
  const normal = [random() - 0.5, random() - 0.5, 1];
  const h = rotation.map((value, k) => value + 0.3 * translation[Math.floor(k / 3)] * normal[k % 3]);
  const a = Float64Array.from({ length: 2 * n }, () => random() - 0.5);
  const b = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) b.set(applied(h, a[2 * i], a[2 * i + 1]), 2 * i);
  return { pairs: { count: n, a, b, focalA: focal, focalB: focal }, h, rotation, translation };
}

/** Largest difference after scaling both to unit length and equal sign. */
function apart(h: ArrayLike<number>, truth: ArrayLike<number>): number {
  const [p, q] = [h, truth].map((m) => Array.from(m, (value) => value / Math.hypot(...Array.from(m))));
  const sign = p.reduce((sum, value, k) => sum + value * q[k], 0) < 0 ? -1 : 1;
  return Math.max(...p.map((value, k) => Math.abs(value - sign * q[k])));
}

test('four matches and many give the true homography', () => {
  const solver = createHomographySolver();
  const found = new Float64Array(9);
  for (let seed = 1; seed <= 100; seed++) {
    const { pairs, h } = plane(seed, 12);
    // Four points nearly in line leave fewer digits.
    if (solver.solve(pairs.a, pairs.b, [0, 1, 2, 3], found)) expect(apart(found, h)).toBeLessThan(1e-6);
    expect(homographyOfMany(pairs, all(12), found)).toBe(true);
    expect(apart(found, h)).toBeLessThan(1e-6);
  }
});

test('three points in line, equal points and too few matches give none', () => {
  const solver = createHomographySolver();
  const found = new Float64Array(9);
  const inLine = Float64Array.of(0, 0, 0.1, 0.1, 0.2, 0.2, 0.5, 0);
  const square = Float64Array.of(0, 0, 1, 0, 1, 1, 0, 1);
  expect(solver.solve(inLine, square, [0, 1, 2, 3], found)).toBe(0);
  expect(solver.solve(square, inLine, [0, 1, 2, 3], found)).toBe(0);
  expect(solver.solve(square, new Float64Array(8), [0, 1, 2, 3], found)).toBe(0);
  expect(homographyOfMany({ count: 4, a: square, b: square, focalA: 1, focalB: 1 }, [0, 1, 2], found)).toBe(false);
});

test('the error is the distance to the nearest exact match: brute force over a shift and a scale', () => {
  const h = [2, 0, 0.1, 0, 2, -0.2, 0, 0, 1];
  const pairs = { count: 1, a: Float64Array.of(0.1, 0.2), b: Float64Array.of(0.33, 0.19), focalA: focal, focalB: focal };
  const inverse = new Float64Array(9);
  adjugate(h, 0, inverse);
  let least = Infinity;
  for (let x = 0.1; x < 0.13; x += 0.0002) {
    for (let y = 0.18; y < 0.21; y += 0.0002) {
      const [u, v] = applied(h, x, y);
      least = Math.min(least, Math.hypot(x - 0.1, y - 0.2, u - 0.33, v - 0.19) * focal);
    }
  }
  expect(Math.sqrt(transferError(pairs, h, 0, inverse, 0))).toBeCloseTo(least, 1);
});

test('inliers are those near their image; a point sent to infinity is none', () => {
  const { pairs, h } = plane(3, 30);
  pairs.b[0] += 5 / focal;
  pairs.b[3] -= 1 / focal;
  expect([...transferInliers(pairs, Float64Array.from(h), 2)]).toEqual(all(30).slice(1));
  const toInfinity = Float64Array.of(1, 0, 0, 0, 1, 0, 1, 0, -pairs.a[0]);
  expect([...transferInliers(pairs, toInfinity, 2)]).not.toContain(0);
});

test('the true pose is among those of the homography, up to the sign of the translation', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const { h, rotation, translation } = plane(seed, 1);
    const errors = posesOfHomography(h.map((value) => -2.5 * value)).map((pose) =>
      Math.max(
        rotationErrorDeg(pose.rotation, rotation),
        Math.min(
          directionErrorDeg(pose.translation, translation),
          directionErrorDeg(
            pose.translation.map((value) => -value),
            translation,
          ),
        ),
      ),
    );
    expect(Math.min(...errors)).toBeLessThan(1e-5);
  }
});

test('a turn has no translation, and its rotation is found from two matches and from many', () => {
  const found = new Float64Array(9);
  for (let seed = 1; seed <= 30; seed++) {
    const { rotation, pairs } = plane(seed, 10);
    for (let i = 0; i < 10; i++) pairs.b.set(applied(rotation, pairs.a[2 * i], pairs.a[2 * i + 1]), 2 * i);
    expect(posesOfHomography(rotation)).toEqual([]);
    for (const matches of [[0, 1], all(10)]) {
      rotationOfMatches(pairs, matches, found);
      expect(rotationErrorDeg(found, rotation)).toBeLessThan(1e-6);
    }
  }
});
