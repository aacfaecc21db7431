/**
 * Bundle adjustment: poses, points and lenses that best explain where the points were seen, by Levenberg and Marquardt's method with the
 * points eliminated (Triggs et al. 2000; damping after Nielsen 1999, IMM-REP-1999-05, scaled by the diagonal as Marquardt did).
 * Invariant: the cost never ends above where it began, and nothing that was finite becomes NaN; what is held fixed keeps its very bits.
 */
import { movePose } from '../math/se3.ts';
import { type BundleLayout, layOut } from './bundleLayout.ts';
import { linearize, type NormalEquations } from './bundleNormal.ts';
import { type BundleState, type RobustLoss, farPx, lensStride, observationCost, refreshRotations } from './bundleResidual.ts';
import { type BundleSolver, createSolver } from './bundleSchur.ts';
import type { BundleOptions, BundleProblem, BundleReport } from './bundleProblem.ts';
import { projectToPixel } from './lens.ts';
import { lossIndex, lossRho } from './robustLoss.ts';

export type { BundleOptions, BundleProblem, BundleReport } from './bundleProblem.ts';

const startLambda = 1e-4;
const smallestLambda = 1e-12;
const largestLambda = 1e16;

interface Prior {
  lens: number;
  block: number;
  logF: number;
  inverseSigma: number;
}

function priorsOf(problem: BundleProblem, { blockOfLens }: BundleLayout): Prior[] {
  return (problem.focalPrior ?? []).flatMap((prior, lens) =>
    prior && problem.lensFree[lens].focal
      ? [{ lens, block: blockOfLens[lens], logF: Math.log(prior.f), inverseSigma: 1 / prior.sigmaLog }]
      : [],
  );
}

const priorResidual = (prior: Prior, { lenses }: BundleState): number =>
  (Math.log(lenses[lensStride * prior.lens]) - prior.logF) * prior.inverseSigma;

function addPriors(priors: Prior[], state: BundleState, { poseBlocks }: BundleLayout, normal: NormalEquations): void {
  for (const prior of priors) {
    normal.lens[9 * prior.block] += prior.inverseSigma ** 2;
    normal.gradient[6 * poseBlocks + 3 * prior.block] += prior.inverseSigma * priorResidual(prior, state);
  }
}

function stateOf({ poses, lenses, points }: BundleProblem): BundleState {
  const state: BundleState = {
    poses: poses.slice(),
    rotations: new Float64Array((9 * poses.length) / 7),
    lenses: Float64Array.from(lenses.flatMap(({ f, aspect, cx, cy, k1, k2 }) => [f, aspect, cx, cy, k1, k2])),
    points: points.slice(),
  };
  refreshRotations(state);
  return state;
}

/** What moves, from the state back into the problem. */
function writeBack(problem: BundleProblem, layout: BundleLayout, { poses, lenses, points }: BundleState): void {
  problem.poses.set(poses);
  problem.points.set(points);
  for (const lens of layout.lensOfBlock) {
    const at = lensStride * lens;
    Object.assign(problem.lenses[lens], { f: lenses[at], k1: lenses[at + 4], k2: lenses[at + 5] });
  }
}

/** `to` = `from` moved by the solver's step. */
function move(layout: BundleLayout, from: BundleState, { step, pointStep }: BundleSolver, to: BundleState): void {
  to.points.set(from.points);
  layout.moving.forEach((point, i) => {
    for (let c = 0; c < 3; c++) to.points[3 * point + c] += pointStep[3 * i + c];
  });
  layout.viewOfBlock.forEach((view, b) => movePose(from.poses, 7 * view, step, 6 * b, to.poses));
  layout.lensOfBlock.forEach((lens, l) => {
    const column = 6 * layout.poseBlocks + 3 * l;
    const at = lensStride * lens;
    to.lenses[at] = from.lenses[at] * Math.exp(step[column]);
    to.lenses[at + 4] = from.lenses[at + 4] + step[column + 1];
    to.lenses[at + 5] = from.lenses[at + 5] + step[column + 2];
  });
  refreshRotations(to);
}

interface Cost {
  near: number;
  far: number;
}

function isSmallStep(layout: BundleLayout, { poses, points }: BundleState, { step, pointStep }: BundleSolver, tolerance: number): boolean {
  let moved = 0;
  let size = 0;
  for (const d of step) moved += d * d;
  for (const d of pointStep) moved += d * d;
  for (const view of layout.viewOfBlock) for (let k = 0; k < 7; k++) size += poses[7 * view + k] ** 2;
  for (const point of layout.moving) for (let k = 0; k < 3; k++) size += points[3 * point + k] ** 2;
  return Math.sqrt(moved) <= tolerance * (Math.sqrt(size) + tolerance);
}

/** The mean pixel error in front of the cameras. */
function meanError(problem: BundleProblem): number {
  let sum = 0;
  let n = 0;
  for (const error of reprojectionErrors(problem)) {
    if (!(error < Infinity)) continue;
    sum += error;
    n++;
  }
  return n ? sum / n : 0;
}

/**
 * Adjusts the problem in place. `breathe` is awaited before every iteration; when it throws, so does this, and the problem stands at the
 * last step taken. Points seen once and cameras that see nothing are moved by nothing but what is seen of them.
 */
export async function adjustBundle(
  problem: BundleProblem,
  options: BundleOptions,
  breathe?: () => Promise<void> | void,
): Promise<BundleReport> {
  const { functionTolerance = 1e-6, parameterTolerance = 1e-8, maxIterations } = options;
  const loss: RobustLoss = { index: lossIndex(options.loss), scale2: options.lossScalePx ** 2 };
  const layout = layOut(problem);
  const priors = priorsOf(problem, layout);
  const solver = createSolver(layout);
  const farCost = lossRho(loss.index, loss.scale2, farPx * farPx) / 2;
  const costOf = (state: BundleState): Cost => {
    const cost = observationCost(layout, state, loss);
    for (const prior of priors) cost.near += priorResidual(prior, state) ** 2 / 2;
    return cost;
  };

  let state = stateOf(problem);
  let trial = stateOf(problem);
  let cost = costOf(state);
  const total = ({ near, far }: Cost): number => near + far * farCost;
  const initialCost = total(cost);
  let lambda = startLambda;
  let growth = 2;
  let iterations = 0;
  let converged = layout.columns + layout.moving.length === 0;
  let stale = true;
  while (!converged && iterations < maxIterations && lambda < largestLambda) {
    await breathe?.();
    iterations++;
    if (stale) {
      linearize(layout, state, loss, solver.normal);
      addPriors(priors, state, layout, solver.normal);
      stale = false;
    }
    let gain = -1;
    if (solver.solve(lambda)) {
      const promised = solver.promised(lambda);
      // Nothing left that the quadratic model could take off: rounding decides from here.
      converged = promised <= 1e-3 * functionTolerance * cost.near || isSmallStep(layout, state, solver, parameterTolerance);
      move(layout, state, solver, trial);
      const tried = costOf(trial);
      // Counted apart, so that a few observations out of reach do not drown the rest in rounding.
      const taken = cost.near - tried.near + (cost.far - tried.far) * farCost;
      if (taken > 0) {
        gain = taken / promised;
        converged ||= taken <= functionTolerance * cost.near && cost.far === tried.far;
        [state, trial, cost, stale] = [trial, state, tried, true];
        writeBack(problem, layout, state);
      }
    }
    if (gain > 0) {
      lambda = Math.max(smallestLambda, lambda * Math.max(1 / 3, 1 - (2 * gain - 1) ** 3));
      growth = 2;
    } else {
      lambda *= growth;
      growth *= 2;
    }
  }
  return { iterations, initialCost, finalCost: total(cost), converged, meanErrorPx: meanError(problem) };
}

const pixel = new Float64Array(2);

/** [obs] px errors with the current parameters; Infinity behind the camera. */
export function reprojectionErrors(problem: BundleProblem, out = new Float64Array(problem.obsView.length)): Float64Array {
  const { obsView, obsPoint, obsXY, lenses, lensOfView, points } = problem;
  const { rotations: r, poses } = stateOf(problem);
  for (let o = 0; o < obsView.length; o++) {
    const view = obsView[o];
    const m = 9 * view;
    const t = 7 * view + 4;
    const p = 3 * obsPoint[o];
    const [px, py, pz] = [points[p], points[p + 1], points[p + 2]];
    const z = r[m + 6] * px + r[m + 7] * py + r[m + 8] * pz + poses[t + 2];
    const x = r[m] * px + r[m + 1] * py + r[m + 2] * pz + poses[t];
    const y = r[m + 3] * px + r[m + 4] * py + r[m + 5] * pz + poses[t + 1];
    projectToPixel(lenses[lensOfView[view]], x, y, z, pixel);
    const error = Math.hypot(pixel[0] - obsXY[2 * o], pixel[1] - obsXY[2 * o + 1]);
    out[o] = z > 0 && error < Infinity ? error : Infinity;
  }
  return out;
}
