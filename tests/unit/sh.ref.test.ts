/** The SH basis against textbook closed forms (real spherical harmonics in Cartesian form), and its gradient. */
import { expect, test } from 'vitest';
import type { Vec3 } from '../../src/core/raster/mat3.ref.ts';
import { shBackwardRef, shBasisRef, shColourRef, viewDirectionRef } from '../../src/core/raster/sh.ref.ts';
import { expectGradient } from '../finiteDifference.ts';
import { randomNumbers, uniform } from '../randomScene.ts';

const root = (x: number): number => Math.sqrt(x / Math.PI);

/** Real spherical harmonics m = -l..l with the Condon-Shortley sign (-1)^m that the 3DGS code keeps. */
const textbook: ((x: number, y: number, z: number) => number)[] = [
  () => root(1) / 2,
  (_x, y) => (-root(3) / 2) * y,
  (_x, _y, z) => (root(3) / 2) * z,
  (x) => (-root(3) / 2) * x,
  (x, y) => (root(15) / 2) * x * y,
  (_x, y, z) => (-root(15) / 2) * y * z,
  (_x, _y, z) => (root(5) / 4) * (3 * z * z - 1),
  (x, _y, z) => (-root(15) / 2) * x * z,
  (x, y) => (root(15) / 4) * (x * x - y * y),
  (x, y) => (-root(17.5) / 4) * y * (3 * x * x - y * y),
  (x, y, z) => (root(105) / 2) * x * y * z,
  (_x, y, z) => (-root(10.5) / 4) * y * (5 * z * z - 1),
  (_x, _y, z) => (root(7) / 4) * (5 * z * z * z - 3 * z),
  (x, _y, z) => (-root(10.5) / 4) * x * (5 * z * z - 1),
  (x, y, z) => (root(105) / 4) * z * (x * x - y * y),
  (x, y) => (-root(17.5) / 4) * x * (x * x - 3 * y * y),
];

test.each([0, 1, 2, 3])('basis of degree %i', (degree) => {
  const random = randomNumbers(2);
  for (let k = 0; k < 20; k++) {
    const direction = viewDirectionRef([random() - 0.5, random() - 0.5, random() - 0.5], [0.01, 0.02, 0.03]);
    const basis = shBasisRef(direction, degree);
    expect(basis).toHaveLength((degree + 1) ** 2);
    basis.forEach((value, i) => expect(value).toBeCloseTo(textbook[i](...direction), 12));
  }
});

test('direction runs from the camera to the splat', () => {
  expect(viewDirectionRef([1, 2, 7], [1, 2, 3])).toEqual([0, 0, 1]);
});

test('colour clamps at 0 and its gradient stops there', () => {
  const random = randomNumbers(9);
  const basis = shBasisRef(viewDirectionRef([1, 2, 3], [0, 0, 0]), 3);
  const sh = uniform(random, 5 + 48, -0.5, 0.5);
  [sh[5], sh[6], sh[7]] = [1, -9, 1];
  const weights: Vec3 = [0.4, 0.8, -1.2];
  const colour = (): Vec3 => shColourRef(basis, sh, 5);
  expect(colour()[1]).toBe(0);
  expect(colour()[0]).toBeGreaterThan(0);
  const grad = new Float64Array(sh.length);
  shBackwardRef(basis, sh, 5, weights, grad);
  expectGradient('sh', () => colour().reduce((sum, value, c) => sum + value * weights[c], 0), sh, grad);
  expect(grad.filter((_, k) => k >= 5 && (k - 5) % 3 === 1).every((value) => value === 0)).toBe(true);
});
