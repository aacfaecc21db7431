/** Eigen decomposition and singular values against their definitions. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/math/random.ts';
import { svd3 } from '../../../src/core/math/svd3.ts';
import { symmetricEigen } from '../../../src/core/math/symmetricEigen.ts';

const product = (a: ArrayLike<number>, b: ArrayLike<number>, n: number): number[] =>
  Array.from({ length: n * n }, (_, k) =>
    Array.from({ length: n }, (_, i) => a[n * Math.floor(k / n) + i] * b[n * i + (k % n)]).reduce((sum, value) => sum + value, 0),
  );
const transposed = (a: ArrayLike<number>, n: number): number[] =>
  Array.from({ length: n * n }, (_, k) => a[n * (k % n) + Math.floor(k / n)]);
const diagonal = (values: ArrayLike<number>): number[] =>
  Array.from({ length: values.length ** 2 }, (_, k) => (k % (values.length + 1) === 0 ? values[k / (values.length + 1)] : 0));
const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from({ length: a.length }, (_, k) => Math.abs(a[k] - b[k])));
const determinant = (m: ArrayLike<number>): number =>
  m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);

test.each([1, 2, 3, 4, 9])('symmetric %i x %i: A V = V diag, V orthonormal, values ascend', (n) => {
  const random = createRandom(n);
  for (let k = 0; k < 20; k++) {
    const half = Array.from({ length: n * n }, () => (random() - 0.5) * 10 ** (4 * random() - 2));
    const a = half.map((value, i) => value + transposed(half, n)[i]);
    const { values, vectors } = symmetricEigen(a, n);
    const scale = Math.max(...a.map(Math.abs));
    expect(largestDifference(product(a, vectors, n), product(vectors, diagonal(values), n))).toBeLessThan(1e-13 * scale * n);
    expect(largestDifference(product(transposed(vectors, n), vectors, n), diagonal(new Array(n).fill(1)))).toBeLessThan(1e-14 * n);
    expect([...values]).toEqual([...values].sort((x, y) => x - y));
  }
});

test('known eigenvalues: 2 on the diagonal and -1 beside it has 2 - 2 cos(k pi / (n + 1))', () => {
  const n = 6;
  const a = Array.from({ length: n * n }, (_, k) => [2, -1][Math.abs(Math.floor(k / n) - (k % n))] ?? 0);
  symmetricEigen(a, n).values.forEach((value, k) => expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 13));
});

describe('svd3', () => {
  const random = createRandom(7);
  const any = (): number[] => Array.from({ length: 9 }, () => 2 * random() - 1);
  const rankOne = Array.from({ length: 9 }, (_, k) => [1, 2, -3][Math.floor(k / 3)] * [0.5, 0, 4][k % 3]);
  test.each([
    ...Array.from({ length: 30 }, any).map((m, k): [string, number[]] => [`random ${k}`, m]),
    ['zero', new Array<number>(9).fill(0)],
    ['identity', [1, 0, 0, 0, 1, 0, 0, 0, 1]],
    ['mirror', [1, 0, 0, 0, 1, 0, 0, 0, -1]],
    ['rank 1', rankOne],
    ['essential', [0, -3, 2, 3, 0, -1, -2, 1, 0]],
    ['tiny', any().map((value) => value * 1e-120)],
  ])('%s: U S V^T gives the matrix back, U and V turn', (_, m) => {
    const { u, s, v } = svd3(m);
    const scale = Math.max(...m.map(Math.abs));
    expect(largestDifference(product(product(u, diagonal(s), 3), transposed(v, 3), 3), m)).toBeLessThanOrEqual(1e-14 * scale);
    for (const turn of [u, v]) {
      expect(largestDifference(product(transposed(turn, 3), turn, 3), diagonal([1, 1, 1]))).toBeLessThan(1e-14);
      expect(determinant(turn)).toBeCloseTo(1, 13);
    }
    expect(s[0]).toBeGreaterThanOrEqual(s[1]);
    expect(s[1]).toBeGreaterThanOrEqual(Math.abs(s[2]) - 1e-15 * scale);
  });
});
