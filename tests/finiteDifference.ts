/** Central differences in f64: the truth every analytic gradient is held against. */
import { expect } from 'vitest';

export interface DifferenceOptions {
  /** Relative tolerance. */
  tolerance?: number;
  step?: number;
  /** Every how many-th value is checked. */
  stride?: number;
}

/** d f / d values[k], with `f` reading `values`; the value is put back. */
export function centralDifference(f: () => number, values: Float64Array | number[], k: number, step = 1e-6): number {
  const kept = values[k];
  values[k] = kept + step;
  const above = f();
  values[k] = kept - step;
  const below = f();
  values[k] = kept;
  return (above - below) / (2 * step);
}

/**
 * Expects `gradient` to be that of `f` with respect to `values`. Errors are measured against each entry, with a floor of 1e-3 of the
 * largest one, below which rounding of `f` itself would be measured.
 */
export function expectGradient(
  name: string,
  f: () => number,
  values: Float64Array | number[],
  gradient: ArrayLike<number>,
  { tolerance = 1e-5, step = 1e-6, stride = 1 }: DifferenceOptions = {},
): void {
  expect(gradient.length, name).toBe(values.length);
  const largest = Array.from(gradient).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  for (let k = 0; k < values.length; k += stride) {
    const numeric = centralDifference(f, values, k, step);
    const scale = Math.max(Math.abs(numeric), Math.abs(gradient[k]), 1e-3 * largest, 1e-9);
    expect(Math.abs(gradient[k] - numeric) / scale, `${name}[${k}]: analytic ${gradient[k]}, numeric ${numeric}`).toBeLessThan(tolerance);
  }
}
