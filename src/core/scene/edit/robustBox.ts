/**
 * Robust box of a scene: where its splats are, without the outermost twentieth of them along each axis.
 * Invariant: what few splats do, however far away, does not move it.
 */
import type { Vector3 } from '../../math/rotation.ts';

export interface RobustBox {
  low: Vector3;
  high: Vector3;
  centre: Vector3;
  /** Half its diagonal; never 0. */
  radius: number;
}

const sampled = 1 << 15;

/** Every n-th value of a column, sorted. */
function sortedSample(values: Float32Array, stride: number, offset: number): Float32Array {
  const count = values.length / stride;
  const step = Math.max(1, Math.floor(count / sampled));
  return Float32Array.from({ length: Math.ceil(count / step) }, (_, i) => values[stride * step * i + offset]).sort();
}

/** means: [n, 3]. */
export function robustBox(means: Float32Array): RobustBox {
  const box: RobustBox = { low: [0, 0, 0], high: [0, 0, 0], centre: [0, 0, 0], radius: 1e-9 };
  if (means.length < 3) return box;
  for (let k = 0; k < 3; k++) {
    const sorted = sortedSample(means, 3, k);
    box.low[k] = sorted[Math.round(0.05 * (sorted.length - 1))];
    box.high[k] = sorted[Math.round(0.95 * (sorted.length - 1))];
    box.centre[k] = (box.low[k] + box.high[k]) / 2;
  }
  box.radius = Math.max(Math.hypot(...box.high.map((high, k) => high - box.low[k])) / 2, 1e-9);
  return box;
}

/** The middle one of some numbers, of a sample where they are many. */
export function medianOfSample(values: Float32Array): number {
  const sorted = sortedSample(values, 1, 0);
  return sorted.length > 0 ? sorted[sorted.length >> 1] : 0;
}
