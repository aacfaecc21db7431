/** Residuals against the camera model's definition, derivatives against finite differences, and points where no camera can see them. */
import { describe, expect, test } from 'vitest';
import type { BundleProblem } from '../../../src/core/sfm/bundle.ts';
import { layOut } from '../../../src/core/sfm/bundleLayout.ts';
import { type BundleState, farPx, linearizeObservation, observationCost, refreshRotations } from '../../../src/core/sfm/bundleResidual.ts';
import { lossIndex } from '../../../src/core/sfm/robustLoss.ts';
import { type Column, bundleScene, movedBy, perturb, seen } from './bundleScene.ts';

const trivial = { index: lossIndex('trivial'), scale2: 1 };

function stateOf(problem: BundleProblem): BundleState {
  const lenses = problem.lenses.flatMap(({ f, aspect, cx, cy, k1, k2 }) => [f, aspect, cx, cy, k1, k2]);
  const { poses, points } = problem;
  const state = { poses, points, lenses: Float64Array.from(lenses), rotations: new Float64Array((9 * poses.length) / 7) };
  refreshRotations(state);
  return state;
}

function perturbedScene(): BundleProblem {
  const { problem } = bundleScene({ views: 5, points: 6, track: 4, groups: 2, noisePx: 3 });
  perturb(problem, { degrees: 4 });
  return problem;
}

describe('residual and derivatives', () => {
  const problem = perturbedScene();
  const layout = layOut(problem);
  const observed = Array.from({ length: layout.observations }, (_, o) => o);

  test('residual is projection minus observation', () => {
    const j = new Float64Array(26);
    for (const o of observed) {
      expect(linearizeObservation(layout, stateOf(problem), trivial, o, j)).toBe(1);
      const [u, v] = seen(problem, layout.view[o], layout.point[o]);
      expect(j[0]).toBeCloseTo(u - layout.xy[2 * o], 8);
      expect(j[1]).toBeCloseTo(v - layout.xy[2 * o + 1], 8);
    }
  });

  test.each([
    ['pose', 6, 2, 8],
    ['point', 3, 14, 17],
    ['lens', 3, 20, 23],
  ] as const)('%s: finite differences', (kind, axes, rowU, rowV) => {
    const j = new Float64Array(26);
    for (const o of observed) {
      linearizeObservation(layout, stateOf(problem), trivial, o, j);
      const [view, point] = [layout.view[o], layout.point[o]];
      const of = { pose: view, point, lens: problem.lensOfView[view] }[kind];
      for (let axis = 0; axis < axes; axis++) {
        const column: Column = { kind, of, axis };
        const [up, down] = [1e-5, -1e-5].map((h) => seen(movedBy(problem, column, h), view, point));
        [rowU, rowV].forEach((row, k) => {
          const slope = (up[k] - down[k]) / 2e-5;
          expect(Math.abs(j[row + axis] - slope)).toBeLessThan(1e-5 * (10 + Math.abs(slope)));
        });
      }
    }
  });

  test('a robust loss scales residual and derivatives alike: J^T r is the gradient of the cost', () => {
    const loss = { index: lossIndex('cauchy'), scale2: 4 };
    const gradient = new Float64Array(3);
    const j = new Float64Array(26);
    for (const o of observed) {
      if (layout.point[o] !== 2) continue;
      linearizeObservation(layout, stateOf(problem), loss, o, j);
      for (let c = 0; c < 3; c++) gradient[c] += j[14 + c] * j[0] + j[17 + c] * j[1];
    }
    for (let axis = 0; axis < 3; axis++) {
      const [up, down] = [1e-6, -1e-6].map((h) =>
        observationCost(layout, stateOf(movedBy(problem, { kind: 'point', of: 2, axis }, h)), loss),
      );
      expect(gradient[axis] / ((up.near - down.near) / 2e-6)).toBeCloseTo(1, 5);
    }
  });
});

describe('sigma', () => {
  test('residual and derivatives are shares of it', () => {
    const problem = perturbedScene();
    const plain = new Float64Array(26);
    const weighed = new Float64Array(26);
    linearizeObservation(layOut(problem), stateOf(problem), trivial, 3, plain);
    problem.obsSigma = new Float32Array(problem.obsView.length).fill(4);
    linearizeObservation(layOut(problem), stateOf(problem), trivial, 3, weighed);
    weighed.forEach((value, k) => expect(value).toBeCloseTo(plain[k] / 4, 9));
  });
});

describe('out of sight', () => {
  test.each([
    ['behind the camera', [0, 0, -2]],
    ['in the camera', [0, 0, 0]],
    ['nearly in the plane of the camera', [1, 0, 1e-9]],
    ['not a number', [NaN, 0, 1]],
    ['at infinity', [Infinity, 0, Infinity]],
  ])('%s: pulls at nothing, costs a constant', (_, point) => {
    const problem: BundleProblem = {
      poses: Float64Array.of(1, 0, 0, 0, 0, 0, 0),
      poseFixed: Uint8Array.of(0),
      lenses: [{ widthPx: 8, heightPx: 6, f: 500, aspect: 1, cx: 4, cy: 3, k1: 0, k2: 0 }],
      lensOfView: Int32Array.of(0),
      lensFree: [{ focal: false, radial: false }],
      points: Float64Array.from(point),
      obsView: Int32Array.of(0),
      obsPoint: Int32Array.of(0),
      obsXY: Float64Array.of(1, 2),
    };
    const layout = layOut(problem);
    const j = new Float64Array(26).fill(7);
    expect(linearizeObservation(layout, stateOf(problem), trivial, 0, j)).toBe(0);
    expect([...j]).toEqual(new Array(26).fill(7));
    expect(observationCost(layout, stateOf(problem), trivial)).toEqual({ near: 0, far: 1 });
  });

  test('the cost is continuous where observations end', () => {
    const problem = perturbedScene();
    const layout = layOut(problem);
    const [u, v] = seen(problem, layout.view[0], layout.point[0]);
    layout.xy.set([u - farPx * (1 - 1e-9), v]);
    layout.observations = 1;
    const { near, far } = observationCost(layout, stateOf(problem), trivial);
    expect(far).toBe(0);
    expect(near / (farPx ** 2 / 2)).toBeCloseTo(1, 6);
  });
});
