/**
 * Cholesky factors of dense symmetric positive definite matrices, in place: A = L L^T, row-major, only the lower triangle is read or written.
 * Zeros at the head of a row stay zeros in L and are skipped, so a banded matrix costs what its band costs.
 * Invariant: false is returned, never NaN left unnoticed, when a pivot falls to rounding of its own diagonal: the matrix is singular.
 */

/** A pivot below this share of the diagonal entry it came from is rounding. */
const smallestPivot = 1e-15;

/** Columns factored together; their rows and one more pair stay in the second-level cache while the rows below pass by. */
const panel = 32;

/** Columns summed in one go: 2 + 4 rows of this length fit the first-level cache. */
const stretch = 256;

/**
 * a[i..i+1][j..j+3] -= the products of rows i, i+1 with rows j..j+3 over columns from..to - 1: eight sums for six loads, as many as there are
 * registers for.
 */
function reduceTile(a: Float64Array, n: number, i: number, j: number, from: number, to: number): void {
  const rowA = i * n;
  const rowB = rowA + n;
  const r0 = j * n;
  const r1 = r0 + n;
  const r2 = r1 + n;
  const r3 = r2 + n;
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let k = from; k < to; k++) {
    const x = a[rowA + k];
    const y = a[rowB + k];
    const c0 = a[r0 + k];
    const c1 = a[r1 + k];
    const c2 = a[r2 + k];
    const c3 = a[r3 + k];
    a0 += x * c0;
    a1 += x * c1;
    a2 += x * c2;
    a3 += x * c3;
    b0 += y * c0;
    b1 += y * c1;
    b2 += y * c2;
    b3 += y * c3;
  }
  a[rowA + j] -= a0;
  a[rowA + j + 1] -= a1;
  a[rowA + j + 2] -= a2;
  a[rowA + j + 3] -= a3;
  a[rowB + j] -= b0;
  a[rowB + j + 1] -= b1;
  a[rowB + j + 2] -= b2;
  a[rowB + j + 3] -= b3;
}

/** a[i][j] -= the product of rows i and j over columns from..to - 1. */
function reduceOne(a: Float64Array, n: number, i: number, j: number, from: number, to: number): void {
  let sum = 0;
  for (let k = from; k < to; k++) sum += a[i * n + k] * a[j * n + k];
  a[i * n + j] -= sum;
}

/** Takes columns from..to - 1 from rows i and i + 1 (if there is one) within the panel at `first`. `heads`: first columns that are not zero. */
function reducePair(a: Float64Array, n: number, i: number, first: number, from: number, to: number, heads: Int32Array): void {
  const last = Math.min(first + panel, n);
  const paired = i + 1 < n;
  const head = paired ? Math.min(heads[i], heads[i + 1]) : heads[i];
  // A tile may run over the diagonal: what it writes there is in the upper triangle, which nobody reads.
  for (let j = first; j < last && j <= i + 1; j += 4) {
    if (paired && j + 4 <= last) {
      const start = Math.max(from, head, Math.min(heads[j], heads[j + 1], heads[j + 2], heads[j + 3]));
      if (start < to) reduceTile(a, n, i, j, start, to);
      continue;
    }
    for (let row = i; row < Math.min(i + 2, n); row++)
      for (let c = j; c < Math.min(j + 4, last) && c <= row; c++) reduceOne(a, n, row, c, Math.max(from, heads[row], heads[c]), to);
  }
}

/** Finishes row i for the panel's columns, whose sums already lack what stands left of the panel. False for a lost pivot. */
function finishRow(a: Float64Array, n: number, i: number, first: number, heads: Int32Array, diagonal: Float64Array): boolean {
  const row = i * n;
  for (let j = Math.max(first, heads[i]); j < first + panel && j <= i; j++) {
    let sum = a[row + j];
    for (let k = Math.max(first, heads[i], heads[j]); k < j; k++) sum -= a[row + k] * a[j * n + k];
    if (j < i) {
      a[row + j] = sum / a[j * n + j];
      continue;
    }
    if (!(sum > smallestPivot * diagonal[i]) || sum === Infinity) return false;
    a[row + j] = Math.sqrt(sum);
  }
  return true;
}

/** By row, the first column that is not zero; the diagonal's at most. */
function rowHeads(a: Float64Array, n: number): Int32Array {
  const heads = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    let k = 0;
    while (k < i && a[i * n + k] === 0) k++;
    heads[i] = k;
  }
  return heads;
}

/**
 * Replaces the lower triangle of the [n, n] matrix by its Cholesky factor; left-looking by panels of columns (Golub and Van Loan, 4.2). False
 * when the matrix is not positive definite: what stands in the triangle is then of no use. The upper triangle is scratch.
 */
export function choleskyFactor(a: Float64Array, n: number): boolean {
  const heads = rowHeads(a, n);
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i]);
  for (let first = 0; first < n; first += panel) {
    for (let from = 0; from < first; from += stretch) {
      const to = Math.min(from + stretch, first);
      for (let i = first; i < n; i += 2) reducePair(a, n, i, first, from, to, heads);
    }
    for (let i = first; i < n; i++) if (!finishRow(a, n, i, first, heads, diagonal)) return false;
  }
  return true;
}

/** Solves L L^T x = b with a factor of choleskyFactor; x replaces b. */
export function choleskySolve(factor: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= factor[i * n + k] * b[k];
    b[i] = sum / factor[i * n + i];
  }
  // Backwards by rows of L, so that memory is read in order: x_i is final once every later row has taken its share.
  for (let i = n - 1; i >= 0; i--) {
    const x = b[i] / factor[i * n + i];
    b[i] = x;
    for (let k = 0; k < i; k++) b[k] -= factor[i * n + k] * x;
  }
}
