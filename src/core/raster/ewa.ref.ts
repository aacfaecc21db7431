/**
 * EWA projection of one Gaussian from camera space to the image (Zwicker et al. 2002, eq. 31; Kerbl et al. 2023, eq. 5), and its
 * gradient. Invariant: the caller has already dropped everything with z <= near.
 */
import { type Mat3, type Vec3, multiply } from './mat3.ref.ts';

/** The part of a PinholeView that the projection needs, in pixels. */
export interface Lens {
  widthPx: number;
  heightPx: number;
  fx: number;
  fy: number;
  cx: number;
  cy: number;
}

/** Image-plane Gaussian before the low-pass: centre in pixels, covariance [[a, b], [b, d]] in squared pixels. */
export interface Footprint {
  u: number;
  v: number;
  a: number;
  b: number;
  d: number;
}

/** Slopes beyond this many image widths from the axis are held there in the Jacobian: further out the linear map makes no sense. */
const maxSlopeInImages = 0.65;

interface Affine {
  x: number;
  y: number;
  xInside: boolean;
  yInside: boolean;
  xHeld: number;
  yHeld: number;
  /** [j00, 0, j02; 0, j11, j12; 0, 0, 0] so that it multiplies as a 3x3. */
  jacobian: number[];
}

function affine(c: Vec3, lens: Lens): Affine {
  const [x, y] = [c[0] / c[2], c[1] / c[2]];
  const [xMax, yMax] = [(maxSlopeInImages * lens.widthPx) / lens.fx, (maxSlopeInImages * lens.heightPx) / lens.fy];
  const [xHeld, yHeld] = [Math.min(Math.max(x, -xMax), xMax), Math.min(Math.max(y, -yMax), yMax)];
  const [jx, jy] = [lens.fx / c[2], lens.fy / c[2]];
  const jacobian = [jx, 0, -jx * xHeld, 0, jy, -jy * yHeld, 0, 0, 0];
  return { x, y, xInside: x === xHeld, yInside: y === yHeld, xHeld, yHeld, jacobian };
}

/** Footprint of a Gaussian with mean `c` and covariance `cov` (row-major), both in camera axes. */
export function ewaRef(c: Vec3, cov: Mat3, lens: Lens): Footprint {
  const { x, y, jacobian } = affine(c, lens);
  const jv = multiply(jacobian, cov);
  return {
    u: lens.fx * x + lens.cx,
    v: lens.fy * y + lens.cy,
    a: jv[0] * jacobian[0] + jv[2] * jacobian[2],
    b: jv[1] * jacobian[4] + jv[2] * jacobian[5],
    d: jv[4] * jacobian[4] + jv[5] * jacobian[5],
  };
}

/** Gradients of `c` and `cov` (symmetric, entries one by one) from those of the footprint. Outside the clamp its gradient is zero. */
export function ewaBackwardRef(c: Vec3, cov: Mat3, lens: Lens, grad: Footprint): { c: Vec3; cov: number[] } {
  const { x, y, xInside, yInside, xHeld, yHeld, jacobian } = affine(c, lens);
  const g = [grad.a, grad.b / 2, 0, grad.b / 2, grad.d, 0, 0, 0, 0];
  const gj = multiply(g, jacobian);
  const dCov: number[] = [];
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) dCov.push(jacobian[i] * gj[j] + jacobian[3 + i] * gj[3 + j]);
  // Both sides of J V J^T depend on J and G is symmetric, hence the factor 2.
  const dJ = multiply(gj, cov).map((value) => 2 * value);
  const [jx, jy] = [jacobian[0], jacobian[4]];
  const dx = lens.fx * grad.u - (xInside ? jx * dJ[2] : 0);
  const dy = lens.fy * grad.v - (yInside ? jy * dJ[5] : 0);
  const dz = (jx * (xHeld * dJ[2] - dJ[0]) + jy * (yHeld * dJ[5] - dJ[4]) - dx * x - dy * y) / c[2];
  return { c: [dx / c[2], dy / c[2], dz], cov: dCov };
}
