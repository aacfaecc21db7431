/**
 * Rotation matrix of a quaternion and its gradient. Invariant: any non-zero quaternion is accepted and normalised inside, so the
 * gradient is always orthogonal to the quaternion.
 */
import type { Mat3 } from './mat3.ref.ts';

/** wxyz. */
export type Quat = [number, number, number, number];

/** q / |q|; NaN for the zero quaternion, which has no direction. */
export function normaliseQuat(q: Quat): Quat {
  const length = Math.hypot(...q);
  return [q[0] / length, q[1] / length, q[2] / length, q[3] / length];
}

/** Rotation matrix, row-major, of a quaternion wxyz of any length. */
export function rotationRef(q: Quat): number[] {
  const [w, x, y, z] = normaliseQuat(q);
  return [
    1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
    2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
    2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
  ]; // prettier-ignore
}

/** Gradient with respect to the quaternion (before normalisation) from dR, the gradient of the nine matrix entries. */
export function rotationBackwardRef(q: Quat, dR: Mat3): Quat {
  const [w, x, y, z] = normaliseQuat(q);
  const unit: Quat = [
    2 * (x * (dR[7] - dR[5]) + y * (dR[2] - dR[6]) + z * (dR[3] - dR[1])),
    2 * (-2 * x * (dR[4] + dR[8]) + y * (dR[1] + dR[3]) + z * (dR[2] + dR[6]) + w * (dR[7] - dR[5])),
    2 * (-2 * y * (dR[0] + dR[8]) + x * (dR[1] + dR[3]) + z * (dR[5] + dR[7]) + w * (dR[2] - dR[6])),
    2 * (-2 * z * (dR[0] + dR[4]) + x * (dR[2] + dR[6]) + y * (dR[5] + dR[7]) + w * (dR[3] - dR[1])),
  ];
  const length = Math.hypot(...q);
  const along = unit[0] * w + unit[1] * x + unit[2] * y + unit[3] * z;
  return [(unit[0] - along * w) / length, (unit[1] - along * x) / length, (unit[2] - along * y) / length, (unit[3] - along * z) / length];
}
