/** Robust losses against their definitions in the residual, and weights against finite differences. */
import { describe, expect, test } from 'vitest';
import { lossIndex, lossRho, lossWeight } from '../../../src/core/sfm/robustLoss.ts';

const closedForms = {
  trivial: (e: number) => e * e,
  'soft-l1': (e: number, s: number) => 2 * s * (Math.hypot(s, e) - s),
  cauchy: (e: number, s: number) => s * s * Math.log(1 + (e / s) ** 2),
};

describe.each(['trivial', 'soft-l1', 'cauchy'] as const)('%s', (name) => {
  const loss = lossIndex(name);

  test.each([0.3, 1, 4])('closed form, scale %d', (s) => {
    for (const e of [0.01, 0.5, 1, 3, 100]) expect(lossRho(loss, s * s, e * e) / closedForms[name](e, s)).toBeCloseTo(1, 9);
  });

  test('weight is the slope in the squared residual', () => {
    for (const e2 of [0.01, 0.7, 5, 300]) {
      const h = 1e-5 * e2;
      const slope = (lossRho(loss, 2.25, e2 + h) - lossRho(loss, 2.25, e2 - h)) / (2 * h);
      expect(lossWeight(loss, 2.25, e2) / slope).toBeCloseTo(1, 7);
    }
  });

  test('starts like least squares, never weighs more', () => {
    expect(lossRho(loss, 1, 0)).toBe(0);
    expect(lossWeight(loss, 1, 0)).toBe(1);
    expect(lossRho(loss, 1, 1e-12) / 1e-12).toBeCloseTo(1, 9);
    const weights = [0, 0.1, 1, 10, 1e4, 1e10].map((e2) => lossWeight(loss, 1, e2));
    for (let k = 1; k < weights.length; k++) expect(weights[k]).toBeLessThanOrEqual(weights[k - 1]);
    expect(weights.at(-1)).toBeGreaterThan(0);
  });
});
