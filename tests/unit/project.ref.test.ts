/** Each step of the projection's CPU twin: closed forms for the values, finite differences for the gradients. */
import { describe, expect, test } from 'vitest';
import { conicBackwardRef, conicRef } from '../../src/core/raster/conic.ref.ts';
import { covarianceBackwardRef, covarianceRef } from '../../src/core/raster/covariance.ref.ts';
import { type Footprint, ewaBackwardRef, ewaRef } from '../../src/core/raster/ewa.ref.ts';
import type { Vec3 } from '../../src/core/raster/mat3.ref.ts';
import { type SplatArrays, projectRef } from '../../src/core/raster/project.ref.ts';
import { projectBackwardRef } from '../../src/core/raster/projectBack.ref.ts';
import { type Quat, rotationRef } from '../../src/core/raster/rotation.ref.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import { expectGradient } from '../finiteDifference.ts';
import { randomNumbers, randomSplats, smallView, uniform } from '../randomScene.ts';

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((sum, value, k) => sum + value * b[k], 0);

describe('rotation and covariance', () => {
  test('a quarter turn about z takes x to y', () => {
    const r = rotationRef([3, 0, 0, 3]);
    [0, -1, 0, 1, 0, 0, 0, 0, 1].forEach((value, k) => expect(r[k]).toBeCloseTo(value, 12));
  });

  test('the long axis of a turned splat carries its variance', () => {
    // Half-angle 30 degrees about z: the x axis points to (cos 60, sin 60, 0).
    const cov = covarianceRef([Math.log(2), Math.log(1), Math.log(1)], [Math.cos(Math.PI / 6), 0, 0, Math.sin(Math.PI / 6)]);
    [1.75, 0.75 * Math.sqrt(3), 0, 0.75 * Math.sqrt(3), 3.25, 0, 0, 0, 1].forEach((value, k) => expect(cov[k]).toBeCloseTo(value, 12));
  });

  test('gradient', () => {
    const weights = [0.3, -0.7, 1.1, -0.7, 0.9, 0.2, 1.1, 0.2, -1.3];
    const logScale: Vec3 = [-0.4, 0.8, 0.1];
    const quat: Quat = [0.9, -1.2, 0.4, 1.7];
    const f = (): number => dot(weights, covarianceRef(logScale, quat));
    const back = covarianceBackwardRef(logScale, quat, weights);
    expectGradient('logScale', f, logScale, back.logScale);
    expectGradient('quat', f, quat, back.quat);
  });
});

describe('EWA', () => {
  const lens = { widthPx: 24, heightPx: 20, fx: 21, fy: 19.5, cx: 12.4, cy: 9.3 };
  const cov = [0.5, 0.1, -0.2, 0.1, 0.3, 0.15, -0.2, 0.15, 0.7];
  const weights: Footprint = { u: 0.7, v: -1.3, a: 0.02, b: -0.05, d: 0.03 };

  test('on the axis it is a plain magnification', () => {
    const f = ewaRef([0, 0, 4], [1, 0, 0, 0, 4, 0, 0, 0, 9], lens);
    expect(f.u).toBe(12.4);
    expect(f.v).toBe(9.3);
    expect(f.a).toBeCloseTo((21 / 4) ** 2, 12);
    expect(f.b).toBe(0);
    expect(f.d).toBeCloseTo(4 * (19.5 / 4) ** 2, 12);
  });

  test('a small splat off axis spreads as its projected samples do', () => {
    const random = randomNumbers(3);
    const c: Vec3 = [0.9, -0.6, 2.5];
    const [n, size] = [20000, 1e-3];
    let [su, sv, uu, uv, vv] = [0, 0, 0, 0, 0];
    for (let k = 0; k < n; k++) {
      const [x, y, z] = c.map((value) => value + size * (2 * random() - 1));
      const [u, v] = [(lens.fx * x) / z - (lens.fx * c[0]) / c[2], (lens.fy * y) / z - (lens.fy * c[1]) / c[2]];
      su += u;
      sv += v;
      uu += u * u;
      uv += u * v;
      vv += v * v;
    }
    const variance = (size * size) / 3;
    const f = ewaRef(c, [variance, 0, 0, 0, variance, 0, 0, 0, variance], lens);
    expect((uu - (su * su) / n) / n / f.a).toBeCloseTo(1, 1);
    expect((vv - (sv * sv) / n) / n / f.d).toBeCloseTo(1, 1);
    expect((uv - (su * sv) / n) / n / f.b).toBeCloseTo(1, 0);
  });

  test.each([
    ['inside', [0.9, -0.6, 2.5]],
    ['beyond the clamp in x', [2.9, -0.6, 2.5]],
    ['beyond the clamp in y', [-0.9, -2.6, 2.5]],
    ['beyond both', [-2.9, 2.6, 2.5]],
  ] as [string, Vec3][])('gradient %s', (_, c) => {
    // A covariance has six free numbers: each off-diagonal one stands in two places and collects the gradient of both.
    const free = [0, 1, 2, 4, 5, 8].map((k) => cov[k]);
    const full = (): number[] => [free[0], free[1], free[2], free[1], free[3], free[4], free[2], free[4], free[5]];
    const f = (): number => {
      const print = ewaRef(c, full(), lens);
      return print.u * weights.u + print.v * weights.v + print.a * weights.a + print.b * weights.b + print.d * weights.d;
    };
    const back = ewaBackwardRef(c, cov, lens, weights);
    expectGradient('c', f, c, back.c);
    expectGradient(
      'cov',
      f,
      free,
      [0, 1, 2, 4, 5, 8].map((k) => (k % 4 === 0 ? 1 : 2) * back.cov[k]),
    );
  });
});

describe('conic', () => {
  test('is the inverse of the widened covariance', () => {
    const { cov, conic } = conicRef(2, 0.7, 1.2, 0.3, false);
    expect(cov).toEqual([2.3, 0.7, 1.5]);
    expect(cov[0] * conic[0] + cov[1] * conic[1]).toBeCloseTo(1, 12);
    expect(cov[0] * conic[1] + cov[1] * conic[2]).toBeCloseTo(0, 12);
    expect(cov[1] * conic[1] + cov[2] * conic[2]).toBeCloseTo(1, 12);
  });

  test('compensation keeps the integral of the splat: opacity times area', () => {
    const { cov, compensation } = conicRef(0.2, 0.05, 0.1, 0.3, true);
    const area = (a: number, b: number, d: number): number => Math.sqrt(a * d - b * b);
    expect(compensation * area(...cov)).toBeCloseTo(area(0.2, 0.05, 0.1), 12);
    expect(conicRef(0.2, 0.05, 0.1, 0.3, false).compensation).toBe(1);
  });

  test.each([false, true])('gradient, antialiased %s', (antialiased) => {
    const abd = [0.9, 0.4, 1.4];
    const [weights, weightC]: [[number, number, number], number] = [[0.8, -0.6, 0.5], 1.7];
    const f = (): number => {
      const { conic, compensation } = conicRef(abd[0], abd[1], abd[2], 0.3, antialiased);
      return dot(weights, conic) + weightC * compensation;
    };
    expectGradient('abd', f, abd, conicBackwardRef(abd[0], abd[1], abd[2], 0.3, antialiased, weights, weightC));
  });

  test('a degenerate footprint has no opacity and no compensation gradient', () => {
    expect(conicRef(1, 1, 1, 0.3, true).compensation).toBe(0);
    expect(conicBackwardRef(1, 1, 1, 0.3, true, [0, 0, 0], 5).map(Math.abs)).toEqual([0, 0, 0]);
  });
});

describe('whole projection', () => {
  const screenWeights = (seed: number, n: number) => {
    const random = randomNumbers(seed);
    const some = (width: number): Float64Array => uniform(random, n * width, -1, 1);
    return { u: some(1), v: some(1), conic: some(3), colour: some(3), opacity: some(1) };
  };

  test.each([
    [0, false],
    [1, true],
    [3, true],
  ])('gradient, SH degree %i, antialiased %s', (degree, antialiased) => {
    const splats = randomSplats(11 + degree, 16, degree, antialiased);
    const weights = screenWeights(5, 16);
    const projected = projectRef(splats, smallView);
    const shown = projected.visible.reduce((a, b) => a + b, 0);
    expect(shown).toBeGreaterThan(10);
    const colour = projected.colour;
    const f = (): number => {
      const p = projectRef(splats, smallView);
      return (
        dot(weights.u, p.u) +
        dot(weights.v, p.v) +
        dot(weights.conic, p.conic) +
        dot(weights.colour, p.colour) +
        dot(weights.opacity, p.opacity)
      );
    };
    // The direction of the colour is held fixed, so moving the mean is checked without it.
    const withoutColour = (): number => f() - dot(weights.colour, projectRef(splats, smallView).colour) + dot(weights.colour, colour);
    const grad = projectBackwardRef(splats, smallView, {}, projected, weights);
    expectGradient('means', withoutColour, splats.means, grad.means);
    expectGradient('logScales', f, splats.logScales, grad.logScales);
    expectGradient('quats', f, splats.quats, grad.quats);
    expectGradient('opacityLogits', f, splats.opacityLogits, grad.opacityLogits);
    expectGradient('sh', f, splats.sh, grad.sh);
  });

  test('only the active SH bands colour and learn', () => {
    const splats = randomSplats(4, 8, 2);
    const flat: SplatArrays = { ...splats, sh: splats.sh.map((value, k) => (k % 27 < 12 ? value : 0)) };
    const active = projectRef(splats, smallView, { activeShDegree: 1 });
    expect(active.colour).toEqual(projectRef(flat, smallView).colour);
    const grad = projectBackwardRef(splats, smallView, { activeShDegree: 1 }, active, screenWeights(1, 8));
    expect(grad.sh.filter((value, k) => k % 27 >= 12 && value !== 0)).toHaveLength(0);
    expect(grad.sh.some((value) => value !== 0)).toBe(true);
  });

  /** One splat on the axis of a 100 x 100 px camera at the origin. */
  const one = (change: Partial<Record<'x' | 'z' | 'size' | 'logit' | 'qw', number>>): SplatArrays => ({
    count: 1,
    shDegree: 0,
    antialiased: false,
    means: [change.x ?? 0, 0, change.z ?? 2],
    logScales: Array(3).fill(Math.log(change.size ?? 0.1)),
    quats: [change.qw ?? 1, 0, 0, 0],
    opacityLogits: [change.logit ?? 0],
    sh: [0.5, 0.5, 0.5],
  });
  const square: PinholeView = {
    widthPx: 100,
    heightPx: 100,
    fx: 100,
    fy: 100,
    cx: 50,
    cy: 50,
    pose: { q: [1, 0, 0, 0], t: [0, 0, 0] },
  };
  // At z = 2 a size of 0.1 is 5 px. Beside the image the slope in the Jacobian is held at 0.65: the variance along x is
  // 25 (1 + 0.65^2) + 0.3 = 35.8625, and at opacity 0.5 the reach is sqrt(2 ln 127.5 * 35.8625) = 18.648 px.
  const edge = ((50 + 18.648) * 2) / 100;

  test.each([
    ['in front', {}, true],
    ['at the near plane', { z: 0.2 }, false],
    ['just beyond the near plane', { z: 0.2001, size: 0.01 }, true],
    ['behind', { z: -2 }, false],
    ['barely reaching the image', { x: edge - 1e-4 }, true],
    ['barely missing the image', { x: edge + 1e-4 }, false],
    ['fainter than one level', { logit: -5.6 }, false],
    ['just above one level', { logit: -5.5 }, true],
    ['NaN position', { x: NaN }, false],
    ['infinite size', { size: Infinity }, false],
    ['zero quaternion', { qw: 0 }, false],
    ['vanishing size', { size: 0 }, true],
  ])('%s is visible: %s', (_, change, visible) => {
    const splats = one(change);
    const projected = projectRef(splats, square, { near: 0.2 });
    expect(projected.visible[0]).toBe(visible ? 1 : 0);
    if (!visible)
      for (const values of [projected.u, projected.conic, projected.opacity, projected.colour])
        expect(values.every((x) => x === 0)).toBe(true);
  });
});
