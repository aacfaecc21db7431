/** The focal sweep on made-up cameras of known focal length. */
import { expect, test } from 'vitest';
import { type SweepPair, sweepFocal } from '../../../src/core/sfm/focalSweep.ts';
import { type Motion, lensOfFocal, makePair } from './twoViewScene.ts';

/** Pairs whose lens says nothing of the focal length. */
const pairsOf = (ratio: number, count: number, motion: Motion): SweepPair[] =>
  Array.from({ length: count }, (_, k) => {
    const { pair } = makePair(k + 1, { n: 100, motion, outliers: 0.3, noisePx: 0.5, focal: 1200 * ratio });
    return { ...pair, lensA: lensOfFocal(1), lensB: lensOfFocal(1) };
  });

test.each([0.6, 0.9, 1.5, 2.5])('f = %d x the longer side is found within 8 %', (ratio) => {
  const { ratio: found, confident, scores } = sweepFocal(pairsOf(ratio, 6, 'general'), 1);
  expect(confident).toBe(true);
  expect(Math.abs(found / ratio - 1)).toBeLessThan(0.08);
  expect(scores.map((entry) => entry.ratio)).toEqual(scores.map((entry) => entry.ratio).sort((a, b) => a - b));
});

test('a plane alone says nothing: not confident, the usual focal length', () => {
  const { ratio, confident } = sweepFocal(pairsOf(1.5, 4, 'planar'), 1);
  expect(confident).toBe(false);
  expect(ratio).toBe(0.8);
});

test('no pairs, pairs with too few matches and positions that are not finite give the usual focal length', () => {
  const lens = lensOfFocal(1000);
  const few = { a: new Float32Array(20), b: new Float32Array(20), lensA: lens, lensB: lens };
  const bad = { a: new Float32Array(80).fill(NaN), b: new Float32Array(80), lensA: lens, lensB: lens };
  for (const pairs of [[], [few], [bad]]) expect(sweepFocal(pairs, 1)).toEqual({ ratio: 0.8, scores: [], confident: false });
});

test('the same pairs and seed give the same answer', () => {
  const pairs = pairsOf(0.9, 2, 'general');
  expect(sweepFocal(pairs, 3)).toEqual(sweepFocal(pairs, 3));
});
