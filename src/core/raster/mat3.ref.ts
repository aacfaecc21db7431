/**
 * 3x3 matrices for the CPU twins, in f64. Invariant: a matrix is nine numbers in row-major order and is never changed in place.
 */
export type Vec3 = [number, number, number];
export type Mat3 = readonly number[];

/** a b. */
export function multiply(a: Mat3, b: Mat3): number[] {
  const out: number[] = [];
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) out.push(a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j]);
  return out;
}

export const transpose = (a: Mat3): number[] => [a[0], a[3], a[6], a[1], a[4], a[7], a[2], a[5], a[8]];

/** a v. */
export const apply = (a: Mat3, v: Vec3): Vec3 => [
  a[0] * v[0] + a[1] * v[1] + a[2] * v[2],
  a[3] * v[0] + a[4] * v[1] + a[5] * v[2],
  a[6] * v[0] + a[7] * v[1] + a[8] * v[2],
];
