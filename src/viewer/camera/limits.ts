/**
 * Limits of the camera: what they are when the page sets none, and how a state is held inside them.
 * Invariant: a clamped state is finite and holds the invariant of CameraState, whatever it was made from.
 */
import type { SplatFormat } from '../../core/formats/splatStream.ts';
import { clamp, polarMargin } from './axes.ts';
import type { CameraLimits, CameraState } from './cameraState.ts';

const degree = Math.PI / 180;

/** Where the camera stands unless the page says otherwise: as <model-viewer>'s, with a field of view wide enough for a place. */
export const defaultTheta = 0;
/** Front of a scene: a glTF looks along +z; photos that were solved look along the file's +z, from the other side. */
export const frontOf = (format: SplatFormat | null): number => (format === 'glb' || format === 'gltf' ? defaultTheta : Math.PI);
export const defaultPhi = 75 * degree;
export const defaultFov = 45 * degree;

const nearestShare = 0.02;
const farthestShare = 8;

/** Limits of a scene that is seen as a whole from `framedRadius`. */
export function defaultLimits(framedRadius: number): CameraLimits {
  return {
    theta: [-Infinity, Infinity],
    phi: [5 * degree, 175 * degree],
    radius: [framedRadius * nearestShare, framedRadius * farthestShare],
    fov: [5 * degree, 120 * degree],
  };
}

/** Lower limits that lie above the upper ones win, as in CSS. */
const held = (x: number, former: number, [low, high]: [number, number]): number =>
  Math.max(Math.min(Number.isFinite(x) ? x : former, high), low);

/** The state nearest to `wish` inside the limits; a number that is not finite is taken from `former`. */
export function clampState(wish: CameraState, former: CameraState, limits: CameraLimits): CameraState {
  const phi = held(wish.phi, former.phi, limits.phi);
  const radius = held(wish.radius, former.radius, limits.radius);
  const fov = held(wish.fov, former.fov, limits.fov);
  return {
    target: wish.target.every(Number.isFinite) ? [...wish.target] : [...former.target],
    theta: held(wish.theta, former.theta, limits.theta),
    phi: clamp(phi, polarMargin, Math.PI - polarMargin),
    radius: clamp(radius, 1e-9, 1e12),
    fov: clamp(fov, 0.1 * degree, 175 * degree),
  };
}
