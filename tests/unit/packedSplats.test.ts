/** Packed splats against the numbers they stand for: halves against JavaScript's own, rows against the splats they were made of. */
import { expect, test } from 'vitest';
import { fromHalf, packSplats, packedBytes, toHalf, unpackSplats } from '../../src/core/view/packedSplats.ts';
import { randomSplats } from '../randomScene.ts';
import { toF32 } from '../gpu/gpuScene.ts';

test('halves: known bit patterns of IEEE 754 binary16', () => {
  const known: [number, number][] = [
    [0, 0],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [0.333251953125, 0x3555],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
  ];
  for (const [value, bits] of known) expect(toHalf(value), String(value)).toBe(bits);
  expect([toHalf(1e9), toHalf(Infinity), toHalf(-1e9)]).toEqual([0x7bff, 0x7bff, 0xfbff]);
  // Every finite half is its own nearest half.
  for (let half = 0; half < 0x10000; half++) if ((half & 0x7c00) !== 0x7c00 && half !== 0x8000) expect(toHalf(fromHalf(half))).toBe(half);
});

test.for([0, 1, 2, 3])('SH degree %i: packed and unpacked splats are the same to the form’s precision', (degree) => {
  const splats = toF32(randomSplats(3, 40, degree, true));
  const whole = packSplats(splats);
  const packed = packSplats(splats, 10, 25);
  expect(packed.count).toBe(25);
  expect(packed.geometry).toEqual(whole.geometry.subarray(80, 280));
  const back = unpackSplats(packed, true);
  const close = (a: ArrayLike<number>, b: ArrayLike<number>, within: number): void => {
    for (let i = 0; i < b.length; i++) expect(Math.abs(a[i] - b[i]), `value ${i}`).toBeLessThanOrEqual(within);
  };
  close(back.means, splats.means.subarray(30, 105), 0);
  close(back.logScales, splats.logScales.subarray(30, 105), 16.1 / 65535);
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  close(back.opacityLogits.map(sigmoid), splats.opacityLogits.subarray(10, 35).map(sigmoid), 0.51 / 65535);
  for (let i = 0; i < back.sh.length; i++) {
    const value = splats.sh[(10 * splats.sh.length) / splats.count + i];
    expect(Math.abs(back.sh[i] - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11 + 2 ** -25);
  }
  for (let i = 0; i < 25; i++) {
    const q = splats.quats.subarray(4 * (i + 10), 4 * (i + 10) + 4);
    const cos =
      q.reduce((sum, x, k) => sum + x * back.quats[4 * i + k], 0) /
      (Math.hypot(...q) * Math.hypot(...back.quats.subarray(4 * i, 4 * i + 4)));
    // Each stored component is within half a step of 15 bits: the turn between is below a thousandth of a degree or so.
    expect(Math.abs(cos)).toBeGreaterThan(1 - 1e-8);
  }
});

test('bytes a splat', () => {
  expect([0, 1, 2, 3].map(packedBytes)).toEqual([32, 64, 80, 128]);
});
