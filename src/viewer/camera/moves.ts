/**
 * What people do to the camera, as new states: turn, pan, zoom, fly. Limits are the caller's.
 * Invariant: turning and zooming keep the target in orbit mode and the position in fly mode; pixels are CSS pixels.
 */
import { clamp, along, axesOf, outward, polarMargin, positionOf } from './axes.ts';
import type { CameraLimits, CameraMode, CameraState } from './cameraState.ts';

/** Which way somebody flies, each -1..1. */
export interface FlyMotion {
  right: number;
  up: number;
  forward: number;
  /** Looking to the right and up. */
  turn: number;
  pitch: number;
  fast: boolean;
}

/** Radii per second, and radians per second of looking. */
const flySpeed = 0.8;
const flySpeedFast = 3.2;
const lookSpeed = Math.PI / 3;

/**
 * Turns by angles. Positive dTheta moves the camera to its right around the target, or lets it look to its left. In fly mode the result
 * keeps the position only if `limits` hold the angles, so they are held here.
 */
export function turned(state: CameraState, dTheta: number, dPhi: number, mode: CameraMode, limits: CameraLimits): CameraState {
  const theta = Math.max(Math.min(state.theta + dTheta, limits.theta[1]), limits.theta[0]);
  const within = Math.max(Math.min(state.phi + dPhi, limits.phi[1]), limits.phi[0]);
  const phi = clamp(within, polarMargin, Math.PI - polarMargin);
  const target = mode === 'fly' ? along(positionOf(state), -state.radius, outward(theta, phi)) : state.target;
  return { ...state, target, theta, phi };
}

/** Moves the scene with the pointer, exactly at the target's depth. `shorterPx` is the shorter side of the canvas. */
export function panned(state: CameraState, dxPx: number, dyPx: number, shorterPx: number): CameraState {
  const perPx = (2 * state.radius * Math.tan(state.fov / 2)) / Math.max(shorterPx, 1);
  const { right, up } = axesOf(state);
  return { ...state, target: along(along(state.target, -dxPx * perPx, right), dyPx * perPx, up) };
}

/**
 * Comes closer by a factor above 1, moves away below 1. In orbit mode by the radius, or by the field of view where the limits leave the
 * radius no room; in fly mode the camera moves along its gaze.
 */
export function zoomed(state: CameraState, factor: number, mode: CameraMode, limits: CameraLimits): CameraState {
  if (!(factor > 0) || !Number.isFinite(factor)) return state;
  if (mode === 'fly') return { ...state, target: along(state.target, state.radius * Math.log(factor), axesOf(state).forward) };
  if (limits.radius[0] >= limits.radius[1]) return { ...state, fov: state.fov / factor };
  return { ...state, radius: state.radius / factor };
}

/** Flies for a while. Up is the world's, so the gaze does not change the height. */
export function flown(state: CameraState, motion: FlyMotion, seconds: number, limits: CameraLimits): CameraState {
  const step = state.radius * (motion.fast ? flySpeedFast : flySpeed) * seconds;
  const { right, forward } = axesOf(state);
  const ahead = along(along(state.target, motion.right * step, right), motion.forward * step, forward);
  const moved = { ...state, target: along(ahead, motion.up * step, [0, 1, 0]) };
  const angle = lookSpeed * seconds;
  return turned(moved, -motion.turn * angle, motion.pitch * angle, 'fly', limits);
}
