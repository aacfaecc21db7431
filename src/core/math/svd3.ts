/**
 * Singular value decomposition of 3x3 matrices: one-sided Jacobi (Hestenes 1958; Golub and Van Loan 8.6).
 * Invariant: u and v are proper rotations (determinant +1) even for singular matrices; the sign that this costs goes to the last singular
 * value, so u diag(s) v^T = matrix always holds.
 */
export interface Svd3 {
  /** Row-major, columns are the left singular vectors. */
  u: Float64Array;
  /** Descending in size; s[2] is negative where the determinant is. */
  s: Float64Array;
  /** Row-major, columns are the right singular vectors. */
  v: Float64Array;
}

const pairs = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;
const maxSweeps = 30;

function rotateColumns(m: Float64Array, p: number, q: number, c: number, s: number): void {
  for (let r = 0; r < 9; r += 3) {
    const x = m[r + p];
    const y = m[r + q];
    m[r + p] = c * x - s * y;
    m[r + q] = s * x + c * y;
  }
}

/** Turns columns p and q of `b` until they are orthogonal; says whether they had to turn. */
function orthogonalise(b: Float64Array, v: Float64Array, p: number, q: number): boolean {
  const alpha = b[p] * b[p] + b[3 + p] * b[3 + p] + b[6 + p] * b[6 + p];
  const beta = b[q] * b[q] + b[3 + q] * b[3 + q] + b[6 + q] * b[6 + q];
  const gamma = b[p] * b[q] + b[3 + p] * b[3 + q] + b[6 + p] * b[6 + q];
  if (!(Math.abs(gamma) > 1e-16 * Math.sqrt(alpha * beta)) || Math.abs(gamma) < 1e-300) return false;
  const zeta = (beta - alpha) / (2 * gamma);
  const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const c = 1 / Math.sqrt(1 + t * t);
  rotateColumns(b, p, q, c, c * t);
  rotateColumns(v, p, q, c, c * t);
  return true;
}

const crossColumns = (m: Float64Array, a: number, b: number, out: number): void => {
  m[out] = m[3 + a] * m[6 + b] - m[6 + a] * m[3 + b];
  m[3 + out] = m[6 + a] * m[b] - m[a] * m[6 + b];
  m[6 + out] = m[a] * m[3 + b] - m[3 + a] * m[b];
};

/** A unit column at right angles to column `of`. */
function perpendicularColumn(m: Float64Array, of: number, out: number): void {
  const [x, y, z] = [m[of], m[3 + of], m[6 + of]];
  const least = Math.abs(x) <= Math.abs(y) && Math.abs(x) <= Math.abs(z) ? 0 : Math.abs(y) <= Math.abs(z) ? 1 : 2;
  const axis = [0, 0, 0];
  axis[least] = 1;
  const v = [y * axis[2] - z * axis[1], z * axis[0] - x * axis[2], x * axis[1] - y * axis[0]];
  const length = Math.hypot(v[0], v[1], v[2]);
  for (let r = 0; r < 3; r++) m[3 * r + out] = v[r] / length;
}

/** SVD of a finite row-major 3x3 matrix. */
export function svd3(matrix: ArrayLike<number>): Svd3 {
  const b = Float64Array.from(matrix);
  const v = new Float64Array([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let turned = false;
    for (const [p, q] of pairs) turned = orthogonalise(b, v, p, q) || turned;
    if (!turned) break;
  }
  const lengths = [0, 1, 2].map((c) => Math.hypot(b[c], b[3 + c], b[6 + c]));
  const order = [0, 1, 2].sort((i, j) => lengths[j] - lengths[i] || i - j);
  const u = new Float64Array(9);
  const sorted = new Float64Array(9);
  const s = Float64Array.from(order, (c) => lengths[c]);
  for (let k = 0; k < 2; k++) for (let r = 0; r < 3; r++) sorted[3 * r + k] = v[3 * r + order[k]];
  crossColumns(sorted, 0, 1, 2);
  if (s[0] > 0) for (let r = 0; r < 3; r++) u[3 * r] = b[3 * r + order[0]] / s[0];
  else u[0] = 1;
  if (s[1] > 1e-15 * s[0] && s[1] > 0) for (let r = 0; r < 3; r++) u[3 * r + 1] = b[3 * r + order[1]] / s[1];
  else perpendicularColumn(u, 0, 1);
  crossColumns(u, 0, 1, 2);
  // The last singular value with its sign: u3^T M v3.
  let last = 0;
  for (let r = 0; r < 3; r++) for (let c = 0; c < 3; c++) last += u[3 * r + 2] * matrix[3 * r + c] * sorted[3 * c + 2];
  s[2] = last;
  return { u, s, v: sorted };
}
