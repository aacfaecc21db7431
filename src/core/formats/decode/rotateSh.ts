/**
 * Turns spherical harmonics with the splats they colour: c'(d) = c(Q^T d) for a rotation or reflection Q.
 * Invariant: degrees do not mix, so a turn is one square matrix for each degree; reflections are as good as rotations.
 */
import { shBasisRef } from '../../raster/sh.ref.ts';
import { type Vector3, rotateBack } from '../../math/rotation.ts';
import { type Splats, shBasisCount } from '../../scene/splats.ts';

/** Well spread directions (a Fibonacci spiral): more than the 7 functions of degree 3 need, so that least squares is well conditioned. */
const directions: Vector3[] = Array.from({ length: 24 }, (_, i) => {
  const z = 1 - (2 * i + 1) / 24;
  const angle = i * Math.PI * (3 - Math.sqrt(5));
  const r = Math.sqrt(1 - z * z);
  return [r * Math.cos(angle), r * Math.sin(angle), z];
});

/** Solves a x = b for several right-hand sides in place (Gauss-Jordan with pivoting); `a` is [n, n], `b` [n, m], row-major. */
function solve(a: number[][], b: number[][]): number[][] {
  const n = a.length;
  for (let p = 0; p < n; p++) {
    let best = p;
    for (let r = p + 1; r < n; r++) if (Math.abs(a[r][p]) > Math.abs(a[best][p])) best = r;
    [a[p], a[best]] = [a[best], a[p]];
    [b[p], b[best]] = [b[best], b[p]];
    for (let r = 0; r < n; r++) {
      if (r === p) continue;
      const f = a[r][p] / a[p][p];
      a[r] = a[r].map((value, k) => value - f * a[p][k]);
      b[r] = b[r].map((value, k) => value - f * b[p][k]);
    }
  }
  return b.map((row, r) => row.map((value) => value / a[r][r]));
}

const product = (rows: number[][], columns: number[][], i: number, j: number): number =>
  rows.reduce((sum, row, d) => sum + row[i] * columns[d][j], 0);

/** Matrix of one degree: c' = D c, [2 l + 1, 2 l + 1]. From Y(d) c' = Y(Q^T d) c at more directions than unknowns. */
function degreeMatrix(q: ArrayLike<number>, degree: number): number[][] {
  const of = (d: Vector3): number[] => shBasisRef(d, degree).slice(degree * degree);
  const here = directions.map(of);
  const back = directions.map((d) => of(rotateBack(q, d)));
  const size = Array.from({ length: 2 * degree + 1 }, (_, i) => i);
  const normal = size.map((i) => size.map((j) => product(here, here, i, j)));
  const right = size.map((i) => size.map((j) => product(here, back, i, j)));
  // A coefficient that a quarter or half turn leaves alone shall stay exactly as it is.
  return solve(normal, right).map((row) =>
    row.map((value) => (Math.abs(value) < 1e-12 ? 0 : Math.abs(Math.abs(value) - 1) < 1e-12 ? Math.sign(value) : value)),
  );
}

/** Turns the SH of all splats, in place, by an orthogonal row-major 3x3 matrix of either determinant. */
export function rotateSh(splats: Splats, q: ArrayLike<number>): void {
  const basis = shBasisCount(splats.shDegree);
  const old = new Float64Array(7);
  for (let degree = 1; degree <= splats.shDegree; degree++) {
    const size = 2 * degree + 1;
    const matrix = Float64Array.from(degreeMatrix(q, degree).flat());
    for (let i = 0; i < splats.count; i++) {
      for (let c = 0; c < 3; c++) {
        const first = 3 * (basis * i + degree * degree) + c;
        for (let k = 0; k < size; k++) old[k] = splats.sh[first + 3 * k];
        for (let r = 0; r < size; r++) {
          let sum = 0;
          for (let k = 0; k < size; k++) sum += matrix[r * size + k] * old[k];
          splats.sh[first + 3 * r] = sum;
        }
      }
    }
  }
}
