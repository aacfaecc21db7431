/** Two-view geometry of made-up pairs with known motion. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/math/random.ts';
import type { PairGeometry } from '../../../src/core/sfm/pairGeometry.ts';
import { verifyPair } from '../../../src/core/sfm/twoView.ts';
import { directionErrorDeg, lensOfFocal, makePair, quantile, rotationErrorDeg } from './twoViewScene.ts';

const seeds = Array.from({ length: 12 }, (_, k) => k + 1);

function expectFinite({ rotation, translation, medianAngleDeg }: PairGeometry): void {
  expect([...rotation, ...translation, medianAngleDeg].every(Number.isFinite)).toBe(true);
}

describe('a moving camera', () => {
  test.each([
    ['general', 0.3, 0.5],
    ['general', 0.5, 1],
    ['forward', 0.3, 0.5],
    ['forward', 0.5, 1],
  ] as const)('%s motion, %d outliers, noise of %d px: rotation within 0.5 and direction within 3 degrees', (motion, outliers, noisePx) => {
    for (const seed of seeds) {
      const made = makePair(seed, { n: 300, motion, outliers, noisePx });
      const found = verifyPair(made.pair);
      expect(found.kind).toBe('general');
      expect(rotationErrorDeg(found.rotation, made.rotation)).toBeLessThan(0.5);
      expect(directionErrorDeg(found.translation, made.translation)).toBeLessThan(3);
      const right = [...found.inliers].filter((i) => made.isInlier[i]).length;
      expect(right).toBeGreaterThan(0.87 * made.isInlier.filter(Boolean).length);
      expect(found.inliers.length - right).toBeLessThan(10);
    }
  });

  test('a short baseline with small but real parallax is no rotation', () => {
    for (const seed of seeds) {
      const { kind, medianAngleDeg } = verifyPair(makePair(seed, { n: 300, outliers: 0.3, noisePx: 0.5, baseline: 0.1 }).pair);
      expect(['general', 'planar']).toContain(kind);
      expect(medianAngleDeg).toBeGreaterThan(0.2);
      expect(medianAngleDeg).toBeLessThan(2);
    }
  });

  test('different lenses', () => {
    const made = makePair(3, { n: 300, outliers: 0.3 });
    const b = made.pair.b.map((value, k) => [600, 450][k % 2] + 1.7 * (value - [600, 450][k % 2]));
    const found = verifyPair({ ...made.pair, b, lensB: lensOfFocal(1700) });
    expect(rotationErrorDeg(found.rotation, made.rotation)).toBeLessThan(0.05);
  });
});

describe('degenerate pairs', () => {
  test('a plane is named, and one of its two poses is the truth', () => {
    const errors = seeds.map((seed) => {
      const made = makePair(seed, { n: 300, motion: 'planar', outliers: 0.3, noisePx: 0.5 });
      const found = verifyPair(made.pair);
      expect(found.kind).toBe('planar');
      expect(found.homographyInliers).toBeGreaterThan(200);
      return Math.min(...[found, ...(found.twin ? [found.twin] : [])].map(({ rotation }) => rotationErrorDeg(rotation, made.rotation)));
    });
    expect(quantile(errors, 0.9)).toBeLessThan(1);
  });

  test.each([500, 1000, 3000])('a turn on the spot is named, f = %d', (focal) => {
    for (const seed of seeds) {
      const made = makePair(seed, { n: 300, motion: 'rotation', outliers: 0.3, noisePx: 0.5, focal });
      const found = verifyPair(made.pair);
      expect(found.kind).toBe('rotation');
      expect(found.translation).toEqual([0, 0, 0]);
      expect(found.medianAngleDeg).toBe(0);
      expect(rotationErrorDeg(found.rotation, made.rotation)).toBeLessThan(0.1);
    }
  });

  test('the same photo twice is a turn by nothing', () => {
    const { pair } = makePair(1, { n: 100 });
    const found = verifyPair({ ...pair, b: pair.a });
    expect(found.kind).toBe('rotation');
    expect(found.inliers).toHaveLength(100);
    expect(rotationErrorDeg(found.rotation, [1, 0, 0, 0, 1, 0, 0, 0, 1])).toBeLessThan(1e-5);
  });
});

describe('no geometry', () => {
  const random = createRandom(77);
  const any = (n: number): Float32Array => Float32Array.from({ length: 2 * n }, (_, k) => random() * (k % 2 ? 900 : 1200));
  const lens = lensOfFocal(1000);

  test.each([30, 60, 200, 1000])('%d random matches', (n) => {
    const found = verifyPair({ lensA: lens, lensB: lens, a: any(n), b: any(n), seed: 1 });
    expect(found.kind).toBe('none');
    expect(found.inliers).toHaveLength(0);
  });

  test.each([
    ['no match', new Float32Array(0), new Float32Array(0)],
    ['four matches', any(4), any(4)],
    ['one point many times', new Float32Array(80).fill(300), new Float32Array(80).fill(300)],
    ['one point against many', new Float32Array(80).fill(300), any(40)],
    ['positions that are not finite', new Float32Array(80).fill(NaN), any(40)],
    ['infinite positions', any(40), new Float32Array(80).fill(Infinity)],
  ])('%s: finite answer', (_, a, b) => {
    expectFinite(verifyPair({ lensA: lens, lensB: lens, a, b, seed: 1 }));
  });

  test('a lens without focal length', () => {
    expect(verifyPair({ ...makePair(1, { n: 50 }).pair, lensB: lensOfFocal(NaN) }).kind).toBe('none');
    expect(verifyPair({ ...makePair(1, { n: 50 }).pair, lensA: lensOfFocal(0) }).kind).toBe('none');
  });
});

test('the same pair and seed give the same geometry', () => {
  const { pair } = makePair(5, { n: 200, outliers: 0.5, noisePx: 1 });
  expect(verifyPair(pair)).toEqual(verifyPair(pair));
});
