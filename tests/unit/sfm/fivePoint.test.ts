/** The five-point solver on made-up problems of known motion (Nister 2004, section 5). */
import { expect, test } from 'vitest';
import { createFivePointSolver } from '../../../src/core/sfm/fivePoint.ts';
import { raysOfPixels } from '../../../src/core/sfm/lens.ts';
import { createRandom } from '../../../src/core/math/random.ts';
import { matrixOfQuaternion, rotateVector, unitQuaternion } from '../../../src/core/math/rotation.ts';
import { type Motion, essentialByDefinition, makePair, quantile } from './twoViewScene.ts';

const solver = createFivePointSolver();
const out = new Float64Array(90);
const five = [0, 1, 2, 3, 4];

/** Exact rays in f64 (matches of makePair are rounded to f32). */
function problem(seed: number, motion: Motion): { a: Float64Array; b: Float64Array; truth: number[] } {
  const { pair, rotation, translation } = makePair(seed, { n: 5, motion });
  const a = raysOfPixels(pair.lensA, pair.a, 5);
  const random = createRandom(seed + 5000);
  const b = new Float64Array(10);
  for (let i = 0; i < 5; i++) {
    const z = motion === 'planar' ? 5 / (1 + 0.3 * a[2 * i] - 0.2 * a[2 * i + 1]) : 3 + 5 * random();
    const [x, y, w] = rotateVector(rotation, [a[2 * i] * z, a[2 * i + 1] * z, z]).map((value, c) => value + 1.2 * translation[c]);
    b.set([x / w, y / w], 2 * i);
  }
  return { a, b, truth: essentialByDefinition(rotation, translation).map((value) => value / Math.SQRT2) };
}

function distance(truth: number[], at: number): number {
  const apart = (sign: number): number => Math.hypot(...truth.map((value, k) => out[at + k] - sign * value));
  return Math.min(apart(1), apart(-1));
}

test.each(['general', 'forward', 'planar'] as const)('%s: the true matrix is among the solutions of every problem, to 1e-7', (motion) => {
  const errors = Array.from({ length: 1000 }, (_, seed) => {
    const { a, b, truth } = problem(seed + 1, motion);
    const count = solver.solve(a, b, five, out);
    expect(count).toBeLessThanOrEqual(10);
    return Math.min(Infinity, ...Array.from({ length: count }, (_, k) => distance(truth, 9 * k)));
  });
  expect(Math.max(...errors)).toBeLessThan(1e-7);
  // Nister reports errors from 1e-13 (median) to 1e-6 for random problems.
  expect(quantile(errors, 0.5)).toBeLessThan(1e-12);
});

test('solutions fit the five matches and are essential: two equal singular values, one zero', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const { a, b } = problem(seed, 'general');
    const count = solver.solve(a, b, five, out);
    for (let k = 0; k < count; k++) {
      const e = Array.from(out.subarray(9 * k, 9 * k + 9));
      for (let i = 0; i < 5; i++) {
        const ray = [a[2 * i], a[2 * i + 1], 1];
        const [x, y, z] = rotateVector(e, ray);
        expect(Math.abs(b[2 * i] * x + b[2 * i + 1] * y + z)).toBeLessThan(1e-10);
      }
      // With unit Frobenius norm: |E^T E|^2 = 1/2 and det E = 0 are equivalent to singular values (s, s, 0).
      const gram = e.map((_, m) => [0, 1, 2].reduce((sum, r) => sum + e[3 * r + Math.floor(m / 3)] * e[3 * r + (m % 3)], 0));
      expect(gram.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(0.5, 7);
    }
  }
});

test('degenerate samples give finite matrices or none', () => {
  const same = new Float64Array(10).fill(0.3);
  const inLine = Float64Array.from({ length: 10 }, (_, k) => (k % 2 ? 0.1 : 0.2) * k);
  const turned = Float64Array.from(inLine);
  const r = matrixOfQuaternion(unitQuaternion([1, 0.1, 0.05, 0])!);
  for (let i = 0; i < 5; i++) {
    const [x, y, z] = rotateVector(r, [inLine[2 * i], inLine[2 * i + 1], 1]);
    turned.set([x / z, y / z], 2 * i);
  }
  const bad = new Float64Array(10).fill(NaN);
  for (const [a, b] of [
    [same, same],
    [inLine, inLine],
    [inLine, turned],
    [same, inLine],
    [new Float64Array(10), inLine],
    [bad, inLine],
  ]) {
    const count = solver.solve(a, b, five, out);
    expect(Array.from(out.subarray(0, 9 * count)).every(Number.isFinite)).toBe(true);
  }
});
