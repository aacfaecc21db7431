/**
 * The model of a camera that turned on the spot: b ~ R a. From two matches, and from many.
 * Invariant: the result is always a rotation (orthonormal, determinant +1), whatever the rays.
 */
import { svd3 } from '../math/svd3.ts';
import type { RayPairs } from './essential.ts';

/** Adds unit ray b times unit ray a transposed. */
function addOuter(sum: Float64Array, pairs: RayPairs, i: number): void {
  const [ax, ay, bx, by] = [pairs.a[2 * i], pairs.a[2 * i + 1], pairs.b[2 * i], pairs.b[2 * i + 1]];
  const scale = 1 / Math.sqrt((ax * ax + ay * ay + 1) * (bx * bx + by * by + 1));
  sum[0] += scale * bx * ax;
  sum[1] += scale * bx * ay;
  sum[2] += scale * bx;
  sum[3] += scale * by * ax;
  sum[4] += scale * by * ay;
  sum[5] += scale * by;
  sum[6] += scale * ax;
  sum[7] += scale * ay;
  sum[8] += scale;
}

/** The rotation that takes the matches' rays of a nearest to those of b (Wahba's problem; Kabsch 1976 by SVD). Two or more matches. */
export function rotationOfMatches(pairs: RayPairs, matches: ArrayLike<number>, out: Float64Array): void {
  const sum = new Float64Array(9);
  for (let k = 0; k < matches.length; k++) addOuter(sum, pairs, matches[k]);
  const { u, v } = svd3(sum);
  for (let r = 0; r < 3; r++)
    for (let c = 0; c < 3; c++) out[3 * r + c] = u[3 * r] * v[3 * c] + u[3 * r + 1] * v[3 * c + 1] + u[3 * r + 2] * v[3 * c + 2];
}
