/**
 * The damped normal equations of a bundle, points eliminated: S = U - W V^-1 W^T over poses and lenses (Triggs et al. 2000, 6.1), solved
 * densely; then every point's step from its own 3x3 system.
 * Invariant: linearize alone reads the parameters; solve may be called again with another damping. A track of L views costs L^2 / 2 blocks.
 */
import { choleskyFactor, choleskySolve } from '../math/cholesky.ts';
import type { BundleLayout } from './bundleLayout.ts';
import { type NormalEquations, createNormalEquations } from './bundleNormal.ts';
import { type ReducedSystem, damped, eliminatePoints, substitutePoints } from './bundleElimination.ts';

/** Where the diagonal is in xx, xy, xz, yy, yz, zz. */
const packedDiagonal = [0, 3, 5];

export interface BundleSolver {
  readonly normal: NormalEquations;
  /** [columns]: step of poses (6 each), then lenses (log f, k1, k2). */
  readonly step: Float64Array;
  /** [moving, 3]: step of the points. */
  readonly pointStep: Float64Array;
  /** Solves with lambda times the diagonal added to it. False when the system is singular all the same. */
  solve(lambda: number): boolean;
  /** What the quadratic model promises the step takes off the cost: -g^T d - d^T H d / 2 = d^T (lambda D d - g) / 2. */
  promised(lambda: number): number;
}

/** U with its diagonal damped. */
function startReduced(layout: BundleLayout, normal: NormalEquations, lambda: number, reduced: ReducedSystem): void {
  const { poseBlocks, lensBlocks } = layout;
  reduced.poses.fill(0);
  reduced.poseLens.fill(0);
  reduced.lenses.fill(0);
  for (let b = 0; b < poseBlocks; b++) {
    const to = 36 * (reduced.rowBase[b] + b);
    for (let k = 0; k < 36; k++) reduced.poses[to + k] = normal.pose[36 * b + k];
    for (let k = 0; k < 36; k += 7) reduced.poses[to + k] += damped(normal.pose[36 * b + k], lambda);
    const lens = layout.blockOfLens[layout.lensOfView[layout.viewOfBlock[b]]];
    if (lens < 0) continue;
    for (let k = 0; k < 18; k++) reduced.poseLens[18 * (lensBlocks * b + lens) + k] = normal.poseLens[18 * b + k];
  }
  for (let l = 0; l < lensBlocks; l++) {
    const to = 9 * (lensBlocks + 1) * l;
    for (let k = 0; k < 9; k++) reduced.lenses[to + k] = normal.lens[9 * l + k];
    // A held parameter has an empty row: any diagonal gives it a zero step.
    for (let k = 0; k < 3; k++) reduced.lenses[to + 4 * k] += layout.lensMask[3 * l + k] ? damped(normal.lens[9 * l + 4 * k], lambda) : 1;
  }
}

/** The blocks as the lower triangle of a dense row-major matrix. */
function toDense(layout: BundleLayout, { poses, rowBase, poseLens, lenses }: ReducedSystem, dense: Float64Array): void {
  const { poseBlocks, lensBlocks, columns: n } = layout;
  const at = 6 * poseBlocks;
  for (let i = 0; i < poseBlocks; i++) {
    for (let j = i; j < poseBlocks; j++) {
      const block = 36 * (rowBase[i] + j);
      for (let c = 0; c < 6; c++) for (let r = 0; r < 6; r++) dense[(6 * j + c) * n + 6 * i + r] = poses[block + 6 * r + c];
    }
    for (let l = 0; l < lensBlocks; l++) {
      const block = 18 * (lensBlocks * i + l);
      for (let c = 0; c < 3; c++) for (let r = 0; r < 6; r++) dense[(at + 3 * l + c) * n + 6 * i + r] = poseLens[block + 3 * r + c];
    }
  }
  for (let k = 0; k < lensBlocks; k++) {
    for (let l = k; l < lensBlocks; l++) {
      const block = 9 * (lensBlocks * k + l);
      for (let c = 0; c < 3; c++) for (let r = 0; r < 3; r++) dense[(at + 3 * l + c) * n + at + 3 * k + r] = lenses[block + 3 * r + c];
    }
  }
}

function createReduced({ poseBlocks, lensBlocks }: BundleLayout): ReducedSystem {
  return {
    poses: new Float64Array(18 * poseBlocks * (poseBlocks + 1)),
    rowBase: Int32Array.from({ length: poseBlocks }, (_, i) => i * poseBlocks - (i * (i + 1)) / 2),
    poseLens: new Float64Array(18 * poseBlocks * lensBlocks),
    lenses: new Float64Array(9 * lensBlocks * lensBlocks),
  };
}

export function createSolver(layout: BundleLayout): BundleSolver {
  const { poseBlocks, lensBlocks, columns, moving } = layout;
  const normal = createNormalEquations(layout);
  const reduced = createReduced(layout);
  const dense = new Float64Array(columns * columns);
  const step = new Float64Array(columns);
  const pointStep = new Float64Array(3 * moving.length);
  const elimination = {
    factors: new Float64Array(6 * moving.length),
    track: new Float64Array(18 * layout.longestTrack),
    lensTrack: new Float64Array(9 * lensBlocks),
  };

  const solve = (lambda: number): boolean => {
    startReduced(layout, normal, lambda, reduced);
    for (let k = 0; k < columns; k++) step[k] = -normal.gradient[k];
    if (!eliminatePoints(layout, normal, lambda, reduced, elimination, step)) return false;
    toDense(layout, reduced, dense);
    if (!choleskyFactor(dense, columns)) return false;
    choleskySolve(dense, columns, step);
    substitutePoints(layout, normal, elimination.factors, step, pointStep);
    return step.every(Number.isFinite) && pointStep.every(Number.isFinite);
  };

  const promised = (lambda: number): number => {
    let sum = 0;
    const add = (d: number, diagonalEntry: number, gradient: number): void => {
      sum += d * (damped(diagonalEntry, lambda) * d - gradient);
    };
    for (let b = 0; b < poseBlocks; b++)
      for (let k = 0; k < 6; k++) add(step[6 * b + k], normal.pose[36 * b + 7 * k], normal.gradient[6 * b + k]);
    for (let l = 0; l < lensBlocks; l++)
      for (let k = 0; k < 3; k++) {
        const column = 6 * poseBlocks + 3 * l + k;
        add(step[column], normal.lens[9 * l + 4 * k], normal.gradient[column]);
      }
    for (let p = 0; p < moving.length; p++)
      for (let k = 0; k < 3; k++) add(pointStep[3 * p + k], normal.point[6 * p + packedDiagonal[k]], normal.pointGradient[3 * p + k]);
    return sum / 2;
  };

  return { normal, step, pointStep, solve, promised };
}
