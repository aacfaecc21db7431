/**
 * Eigenvalues and eigenvectors of small symmetric matrices: cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 8.5).
 * Invariant: values ascend; the vectors are orthonormal to rounding whatever the matrix.
 */
export interface Eigen {
  /** [n], ascending. */
  values: Float64Array;
  /** [n, n] row-major; column k belongs to values[k]. */
  vectors: Float64Array;
}

const maxSweeps = 40;

/** Rotates rows and columns p and q of `a` so that a[p, q] becomes zero, and the columns of `v` with them. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const off = a[p * n + q];
  const theta = (a[q * n + q] - a[p * n + p]) / (2 * off);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p], a[k * n + q]];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[p * n + k], a[q * n + k]];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
    const [u, w] = [v[k * n + p], v[k * n + q]];
    v[k * n + p] = c * u - s * w;
    v[k * n + q] = s * u + c * w;
  }
  a[p * n + q] = a[q * n + p] = 0;
}

/** Eigen decomposition of a symmetric [n, n] matrix, row-major; the matrix is left as it is. */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): Eigen {
  const a = Float64Array.from(matrix);
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let turned = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const small = 1e-17 * Math.sqrt(Math.abs(a[p * n + p] * a[q * n + q]));
        if (!(Math.abs(a[p * n + q]) > small + 1e-300)) continue;
        rotate(a, v, n, p, q);
        turned = true;
      }
    }
    if (!turned) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[i * n + i] - a[j * n + j] || i - j);
  const values = Float64Array.from(order, (i) => a[i * n + i]);
  const vectors = new Float64Array(n * n);
  for (let r = 0; r < n; r++) for (let k = 0; k < n; k++) vectors[r * n + k] = v[r * n + order[k]];
  return { values, vectors };
}
