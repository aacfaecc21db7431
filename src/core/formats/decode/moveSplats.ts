/**
 * Moves splats by an affine map: means, shapes and colours together.
 * Invariant: the covariance of every splat becomes L cov L^T, whatever the map; a map that is no similarity changes both axes and scales.
 */
import { multiplyMatrices, quaternionOfMatrix, rotateVector } from '../../math/rotation.ts';
import { svd3 } from '../../math/svd3.ts';
import { symmetricEigen } from '../../math/symmetricEigen.ts';
import type { Splats } from '../../scene/splats.ts';
import { rotateSh } from './rotateSh.ts';

export interface Affine {
  /** [3, 3] row-major. */
  linear: number[];
  offset: [number, number, number];
}

const transposed = (m: ArrayLike<number>): number[] => [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
const determinant = (m: ArrayLike<number>): number =>
  m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);

/** Scale of a map that is a rotation times a number; null for every other. */
function similarityScale(linear: number[]): number | null {
  const gram = multiplyMatrices(transposed(linear), linear);
  const square = (gram[0] + gram[4] + gram[8]) / 3;
  const off = gram.map((value, k) => Math.abs(value - (k % 4 === 0 ? square : 0)));
  return determinant(linear) > 0 && Math.max(...off) < 1e-6 * square ? Math.sqrt(square) : null;
}

/** The rotation or reflection nearest to a map: U V^T of its singular value decomposition, with the determinant's sign. */
function orthogonalPart(linear: number[]): number[] {
  const { u, s, v } = svd3(linear);
  const signed = Array.from(u, (value, k) => (k % 3 === 2 && s[2] < 0 ? -value : value));
  return multiplyMatrices(signed, transposed(v));
}

/** a b of quaternions wxyz, the second and the product within an array. */
function turnQuat([w, x, y, z]: number[], quats: Float32Array, at: number): void {
  const [a, b, c, d] = [quats[at], quats[at + 1], quats[at + 2], quats[at + 3]];
  quats[at] = w * a - x * b - y * c - z * d;
  quats[at + 1] = w * b + x * a + y * d - z * c;
  quats[at + 2] = w * c - x * d + y * a + z * b;
  quats[at + 3] = w * d + x * c - y * b + z * a;
}

function moveBySimilarity(splats: Splats, linear: number[], scale: number): void {
  const q = quaternionOfMatrix(linear.map((value) => value / scale)) ?? [1, 0, 0, 0];
  const logScale = Math.log(scale);
  for (let i = 0; i < splats.count; i++) turnQuat(q, splats.quats, 4 * i);
  for (let k = 0; k < 3 * splats.count; k++) splats.logScales[k] += logScale;
}

/** Rotation matrix of a quaternion that need not be unit. */
function matrixOf(quats: Float32Array, at: number): number[] {
  const length = Math.hypot(quats[at], quats[at + 1], quats[at + 2], quats[at + 3]);
  const [w, x, y, z] = [0, 1, 2, 3].map((k) => quats[at + k] / length);
  return [
    ...[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    ...[2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    ...[2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
}

/** New axes and scales from the singular values of L R S: its left singular vectors are the axes. */
function moveByAnything(splats: Splats, linear: number[]): void {
  for (let i = 0; i < splats.count; i++) {
    const turned = multiplyMatrices(linear, matrixOf(splats.quats, 4 * i));
    const top = Math.max(...splats.logScales.subarray(3 * i, 3 * i + 3));
    if (!Number.isFinite(top) || !turned.every(Number.isFinite)) continue;
    const root = turned.map((value, k) => value * Math.exp(splats.logScales[3 * i + (k % 3)] - top));
    const { values, vectors } = symmetricEigen(multiplyMatrices(root, transposed(root)), 3);
    const axes = determinant(vectors) < 0 ? Array.from(vectors, (value) => -value) : vectors;
    const q = quaternionOfMatrix(axes);
    if (q) splats.quats.set(q, 4 * i);
    for (let k = 0; k < 3; k++) splats.logScales[3 * i + k] = top + Math.log(Math.max(values[k], 0)) / 2;
  }
}

/** Moves all splats, in place. Maps that flatten space are followed too; one that is not finite leaves values that are not. */
export function moveSplats(splats: Splats, { linear, offset }: Affine): void {
  for (let i = 0; i < splats.count; i++) {
    const mean = rotateVector(linear, splats.means.subarray(3 * i, 3 * i + 3));
    for (let k = 0; k < 3; k++) splats.means[3 * i + k] = mean[k] + offset[k];
  }
  if (!linear.every(Number.isFinite)) return;
  const scale = similarityScale(linear);
  if (scale !== null) moveBySimilarity(splats, linear, scale);
  else moveByAnything(splats, linear);
  if (splats.shDegree > 0) rotateSh(splats, orthogonalPart(linear));
}
