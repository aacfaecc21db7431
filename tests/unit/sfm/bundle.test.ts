/** Bundle adjustment on scenes with known truth: what it finds, what noise and outliers do, what is held, and what is degenerate. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/math/random.ts';
import {
  type BundleOptions,
  type BundleProblem,
  type BundleReport,
  adjustBundle,
  reprojectionErrors,
} from '../../../src/core/sfm/bundle.ts';
import { angleBetween, bundleScene, copyProblem, multiply, perturb, rotationOf, seen, turn } from './bundleScene.ts';

const options: BundleOptions = { loss: 'trivial', lossScalePx: 1, maxIterations: 60, functionTolerance: 1e-10 };

const worstAngle = (a: BundleProblem, b: BundleProblem): number =>
  Math.max(...[...a.poseFixed.keys()].map((v) => angleBetween(a.poses.subarray(7 * v, 7 * v + 4), b.poses.subarray(7 * v, 7 * v + 4))));

const allFinite = ({ poses, points, lenses }: BundleProblem): boolean =>
  [...poses, ...points, ...lenses.flatMap(({ f, k1, k2 }) => [f, k1, k2])].every(Number.isFinite);

async function adjusted(problem: BundleProblem, more: Partial<BundleOptions> = {}): Promise<BundleReport> {
  const report = await adjustBundle(problem, { ...options, ...more });
  expect(report.finalCost).toBeLessThanOrEqual(report.initialCost);
  expect(allFinite(problem)).toBe(true);
  return report;
}

describe('known truth', () => {
  test('exact observations: no cost is left, and truth is found', async () => {
    const { problem, truth } = bundleScene();
    perturb(problem);
    const report = await adjusted(problem);
    expect(report.initialCost).toBeGreaterThan(1e5);
    expect(report.finalCost).toBeLessThan(1e-12);
    expect(report.converged).toBe(true);
    expect(report.meanErrorPx).toBeLessThan(1e-6);
    expect(report.iterations).toBeLessThan(20);
    expect(worstAngle(problem, truth)).toBeLessThan(1e-6);
    expect(problem.lenses[0].f / truth.lenses[0].f).toBeCloseTo(1, 8);
    expect(problem.lenses[0].k1).toBeCloseTo(truth.lenses[0].k1, 7);
    expect(problem.lenses[0].k2).toBeCloseTo(truth.lenses[0].k2, 6);
  });

  test('the cost that noise leaves is sigma^2 / 2 for every degree of freedom', async () => {
    const { problem } = bundleScene({ noisePx: 0.5 });
    perturb(problem);
    const { finalCost } = await adjusted(problem);
    // Poses and points less the scale nobody holds, and the lens.
    const parameters = 6 * 19 + 3 * 500 - 1 + 3;
    const sigma = Math.sqrt((2 * finalCost) / (2 * problem.obsView.length - parameters));
    // 4240 degrees of freedom: one standard deviation is 1.1 %.
    expect(Math.abs(sigma / 0.5 - 1)).toBeLessThan(0.035);
  });

  test('errors grow in proportion to the noise', async () => {
    const errors: number[] = [];
    for (const noisePx of [0.05, 0.1, 0.4]) {
      const { problem, truth } = bundleScene({ noisePx });
      await adjusted(problem);
      errors.push(worstAngle(problem, truth));
    }
    expect(errors[1] / errors[0]).toBeCloseTo(2, 1);
    expect(Math.abs(errors[2] / errors[1] - 4)).toBeLessThan(0.4);
  });

  test('two lenses, each its own', async () => {
    const { problem, truth } = bundleScene({ groups: 2 });
    perturb(problem);
    problem.lenses[1].f *= 0.85;
    await adjusted(problem);
    [0, 1].forEach((l) => expect(problem.lenses[l].f / truth.lenses[l].f).toBeCloseTo(1, 7));
    expect(problem.lenses[1].k1).toBeCloseTo(truth.lenses[1].k1, 6);
    expect(problem.lenses[1]).toMatchObject({ aspect: 1.02, cx: 403, cy: 300 });
  });

  test('the same bits every time', async () => {
    const [a, b] = [0, 1].map(() => bundleScene({ noisePx: 1, views: 8, points: 100 }).problem);
    for (const problem of [a, b]) {
      perturb(problem);
      await adjusted(problem, { loss: 'soft-l1' });
    }
    expect(a).toEqual(b);
  });
});

describe('outliers', () => {
  /** 5 % of the observations land anywhere in the picture. */
  function spoiled(): { problem: BundleProblem; truth: BundleProblem } {
    const { problem, truth } = bundleScene({ noisePx: 0.1, track: 8 });
    const random = createRandom(4);
    for (let o = 0; o < problem.obsView.length; o++) if (random() < 0.05) problem.obsXY.set([800 * random(), 600 * random()], 2 * o);
    perturb(problem, { degrees: 0.5, share: 0.01, focal: 0.02 });
    return { problem, truth };
  }

  test.each([
    ['cauchy', 0, 0.05],
    ['trivial', 0.2, Infinity],
  ] as const)('%s', async (loss, least, most) => {
    const { problem, truth } = spoiled();
    await adjusted(problem, { loss });
    expect(worstAngle(problem, truth)).toBeGreaterThan(least);
    expect(worstAngle(problem, truth)).toBeLessThan(most);
  });
});

describe('what is held', () => {
  test('poses, points and lenses keep their bits', async () => {
    const { problem } = bundleScene({ noisePx: 1, groups: 3 });
    perturb(problem);
    problem.poseFixed.set([1, 0, 0, 1, 1]);
    // Not of unit length: still none of our business.
    for (let k = 21; k < 25; k++) problem.poses[k] *= 1.5;
    problem.pointFixed = Uint8Array.from({ length: 500 }, (_, p) => (p % 7 ? 0 : 1));
    problem.lensFree = [
      { focal: false, radial: false },
      { focal: true, radial: false },
      { focal: false, radial: true },
    ];
    const before = copyProblem(problem);
    await adjusted(problem);
    for (const v of [0, 3, 4]) expect(problem.poses.subarray(7 * v, 7 * v + 7)).toEqual(before.poses.subarray(7 * v, 7 * v + 7));
    expect(problem.poses.subarray(7, 14)).not.toEqual(before.poses.subarray(7, 14));
    for (let p = 0; p < 500; p += 7) expect(problem.points.subarray(3 * p, 3 * p + 3)).toEqual(before.points.subarray(3 * p, 3 * p + 3));
    expect(problem.points.subarray(3, 6)).not.toEqual(before.points.subarray(3, 6));
    expect(problem.lenses[0]).toEqual(before.lenses[0]);
    expect(problem.lenses[1]).toEqual({ ...before.lenses[1], f: problem.lenses[1].f });
    expect(problem.lenses[1].f).not.toBe(before.lenses[1].f);
    expect(problem.lenses[2].f).toBe(before.lenses[2].f);
    expect(problem.lenses[2].k1).not.toBe(before.lenses[2].k1);
    for (const array of ['obsXY', 'obsView', 'obsPoint', 'poseFixed'] as const) expect(problem[array]).toEqual(before[array]);
  });

  test('everything: done at once', async () => {
    const { problem } = bundleScene({ noisePx: 1 });
    problem.poseFixed.fill(1);
    problem.pointFixed = new Uint8Array(500).fill(1);
    problem.lensFree = [{ focal: false, radial: false }];
    const before = copyProblem(problem);
    expect(await adjusted(problem)).toMatchObject({ iterations: 0, converged: true });
    expect(problem).toEqual(before);
  });

  test('the pose alone: resection by known points', async () => {
    const { problem, truth } = bundleScene({ views: 3 });
    problem.poseFixed.set([1, 0, 1]);
    problem.pointFixed = new Uint8Array(500).fill(1);
    problem.lensFree = [{ focal: false, radial: false }];
    perturb(problem, { degrees: 10 });
    await adjusted(problem);
    expect(worstAngle(problem, truth)).toBeLessThan(1e-7);
  });
});

describe('focal prior', () => {
  const focalWith = async (sigmaLog: number | null): Promise<number> => {
    const { problem } = bundleScene({ views: 6, points: 60, noisePx: 1 });
    problem.focalPrior = [sigmaLog === null ? null : { f: 700, sigmaLog }];
    await adjusted(problem);
    return problem.lenses[0].f;
  };

  test('pulls the more, the surer it is', async () => {
    const [free, weak, strong, fixed] = [await focalWith(null), await focalWith(0.02), await focalWith(0.002), await focalWith(1e-7)];
    expect(free).toBeLessThan(weak);
    expect(weak).toBeLessThan(strong);
    expect(strong).toBeLessThan(fixed);
    expect(fixed).toBeCloseTo(700, 3);
  });

  test('costs half its squared residual; nothing where the focal length is held', async () => {
    const { problem } = bundleScene({ views: 4, points: 20 });
    problem.focalPrior = [{ f: 700, sigmaLog: 0.1 }];
    const { initialCost } = await adjustBundle(problem, { ...options, maxIterations: 0 });
    expect(initialCost).toBeCloseTo((Math.log(640 / 700) / 0.1) ** 2 / 2, 9);
    problem.lensFree = [{ focal: false, radial: true }];
    expect((await adjustBundle(problem, { ...options, maxIterations: 0 })).initialCost).toBeLessThan(1e-18);
  });

  test('stands alone where nothing else tells', async () => {
    const { problem } = bundleScene({ views: 4, points: 20, groups: 2 });
    problem.lensOfView.fill(0);
    problem.focalPrior = [null, { f: 500, sigmaLog: 0.1 }];
    await adjusted(problem);
    expect(problem.lenses[1].f).toBeCloseTo(500, 3);
  });
});

describe('gauge', () => {
  test('no pose held: converges all the same', async () => {
    const { problem } = bundleScene({ noisePx: 0.5 });
    const held = copyProblem(problem);
    problem.poseFixed.fill(0);
    perturb(problem);
    const { finalCost, iterations } = await adjusted(problem);
    expect(iterations).toBeLessThan(40);
    expect(finalCost / (await adjusted(held)).finalCost).toBeCloseTo(1, 5);
  });

  test("another frame for the world changes neither the steps' number nor the cost", async () => {
    const scale = 300;
    const q = turn([1, -2, 0.5], 1.1);
    const [rotation, offset] = [rotationOf(q), [1000, -2000, 500]];
    const { problem } = bundleScene({ noisePx: 0.5, views: 10, points: 200 });
    perturb(problem);
    const moved = copyProblem(problem);
    for (let p = 0; p < 200; p++) {
      const at = problem.points.subarray(3 * p, 3 * p + 3);
      rotation.forEach((row, k) => (moved.points[3 * p + k] = scale * (row[0] * at[0] + row[1] * at[1] + row[2] * at[2]) + offset[k]));
    }
    for (let v = 0; v < 10; v++) {
      // x_cam = R x + t, x' = s Q x + o: R' = R Q^T, t' = s t - R' o.
      const turned = multiply(problem.poses.subarray(7 * v, 7 * v + 4), [q[0], -q[1], -q[2], -q[3]]);
      const t = problem.poses.subarray(7 * v + 4, 7 * v + 7);
      moved.poses.set(turned, 7 * v);
      rotationOf(turned).forEach(
        (row, k) => (moved.poses[7 * v + 4 + k] = scale * t[k] - row[0] * offset[0] - row[1] * offset[1] - row[2] * offset[2]),
      );
    }
    const [a, b] = [await adjusted(problem), await adjusted(moved)];
    expect(b.initialCost / a.initialCost).toBeCloseTo(1, 8);
    expect(b.finalCost / a.finalCost).toBeCloseTo(1, 6);
  });
});

describe('degenerate', () => {
  const small = (): BundleProblem => {
    const { problem } = bundleScene({ views: 5, points: 40, noisePx: 0.5 });
    perturb(problem);
    return problem;
  };

  test('a point seen once, a point and a camera that nothing is seen of or by', async () => {
    const problem = small();
    const keep = [...problem.obsView.keys()].filter((o) => {
      const first = problem.obsPoint.indexOf(problem.obsPoint[o]) === o;
      return problem.obsView[o] !== 2 && problem.obsPoint[o] !== 5 && (problem.obsPoint[o] !== 4 || first);
    });
    const xy = keep.flatMap((o) => [...problem.obsXY.subarray(2 * o, 2 * o + 2)]);
    problem.obsView = Int32Array.from(keep, (o) => problem.obsView[o]);
    problem.obsPoint = Int32Array.from(keep, (o) => problem.obsPoint[o]);
    problem.obsXY = Float64Array.from(xy);
    const before = copyProblem(problem);
    const { meanErrorPx } = await adjusted(problem);
    expect(meanErrorPx).toBeLessThan(1);
    expect(problem.points.subarray(15, 18)).toEqual(before.points.subarray(15, 18));
    for (let k = 14; k < 21; k++) expect(problem.poses[k]).toBeCloseTo(before.poses[k], 12);
  });

  test('all points at one place', async () => {
    const problem = small();
    for (let k = 0; k < problem.points.length; k++) problem.points[k] = [0.1, 0.2, -0.1][k % 3];
    await adjusted(problem);
  });

  test('all points in the centre of a camera, or at infinity', async () => {
    const problem = small();
    problem.poses.set([1, 0, 0, 0, 0, 0, 0], 7);
    problem.points.fill(0);
    await adjusted(problem);
    const far = small();
    far.points.fill(1e200);
    await adjusted(far);
  });

  test('all cameras at one place: turns are found, depths are not', async () => {
    const { problem, truth } = bundleScene({ views: 4, points: 80, track: 4 });
    for (const each of [problem, truth]) {
      for (let v = 0; v < 4; v++) each.poses.set([...turn([0.3, 1, 0], 0.1 * v), 0, 0, 0], 7 * v);
      for (let p = 0; p < 80; p++) each.points[3 * p + 2] = 5 + Math.abs(each.points[3 * p + 2]);
      each.lensFree = [{ focal: false, radial: false }];
    }
    problem.obsView.forEach((view, o) => problem.obsXY.set(seen(truth, view, problem.obsPoint[o]), 2 * o));
    perturb(problem, { degrees: 0.5, share: 0 });
    const { finalCost } = await adjusted(problem);
    expect(finalCost).toBeLessThan(1e-6);
    expect(worstAngle(problem, truth)).toBeLessThan(1e-3);
  });

  test('a point far too deep, whose first steps lead behind the cameras, comes back in front of them', async () => {
    const { problem, truth } = bundleScene({ views: 2, points: 1 });
    for (const each of [problem, truth]) {
      each.poses.set([1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, -1, 0, 0]);
      each.poseFixed.fill(1);
      each.lensFree = [{ focal: false, radial: false }];
      each.points.set([0.2, 0.1, 2]);
    }
    problem.obsView.forEach((view, o) => problem.obsXY.set(seen(truth, view, 0), 2 * o));
    // Disparity goes with 1 / z: the tangent at 25 times the depth crosses the truth's disparity far behind the cameras.
    problem.points.set([5, 2.5, 50]);
    const { finalCost } = await adjusted(problem);
    expect(finalCost).toBeLessThan(1e-9);
    expect(problem.points[2]).toBeCloseTo(2, 5);
  });

  test('points behind the cameras do not spoil the rest', async () => {
    const problem = small();
    for (const p of [3, 17]) for (let c = 0; c < 3; c++) problem.points[3 * p + c] *= 40;
    const behind = reprojectionErrors(problem).filter((error) => error === Infinity).length;
    expect(behind).toBeGreaterThan(0);
    await adjusted(problem, { loss: 'cauchy' });
    const errors = reprojectionErrors(problem).filter((_, o) => problem.obsPoint[o] !== 3 && problem.obsPoint[o] !== 17);
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(1);
  });

  test.each([['points'], ['obsXY']] as const)('NaN in %s stays where it is', async (where) => {
    const problem = small();
    problem[where][1] = NaN;
    const report = await adjustBundle(problem, options);
    expect([report.initialCost, report.finalCost, report.meanErrorPx].every(Number.isFinite)).toBe(true);
    expect(report.meanErrorPx).toBeLessThan(1);
    expect([...problem.poses].every(Number.isFinite)).toBe(true);
    expect([...problem.points].filter(Number.isNaN).length).toBe(where === 'points' ? 1 : 0);
  });

  test('nothing', async () => {
    const { problem } = bundleScene({ views: 2, points: 0 });
    expect(await adjusted(problem)).toMatchObject({ initialCost: 0, finalCost: 0, meanErrorPx: 0, converged: true });
  });
});

describe('breathe', () => {
  test('is awaited before every iteration', async () => {
    const { problem } = bundleScene({ views: 5, points: 40, noisePx: 0.5 });
    perturb(problem);
    let breaths = 0;
    const { iterations } = await adjustBundle(problem, options, async () => {
      await Promise.resolve();
      breaths++;
    });
    expect(breaths).toBe(iterations);
  });

  test('throws to abort: the problem stands at the last step taken', async () => {
    const make = (): BundleProblem => {
      const { problem } = bundleScene({ views: 5, points: 40, noisePx: 0.5 });
      perturb(problem);
      return problem;
    };
    const [aborted, limited] = [make(), make()];
    let breaths = 0;
    const abort = adjustBundle(aborted, options, () => {
      if (breaths++ === 2) throw new Error('stop');
    });
    await expect(abort).rejects.toThrow('stop');
    await adjustBundle(limited, { ...options, maxIterations: 2 });
    expect(aborted).toEqual(limited);
  });
});

describe('reprojection errors', () => {
  test('distance to the observation; Infinity behind the camera', () => {
    const { problem } = bundleScene({ views: 4, points: 10 });
    problem.obsXY[0] += 3;
    problem.obsXY[1] -= 4;
    const p = problem.obsPoint[2];
    const errors = reprojectionErrors(problem);
    expect(errors[0]).toBeCloseTo(5, 9);
    expect(errors[1]).toBeLessThan(1e-9);
    problem.points.fill(0, 3 * p, 3 * p + 3);
    problem.poses[7 * problem.obsView[2] + 6] = -1;
    const out = new Float64Array(problem.obsView.length);
    expect(reprojectionErrors(problem, out)).toBe(out);
    expect(out[2]).toBe(Infinity);
  });
});
