/** Visibility scores counted by hand and against counting cells in sets. */
import { expect, test } from 'vitest';
import { visibilityScore } from '../../../src/core/sfm/visibilityPyramid.ts';
import { createDraw } from './synthetic.ts';

const cellsOfLevels = 4 + 16 + 64 + 256 + 1024 + 4096;

test('one point fills one cell of every level', () => {
  expect(visibilityScore([10, 10], 1, 2, 100, 100)).toBe(cellsOfLevels);
  expect(visibilityScore([10, 10, 10.1, 10.1], 2, 2, 100, 100)).toBe(cellsOfLevels);
  expect(visibilityScore([], 0, 2, 100, 100)).toBe(0);
});

test('two points share the coarse cells only', () => {
  // Columns 0 and 24 of 64: apart from level 2 (cells 25 px wide) on.
  expect(visibilityScore([1, 1, 38, 1], 2, 2, 100, 100)).toBe(cellsOfLevels + (cellsOfLevels - 4));
  expect(visibilityScore([1, 1, 99, 99], 2, 2, 100, 100)).toBe(2 * cellsOfLevels);
});

test('points outside do not count, points on the far border do', () => {
  expect(visibilityScore([-1, 5, 5, 101, NaN, 5, 101, 5], 4, 2, 100, 100)).toBe(0);
  expect(visibilityScore([100, 100], 1, 2, 100, 100)).toBe(cellsOfLevels);
});

test('a full image has the sum of the squares of the cells', () => {
  const pixels = Array.from({ length: 64 * 64 }, (_, k) => [(k % 64) * 10 + 5, Math.floor(k / 64) * 5 + 2]).flat();
  const full = [4, 16, 64, 256, 1024, 4096].reduce((sum, cells) => sum + cells * cells, 0);
  expect(visibilityScore(pixels, 64 * 64, 2, 640, 320)).toBe(full);
});

test('random points with a stride, as sets of cells', () => {
  const draw = createDraw(3);
  const n = 300;
  const pixels = Float64Array.from({ length: 4 * n }, () => draw.uniform(-20, 700));
  for (const levels of [1, 3, 6]) {
    let want = 0;
    for (let side = 2; side <= 2 ** levels; side *= 2) {
      const cells = new Set<string>();
      for (let k = 0; k < n; k++) {
        const [x, y] = [pixels[4 * k], pixels[4 * k + 1]];
        if (x >= 0 && x < 640 && y >= 0 && y < 480) cells.add(`${Math.floor((x * side) / 640)},${Math.floor((y * side) / 480)}`);
      }
      want += cells.size * side * side;
    }
    expect(visibilityScore(pixels, n, 4, 640, 480, levels)).toBe(want);
  }
});

test('spread out beats huddled together', () => {
  const draw = createDraw(4);
  const spread = Array.from({ length: 100 }, () => draw.uniform(0, 640));
  const huddled = Array.from({ length: 400 }, () => draw.uniform(0, 60));
  expect(visibilityScore(spread, 50, 2, 640, 640)).toBeGreaterThan(visibilityScore(huddled, 200, 2, 640, 640));
});
