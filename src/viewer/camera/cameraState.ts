/**
 * Camera state: where the viewer looks from, in world space (right-handed, y up), in the terms of <model-viewer>.
 * position = target + radius * (sin(phi) sin(theta), cos(phi), sin(phi) cos(theta)); the camera looks at the target, the horizon level.
 * Invariant: 0 < phi < pi, radius > 0, 0 < fov < pi. Angles are radians, lengths world units.
 */
export type CameraMode = 'orbit' | 'fly';

export interface CameraState {
  target: [number, number, number];
  /** Azimuth about +y, from +z. */
  theta: number;
  /** Polar angle from +y. */
  phi: number;
  radius: number;
  /** Field of view of the canvas's shorter side. */
  fov: number;
}

export interface CameraLimits {
  /** Closed ranges; -Infinity and Infinity where there is none. */
  theta: [number, number];
  phi: [number, number];
  radius: [number, number];
  fov: [number, number];
}
