/** PSNR and SSIM against figures that numpy gave for the same images (convolution with a normalised 11-tap Gaussian, 'valid'). */
import { describe, expect, test } from 'vitest';
import { psnrDb, ssim } from '../../src/core/image/metrics.ts';
import type { Pixels } from '../../src/core/scene/dataset.ts';

const [widthPx, heightPx] = [29, 23];

/** A slow ramp per channel; with a base, that image and noise of +-30 from a Lehmer generator. */
function image(seed: number, base?: (value: number) => number): Pixels {
  const rgba = new Uint8Array(4 * widthPx * heightPx).fill(seed);
  let state = seed;
  for (let i = 0; i < 3 * widthPx * heightPx; i++) {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    state = (state * 16807) % 2147483647;
    const ramp = ((pixel % widthPx) * 7 + Math.floor(pixel / widthPx) * 5 + channel * 40) % 256;
    rgba[4 * pixel + channel] = base ? Math.max(0, Math.min(255, base(ramp) + (state % 61) - 30)) : ramp;
  }
  return { widthPx, heightPx, rgba };
}

const [ramp, noisy, inverted] = [image(1), image(2, (value) => value), image(3, (value) => 255 - value)];

describe('against numpy', () => {
  test.each([
    ['ramp and noisy ramp', ramp, noisy, 23.623804770284792, 0.6725640878987995],
    ['ramp and inverted ramp', ramp, inverted, 4.713171791509667, -0.3382710315892165],
    ['noisy and inverted ramp', noisy, inverted, 4.710393722034925, -0.22353027475908457],
  ])('%s', (_, a, b, psnr, similarity) => {
    expect(psnrDb(a, b)).toBeCloseTo(psnr, 10);
    expect(ssim(a, b)).toBeCloseTo(similarity, 10);
    expect(psnrDb(b, a)).toBe(psnrDb(a, b));
  });
});

test('identical images, whatever their alpha', () => {
  const same = { ...ramp, rgba: ramp.rgba.map((value, i) => (i % 4 === 3 ? 200 : value)) };
  expect(psnrDb(ramp, same)).toBe(99);
  expect(ssim(ramp, same)).toBe(1);
});

test('one level in one channel of every pixel', () => {
  const other = { ...ramp, rgba: ramp.rgba.map((value, i) => (i % 4 === 1 ? value ^ 1 : value)) };
  expect(psnrDb(ramp, other)).toBeCloseTo(20 * Math.log10(255) + 10 * Math.log10(3), 10);
});

test('sizes that do not fit are a bug', () => {
  const half: Pixels = { widthPx: 10, heightPx: 20, rgba: new Uint8Array(800) };
  expect(() => psnrDb(ramp, half)).toThrow(RangeError);
  expect(() => ssim(half, half)).toThrow(/11 px/);
});
