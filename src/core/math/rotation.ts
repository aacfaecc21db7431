/**
 * Rotations in f64: quaternions wxyz and 3x3 matrices, row-major.
 * Invariant: every quaternion given back is unit length with w >= 0, so equal rotations compare equal.
 */
export type Quaternion = [number, number, number, number];
export type Vector3 = [number, number, number];

/** Unit quaternion with w >= 0; null when the length is zero or anything is not finite. */
export function unitQuaternion(q: Quaternion): Quaternion | null {
  const length = Math.hypot(...q);
  if (!(length > 0) || !Number.isFinite(length)) return null;
  const scale = q[0] < 0 ? -1 / length : 1 / length;
  return [q[0] * scale, q[1] * scale, q[2] * scale, q[3] * scale];
}

/** Row-major matrix of a unit quaternion. */
export function matrixOfQuaternion([w, x, y, z]: Quaternion): number[] {
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ].flat();
}

/**
 * Unit quaternion of a row-major rotation matrix, from its largest component (Shepperd 1978), which keeps full precision for every
 * rotation.
 */
export function quaternionOfMatrix(m: ArrayLike<number>): Quaternion | null {
  const [a, b, c] = [m[0], m[4], m[8]];
  const squares = [1 + a + b + c, 1 + a - b - c, 1 - a + b - c, 1 - a - b + c];
  const largest = squares.indexOf(Math.max(...squares));
  const rows: Quaternion[] = [
    [squares[0], m[7] - m[5], m[2] - m[6], m[3] - m[1]],
    [m[7] - m[5], squares[1], m[1] + m[3], m[2] + m[6]],
    [m[2] - m[6], m[1] + m[3], squares[2], m[5] + m[7]],
    [m[3] - m[1], m[2] + m[6], m[5] + m[7], squares[3]],
  ];
  return largest < 0 ? null : unitQuaternion(rows[largest]);
}

/** m v for a row-major 3x3 matrix. */
export const rotateVector = (m: ArrayLike<number>, v: ArrayLike<number>): Vector3 => [
  m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
  m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
  m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
];

/** m^T v: the inverse rotation. */
export const rotateBack = (m: ArrayLike<number>, v: ArrayLike<number>): Vector3 => [
  m[0] * v[0] + m[3] * v[1] + m[6] * v[2],
  m[1] * v[0] + m[4] * v[1] + m[7] * v[2],
  m[2] * v[0] + m[5] * v[1] + m[8] * v[2],
];

/** a b of two 3x3 matrices. */
export const multiplyMatrices = (a: ArrayLike<number>, b: ArrayLike<number>): number[] => {
  const out = new Array<number>(9);
  for (let r = 0; r < 3; r++)
    for (let c = 0; c < 3; c++) out[3 * r + c] = a[3 * r] * b[c] + a[3 * r + 1] * b[3 + c] + a[3 * r + 2] * b[6 + c];
  return out;
};

/** m^T of a 3x3 matrix: the inverse of a rotation. */
export const transposeMatrix = (m: ArrayLike<number>): number[] => [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
