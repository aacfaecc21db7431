/**
 * Comparison of f32 results with their f64 twin. Rounding can turn a decision at a discontinuity (alpha at 1/255, a closing pixel, two
 * splats at one depth), so a few values may differ by more than rounding.
 * Invariant: a value that is not finite is never close, and no value at all may leave the outer bound.
 */
import { expect } from 'vitest';

export interface Band {
  /** Inside: |got - want| <= absolute + relative |want|. */
  absolute: number;
  relative?: number;
  /** Share of the values that may lie outside, 0..1. */
  flips?: number;
  /** Outside: |got - want| <= bound. */
  bound?: number;
}

export interface BandReport {
  outside: number;
  worst: number;
  worstAt: number;
}

/** Counts the values outside the inner tolerance and finds the largest difference. */
export function measureBand(got: ArrayLike<number>, want: ArrayLike<number>, { absolute, relative = 0 }: Band): BandReport {
  const report: BandReport = { outside: 0, worst: 0, worstAt: -1 };
  for (let k = 0; k < want.length; k++) {
    const off = Math.abs(got[k] - want[k]);
    const error = Number.isNaN(off) ? Infinity : off;
    if (error > report.worst) [report.worst, report.worstAt] = [error, k];
    if (!(error <= absolute + relative * Math.abs(want[k]))) report.outside++;
  }
  return report;
}

/** Tight inside, a bounded number of bounded flips. */
export function expectCloseWithBoundaryBand(name: string, got: ArrayLike<number>, want: ArrayLike<number>, band: Band): void {
  expect(got.length, `${name}: number of values`).toBe(want.length);
  const { outside, worst, worstAt } = measureBand(got, want, band);
  const allowed = Math.floor((band.flips ?? 0) * want.length);
  const worstText = `worst at ${worstAt}: ${got[worstAt]} instead of ${want[worstAt]}`;
  expect(outside, `${name}: ${outside} of ${want.length} values outside the tolerance; ${worstText}`).toBeLessThanOrEqual(allowed);
  if (allowed > 0) expect(worst, `${name}: ${worstText}`).toBeLessThanOrEqual(band.bound ?? band.absolute);
}
