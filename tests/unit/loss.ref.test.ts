/** The loss's CPU twin: known values, gradient by finite differences, the mask's promise. (Its value is checked against PyTorch elsewhere.) */
import { describe, expect, test } from 'vitest';
import { lossRef, ssimTaps } from '../../src/core/train/loss.ref.ts';
import { expectGradient } from '../finiteDifference.ts';
import { randomNumbers, uniform } from '../randomScene.ts';

const [width, height] = [16, 13];
const n = width * height * 3;
const random = randomNumbers(6);
const [x, y] = [uniform(random, n, 0, 1), uniform(random, n, 0, 1)];
const mask = Uint8Array.from({ length: width * height }, () => (random() < 0.7 ? 1 : 0));

test('the window is 11 taps, symmetric, and sums to 1', () => {
  expect(ssimTaps).toHaveLength(11);
  expect(ssimTaps.reduce((a, b) => a + b)).toBeCloseTo(1, 14);
  expect(ssimTaps[5] / ssimTaps[8]).toBeCloseTo(Math.exp(2), 12);
  expect(ssimTaps[0]).toBe(ssimTaps[10]);
});

test('a perfect render costs nothing', () => {
  const { loss, l1, ssim, gradient } = lossRef(y, y, width, height);
  expect(loss).toBeCloseTo(0, 14);
  expect(l1).toBe(0);
  expect(ssim).toBeCloseTo(1, 14);
  expect(gradient.every((value) => Math.abs(value) < 1e-15)).toBe(true);
});

test('two flat grey images far from the border: SSIM is the luminance term', () => {
  const size = 121;
  const flat = (value: number): Float64Array => new Float64Array(size * size * 3).fill(value);
  const [a, b] = [0.4, 0.6];
  const { l1, ssim } = lossRef(flat(a), flat(b), size, size);
  expect(l1).toBeCloseTo(0.2, 12);
  const luminance = (2 * a * b + 1e-4) / (a * a + b * b + 1e-4);
  // Only a 5 px frame differs, where the zero padding makes edges of both.
  expect(Math.abs(ssim - luminance)).toBeLessThan(0.02);
});

describe.each([
  ['all pixels', undefined],
  ['masked', mask],
])('%s', (_, valid) => {
  test('gradient', () => {
    const shown = Float64Array.from(x);
    const { gradient } = lossRef(shown, y, width, height, valid);
    expectGradient('x', () => lossRef(shown, y, width, height, valid).loss, shown, gradient, { stride: 7 });
  });
});

test('what lies under the mask does not matter, and L1 still divides by all pixels', () => {
  const other = x.map((value, k) => (mask[Math.floor(k / 3)] ? value : 0.123));
  const [a, b] = [lossRef(x, y, width, height, mask), lossRef(other, y, width, height, mask)];
  expect(b).toEqual(a);
  expect(a.gradient.every((value, k) => mask[Math.floor(k / 3)] === 1 || value === 0)).toBe(true);
  let sum = 0;
  for (let k = 0; k < n; k++) if (mask[Math.floor(k / 3)]) sum += Math.abs(x[k] - y[k]);
  expect(a.l1).toBeCloseTo(sum / n, 12);
  expect(lossRef(y, y, width, height, mask).loss).toBeCloseTo(0, 14);
});
