/**
 * The step of the eliminated system against a dense solve of the full normal equations, their Jacobian by finite differences of the camera
 * model's definition and the solve by Gaussian elimination.
 */
import { describe, expect, test } from 'vitest';
import type { BundleProblem } from '../../../src/core/sfm/bundle.ts';
import { layOut } from '../../../src/core/sfm/bundleLayout.ts';
import { linearize } from '../../../src/core/sfm/bundleNormal.ts';
import { type BundleState, type RobustLoss, refreshRotations } from '../../../src/core/sfm/bundleResidual.ts';
import { createSolver } from '../../../src/core/sfm/bundleSchur.ts';
import { type Column, bundleScene, movedBy, perturb, seen } from './bundleScene.ts';

/** Gaussian elimination with partial pivoting. */
function gaussSolve(matrix: number[][], right: number[]): number[] {
  const a = matrix.map((row, i) => [...row, right[i]]);
  const n = a.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i][k]) > Math.abs(a[pivot][k])) pivot = i;
    [a[k], a[pivot]] = [a[pivot], a[k]];
    for (let i = k + 1; i < n; i++) {
      const share = a[i][k] / a[k][k];
      for (let c = k; c <= n; c++) a[i][c] -= share * a[k][c];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = a[i][n];
    for (let c = i + 1; c < n; c++) sum -= a[i][c] * x[c];
    x[i] = sum / a[i][i];
  }
  return x;
}

function columnsOf({ poseFixed, lensFree, points, pointFixed }: BundleProblem): Column[] {
  const columns: Column[] = [];
  poseFixed.forEach((fixed, of) => {
    if (!fixed) for (let axis = 0; axis < 6; axis++) columns.push({ kind: 'pose', of, axis });
  });
  lensFree.forEach(({ focal, radial }, of) => {
    if (focal) columns.push({ kind: 'lens', of, axis: 0 });
    if (radial) columns.push({ kind: 'lens', of, axis: 1 }, { kind: 'lens', of, axis: 2 });
  });
  for (let of = 0; 3 * of < points.length; of++)
    if (!pointFixed?.[of]) for (let axis = 0; axis < 3; axis++) columns.push({ kind: 'point', of, axis });
  return columns;
}

const residuals = (problem: BundleProblem): number[] =>
  [...problem.obsView].flatMap((view, o) => {
    const sigma = problem.obsSigma?.[o] ?? 1;
    return seen(problem, view, problem.obsPoint[o]).map((value, k) => (value - problem.obsXY[2 * o + k]) / sigma);
  });

function denseStep(problem: BundleProblem, lambda: number): { columns: Column[]; step: number[]; promised: number } {
  const columns = columnsOf(problem);
  const r = residuals(problem);
  const jacobian = columns.map((column) => {
    const [up, down] = [1e-5, -1e-5].map((h) => residuals(movedBy(problem, column, h)));
    return up.map((value, k) => (value - down[k]) / 2e-5);
  });
  const dot = (a: number[], b: number[]): number => a.reduce((sum, value, k) => sum + value * b[k], 0);
  const h = jacobian.map((a, i) => jacobian.map((b, k) => dot(a, b) * (i === k ? 1 + lambda : 1)));
  const step = gaussSolve(
    h,
    jacobian.map((a) => -dot(a, r)),
  );
  const left = r.map((value, k) => jacobian.reduce((sum, a, c) => sum + a[k] * step[c], value));
  return { columns, step, promised: (dot(r, r) - dot(left, left)) / 2 };
}

function stateOf(problem: BundleProblem): BundleState {
  const lenses = problem.lenses.flatMap(({ f, aspect, cx, cy, k1, k2 }) => [f, aspect, cx, cy, k1, k2]);
  const { poses, points } = problem;
  const state = { poses, points, lenses: Float64Array.from(lenses), rotations: new Float64Array((9 * poses.length) / 7) };
  refreshRotations(state);
  return state;
}

const trivial: RobustLoss = { index: 0, scale2: 1 };

function sparseStep(problem: BundleProblem, lambda: number): { at: (column: Column) => number; promised: number } {
  const layout = layOut(problem);
  const solver = createSolver(layout);
  linearize(layout, stateOf(problem), trivial, solver.normal);
  // A first solve with another damping must leave nothing behind.
  solver.solve(3);
  expect(solver.solve(lambda)).toBe(true);
  const at = ({ kind, of, axis }: Column): number => {
    if (kind === 'pose') return solver.step[6 * layout.blockOfView[of] + axis];
    if (kind === 'lens') return solver.step[6 * layout.poseBlocks + 3 * layout.blockOfLens[of] + axis];
    return solver.pointStep[3 * layout.moving.indexOf(of) + axis];
  };
  return { at, promised: solver.promised(lambda) };
}

function scene(change: (problem: BundleProblem) => void = () => undefined): BundleProblem {
  const { problem } = bundleScene({ views: 6, points: 30, track: 4, groups: 2, noisePx: 1 });
  // Two poses held fix the scale, so that the undamped system has one solution.
  problem.poseFixed.set([1, 0, 0, 1]);
  perturb(problem, { degrees: 0.5, share: 0.01, focal: 0.02 });
  change(problem);
  return problem;
}

describe('one step', () => {
  test.each([
    ['undamped', 0, scene()],
    ['damped', 0.3, scene()],
    ['focal lengths only', 0, scene((p) => (p.lensFree = p.lensFree.map(() => ({ focal: true, radial: false }))))],
    ['distortion of one lens only', 0.01, scene((p) => (p.lensFree = [0, 1].map((l) => ({ focal: false, radial: l === 1 }))))],
    ['no lens', 0, scene((p) => (p.lensFree = p.lensFree.map(() => ({ focal: false, radial: false }))))],
    ['some points held', 0, scene((p) => (p.pointFixed = Uint8Array.from({ length: 30 }, (_, k) => (k % 3 ? 0 : 1))))],
    ['no pose', 0, scene((p) => p.poseFixed.fill(1))],
    ['sigmas', 0, scene((p) => (p.obsSigma = Float32Array.from(p.obsView, (_, o) => 0.5 + (o % 5))))],
    [
      'views that see a point twice',
      0.01,
      scene((p) => p.obsView.forEach((view, o) => (p.obsView[o] = o % 3 ? view : p.obsView[Math.max(0, o - 1)]))),
    ],
    [
      'observations in any order',
      0,
      scene((p) => {
        p.obsView.reverse();
        p.obsPoint.reverse();
        const pairs = [...p.obsView].map((_, o) => [...p.obsXY.subarray(2 * o, 2 * o + 2)]).reverse();
        p.obsXY.set(pairs.flat());
      }),
    ],
  ])('%s', (_, lambda, problem) => {
    const dense = denseStep(problem, lambda);
    const sparse = sparseStep(problem, lambda);
    const largest = Math.max(...dense.step.map(Math.abs));
    dense.columns.forEach((column, c) => {
      expect(Math.abs(sparse.at(column) - dense.step[c]), JSON.stringify(column)).toBeLessThan(1e-5 * largest);
    });
    expect(sparse.promised / dense.promised).toBeCloseTo(1, 5);
  });
});

describe('a solver used again', () => {
  test('steps as a new one does, also where points have gone out of sight', () => {
    const before = scene();
    const after = scene();
    for (let c = 0; c < 3; c++) after.points[c] *= 30;
    for (let k = 3; k < after.points.length; k++) after.points[k] *= 1.01;
    const layout = layOut(before);
    const [used, fresh] = [createSolver(layout), createSolver(layout)];
    linearize(layout, stateOf(before), trivial, used.normal);
    for (const { normal } of [used, fresh]) linearize(layout, stateOf(after), trivial, normal);
    expect(used.normal).toEqual(fresh.normal);
    expect([used, fresh].map(({ solve }) => solve(0.1))).toEqual([true, true]);
    expect(used.step).toEqual(fresh.step);
    expect(used.pointStep).toEqual(fresh.pointStep);
  });
});
