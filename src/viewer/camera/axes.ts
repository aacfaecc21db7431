/**
 * Position and axes of a camera state in world space, and the state of a camera given by two points.
 * Invariant: the axes are unit, at right angles, and `right` lies in the horizon.
 */
import type { Vector3 } from '../../core/math/rotation.ts';
import type { CameraState } from './cameraState.ts';

/** Closest that phi comes to the poles, radians: there the horizon has no direction. */
export const polarMargin = 1e-3;

export interface CameraAxes {
  right: Vector3;
  up: Vector3;
  /** Where the camera looks. */
  forward: Vector3;
}

/** a + s b. */
export const along = (a: Vector3, s: number, b: Vector3): Vector3 => [a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]];
export const dot = (a: Vector3, b: Vector3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** Unit direction from the target to the camera. */
export function outward(theta: number, phi: number): Vector3 {
  return [Math.sin(phi) * Math.sin(theta), Math.cos(phi), Math.sin(phi) * Math.cos(theta)];
}

/** Where the camera is, world. */
export function positionOf({ target, theta, phi, radius }: CameraState): Vector3 {
  return along(target, radius, outward(theta, phi));
}

/** The camera's axes in the world. Up is the derivative of the looking direction by phi, so it holds at every phi. */
export function axesOf({ theta, phi }: Pick<CameraState, 'theta' | 'phi'>): CameraAxes {
  const [x, y, z] = outward(theta, phi);
  return {
    right: [Math.cos(theta), 0, -Math.sin(theta)],
    up: [-Math.cos(phi) * Math.sin(theta), Math.sin(phi), -Math.cos(phi) * Math.cos(theta)],
    forward: [-x, -y, -z],
  };
}

/** The state of a camera at a world point that looks at another; roll is dropped. Null when the two coincide or are not finite. */
export function stateLookingAt(position: Vector3, target: Vector3, fov: number): CameraState | null {
  const [x, y, z] = along(position, -1, target);
  const radius = Math.hypot(x, y, z);
  if (!(radius > 0) || !Number.isFinite(radius)) return null;
  const phi = clamp(Math.acos(clamp(y / radius, -1, 1)), polarMargin, Math.PI - polarMargin);
  return { target: [...target], theta: Math.atan2(x, z), phi, radius, fov };
}
