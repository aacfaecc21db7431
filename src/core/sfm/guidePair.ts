/**
 * Guided pair: a thinly supported pair matched again along its epipolar lines and verified again.
 * Invariant: the geometry's inliers index the matches given back with it.
 */
import { guidedMatches } from './guidedMatching.ts';
import type { Matches } from './matches.ts';
import type { GuideTask } from './tasks.ts';
import type { PairGeometry } from './pairGeometry.ts';
import { verifyPair } from './twoView.ts';

const bandPx = 2;

/** [n, 2] positions as [n, 4] key points; scale and angle play no part here. */
function keypointsOf(positions: Float64Array): Float32Array {
  const keypoints = new Float32Array(2 * positions.length);
  for (let k = 0; k < positions.length / 2; k++) keypoints.set(positions.subarray(2 * k, 2 * k + 2), 4 * k);
  return keypoints;
}

export function guidePair(task: GuideTask): { matches: Matches; geometry: PairGeometry } {
  const { pair, rotation, translation, positionsA, positionsB, descriptorsA, descriptorsB } = task;
  const { lensA, lensB } = pair;
  const [keypointsA, keypointsB] = [keypointsOf(positionsA), keypointsOf(positionsB)];
  const matches = guidedMatches({ descriptorsA, keypointsA, descriptorsB, keypointsB, lensA, lensB, rotation, translation, bandPx });
  const [a, b] = [new Float32Array(matches.length), new Float32Array(matches.length)];
  for (let k = 0; k < matches.length; k += 2) {
    a.set(positionsA.subarray(2 * matches[k], 2 * matches[k] + 2), k);
    b.set(positionsB.subarray(2 * matches[k + 1], 2 * matches[k + 1] + 2), k);
  }
  return { matches, geometry: verifyPair({ ...pair, a, b }) };
}
