/** The comparison itself: it must be able to fail. */
import { expect, test } from 'vitest';
import { expectCloseWithBoundaryBand, measureBand } from './boundaryBand.ts';

const want = new Float64Array(100).fill(2);
const off = (...changes: [number, number][]): Float64Array => {
  const got = Float64Array.from(want);
  for (const [k, value] of changes) got[k] = value;
  return got;
};
const band = { absolute: 0.01, relative: 0.01, flips: 0.02, bound: 0.5 };

test('rounding passes, and as many flips as are allowed', () => {
  expectCloseWithBoundaryBand('equal', off(), want, { absolute: 0 });
  expectCloseWithBoundaryBand('rounding', off([0, 2.029], [1, 1.971]), want, { absolute: 0.01, relative: 0.01 });
  expectCloseWithBoundaryBand('two flips', off([0, 2.5], [99, 1.5]), want, band);
});

test.each([
  ['one value off', off([3, 2.1]), { absolute: 0.01 }],
  ['one flip too many', off([0, 2.1], [1, 2.1], [2, 2.1]), band],
  ['a flip beyond the bound', off([0, 2.6]), band],
  ['no number', off([0, NaN]), band],
  ['infinity', off([0, Infinity]), band],
  ['a value short', off().subarray(1), band],
] as const)('%s fails', (_, got, tolerance) => {
  expect(() => expectCloseWithBoundaryBand('values', got, want, tolerance)).toThrow(/values/);
});

test('the worst value is found', () => {
  expect(measureBand(off([7, 2.25], [8, 1.5]), want, { absolute: 0.1 })).toEqual({ outside: 2, worst: 0.5, worstAt: 8 });
});
