/** P3P against made-up cameras, and the cubic root it needs against polynomials of known roots. */
import { describe, expect, test } from 'vitest';
import { isolatedCubicRoot } from '../../../src/core/math/cubic.ts';
import { matrixOfQuaternion } from '../../../src/core/math/rotation.ts';
import type { Pose } from '../../../src/core/scene/camera.ts';
import { p3p } from '../../../src/core/sfm/p3p.ts';
import { createDraw, worldOf } from './synthetic.ts';

interface Problem {
  rays: number[];
  world: number[];
  pose: Pose;
}

/** Three points at random depths along random rays (Persson and Nordberg 2018, section 4). */
function problemOf(draw: ReturnType<typeof createDraw>, width = 1, nearest = 0.1, furthest = 10): Problem {
  const pose = draw.pose();
  const rays: number[] = [];
  const world: number[] = [];
  for (let k = 0; k < 3; k++) {
    const [x, y, z] = [draw.uniform(-width, width), draw.uniform(-width, width), draw.uniform(nearest, furthest)];
    rays.push(x, y);
    world.push(...worldOf(pose, [x * z, y * z, z]));
  }
  return { rays, world, pose };
}

function distanceTo(pose: Pose, solutions: Float64Array, count: number): number {
  const truth = [...matrixOfQuaternion(pose.q), ...pose.t];
  let least = Infinity;
  for (let k = 0; k < count; k++) least = Math.min(least, Math.max(...truth.map((value, e) => Math.abs(value - solutions[12 * k + e]))));
  return least;
}

/** Largest difference between the given rays and those under which a solution sees the points; Infinity behind the camera. */
function rayError({ rays, world }: Problem, m: Float64Array): number {
  let worst = 0;
  for (let k = 0; k < 3; k++) {
    const at = (row: number): number => m[9 + row] + [0, 1, 2].reduce((sum, c) => sum + m[3 * row + c] * world[3 * k + c], 0);
    if (!(at(2) > 0)) return Infinity;
    worst = Math.max(worst, Math.abs(at(0) / at(2) - rays[2 * k]), Math.abs(at(1) / at(2) - rays[2 * k + 1]));
  }
  return worst;
}

test('the true pose is among the solutions of 10,000 random problems, and all solutions are poses that see the points', () => {
  const draw = createDraw(1);
  const out = new Float64Array(48);
  let total = 0;
  let missed = 0;
  for (let trial = 0; trial < 10_000; trial++) {
    const problem = problemOf(draw);
    const count = p3p(problem.rays, problem.world, out);
    total += count;
    if (!(distanceTo(problem.pose, out, count) < 1e-7)) missed++;
    for (let k = 0; k < count; k++) {
      const m = out.subarray(12 * k, 12 * k + 12);
      if (!(rayError(problem, m) < 1e-9)) throw new Error(`solution ${k} of trial ${trial} does not see the points`);
      const determinant = m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
      if (!(Math.abs(determinant - 1) < 1e-12)) throw new Error(`solution ${k} of trial ${trial} is no rotation`);
    }
  }
  expect(missed).toBe(0);
  // Published for Lambda Twist on 10^7 such problems: truth found in 0.999999 of them, 1.683 valid solutions each (its README, 2022).
  expect(total / 10_000).toBeGreaterThan(1.66);
  expect(total / 10_000).toBeLessThan(1.71);
});

test('small images far away', () => {
  const draw = createDraw(2);
  const out = new Float64Array(48);
  let missed = 0;
  for (let trial = 0; trial < 1000; trial++) {
    const problem = problemOf(draw, 0.05, 100, 120);
    const count = p3p(problem.rays, problem.world, out);
    if (!(distanceTo(problem.pose, out, count) < 1e-4)) missed++;
  }
  expect(missed).toBeLessThanOrEqual(1);
});

test('a regular triangle seen from straight above has the four known solutions at most, the frontal one among them', () => {
  const out = new Float64Array(48);
  const corners = [0, 1, 2].map((k) => [Math.cos((2 * Math.PI * k) / 3), Math.sin((2 * Math.PI * k) / 3)]);
  for (const height of [0.5, 1.3, 2, 7]) {
    const rays = corners.flatMap(([x, y]) => [x / height, y / height]);
    const world = corners.flatMap(([x, y]) => [x, y, 0]);
    const count = p3p(rays, world, out);
    expect(count).toBeGreaterThan(0);
    expect(distanceTo({ q: [1, 0, 0, 0], t: [0, 0, height] }, out, count)).toBeLessThan(1e-6);
  }
});

describe('degenerate input gives no solution, or finite ones', () => {
  const rays = [0, 0, 0.3, 0.1, -0.2, 0.4];
  const cases: [string, number[], number[]][] = [
    ['collinear points', rays, [0, 0, 5, 1, 1, 5, 2, 2, 5]],
    ['two points coincide', rays, [0, 0, 5, 0, 0, 5, 2, 1, 5]],
    ['all points coincide', rays, [1, 2, 3, 1, 2, 3, 1, 2, 3]],
    ['two rays coincide', [0, 0, 0, 0, 0.5, 0.1], [0, 0, 5, 1, 0, 5, 2, 1, 5]],
    ['all rays coincide', [0.1, 0.2, 0.1, 0.2, 0.1, 0.2], [0, 0, 5, 1, 0, 5, 2, 1, 5]],
    ['not a number', rays, [0, 0, NaN, 1, 0, 5, 2, 1, 5]],
    ['infinite', rays, [0, 0, Infinity, 1, 0, 5, 2, 1, 5]],
    ['a ray that is not a number', [NaN, 0, 0.3, 0.1, -0.2, 0.4], [0, 0, 5, 1, 0, 5, 2, 1, 5]],
  ];
  test.each(cases)('%s', (_, theRays, world) => {
    const out = new Float64Array(48);
    const count = p3p(theRays, world, out);
    expect(count).toBeLessThanOrEqual(4);
    expect([...out.subarray(0, 12 * count)].every(Number.isFinite)).toBe(true);
  });

  test('no pose from points in a line', () => {
    expect(p3p(rays, cases[0][2], new Float64Array(48))).toBe(0);
    expect(p3p(rays, cases[1][2], new Float64Array(48))).toBe(0);
  });
});

describe('cubic', () => {
  const rootsOf: [string, [number, number, number], number][] = [
    ['three apart', [1, 2, 10], 10],
    ['alone at the lower end', [-10, 2, 1], -10],
    ['double root', [3, 3, -4], -4],
    ['triple root', [2, 2, 2], 2],
    ['far apart', [1e-3, 1, 1e4], 1e4],
    ['all zero', [0, 0, 0], 0],
  ];
  test.each(rootsOf)('%s', (_, [r, s, t], isolated) => {
    const root = isolatedCubicRoot(-(r + s + t), r * s + s * t + t * r, -r * s * t);
    expect(root).toBeCloseTo(isolated, 9);
  });

  test('one real root: (x - 2)(x^2 + x + 5)', () => {
    expect(isolatedCubicRoot(-1, 3, -10)).toBeCloseTo(2, 12);
  });

  test('not finite coefficients give NaN', () => {
    for (const bad of [NaN, Infinity]) expect(isolatedCubicRoot(1, bad, 1)).toBeNaN();
  });
});
