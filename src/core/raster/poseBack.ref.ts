/**
 * CPU twin of the pose's gradient: what one splat adds to the gradient of a small motion of the camera, X_cam -> exp(turn) X_cam + shift.
 * Invariant: taken at turn = shift = 0, where the order of the two does not matter; the view direction of the colour is a constant.
 */
import { type Mat3, type Vec3, multiply } from './mat3.ref.ts';

/** The vector v with v . w = sum of m_ij [w]x_ij: the gradient of a rotation vector from that of its cross-product matrix. */
const axial = (m: Mat3): Vec3 => [m[7] - m[5], m[2] - m[6], m[3] - m[1]];

/**
 * Adds to `dPose` (turn x y z, shift x y z). `c`, `cov`: mean and covariance in camera axes; `grad`: the gradients of both, the symmetric
 * covariance's entries one by one. A turn w moves c by [w]x c and cov by [w]x cov + cov [w]x^T.
 */
export function addPoseGradientRef(c: Vec3, cov: Mat3, grad: { c: Vec3; cov: Mat3 }, dPose: Float64Array): void {
  const fromMean = axial([0, 1, 2].flatMap((i) => c.map((value) => grad.c[i] * value)));
  const fromCov = axial(multiply(grad.cov, cov));
  for (let k = 0; k < 3; k++) {
    dPose[k] += fromMean[k] + 2 * fromCov[k];
    dPose[3 + k] += grad.c[k];
  }
}
