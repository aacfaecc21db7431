/** Cholesky factors against matrices built from known factors and solutions. */
import { describe, expect, test } from 'vitest';
import { choleskyFactor, choleskySolve } from '../../../src/core/math/cholesky.ts';
import { createRandom } from '../../../src/core/math/random.ts';

/** A lower triangle with a diagonal from 1 to 2. */
function knownFactor(n: number, seed: number): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return j > i ? 0 : i === j ? 1 + random() : random() - 0.5;
  });
}

const product = (l: Float64Array, n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let k = 0; k < n; k++) sum += l[i * n + k] * l[j * n + k];
    return sum;
  });

describe('Cholesky', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 32, 33, 35, 50, 63, 64, 101])('%i columns: the factor it was made from', (n) => {
    const known = knownFactor(n, n);
    const a = product(known, n);
    // What stands above the diagonal must not matter.
    for (let i = 0; i < n; i++) a.fill(NaN, i * n + i + 1, (i + 1) * n);
    expect(choleskyFactor(a, n)).toBe(true);
    let worst = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) worst = Math.max(worst, Math.abs(a[i * n + j] - known[i * n + j]));
    expect(worst).toBeLessThan(1e-9);
  });

  test('solves', () => {
    const n = 41;
    const a = product(knownFactor(n, 3), n);
    const x = Float64Array.from({ length: n }, (_, i) => Math.sin(i));
    const b = Float64Array.from({ length: n }, (_, i) => x.reduce((sum, value, k) => sum + a[i * n + k] * value, 0));
    expect(choleskyFactor(a, n)).toBe(true);
    choleskySolve(a, n, b);
    expect(Math.max(...b.map((value, i) => Math.abs(value - x[i])))).toBeLessThan(1e-8);
  });

  test('a band, first columns empty: the factor it was made from', () => {
    const n = 60;
    const known = knownFactor(n, 5).map((value, at) => (Math.floor(at / n) - (at % n) > 7 && at < n * (n - 3) ? 0 : value));
    const a = product(known, n);
    expect(choleskyFactor(a, n)).toBe(true);
    let worst = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) worst = Math.max(worst, Math.abs(a[i * n + j] - known[i * n + j]));
    expect(worst).toBeLessThan(1e-9);
  });

  test.each([
    ['zero', [0]],
    ['negative', [4, 0, 0, -1]],
    ['of rank one', [1, 2, 2, 4]],
    ['of rank two, five columns', Array.from({ length: 25 }, (_, k) => 1 + Math.floor(k / 5) * (k % 5))],
    ['NaN', [1, 0, NaN, 1]],
    ['infinite', [Infinity]],
  ])('%s: refused', (_, a) => {
    expect(choleskyFactor(Float64Array.from(a), Math.sqrt(a.length))).toBe(false);
  });

  test('nothing', () => {
    expect(choleskyFactor(new Float64Array(0), 0)).toBe(true);
  });
});
