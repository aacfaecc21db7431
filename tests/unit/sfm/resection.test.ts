/** Resection against made-up cameras of known pose, through wrong matches, planes, distance, distortion and wrong focal lengths. */
import { describe, expect, test } from 'vitest';
import { type Quaternion, matrixOfQuaternion, quaternionOfMatrix, rotateVector, unitQuaternion } from '../../../src/core/math/rotation.ts';
import type { Pose } from '../../../src/core/scene/camera.ts';
import { type Correspondences, refinePlacement, squaredErrorPx, truncatedCost } from '../../../src/core/sfm/poseRefinement.ts';
import { type Resection, type ResectionProblem, resect, resectUnknownFocal } from '../../../src/core/sfm/resection.ts';
import { angleBetweenDeg, centreDistance, createDraw, createScene, lensOf, type SceneOptions, type SyntheticScene } from './synthetic.ts';

const problemOf = ({ lens, pixels, points }: SyntheticScene, seed = 1): ResectionProblem => ({
  lens,
  pixels,
  points,
  seed,
  thresholdPx: 6,
});

function expectPose(found: Resection | null, pose: Pose, degrees: number, distance: number): void {
  expect(found).not.toBeNull();
  expect(angleBetweenDeg(found!.pose, pose)).toBeLessThan(degrees);
  expect(centreDistance(found!.pose, pose)).toBeLessThan(distance);
}

describe('poses within 0.1 degrees and 0.5 % of the depth', () => {
  const cases: [string, SceneOptions][] = [
    ['1000 points, 40 % wrong', { n: 1000, outliers: 0.4, noisePx: 1 }],
    ['300 points, 70 % wrong', { n: 300, outliers: 0.7, noisePx: 0.5 }],
    ['60 points, 30 % wrong', { n: 60, outliers: 0.3, noisePx: 1 }],
    ['in a plane, half of them wrong', { n: 300, outliers: 0.5, noisePx: 1, planar: true, nearest: 5 }],
    ['far away', { n: 300, outliers: 0.5, noisePx: 1, nearest: 200, furthest: 800 }],
    ['barrel distortion', { n: 300, outliers: 0.5, noisePx: 1, lens: lensOf({ k1: -0.15, k2: 0.03 }) }],
    [
      'pincushion distortion, oblong pixels',
      { n: 300, outliers: 0.5, noisePx: 1, lens: lensOf({ k1: 0.1, k2: -0.02, aspect: 1.1, cx: 760 }) },
    ],
  ];
  test.each(cases)('%s', (_, options) => {
    const depth = (options.nearest ?? 2) + ((options.furthest ?? 8) - (options.nearest ?? 2)) / 2;
    for (let seed = 0; seed < 8; seed++) {
      const scene = createScene(100 + seed, options);
      const found = resect(problemOf(scene, seed));
      expectPose(found, scene.pose, 0.1, 0.005 * depth);
      const kept = [...found!.inliers].filter((k) => scene.isInlier[k]).length;
      expect(kept).toBeGreaterThanOrEqual(scene.isInlier.filter(Boolean).length - 1);
      // Random pixels land within 6 px by chance: pi 6^2 / (1600 * 1200) of them.
      expect(found!.inliers.length - kept).toBeLessThanOrEqual(3);
      expect(found!.inlierRatio).toBeCloseTo(found!.inliers.length / options.n, 12);
      // The mean distance of a two-dimensional normal is sqrt(pi / 2) of its deviation.
      expect(Math.abs(found!.meanErrorPx / options.noisePx / Math.sqrt(Math.PI / 2) - 1)).toBeLessThan(0.25);
      expect(found!.lens).toEqual(scene.lens);
    }
  });

  test('without noise it is exact', () => {
    const scene = createScene(7, { n: 50, outliers: 0.3, noisePx: 0, lens: lensOf({ k1: -0.1 }) });
    expectPose(resect(problemOf(scene)), scene.pose, 1e-7, 1e-8);
  });
});

describe('focal length', () => {
  test.each([0.8, 0.9, 1.1, 1.2])('a given one that is %d of the true one', (factor) => {
    for (let seed = 0; seed < 4; seed++) {
      const scene = createScene(200 + seed, { n: 400, outliers: 0.5, noisePx: 1, lens: lensOf({ k1: -0.08 }) });
      const found = resect({ ...problemOf(scene), lens: { ...scene.lens, f: factor * 1200 } }, { refineFocal: true });
      expectPose(found, scene.pose, 0.1, 0.025);
      expect(Math.abs(found!.lens.f / 1200 - 1)).toBeLessThan(0.003);
    }
  });

  test.each([700, 1200, 3800])('nothing known, truth %i px', (f) => {
    const scene = createScene(300, { n: 300, outliers: 0.4, noisePx: 1, lens: lensOf({ f }) });
    const found = resectUnknownFocal(problemOf(scene), [0.6, 0.7, 0.8, 0.95, 1.2, 1.6, 2.1, 3]);
    expectPose(found, scene.pose, 0.1, 0.025);
    expect(Math.abs(found!.lens.f / f - 1)).toBeLessThan(0.005);
  });

  test('stays near what was given where nothing shows it: a plane seen from straight above', () => {
    const draw = createDraw(5);
    const n = 200;
    const scene = { lens: lensOf(), pixels: new Float64Array(2 * n), points: new Float64Array(3 * n) };
    for (let k = 0; k < n; k++) {
      const [x, y] = [draw.uniform(-2.5, 2.5), draw.uniform(-2, 2)];
      scene.points.set([x, y, 0], 3 * k);
      scene.pixels.set([800 + 240 * x + 0.5 * draw.normal(), 600 + 240 * y + 0.5 * draw.normal()], 2 * k);
    }
    const found = resect({ ...scene, seed: 1, thresholdPx: 6 }, { refineFocal: true })!;
    expect(found.inliers).toHaveLength(n);
    expect(found.lens.f / 1200).toBeGreaterThan(0.7);
    expect(found.lens.f / 1200).toBeLessThan(1.4);
  });
});

test('a world that is scaled, turned and moved gives the pose that goes with it', () => {
  const draw = createDraw(9);
  const scene = createScene(400, { n: 200, outliers: 0.4, noisePx: 1 });
  const before = resect(problemOf(scene))!;
  for (const [scale, far] of [
    [3, 10],
    [1e-3, 1],
    [50, 1e5],
  ]) {
    // y = scale S x + shift, so R x + t becomes (R S^T) y / scale + ...: poses are up to the scale of the camera's coordinates.
    const turn = unitQuaternion([draw.normal(), draw.normal(), draw.normal(), draw.normal()] as Quaternion)!;
    const s = matrixOfQuaternion(turn);
    const shift = [far * draw.normal(), far * draw.normal(), far * draw.normal()];
    const points = new Float64Array(scene.points.length);
    for (let k = 0; k < points.length; k += 3)
      points.set(
        rotateVector(s, scene.points.subarray(k, k + 3)).map((value, e) => scale * value + shift[e]),
        k,
      );
    const after = resect({ ...problemOf(scene), points })!;
    const r = matrixOfQuaternion(before.pose.q);
    const product = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => [0, 1, 2].reduce((sum, k) => sum + r[3 * i + k] * s[3 * j + k], 0)));
    const back = rotateVector(product, shift);
    const want: Pose = { q: quaternionOfMatrix(product)!, t: [0, 1, 2].map((e) => scale * before.pose.t[e] - back[e]) as Pose['t'] };
    expect(after.inliers).toEqual(before.inliers);
    expect(angleBetweenDeg(after.pose, want)).toBeLessThan(1e-3);
    expect(centreDistance(after.pose, want)).toBeLessThan(1e-4 * scale);
  }
});

test('the same seed gives the same bits', () => {
  const scene = createScene(500, { n: 200, outliers: 0.6, noisePx: 1 });
  expect(resect(problemOf(scene, 4))).toEqual(resect(problemOf(scene, 4)));
});

describe('nothing to find', () => {
  test('too few points, no points', () => {
    const scene = createScene(600, { n: 4, outliers: 0, noisePx: 0 });
    expect(resect(problemOf(scene))).toBeNull();
    expect(resect({ ...problemOf(scene), pixels: new Float64Array(0), points: new Float64Array(0) })).toBeNull();
    expect(resectUnknownFocal(problemOf(scene), [])).toBeNull();
  });

  test('only wrong matches: at most a handful agree', () => {
    const found = resect(problemOf(createScene(601, { n: 200, outliers: 1, noisePx: 0 })));
    expect(found?.inliers.length ?? 0).toBeLessThan(12);
  });

  test('all points in one place or in one line', () => {
    const scene = createScene(602, { n: 50, outliers: 0, noisePx: 0 });
    expect(resect({ ...problemOf(scene), points: new Float64Array(150).fill(2) })).toBeNull();
    const line = scene.points.map((_, k) => Math.floor(k / 3) * (1 + (k % 3)));
    expect(resect({ ...problemOf(scene), points: line })).toBeNull();
  });

  test('points that are not numbers are left out, also when they are all', () => {
    const scene = createScene(603, { n: 100, outliers: 0, noisePx: 0.5 });
    for (let k = 0; k < 30; k++) scene.points[3 * k] = k % 2 ? NaN : Infinity;
    scene.pixels[80] = NaN;
    const found = resect(problemOf(scene))!;
    expectPose(found, scene.pose, 0.1, 0.02);
    expect(found.inliers).toHaveLength(69);
    expect([...found.inliers].every((k) => k >= 30 && k !== 40)).toBe(true);
    expect(found.inlierRatio).toBeCloseTo(0.69, 12);
    expect(resect({ ...problemOf(scene), points: new Float64Array(300).fill(NaN) })).toBeNull();
  });
});

describe('refinement', () => {
  const scene = createScene(700, { n: 40, outliers: 0.1, noisePx: 1, lens: lensOf({ k1: -0.1, k2: 0.02, aspect: 1.05 }) });
  const c: Correspondences = { n: 40, pixels: scene.pixels, points: scene.points, lens: scene.lens };
  const all = Uint32Array.from({ length: 40 }, (_, k) => k);
  const start = Float64Array.of(...matrixOfQuaternion(scene.pose.q), ...scene.pose.t, 1200);

  test('ends where the Cauchy cost, measured from outside, has no slope in any of seven directions', () => {
    const placement = start.slice();
    // Anew from where it stopped, so that what is left is the error of the derivatives and not of an early end.
    let focal = 0;
    for (let again = 0; again < 4; again++) {
      focal = placement[12];
      refinePlacement(c, placement, all, 40, { refineFocal: true, scalePx: 1, maxSteps: 100 });
    }
    const costAt = (p: Float64Array): number =>
      all.reduce((sum, k) => sum + Math.log1p(squaredErrorPx(c, p, k)), 0) + (Math.log(p[12] / focal) / 0.3) ** 2;
    const moved = (axis: number, by: number): Float64Array => {
      const p = placement.slice();
      if (axis === 6) p[12] *= Math.exp(by);
      else if (axis >= 3) p[6 + axis] += by;
      else {
        const q: Quaternion = [Math.cos(by / 2), 0, 0, 0];
        q[1 + axis] = Math.sin(by / 2);
        const turn = matrixOfQuaternion(q);
        for (let column = 0; column < 4; column++) {
          const at = column < 3 ? [column, 3 + column, 6 + column] : [9, 10, 11];
          rotateVector(turn, [placement[at[0]], placement[at[1]], placement[at[2]]]).forEach((value, r) => (p[at[r]] = value));
        }
      }
      return p;
    };
    for (let axis = 0; axis < 7; axis++) {
      const [below, here, above] = [-1e-5, 0, 1e-5].map((by) => costAt(moved(axis, by)));
      const curvature = (above - 2 * here + below) / 1e-10;
      expect(curvature).toBeGreaterThan(0);
      // The step that is left to the minimum, in radians, units and as a share of f.
      expect(Math.abs((above - below) / 2e-5 / curvature)).toBeLessThan(1e-6);
    }
    expect(costAt(placement)).toBeLessThan(costAt(start));
  });

  test('does nothing when a chosen point is behind the camera', () => {
    const placement = start.slice();
    placement[11] -= 100;
    const before = placement.slice();
    expect(refinePlacement(c, placement, all, 40, { refineFocal: false, scalePx: 1, maxSteps: 10 })).toBe(Infinity);
    expect(placement).toEqual(before);
  });

  test('the truncated cost is the sum of the truncated errors', () => {
    const placement = start.slice();
    placement[10] += 0.02;
    for (const limit2 of [4, 36, 1e4]) {
      const want = all.reduce((sum, k) => sum + Math.min(limit2, squaredErrorPx(c, placement, k)), 0);
      expect(truncatedCost(c, placement, limit2)).toBeCloseTo(want, 8);
    }
    expect(truncatedCost(c, placement, 36, 50)).toBeLessThan(50 + 36);
  });
});
