/**
 * Pose refinement: one camera against fixed points: reprojection errors with the whole lens, robust cost, Levenberg-Marquardt.
 * A placement is 13 numbers: rotation row-major (9), translation (3), focal length in px.
 * Invariant: a placement is only replaced by one of lower cost whose chosen points stay in front of the camera.
 */
import type { Lens } from './lens.ts';

export interface Correspondences {
  n: number;
  /** px, [n, 2]. */
  pixels: Float64Array;
  /** [n, 3]. */
  points: Float64Array;
  lens: Lens;
}

export interface RefinementOptions {
  refineFocal: boolean;
  /** Scale of the Cauchy cost, px. */
  scalePx: number;
  maxSteps: number;
}

export const placementSize = 13;
/** How little the focal length is held to where it was (deviation of its logarithm), so that it does not drift where nothing shows it. */
const focalDeviation = 0.3;
/** The focal length changes by at most this factor over one refinement. */
const mostFocalChange = 2.5;

/** Squared error of correspondence i, px^2. Infinity behind the camera and where the lens model folds the image over. */
export function squaredErrorPx({ pixels, points, lens }: Correspondences, p: Float64Array, i: number): number {
  const x = points[3 * i];
  const y = points[3 * i + 1];
  const z = points[3 * i + 2];
  const depth = p[6] * x + p[7] * y + p[8] * z + p[11];
  if (!(depth > 0)) return Infinity;
  const a = (p[0] * x + p[1] * y + p[2] * z + p[9]) / depth;
  const b = (p[3] * x + p[4] * y + p[5] * z + p[10]) / depth;
  const r2 = a * a + b * b;
  if (!(1 + r2 * (3 * lens.k1 + 5 * lens.k2 * r2) > 0)) return Infinity;
  const scale = p[12] * (1 + r2 * (lens.k1 + lens.k2 * r2));
  const du = scale * a + lens.cx - pixels[2 * i];
  const dv = scale * lens.aspect * b + lens.cy - pixels[2 * i + 1];
  return du * du + dv * dv;
}

/**
 * Truncated cost (MSAC, px^2): the sum of min(error^2, limit^2); given up once it reaches `most`. The innermost loop of the search, so
 * squaredErrorPx is written out with everything constant taken out of it.
 */
export function truncatedCost(c: Correspondences, p: Float64Array, limit2: number, most = Infinity): number {
  const { n, pixels, points } = c;
  const { k1, k2, cx, cy } = c.lens;
  const fx = p[12];
  const fy = fx * c.lens.aspect;
  const [r0, r1, r2, r3, r4, r5, r6, r7, r8, t0, t1, t2] = p;
  let cost = 0;
  for (let i = 0; i < n && cost < most; i++) {
    const x = points[3 * i];
    const y = points[3 * i + 1];
    const z = points[3 * i + 2];
    const inverse = 1 / (r6 * x + r7 * y + r8 * z + t2);
    const a = (r0 * x + r1 * y + r2 * z + t0) * inverse;
    const b = (r3 * x + r4 * y + r5 * z + t1) * inverse;
    const rr = a * a + b * b;
    const radial = 1 + rr * (k1 + k2 * rr);
    const du = fx * radial * a + cx - pixels[2 * i];
    const dv = fy * radial * b + cy - pixels[2 * i + 1];
    const error2 = du * du + dv * dv;
    cost += inverse > 0 && error2 < limit2 && 1 + rr * (3 * k1 + 5 * k2 * rr) > 0 ? error2 : limit2;
  }
  return cost;
}

/** Writes the indices of correspondences within the limit. Returns their number. */
export function selectInliers(c: Correspondences, placement: Float64Array, limit2: number, chosen: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < c.n; i++) if (squaredErrorPx(c, placement, i) <= limit2) chosen[count++] = i;
  return count;
}

/** Cauchy cost over the chosen correspondences, and what holds the focal length. */
function costOf(c: Correspondences, p: Float64Array, chosen: Uint32Array, count: number, scale2: number, focal: number): number {
  let cost = (Math.log(p[12] / focal) / focalDeviation) ** 2;
  for (let k = 0; k < count; k++) cost += scale2 * Math.log1p(squaredErrorPx(c, p, chosen[k]) / scale2);
  return cost;
}

const unknowns = 7;
const hessian = new Float64Array(unknowns * unknowns);
const factor = new Float64Array(unknowns * unknowns);
const gradient = new Float64Array(unknowns);
const change = new Float64Array(unknowns);
const jacobian = new Float64Array(2 * unknowns);
const trial = new Float64Array(placementSize);

const residual = new Float64Array(2);

/** Writes the pixel error to `residual` and its derivatives by (rotation vector, translation: both left of the pose; log f) to `jacobian`. */
function linearise({ pixels, points, lens }: Correspondences, p: Float64Array, i: number): void {
  const x = points[3 * i];
  const y = points[3 * i + 1];
  const z = points[3 * i + 2];
  const inverse = 1 / (p[6] * x + p[7] * y + p[8] * z + p[11]);
  const a = (p[0] * x + p[1] * y + p[2] * z + p[9]) * inverse;
  const b = (p[3] * x + p[4] * y + p[5] * z + p[10]) * inverse;
  const r2 = a * a + b * b;
  const radial = 1 + r2 * (lens.k1 + lens.k2 * r2);
  const slope = 2 * (lens.k1 + 2 * lens.k2 * r2);
  const fx = p[12];
  const fy = fx * lens.aspect;
  const u = fx * radial * a;
  const v = fy * radial * b;
  residual[0] = u + lens.cx - pixels[2 * i];
  residual[1] = v + lens.cy - pixels[2 * i + 1];
  const cross = a * b * slope;
  for (let row = 0; row < 2; row++) {
    // Derivatives by a and b, then a and b by the pose.
    const da = row === 0 ? fx * (radial + a * a * slope) : fy * cross;
    const db = row === 0 ? fx * cross : fy * (radial + b * b * slope);
    const at = unknowns * row;
    jacobian[at] = -da * a * b - db * (1 + b * b);
    jacobian[at + 1] = da * (1 + a * a) + db * a * b;
    jacobian[at + 2] = db * a - da * b;
    jacobian[at + 3] = da * inverse;
    jacobian[at + 4] = db * inverse;
    jacobian[at + 5] = -(da * a + db * b) * inverse;
    jacobian[at + 6] = row === 0 ? u : v;
  }
}

/** Normal equations of the reweighted least squares (weight of the Cauchy cost: 1 / (1 + e^2 / scale^2)), lower triangle. */
function setNormalEquations(c: Correspondences, p: Float64Array, chosen: Uint32Array, count: number, scale2: number, focal: number): void {
  hessian.fill(0);
  gradient.fill(0);
  for (let k = 0; k < count; k++) {
    linearise(c, p, chosen[k]);
    const ru = residual[0];
    const rv = residual[1];
    const weight = 1 / (1 + (ru * ru + rv * rv) / scale2);
    for (let row = 0; row < unknowns; row++) {
      const ju = weight * jacobian[row];
      const jv = weight * jacobian[unknowns + row];
      gradient[row] += ju * ru + jv * rv;
      for (let column = 0; column <= row; column++)
        hessian[unknowns * row + column] += ju * jacobian[column] + jv * jacobian[unknowns + column];
    }
  }
  gradient[6] += Math.log(p[12] / focal) / focalDeviation ** 2;
  hessian[48] += 1 / focalDeviation ** 2;
}

/** Solves (H + damping diag H) change = -gradient for the first m unknowns by Cholesky; false when not positive definite. */
function solveDamped(m: number, damping: number): boolean {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = hessian[unknowns * i + j] * (i === j ? 1 + damping : 1);
      for (let k = 0; k < j; k++) sum -= factor[unknowns * i + k] * factor[unknowns * j + k];
      if (i === j && !(sum > 0)) return false;
      factor[unknowns * i + j] = i === j ? Math.sqrt(sum) : sum / factor[unknowns * j + j];
    }
  }
  for (let i = 0; i < m; i++) {
    let sum = -gradient[i];
    for (let k = 0; k < i; k++) sum -= factor[unknowns * i + k] * change[k];
    change[i] = sum / factor[unknowns * i + i];
  }
  for (let i = m - 1; i >= 0; i--) {
    let sum = change[i];
    for (let k = i + 1; k < m; k++) sum -= factor[unknowns * k + i] * change[k];
    change[i] = sum / factor[unknowns * i + i];
  }
  return true;
}

/** trial = exp(change) p: the rotation vector and translation act in camera space (Rodrigues, then Gram-Schmidt against drift). */
function setTrial(p: Float64Array, withFocal: boolean): void {
  const [wx, wy, wz] = [change[0], change[1], change[2]];
  const angle2 = wx * wx + wy * wy + wz * wz;
  const angle = Math.sqrt(angle2);
  const s = angle < 1e-6 ? 1 - angle2 / 6 : Math.sin(angle) / angle;
  const h = angle < 1e-6 ? 0.5 : (1 - Math.cos(angle)) / angle2;
  for (let column = 0; column < 4; column++) {
    const [i, step] = column < 3 ? [column, 3] : [9, 1];
    const [x, y, z] = [p[i], p[i + step], p[i + 2 * step]];
    const dot = h * (wx * x + wy * y + wz * z);
    const cos = 1 - h * angle2;
    trial[i] = cos * x + s * (wy * z - wz * y) + dot * wx;
    trial[i + step] = cos * y + s * (wz * x - wx * z) + dot * wy;
    trial[i + 2 * step] = cos * z + s * (wx * y - wy * x) + dot * wz;
  }
  for (let k = 0; k < 3; k++) trial[9 + k] += change[3 + k];
  trial[12] = withFocal ? p[12] * Math.exp(change[6]) : p[12];
  orthonormalise(trial);
}

function orthonormalise(m: Float64Array): void {
  const first = 1 / Math.sqrt(m[0] * m[0] + m[1] * m[1] + m[2] * m[2]);
  for (let k = 0; k < 3; k++) m[k] *= first;
  const dot = m[0] * m[3] + m[1] * m[4] + m[2] * m[5];
  for (let k = 0; k < 3; k++) m[3 + k] -= dot * m[k];
  const second = 1 / Math.sqrt(m[3] * m[3] + m[4] * m[4] + m[5] * m[5]);
  for (let k = 3; k < 6; k++) m[k] *= second;
  m[6] = m[1] * m[5] - m[2] * m[4];
  m[7] = m[2] * m[3] - m[0] * m[5];
  m[8] = m[0] * m[4] - m[1] * m[3];
}

/**
 * Improves a placement in place over the first `count` of the chosen correspondences (Levenberg-Marquardt on the Cauchy cost; Triggs et
 * al. 2000, section 4.3). Correspondences behind the camera at the start make it do nothing. Returns the cost, px^2.
 */
export function refinePlacement(
  c: Correspondences,
  placement: Float64Array,
  chosen: Uint32Array,
  count: number,
  { refineFocal, scalePx, maxSteps }: RefinementOptions,
): number {
  const focal = placement[12];
  const scale2 = scalePx * scalePx;
  const size = refineFocal ? 7 : 6;
  let cost = costOf(c, placement, chosen, count, scale2, focal);
  if (2 * count < size || !Number.isFinite(cost)) return cost;
  let damping = 1e-4;
  let fresh = false;
  for (let step = 0; step < maxSteps && damping < 1e6; step++) {
    if (!fresh) setNormalEquations(c, placement, chosen, count, scale2, focal);
    fresh = true;
    let next = Infinity;
    if (solveDamped(size, damping)) {
      setTrial(placement, refineFocal);
      if (Math.abs(Math.log(trial[12] / focal)) < Math.log(mostFocalChange)) next = costOf(c, trial, chosen, count, scale2, focal);
    }
    if (next < cost) {
      const done = cost - next < 1e-6 * cost;
      cost = next;
      placement.set(trial);
      damping = Math.max(1e-10, damping / 10);
      fresh = false;
      if (done) break;
    } else {
      damping *= 10;
    }
  }
  return cost;
}
