/** Relocation: n copies over one another must show what the one splat showed, by numerical integration along a line. */
import { expect, test } from 'vitest';
import { relocateRef } from '../../src/core/train/relocate.ref.ts';

/** Integral over x of what `copies` equal splats of one standard deviation show, blended over one another (trapezoid rule). */
function shown(opacity: number, sigma: number, copies: number): number {
  const step = 1e-3;
  let sum = 0;
  for (let x = -12; x <= 12; x += step) {
    let transmittance = 1;
    for (let copy = 0; copy < copies; copy++) transmittance *= 1 - opacity * Math.exp((-x * x) / (2 * sigma * sigma));
    sum += (1 - transmittance) * step;
  }
  return sum;
}

test.each([
  [0.1, 2],
  [0.5, 2],
  [0.5, 5],
  [0.9, 3],
  [0.99, 10],
  [0.05, 20],
])('opacity %f in %i copies', (opacity, copies) => {
  const made = relocateRef(opacity, copies);
  expect(1 - (1 - made.opacity) ** copies).toBeCloseTo(opacity, 12);
  expect(shown(made.opacity, made.scaleFactor, copies) / shown(opacity, 1, 1)).toBeCloseTo(1, 8);
  expect(made.scaleFactor).toBeLessThan(1);
});

test('one copy is the splat itself', () => {
  const { opacity, scaleFactor } = relocateRef(0.37, 1);
  expect(opacity).toBeCloseTo(0.37, 14);
  expect(scaleFactor).toBeCloseTo(1, 14);
});
