/**
 * The residual of bundle adjustment and its derivatives: projected minus observed pixel over sigma, through pose, radial lens and point.
 * Invariant: the cost is finite for any parameters. A point behind its camera, or seen further than farPx from where it should be, costs
 * what farPx costs and pulls at nothing; so the cost never rewards passing through the camera's plane.
 */
import { writeRotation } from '../math/se3.ts';
import type { BundleLayout } from './bundleLayout.ts';
import { type LossIndex, lossRho, lossWeight } from './robustLoss.ts';

/** Residuals, over sigma, end here. */
export const farPx = 1e5;

/** Numbers a lens takes in BundleState.lenses: f, aspect, cx, cy, k1, k2. */
export const lensStride = 6;

/** One set of parameters. Poses [views, 7], their rotation matrices [views, 9], lenses [lenses, 6], points [points, 3]. */
export interface BundleState {
  poses: Float64Array;
  rotations: Float64Array;
  lenses: Float64Array;
  points: Float64Array;
}

export interface RobustLoss {
  index: LossIndex;
  /** Square of the residual at which the loss turns from quadratic. */
  scale2: number;
}

/** The rotation matrices anew from the poses. */
export function refreshRotations(state: BundleState): void {
  for (let v = 0; 9 * v < state.rotations.length; v++) writeRotation(state.poses, 7 * v, state.rotations, 9 * v);
}

/**
 * Linearized observation o, times sqrt(weight) / sigma, written to j (26 numbers): residual [2], then row by row d residual / d pose [2, 6]
 * (turn, shift; see math/se3.ts), d / d point [2, 3], d / d (log f, k1, k2) [2, 3]. Returns 0, with j left alone, when the observation
 * pulls at nothing, else 1. Indices come in, not coordinates: numbers passed to a function that is not inlined would be boxed.
 */
export function linearizeObservation(layout: BundleLayout, state: BundleState, loss: RobustLoss, o: number, j: Float64Array): 0 | 1 {
  const { rotations: r, poses, points, lenses } = state;
  const view = layout.view[o];
  const p = 3 * layout.point[o];
  const m = 9 * view;
  const t = 7 * view + 4;
  const px = points[p];
  const py = points[p + 1];
  const pz = points[p + 2];
  const x = r[m] * px + r[m + 1] * py + r[m + 2] * pz + poses[t];
  const y = r[m + 3] * px + r[m + 4] * py + r[m + 5] * pz + poses[t + 1];
  const z = r[m + 6] * px + r[m + 7] * py + r[m + 8] * pz + poses[t + 2];
  const l = lensStride * layout.lensOfView[view];
  const invZ = 1 / z;
  const a = x * invZ;
  const b = y * invZ;
  const r2 = a * a + b * b;
  const k2r2 = lenses[l + 5] * r2;
  const radial = 1 + r2 * (lenses[l + 4] + k2r2);
  const fx = lenses[l];
  const fy = fx * lenses[l + 1];
  const inverseSigma = layout.inverseSigma[o];
  const du = (fx * radial * a + lenses[l + 2] - layout.xy[2 * o]) * inverseSigma;
  const dv = (fy * radial * b + lenses[l + 3] - layout.xy[2 * o + 1]) * inverseSigma;
  const e2 = du * du + dv * dv;
  if (!(z > 0 && e2 < farPx * farPx)) return 0;

  const root = Math.sqrt(lossWeight(loss.index, loss.scale2, e2));
  const gx = fx * root * inverseSigma;
  const gy = fy * root * inverseSigma;
  j[0] = du * root;
  j[1] = dv * root;
  // d(radial) / d(a, b) = 2 (k1 + 2 k2 r2) (a, b)
  const slope = 2 * (lenses[l + 4] + 2 * k2r2);
  const cross = slope * a * b;
  const ux = gx * (radial + slope * a * a) * invZ;
  const uy = gx * cross * invZ;
  const uz = -(ux * a + uy * b);
  const vx = gy * cross * invZ;
  const vy = gy * (radial + slope * b * b) * invZ;
  const vz = -(vx * a + vy * b);
  j[2] = uz * y - uy * z;
  j[3] = ux * z - uz * x;
  j[4] = uy * x - ux * y;
  j[5] = ux;
  j[6] = uy;
  j[7] = uz;
  j[8] = vz * y - vy * z;
  j[9] = vx * z - vz * x;
  j[10] = vy * x - vx * y;
  j[11] = vx;
  j[12] = vy;
  j[13] = vz;
  j[14] = ux * r[m] + uy * r[m + 3] + uz * r[m + 6];
  j[15] = ux * r[m + 1] + uy * r[m + 4] + uz * r[m + 7];
  j[16] = ux * r[m + 2] + uy * r[m + 5] + uz * r[m + 8];
  j[17] = vx * r[m] + vy * r[m + 3] + vz * r[m + 6];
  j[18] = vx * r[m + 1] + vy * r[m + 4] + vz * r[m + 7];
  j[19] = vx * r[m + 2] + vy * r[m + 5] + vz * r[m + 8];
  j[20] = gx * radial * a;
  j[21] = gx * r2 * a;
  j[22] = j[21] * r2;
  j[23] = gy * radial * b;
  j[24] = gy * r2 * b;
  j[25] = j[24] * r2;
  return 1;
}

/** Squared residual over sigma of observation o; Infinity behind the camera or beyond farPx. */
function squaredResidual(layout: BundleLayout, state: BundleState, o: number): number {
  const { rotations: r, poses, points, lenses } = state;
  const view = layout.view[o];
  const p = 3 * layout.point[o];
  const m = 9 * view;
  const t = 7 * view + 4;
  const l = lensStride * layout.lensOfView[view];
  const z = r[m + 6] * points[p] + r[m + 7] * points[p + 1] + r[m + 8] * points[p + 2] + poses[t + 2];
  const a = (r[m] * points[p] + r[m + 1] * points[p + 1] + r[m + 2] * points[p + 2] + poses[t]) / z;
  const b = (r[m + 3] * points[p] + r[m + 4] * points[p + 1] + r[m + 5] * points[p + 2] + poses[t + 1]) / z;
  const r2 = a * a + b * b;
  const scale = lenses[l] * (1 + r2 * (lenses[l + 4] + lenses[l + 5] * r2));
  const du = scale * a + lenses[l + 2] - layout.xy[2 * o];
  const dv = scale * lenses[l + 1] * b + lenses[l + 3] - layout.xy[2 * o + 1];
  const e2 = (du * du + dv * dv) * layout.inverseSigma[o] * layout.inverseSigma[o];
  return z > 0 && e2 < farPx * farPx ? e2 : Infinity;
}

export interface BundleCost {
  /** Half the sum of rho over the observations in reach. */
  near: number;
  /** Observations behind or beyond farPx; each costs half of rho(farPx^2). */
  far: number;
}

/** Cost of the observations, without priors. */
export function observationCost(layout: BundleLayout, state: BundleState, loss: RobustLoss): BundleCost {
  let near = 0;
  let far = 0;
  for (let o = 0; o < layout.observations; o++) {
    const e2 = squaredResidual(layout, state, o);
    if (e2 === Infinity) far++;
    else near += lossRho(loss.index, loss.scale2, e2);
  }
  return { near: near / 2, far };
}
