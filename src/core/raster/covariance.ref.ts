/**
 * World covariance of a splat: Sigma = M M^T with M = R(q) diag(exp(logScale)) (Kerbl et al. 2023, eq. 6), and its gradient.
 * Invariant: Sigma is symmetric, and gradients with respect to it are symmetric matrices whose nine entries count one by one.
 */
import { type Mat3, type Vec3, multiply, transpose } from './mat3.ref.ts';
import { type Quat, rotationBackwardRef, rotationRef } from './rotation.ref.ts';

function scaledAxes(logScale: Vec3, quat: Quat): { rotation: number[]; scale: Vec3; axes: number[] } {
  const rotation = rotationRef(quat);
  const scale: Vec3 = [Math.exp(logScale[0]), Math.exp(logScale[1]), Math.exp(logScale[2])];
  return { rotation, scale, axes: rotation.map((value, k) => value * scale[k % 3]) };
}

/** Sigma, row-major, in squared world units. `quat` is wxyz of any length but zero. */
export function covarianceRef(logScale: Vec3, quat: Quat): number[] {
  const { axes } = scaledAxes(logScale, quat);
  return multiply(axes, transpose(axes));
}

/** Gradients of the logarithmic scales and the quaternion from dSigma (symmetric). */
export function covarianceBackwardRef(logScale: Vec3, quat: Quat, dSigma: Mat3): { logScale: Vec3; quat: Quat } {
  const { rotation, scale, axes } = scaledAxes(logScale, quat);
  // d(M M^T) gives dM = 2 dSigma M when dSigma is symmetric.
  const dAxes = multiply(dSigma, axes).map((value) => 2 * value);
  const dLogScale: Vec3 = [0, 0, 0];
  for (let k = 0; k < 9; k++) dLogScale[k % 3] += dAxes[k] * rotation[k] * scale[k % 3];
  return {
    logScale: dLogScale,
    quat: rotationBackwardRef(
      quat,
      dAxes.map((value, k) => value * scale[k % 3]),
    ),
  };
}
