/**
 * Essential matrices of five pairs of rays (Nister, "An efficient solution to the five-point relative pose problem", PAMI 2004): the
 * 4-dimensional null space of the epipolar equations, ten cubic constraints, Gauss-Jordan elimination, a polynomial of degree 10 in z.
 * Each root is polished by Gauss-Newton on the constraints themselves, which takes back what the elimination loses on ill-conditioned
 * samples.
 * Invariant: nothing is allocated after creation; every matrix given back has unit Frobenius norm.
 */
import { createRootFinder } from '../math/polynomial.ts';

export interface FivePointSolver {
  /**
   * Rays (x, y, 1) of image a and b as [m, 2]; `sample`: five indices. Writes up to ten row-major matrices E with b^T E a = 0 to `out` [90]
   * and gives back how many.
   */
  solve(a: Float64Array, b: Float64Array, sample: ArrayLike<number>, out: Float64Array): number;
}

/** Exponents of (x, y, z) of the 20 cubic monomials, in the order that elimination needs (Nister, section 3.1). */
const cubics = '300 030 210 120 201 200 021 020 111 110 102 101 100 012 011 010 003 002 001 000'.split(' ');
const quadratics = '200 020 002 110 101 011 100 010 001 000'.split(' ');
const linears = '100 010 001 000'.split(' ');

const sumOfExponents = (p: string, q: string): string => [0, 1, 2].map((i) => Number(p[i]) + Number(q[i])).join('');
const productTable = (ps: string[], qs: string[], into: string[]): Uint8Array =>
  Uint8Array.from(ps.flatMap((p) => qs.map((q) => into.indexOf(sumOfExponents(p, q)))));
const linearTimesLinear = productTable(linears, linears, quadratics);
const quadraticTimesLinear = productTable(quadratics, linears, cubics);
/** Exponents of (x, y, z, w) of the cubics made homogeneous. */
const exponents = Uint8Array.from(cubics.flatMap((p) => [...p].map(Number).concat(3 - [...p].reduce((sum, e) => sum + Number(e), 0))));

/** out[10] += scale * p q for linear polynomials at p[i], q[j]. */
function addLinearProduct(out: Float64Array, o: number, p: Float64Array, i: number, j: number, scale: number): void {
  for (let k = 0, at = 0; k < 4; k++) {
    const value = scale * p[i + k];
    for (let l = 0; l < 4; l++, at++) out[o + linearTimesLinear[at]] += value * p[j + l];
  }
}

/** out[20] += p q for a quadratic p[i] and a linear q[j]. */
function addCubic(out: Float64Array, o: number, p: Float64Array, i: number, q: Float64Array, j: number): void {
  for (let k = 0, at = 0; k < 10; k++) {
    const value = p[i + k];
    for (let l = 0; l < 4; l++, at++) out[o + quadraticTimesLinear[at]] += value * q[j + l];
  }
}

/** The last four columns of Q of the QR decomposition of the 9x5 matrix `m` (column c at 9 c): an orthonormal basis of what it misses. */
function nullSpace(m: Float64Array, basis: Float64Array): void {
  for (let c = 0; c < 5; c++) {
    const at = 9 * c;
    let norm = 0;
    for (let r = c; r < 9; r++) norm += m[at + r] * m[at + r];
    norm = Math.sqrt(norm);
    if (norm < 1e-14) {
      for (let r = c; r < 9; r++) m[at + r] = 0;
      continue;
    }
    m[at + c] += m[at + c] >= 0 ? norm : -norm;
    let length = 0;
    for (let r = c; r < 9; r++) length += m[at + r] * m[at + r];
    const scale = Math.sqrt(2 / length);
    for (let r = c; r < 9; r++) m[at + r] *= scale;
    for (let d = c + 1; d < 5; d++) reflect(m, at, c, m, 9 * d);
  }
  basis.fill(0);
  for (let k = 0; k < 4; k++) {
    basis[9 * k + 5 + k] = 1;
    for (let c = 4; c >= 0; c--) reflect(m, 9 * c, c, basis, 9 * k);
  }
}

/** Column -= v (v . column), for the Householder vector v at m[at], from row c on. */
function reflect(m: Float64Array, at: number, c: number, column: Float64Array, k: number): void {
  let dot = 0;
  for (let r = c; r < 9; r++) dot += m[at + r] * column[k + r];
  for (let r = c; r < 9; r++) column[k + r] -= dot * m[at + r];
}

/** Reduced row echelon form of the first ten columns of a [10, 20] matrix; false when it is singular. */
function eliminate(m: Float64Array): boolean {
  for (let c = 0; c < 10; c++) {
    let pivot = c;
    for (let r = c + 1; r < 10; r++) if (Math.abs(m[20 * r + c]) > Math.abs(m[20 * pivot + c])) pivot = r;
    const value = m[20 * pivot + c];
    if (!(Math.abs(value) > 1e-14)) return false;
    for (let k = c; k < 20; k++) {
      const held = m[20 * pivot + k];
      m[20 * pivot + k] = m[20 * c + k];
      m[20 * c + k] = held / value;
    }
    for (let r = 0; r < 10; r++) {
      // Only rows 4 to 9 are read afterwards: the first four need no clearing above the diagonal.
      if (r === c || (r < c && r < 4)) continue;
      const factor = m[20 * r + c];
      if (factor === 0) continue;
      for (let k = c + 1; k < 20; k++) m[20 * r + k] -= factor * m[20 * c + k];
    }
  }
  return true;
}

/** The three rows [x: 4, y: 4, 1: 5 coefficients in ascending powers of z] of Nister's matrix B, from rows 4 to 9. */
function rowsInZ(m: Float64Array, b: Float64Array): void {
  for (let k = 0; k < 3; k++) {
    const high = 20 * (4 + 2 * k);
    const low = high + 20;
    for (let part = 0; part < 2; part++) {
      const from = 10 + 3 * part;
      const to = 13 * k + 4 * part;
      b[to] = m[high + from + 2];
      b[to + 1] = m[high + from + 1] - m[low + from + 2];
      b[to + 2] = m[high + from] - m[low + from + 1];
      b[to + 3] = -m[low + from];
    }
    const to = 13 * k + 8;
    b[to] = m[high + 19];
    for (let p = 1; p < 4; p++) b[to + p] = m[high + 19 - p] - m[low + 20 - p];
    b[to + 4] = -m[low + 16];
  }
}

/** det B, degree 10: along the third column, `minor` holds the 2x2 determinants of degree 6. */
function determinantInZ(b: Float64Array, minor: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let k = 0; k < 3; k++) {
    const p = 13 * ((k + 1) % 3);
    const q = 13 * ((k + 2) % 3);
    minor.fill(0);
    for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) minor[i + j] += b[p + i] * b[q + 4 + j] - b[p + 4 + i] * b[q + j];
    for (let i = 0; i < 7; i++) for (let j = 0; j < 5; j++) out[i + j] += minor[i] * b[13 * k + 8 + j];
  }
}

/** (x, y, z, w) of a root z: the null vector of B(z), by the best of three cross products. False when there is none. */
function solutionAt(b: Float64Array, z: number, row: Float64Array, out: Float64Array): boolean {
  // Divided by z^4 where |z| > 1, so that nothing overflows.
  const inside = Math.abs(z) <= 1;
  const w = inside ? z : 1 / z;
  for (let k = 0; k < 3; k++) {
    for (let part = 0; part < 3; part++) {
      const at = 13 * k + 4 * part;
      const degree = part < 2 ? 3 : 4;
      let value = 0;
      for (let p = degree; p >= 0; p--) value = value * w + b[at + (inside ? p : degree - p)];
      row[3 * k + part] = value;
    }
  }
  let best = 0;
  for (let k = 0; k < 3; k++) {
    const p = 3 * k;
    const q = 3 * ((k + 1) % 3);
    const x = row[p + 1] * row[q + 2] - row[p + 2] * row[q + 1];
    const y = row[p + 2] * row[q] - row[p] * row[q + 2];
    const one = row[p] * row[q + 1] - row[p + 1] * row[q];
    const size = x * x + y * y + one * one;
    if (!(size > best)) continue;
    best = size;
    // Outside, the x and y columns were divided by z^3 and the third by z^4: (x, y, 1) stands for (x, y, z).
    const homogeneous = inside ? one : one * w;
    const third = inside ? one * z : one;
    const norm = Math.sqrt(x * x + y * y + third * third + homogeneous * homogeneous);
    out[0] = x / norm;
    out[1] = y / norm;
    out[2] = third / norm;
    out[3] = homogeneous / norm;
  }
  return best > 0 && Number.isFinite(best);
}

const polishSteps = 4;
/** Squared residual of the constraints (coefficients of order one) at which a root needs no more polish. */
const polished = 1e-30;

/** Gauss-Newton on the ten homogeneous cubics over unit 4-vectors. */
function createPolish(constraints: Float64Array): (c: Float64Array) => void {
  const powers = new Float64Array(16);
  const derivative = new Float64Array(80);
  const monomial = new Float64Array(20);
  const residual = new Float64Array(10);
  const normal = new Float64Array(20);

  const evaluate = (c: Float64Array): number => {
    for (let v = 0; v < 4; v++) {
      powers[4 * v] = 1;
      for (let p = 1; p < 4; p++) powers[4 * v + p] = powers[4 * v + p - 1] * c[v];
    }
    for (let k = 0; k < 20; k++) {
      const e = 4 * k;
      monomial[k] = powers[exponents[e]] * powers[4 + exponents[e + 1]] * powers[8 + exponents[e + 2]] * powers[12 + exponents[e + 3]];
    }
    let sum = 0;
    for (let r = 0; r < 10; r++) {
      let value = 0;
      for (let k = 0; k < 20; k++) value += constraints[20 * r + k] * monomial[k];
      residual[r] = value;
      sum += value * value;
    }
    return sum;
  };

  const differentiate = (): void => {
    for (let k = 0; k < 20; k++) {
      for (let v = 0; v < 4; v++) {
        const power = exponents[4 * k + v];
        let value = power;
        if (power > 0) for (let u = 0; u < 4; u++) value *= powers[4 * u + exponents[4 * k + u] - (u === v ? 1 : 0)];
        derivative[4 * k + v] = value;
      }
    }
  };

  /** (J^T J + c c^T) step = -J^T r as a [4, 5] system. */
  const buildNormal = (c: Float64Array): void => {
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) normal[5 * i + j] = c[i] * c[j];
      normal[5 * i + 4] = 0;
    }
    for (let r = 0; r < 10; r++) {
      let [j0, j1, j2, j3] = [0, 0, 0, 0];
      for (let k = 0; k < 20; k++) {
        const m = constraints[20 * r + k];
        j0 += m * derivative[4 * k];
        j1 += m * derivative[4 * k + 1];
        j2 += m * derivative[4 * k + 2];
        j3 += m * derivative[4 * k + 3];
      }
      addRow(normal, j0, j1, j2, j3, -residual[r]);
    }
  };

  return (c) => {
    let before = evaluate(c);
    for (let step = 0; step < polishSteps && before > polished; step++) {
      differentiate();
      buildNormal(c);
      if (!solveFour(normal)) return;
      const [x, y, z, w] = c;
      for (let i = 0; i < 4; i++) c[i] += normal[5 * i + 4];
      const norm = Math.sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2] + c[3] * c[3]);
      for (let i = 0; i < 4; i++) c[i] /= norm;
      const after = evaluate(c);
      if (!(after < before)) {
        c[0] = x;
        c[1] = y;
        c[2] = z;
        c[3] = w;
        return;
      }
      before = after;
    }
  };
}

function addRow(normal: Float64Array, j0: number, j1: number, j2: number, j3: number, value: number): void {
  for (let i = 0; i < 4; i++) {
    const j = i === 0 ? j0 : i === 1 ? j1 : i === 2 ? j2 : j3;
    const at = 5 * i;
    normal[at] += j * j0;
    normal[at + 1] += j * j1;
    normal[at + 2] += j * j2;
    normal[at + 3] += j * j3;
    normal[at + 4] += j * value;
  }
}

/** Solves a [4, 5] system in place with pivoting; the solution is left in the last column. */
function solveFour(m: Float64Array): boolean {
  for (let c = 0; c < 4; c++) {
    let pivot = c;
    for (let r = c + 1; r < 4; r++) if (Math.abs(m[5 * r + c]) > Math.abs(m[5 * pivot + c])) pivot = r;
    const value = m[5 * pivot + c];
    if (!(Math.abs(value) > 1e-30)) return false;
    for (let k = c; k < 5; k++) {
      const held = m[5 * pivot + k];
      m[5 * pivot + k] = m[5 * c + k];
      m[5 * c + k] = held / value;
    }
    for (let r = 0; r < 4; r++) {
      const factor = m[5 * r + c];
      if (r === c || factor === 0) continue;
      for (let k = c; k < 5; k++) m[5 * r + k] -= factor * m[5 * c + k];
    }
  }
  return true;
}

/** A solver with its own working memory. */
export function createFivePointSolver(): FivePointSolver {
  const equations = new Float64Array(45);
  const basis = new Float64Array(36);
  const entries = new Float64Array(36);
  const gram = new Float64Array(60);
  const constraints = new Float64Array(200);
  const reduced = new Float64Array(200);
  const rows = new Float64Array(39);
  const minor = new Float64Array(7);
  const polynomial = new Float64Array(11);
  const roots = new Float64Array(10);
  const row = new Float64Array(9);
  const c = new Float64Array(4);
  const finder = createRootFinder(10);
  const polish = createPolish(constraints);
  /** Where E E^T [i, j] is in `gram`. */
  const gramAt = [0, 10, 20, 10, 30, 40, 20, 40, 50];

  const buildConstraints = (): void => {
    for (let e = 0; e < 9; e++) for (let k = 0; k < 4; k++) entries[4 * e + k] = basis[9 * k + e];
    gram.fill(0);
    constraints.fill(0);
    // Row 9: det E = sum of E[0, k] times the minor of the other two rows.
    for (let k = 0; k < 3; k++) {
      const [p, q] = [(k + 1) % 3, (k + 2) % 3];
      addLinearProduct(gram, 0, entries, 4 * (3 + p), 4 * (6 + q), 1);
      addLinearProduct(gram, 0, entries, 4 * (3 + q), 4 * (6 + p), -1);
      addCubic(constraints, 180, gram, 0, entries, 4 * k);
      gram.fill(0, 0, 10);
    }
    // Rows 0 to 8: (E E^T - trace / 2) E = 0.
    for (let i = 0; i < 3; i++)
      for (let j = i; j < 3; j++)
        for (let k = 0; k < 3; k++) addLinearProduct(gram, gramAt[3 * i + j], entries, 4 * (3 * i + k), 4 * (3 * j + k), 1);
    for (let k = 0; k < 10; k++) {
      const half = 0.5 * (gram[k] + gram[30 + k] + gram[50 + k]);
      gram[k] -= half;
      gram[30 + k] -= half;
      gram[50 + k] -= half;
    }
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++)
        for (let k = 0; k < 3; k++) addCubic(constraints, 20 * (3 * i + j), gram, gramAt[3 * i + k], entries, 4 * (3 * k + j));
  };

  const buildEquations = (a: Float64Array, b: Float64Array, sample: ArrayLike<number>): void => {
    for (let s = 0; s < 5; s++) {
      const at = 2 * sample[s];
      const [ax, ay, bx, by] = [a[at], a[at + 1], b[at], b[at + 1]];
      const o = 9 * s;
      equations[o] = bx * ax;
      equations[o + 1] = bx * ay;
      equations[o + 2] = bx;
      equations[o + 3] = by * ax;
      equations[o + 4] = by * ay;
      equations[o + 5] = by;
      equations[o + 6] = ax;
      equations[o + 7] = ay;
      equations[o + 8] = 1;
    }
  };

  return {
    solve(a, b, sample, out) {
      buildEquations(a, b, sample);
      nullSpace(equations, basis);
      buildConstraints();
      reduced.set(constraints);
      if (!eliminate(reduced)) return 0;
      rowsInZ(reduced, rows);
      determinantInZ(rows, minor, polynomial);
      const count = finder.solve(polynomial, roots);
      let found = 0;
      for (let k = 0; k < count; k++) {
        if (!solutionAt(rows, roots[k], row, c)) continue;
        polish(c);
        const at = 9 * found;
        for (let e = 0; e < 9; e++) out[at + e] = c[0] * basis[e] + c[1] * basis[9 + e] + c[2] * basis[18 + e] + c[3] * basis[27 + e];
        if (Number.isFinite(out[at])) found++;
      }
      return found;
    },
  };
}
