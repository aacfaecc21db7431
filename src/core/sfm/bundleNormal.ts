/**
 * The normal equations of a bundle, J^T J and J^T r, kept in the blocks they have: poses, lenses, points and what couples them.
 * Invariant: sums run over the observations in the layout's order, so the same problem gives the same bits.
 */
import type { BundleLayout } from './bundleLayout.ts';
import { type BundleState, type RobustLoss, linearizeObservation } from './bundleResidual.ts';

export interface NormalEquations {
  /** [poseBlocks, 6, 6], upper triangles. */
  pose: Float64Array;
  /** [poseBlocks, 6, 3]: a pose with its own lens. */
  poseLens: Float64Array;
  /** [lensBlocks, 3, 3] */
  lens: Float64Array;
  /** [columns]: J^T r of poses and lenses. */
  gradient: Float64Array;
  /** [moving, 6]: xx, xy, xz, yy, yz, zz. */
  point: Float64Array;
  /** [moving, 3] */
  pointGradient: Float64Array;
  /** [obs, 6, 3]: pose with point; only where both move. */
  posePoint: Float64Array;
  /** [lens slots, 3, 3]: lens with point. */
  lensPoint: Float64Array;
}

export function createNormalEquations(layout: BundleLayout): NormalEquations {
  const { poseBlocks, lensBlocks, columns, moving, observations, blockOfLensSlot } = layout;
  return {
    pose: new Float64Array(36 * poseBlocks),
    poseLens: new Float64Array(18 * poseBlocks),
    lens: new Float64Array(9 * lensBlocks),
    gradient: new Float64Array(columns),
    point: new Float64Array(6 * moving.length),
    pointGradient: new Float64Array(3 * moving.length),
    posePoint: new Float64Array(18 * observations),
    lensPoint: new Float64Array(9 * blockOfLensSlot.length),
  };
}

function addPose({ pose, gradient }: NormalEquations, block: number, j: Float64Array): void {
  const e0 = j[0];
  const e1 = j[1];
  for (let a = 0; a < 6; a++) {
    const u = j[2 + a];
    const v = j[8 + a];
    const at = 36 * block + 6 * a;
    for (let b = a; b < 6; b++) pose[at + b] += u * j[2 + b] + v * j[8 + b];
    gradient[6 * block + a] += u * e0 + v * e1;
  }
}

function addPoint({ point, pointGradient }: NormalEquations, moving: number, j: Float64Array): void {
  const at = 6 * moving;
  const u0 = j[14];
  const u1 = j[15];
  const u2 = j[16];
  const v0 = j[17];
  const v1 = j[18];
  const v2 = j[19];
  point[at] += u0 * u0 + v0 * v0;
  point[at + 1] += u0 * u1 + v0 * v1;
  point[at + 2] += u0 * u2 + v0 * v2;
  point[at + 3] += u1 * u1 + v1 * v1;
  point[at + 4] += u1 * u2 + v1 * v2;
  point[at + 5] += u2 * u2 + v2 * v2;
  pointGradient[3 * moving] += u0 * j[0] + v0 * j[1];
  pointGradient[3 * moving + 1] += u1 * j[0] + v1 * j[1];
  pointGradient[3 * moving + 2] += u2 * j[0] + v2 * j[1];
}

/** rows x 3 products of the columns at j[left], j[left + rows] with those at j[right], j[right + 3], set at out[at]. */
function setCoupling(out: Float64Array, at: number, rows: number, j: Float64Array, left: number, right: number): void {
  const u0 = j[right];
  const u1 = j[right + 1];
  const u2 = j[right + 2];
  const v0 = j[right + 3];
  const v1 = j[right + 4];
  const v2 = j[right + 5];
  for (let a = 0; a < rows; a++) {
    const u = j[left + a];
    const v = j[left + rows + a];
    out[at + 3 * a] = u * u0 + v * v0;
    out[at + 3 * a + 1] = u * u1 + v * v1;
    out[at + 3 * a + 2] = u * u2 + v * v2;
  }
}

/** As setCoupling, but summed. */
function addCoupling(out: Float64Array, at: number, rows: number, j: Float64Array, left: number, right: number): void {
  const u0 = j[right];
  const u1 = j[right + 1];
  const u2 = j[right + 2];
  const v0 = j[right + 3];
  const v1 = j[right + 4];
  const v2 = j[right + 5];
  for (let a = 0; a < rows; a++) {
    const u = j[left + a];
    const v = j[left + rows + a];
    out[at + 3 * a] += u * u0 + v * v0;
    out[at + 3 * a + 1] += u * u1 + v * v1;
    out[at + 3 * a + 2] += u * u2 + v * v2;
  }
}

/** The lens's own sums, with its held parameters' columns put to zero first. */
function addLens({ lens, gradient }: NormalEquations, { lensMask, poseBlocks }: BundleLayout, block: number, j: Float64Array): void {
  for (let k = 0; k < 3; k++) {
    if (lensMask[3 * block + k] === 0) j[20 + k] = j[23 + k] = 0;
    gradient[6 * poseBlocks + 3 * block + k] += j[20 + k] * j[0] + j[23 + k] * j[1];
  }
  addCoupling(lens, 9 * block, 3, j, 20, 20);
}

const jacobian = new Float64Array(26);

/** Fills the normal equations for the parameters of `state`. */
export function linearize(layout: BundleLayout, state: BundleState, loss: RobustLoss, normal: NormalEquations): void {
  const { view, lensOfView, blockOfView, blockOfLens, movingOfObservation, lensSlot } = layout;
  for (const sums of [normal.pose, normal.poseLens, normal.lens, normal.gradient, normal.point, normal.pointGradient, normal.lensPoint])
    sums.fill(0);
  for (let o = 0; o < layout.observations; o++) {
    const pose = blockOfView[view[o]];
    const lens = blockOfLens[lensOfView[view[o]]];
    const moving = movingOfObservation[o];
    if (linearizeObservation(layout, state, loss, o, jacobian) === 0) {
      normal.posePoint.fill(0, 18 * o, 18 * o + 18);
      continue;
    }
    if (lens >= 0) addLens(normal, layout, lens, jacobian);
    if (pose >= 0) {
      addPose(normal, pose, jacobian);
      if (lens >= 0) addCoupling(normal.poseLens, 18 * pose, 6, jacobian, 2, 20);
    }
    if (moving < 0) continue;
    addPoint(normal, moving, jacobian);
    if (pose >= 0) setCoupling(normal.posePoint, 18 * o, 6, jacobian, 2, 14);
    if (lens >= 0) addCoupling(normal.lensPoint, 9 * lensSlot[o], 3, jacobian, 20, 14);
  }
}
