/** Guided matching on made-up descriptors: repeated texture away from the epipolar line must not hide a match. */
import { expect, test } from 'vitest';
import { guidedMatches } from '../../../src/core/sfm/guidedMatching.ts';
import { randomDescriptors } from './descriptors.ts';
import { makePair } from './twoViewScene.ts';

const n = 60;
const made = makePair(4, { n });
const { lensA, lensB, a, b } = made.pair;
const keypoints = (xy: Float32Array): Float32Array =>
  Float32Array.from({ length: 2 * xy.length }, (_, k) => (k % 4 < 2 ? xy[2 * (k >> 2) + (k % 4)] : 1));
const descriptors = randomDescriptors(1, n);
const base = {
  descriptorsA: descriptors,
  descriptorsB: descriptors,
  keypointsA: keypoints(a),
  keypointsB: keypoints(b),
  lensA,
  lensB,
  rotation: made.rotation,
  translation: made.translation,
  bandPx: 2,
};
const identity = Array.from({ length: n }, (_, i) => [i, i]).flat();

test('every true match is found', () => {
  expect([...guidedMatches(base)]).toEqual(identity);
});

test('an exact copy of every feature, off its line, hides nothing; on the line it hides the match', () => {
  const twice = new Uint8Array(2 * descriptors.length);
  twice.set(descriptors);
  twice.set(descriptors, descriptors.length);
  const withCopies = (dx: number, dy: number): Uint32Array => {
    const copies = keypoints(b).map((value, k) => value + ([dx, dy][k % 4] ?? 0));
    return guidedMatches({ ...base, descriptorsB: twice, keypointsB: Float32Array.of(...keypoints(b), ...copies) });
  };
  const away = [...withCopies(40, -70)];
  // A few copies happen to lie along their line.
  expect(away.length / 2).toBeGreaterThan(0.8 * n);
  for (let k = 0; k < away.length; k += 2) expect(away[k + 1] % n).toBe(away[k]);
  expect(withCopies(0, 0)).toHaveLength(0);
});

test('nothing outside the band is matched', () => {
  const moved = keypoints(b).map((value, k) => (k % 4 < 2 ? value + 25 : value));
  const found = guidedMatches({ ...base, keypointsB: moved });
  expect(found.length / 2).toBeLessThan(0.3 * n);
});

test('no features and poses that are not finite give no matches', () => {
  expect(guidedMatches({ ...base, descriptorsA: new Uint8Array(0), keypointsA: new Float32Array(0) })).toHaveLength(0);
  expect(guidedMatches({ ...base, translation: [NaN, 0, 0] })).toHaveLength(0);
  expect(guidedMatches({ ...base, translation: [0, 0, 0] })).toHaveLength(0);
});
