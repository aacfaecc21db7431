/** The schedule: rates, sizes, counts and view order as functions of the step. No default value is assumed. */
import { describe, expect, test } from 'vitest';
import {
  type Hyper,
  countAt,
  createViewOrder,
  defaultHyper,
  levelAt,
  ratesAt,
  refinesAt,
  shDegreeAt,
  viewRatesAt,
} from '../../src/core/train/schedule.ts';

const h: Hyper = {
  ...defaultHyper,
  lrMean: 0.01,
  lrMeanFinal: 0.01,
  lrScale: 0.02,
  lrQuat: 0.03,
  lrOpacity: 0.04,
  lrDc: 0.05,
  lrRest: 0.1,
  lrFinal: 0.2,
  refineEvery: 50,
  refineFrom: 0.1,
  refineUntil: 0.8,
  growUntil: 0.5,
  quarterUntil: 0.2,
  halfUntil: 0.4,
  shEvery: 0.25,
};
const steps = Array.from({ length: 1000 }, (_, k) => k + 1);

describe('rates', () => {
  test("the position's falls exponentially and scales with the scene", () => {
    expect(ratesAt(h, 500, 1000, 3).lrMean).toBeCloseTo(0.01 * 3 * 0.1, 12);
    expect(ratesAt(h, 1000, 1000, 3).lrMean).toBeCloseTo(0.01 * 3 * 0.01, 12);
  });

  test('the others fall along a cosine to their last share, and stay there', () => {
    const half = ratesAt(h, 500, 1000, 1);
    for (const name of ['lrScale', 'lrQuat', 'lrOpacity', 'lrDc'] as const) expect(half[name]).toBeCloseTo(0.6 * h[name], 12);
    for (const step of [1000, 1500]) expect(ratesAt(h, step, 1000, 1).lrScale).toBeCloseTo(0.02 * 0.2, 12);
    expect(ratesAt(h, 1, 1e9, 1).lrRest).toBeCloseTo(0.005, 9);
    for (const [k, rates] of steps.map((step) => ratesAt(h, step, 1000, 1)).entries()) {
      expect(Object.values(rates).every((rate) => rate > 0 && Number.isFinite(rate))).toBe(true);
      if (k > 0) expect(rates.lrScale).toBeLessThanOrEqual(ratesAt(h, k, 1000, 1).lrScale);
    }
  });
});

test("the views' rates fall exponentially; poses rest at first", () => {
  const v = { ...h, lrPose: 1e-3, lrPoseFinal: 0.01, poseFrom: 0.2, lrExposure: 0.02, lrExposureFinal: 0.25 };
  for (const step of [1, 200]) expect(viewRatesAt(v, step, 1000).lrPose).toBe(0);
  expect(viewRatesAt(v, 201, 1000).lrPose).toBeCloseTo(1e-3, 4);
  expect(viewRatesAt(v, 600, 1000).lrPose).toBeCloseTo(1e-4, 12);
  for (const step of [1000, 1500]) expect(viewRatesAt(v, step, 1000).lrPose).toBeCloseTo(1e-5, 12);
  expect(viewRatesAt(v, 500, 1000).lrExposure).toBeCloseTo(0.01, 12);
});

describe('SH degree', () => {
  test('rises by one at each share of the run, to the maximum', () => {
    expect([1, 249, 250, 499, 500, 750, 1000].map((step) => shDegreeAt(h, step, 1000, 3))).toEqual([0, 0, 1, 1, 2, 3, 3]);
    expect(shDegreeAt(h, 1000, 1000, 1)).toBe(1);
  });

  test('is the maximum at once when it does not rise', () => {
    expect(shDegreeAt({ ...h, shEvery: 0 }, 1, 1000, 2)).toBe(2);
  });
});

describe('photo level', () => {
  test('quarter, half, full size', () => {
    expect([1, 200, 201, 400, 401, 1000].map((step) => levelAt(h, step, 1000, 500))).toEqual([2, 2, 1, 1, 0, 0]);
  });

  test('no side ever falls under 48 px', () => {
    for (const side of [1, 47, 48, 95, 96, 97, 191, 192, 400]) {
      const level = levelAt(h, 1, 1000, side);
      if (level > 0) expect(Math.floor(side / 2 ** level)).toBeGreaterThanOrEqual(48);
    }
    expect([95, 96, 191, 192].map((side) => levelAt(h, 1, 1000, side))).toEqual([0, 1, 1, 2]);
  });
});

describe('splat count', () => {
  test('grows linearly from the start of refinement to the budget', () => {
    expect([1, 100, 300, 500, 900].map((step) => countAt(h, step, 1000, 200, 1000))).toEqual([200, 200, 600, 1000, 1000]);
  });

  test('never falls with the step, never passes the budget, also when it starts there or growth is at once', () => {
    for (const [start, budget] of [
      [10, 5000],
      [5000, 5000],
    ]) {
      const counts = steps.map((step) => countAt(h, step, 1000, start, budget));
      counts.forEach((count, k) => expect(count >= start && count <= budget && (k === 0 || count >= counts[k - 1])).toBe(true));
    }
    expect(countAt({ ...h, growUntil: 0.1 }, 101, 1000, 10, 500)).toBe(500);
  });
});

test('refinements lie at their interval inside their share of the run', () => {
  expect(steps.filter((step) => refinesAt(h, step, 1000))).toEqual(Array.from({ length: 15 }, (_, k) => 100 + 50 * k));
});

describe('order of the views', () => {
  test('every epoch visits every view once, in an order of its own', () => {
    const viewOf = createViewOrder(7, 3);
    const epochs = Array.from({ length: 5 }, (_, e) => Array.from({ length: 7 }, (_unused, k) => viewOf(7 * e + k + 1)));
    for (const epoch of epochs) expect([...epoch].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(new Set(epochs.map(String)).size).toBeGreaterThan(3);
  });

  test('depends on seed and step alone, wherever it starts', () => {
    const [a, b] = [createViewOrder(9, 3), createViewOrder(9, 3)];
    const wanted = Array.from({ length: 60 }, (_, k) => a(k + 1));
    for (const step of [60, 33, 34, 1, 19]) expect(b(step)).toBe(wanted[step - 1]);
    const other = createViewOrder(9, 4);
    expect(Array.from({ length: 60 }, (_, k) => other(k + 1))).not.toEqual(wanted);
  });

  test('one view is always that one', () => {
    const viewOf = createViewOrder(1, 0);
    expect([1, 2, 100].map(viewOf)).toEqual([0, 0, 0]);
  });
});
