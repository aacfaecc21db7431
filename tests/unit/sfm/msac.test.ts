/** The sampling loop on a problem whose answer is known: a line through points. */
import { expect, test } from 'vitest';
import { createRandom } from '../../../src/core/math/random.ts';
import { type MsacProblem, runMsac, trialsNeeded } from '../../../src/core/sfm/msac.ts';

const limit = 0.1;

/** y = 2 x + 1 with outliers; model (slope, offset). */
function lineProblem(n: number, outliers: number): MsacProblem & { solved: number[][] } {
  const random = createRandom(9);
  const points = Array.from({ length: n }, (_, i) => {
    const x = random();
    return [x, i < outliers * n ? 10 * random() : 2 * x + 1 + 0.05 * (random() - 0.5)];
  });
  const errorOf = (model: ArrayLike<number>, at: number, [x, y]: number[]): number => Math.abs(y - model[at] * x - model[at + 1]);
  const solved: number[][] = [];
  const cost = (model: ArrayLike<number>, at: number): number =>
    points.reduce((sum, point) => sum + Math.min(errorOf(model, at, point), limit) ** 2, 0);
  return {
    count: n,
    sampleSize: 2,
    modelSize: 2,
    maxModels: 1,
    solved,
    solve(sample, models) {
      solved.push([...sample]);
      const [[x, y], [u, v]] = [points[sample[0]], points[sample[1]]];
      models[0] = (v - y) / (u - x);
      models[1] = y - models[0] * x;
      return 1;
    },
    cost,
    inliers: (model) => points.filter((point) => errorOf(model, 0, point) < limit).length,
    refine(model, before) {
      const near = points.filter((point) => errorOf(model, 0, point) < limit);
      const [mx, my] = [0, 1].map((c) => near.reduce((sum, point) => sum + point[c], 0) / near.length);
      const slope = near.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / near.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
      const next = [slope, my - slope * mx];
      if (!(cost(next, 0) < before)) return before;
      model.set(next);
      return cost(next, 0);
    },
  };
}

const options = { minTrials: 10, maxTrials: 2000, confidence: 0.999 };

test('the line is found among 60 % outliers, and the cost given back is its cost', () => {
  const problem = lineProblem(200, 0.6);
  const found = runMsac(problem, { ...options, random: createRandom(1) })!;
  expect(found.model[0]).toBeCloseTo(2, 1);
  expect(found.model[1]).toBeCloseTo(1, 1);
  expect(found.cost).toBeCloseTo(problem.cost(found.model, 0, Infinity), 12);
  expect(found.inliers).toBe(problem.inliers(found.model));
});

test('trials stop by confidence: the fewest for clean matches, the most for noise', () => {
  expect(runMsac(lineProblem(100, 0), { ...options, random: createRandom(1) })!.trials).toBe(10);
  const half = runMsac(lineProblem(400, 0.5), { ...options, random: createRandom(1) })!;
  expect(half.trials).toBeGreaterThanOrEqual(trialsNeeded(half.inliers / 400, 2, 0.999));
  expect(half.trials).toBeLessThan(100);
  expect(runMsac(lineProblem(100, 1), { ...options, maxTrials: 60, random: createRandom(1) })!.trials).toBe(60);
});

test('samples hold distinct indices in range, and the same seed gives the same run', () => {
  const [first, second] = [lineProblem(3, 0.5), lineProblem(3, 0.5)];
  const [p, q] = [first, second].map((problem) => runMsac(problem, { ...options, minTrials: 300, random: createRandom(4) }));
  expect(first.solved.every(([i, j]) => i !== j && i < 3 && j < 3)).toBe(true);
  expect(first.solved).toEqual(second.solved);
  expect(p).toEqual(q);
});

test('fewer matches than a sample needs, or samples without models, give null', () => {
  expect(runMsac(lineProblem(1, 0), { ...options, random: createRandom(1) })).toBeNull();
  expect(runMsac({ ...lineProblem(10, 0), solve: () => 0 }, { ...options, random: createRandom(1) })).toBeNull();
});

test('trials needed: Fischler and Bolles, table of samples at 99 %', () => {
  // Hartley and Zisserman, table 4.3: sample size 4 and 30 % outliers 17, size 7 and 50 % outliers 588.
  expect(trialsNeeded(0.7, 4, 0.99)).toBe(17);
  expect(trialsNeeded(0.5, 7, 0.99)).toBe(588);
  expect(trialsNeeded(1, 5, 0.99)).toBe(0);
  expect(trialsNeeded(0, 5, 0.99)).toBe(Infinity);
});
