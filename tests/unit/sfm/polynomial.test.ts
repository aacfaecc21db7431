/** Real roots against polynomials made from their roots. */
import { describe, expect, test } from 'vitest';
import { createRootFinder } from '../../../src/core/math/polynomial.ts';
import { createRandom } from '../../../src/core/math/random.ts';

/** Coefficients, ascending, of the product of (z - root) and (z^2 - 2 re z + re^2 + im^2). */
function fromRoots(roots: number[], complex: [number, number][] = []): Float64Array {
  const factors = [...roots.map((root) => [-root, 1]), ...complex.map(([re, im]) => [re * re + im * im, -2 * re, 1])];
  return Float64Array.from(
    factors.reduce(
      (p, q) => {
        const out = new Array<number>(p.length + q.length - 1).fill(0);
        p.forEach((x, i) => q.forEach((y, j) => (out[i + j] += x * y)));
        return out;
      },
      [1],
    ),
  );
}

function solve(coefficients: Float64Array): number[] {
  const out = new Float64Array(coefficients.length - 1);
  const count = createRootFinder(coefficients.length - 1).solve(coefficients, out);
  return Array.from(out.subarray(0, count)).sort((a, b) => a - b);
}

describe('real roots', () => {
  test('of degree 10 with well-separated roots, inside and outside of [-1, 1], are found to 1e-8 and no others', () => {
    const random = createRandom(1);
    for (let k = 0; k < 300; k++) {
      const pairs = Math.floor(random() * 6);
      const roots = Array.from({ length: 10 - 2 * pairs }, (_, i) => (i - 4 + 0.6 * random()) * 0.6);
      const complex = Array.from({ length: pairs }, (): [number, number] => [4 * random() - 2, 0.3 + random()]);
      const found = solve(fromRoots(roots, complex));
      expect(found).toHaveLength(roots.length);
      roots.sort((a, b) => a - b).forEach((root, i) => expect(Math.abs(found[i] - root)).toBeLessThan(1e-8 * Math.max(1, Math.abs(root))));
    }
  });

  test.each([
    ['a root at zero and at both ends of the interval', [-1, 0, 1], []],
    ['roots of very different sizes', [1e-4, 3, 2e4], []],
    [
      'no real root',
      [],
      [
        [0, 1],
        [2, 0.5],
      ],
    ],
    ['one root', [0.25], []],
  ] as [string, number[], [number, number][]][])('%s', (_, roots, complex) => {
    const found = solve(fromRoots(roots, complex));
    expect(found).toHaveLength(roots.length);
    roots.forEach((root, i) => expect(found[i]).toBeCloseTo(root, 9 - Math.ceil(Math.log10(Math.abs(root) + 1))));
  });

  test('a double root where the polynomial only touches zero', () => {
    const found = solve(fromRoots([0.5, 0.5, -2]));
    expect(found.some((root) => Math.abs(root - 0.5) < 1e-6)).toBe(true);
    expect(found.some((root) => Math.abs(root + 2) < 1e-9)).toBe(true);
  });

  test('zero and non-finite polynomials have none, and a vanishing leading coefficient costs only its root', () => {
    expect(solve(new Float64Array(4))).toEqual([]);
    expect(solve(Float64Array.of(1, NaN, 1))).toEqual([]);
    expect(solve(Float64Array.of(1, Infinity, 1))).toEqual([]);
    expect(solve(Float64Array.of(-3, 1, 0))).toEqual([3]);
  });
});
