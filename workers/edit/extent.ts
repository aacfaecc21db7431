/**
 * How far a scene reaches along turned axes: what a crop box begins with.
 * Invariant: what is gone does not count, and neither do the farthest splats on each side.
 */
import { type Quaternion, type Vector3, matrixOfQuaternion, rotateBack } from '../../src/core/math/rotation.ts';
import type { Extent } from './messages.ts';

const sampleSize = 1 << 15;
/** Left out on each side. */
const farShare = 0.01;
/** Room around what is left. */
const margin = 1.05;

/**
 * The box along `axes` (file to box) around all but the farthest hundredth of the means on each side.
 * @param means [n, 3], file space
 * @param hidden one byte per splat, not 0 for those that are gone
 */
export function extentAlong(means: Float32Array, hidden: Uint8Array, axes: Quaternion): Extent {
  const m = matrixOfQuaternion(axes);
  const step = Math.max(1, Math.floor(hidden.length / sampleSize));
  const seen: number[] = [];
  for (let i = 0; i < hidden.length; i += step) if (hidden[i] === 0) seen.push(i);
  const [low, high]: Vector3[] = [
    [-1, -1, -1],
    [1, 1, 1],
  ];
  for (let k = 0; k < 3 && seen.length > 0; k++) {
    const along = (i: number): number => m[3 * k] * means[3 * i] + m[3 * k + 1] * means[3 * i + 1] + m[3 * k + 2] * means[3 * i + 2];
    const sorted = Float64Array.from(seen, along).sort();
    low[k] = sorted[Math.round(farShare * (sorted.length - 1))];
    high[k] = sorted[Math.round((1 - farShare) * (sorted.length - 1))];
  }
  const half = low.map((edge, k) => Math.max(1e-4, (margin * (high[k] - edge)) / 2)) as Vector3;
  return {
    centre: rotateBack(
      m,
      [0, 1, 2].map((k) => (low[k] + high[k]) / 2),
    ),
    half,
  };
}
