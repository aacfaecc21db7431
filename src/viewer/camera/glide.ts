/**
 * The glide of the shown camera towards its goal: one damper for each of seven numbers.
 * In orbit mode the target glides and the camera swings around it; in fly mode the camera's position glides, so that looking around
 * leaves it where it is. Radius and field of view glide by their logarithms: equal times for equal factors, and never below zero.
 * Invariant: at rest the shown state is the goal itself, number for number.
 */
import { along, clamp, outward, polarMargin, positionOf } from './axes.ts';
import type { CameraMode, CameraState } from './cameraState.ts';
import { damp } from './damper.ts';

/** Below this all that is left of a glide is under a pixel: radians, shares of the radius. */
const restTolerance = 1e-4;
const thetaAt = 3;

export interface Glide {
  /** Shown now. */
  readonly state: CameraState;
  readonly atRest: boolean;
  /** Moves towards the goal; true while it is still on its way. */
  advance(goal: CameraState, mode: CameraMode, dtMs: number, decayMs: number): boolean;
  /** Stands still at a state. */
  jump(state: CameraState): void;
  /** Turns what is shown without a glide. */
  turn(dTheta: number): void;
}

function pack(state: CameraState, mode: CameraMode, out: Float64Array): void {
  out.set(mode === 'fly' ? positionOf(state) : state.target);
  out[thetaAt] = state.theta;
  out[4] = state.phi;
  out[5] = Math.log(state.radius);
  out[6] = Math.log(state.fov);
}

function unpack(values: Float64Array, mode: CameraMode): CameraState {
  const anchor: [number, number, number] = [values[0], values[1], values[2]];
  const theta = values[thetaAt];
  const phi = clamp(values[4], polarMargin, Math.PI - polarMargin);
  const radius = Math.exp(values[5]);
  const target = mode === 'fly' ? along(anchor, -radius, outward(theta, phi)) : anchor;
  return { target, theta, phi, radius, fov: Math.exp(values[6]) };
}

function isNear(values: Float64Array, speeds: Float64Array, goals: Float64Array, decayMs: number): boolean {
  const length = Math.exp(goals[5]);
  for (let k = 0; k < values.length; k++) {
    const tolerance = k < thetaAt ? restTolerance * length : restTolerance;
    if (Math.abs(values[k] - goals[k]) > tolerance || Math.abs(speeds[k] * decayMs) > tolerance) return false;
  }
  return true;
}

const sameState = (a: CameraState, b: CameraState): boolean =>
  a.theta === b.theta && a.phi === b.phi && a.radius === b.radius && a.fov === b.fov && a.target.every((x, k) => x === b.target[k]);

/** Begins at rest. */
export function createGlide(start: CameraState): Glide {
  const [values, speeds, goals] = [new Float64Array(7), new Float64Array(7), new Float64Array(7)];
  let state = start;
  let packedFor: CameraMode | null = null;
  let atRest = true;

  /** The dampers' numbers mean another thing in another mode. */
  function packFor(mode: CameraMode): void {
    if (packedFor === mode) return;
    pack(state, mode, values);
    speeds.fill(0);
    packedFor = mode;
  }

  function jump(to: CameraState): void {
    state = to;
    packedFor = null;
    atRest = true;
  }

  return {
    get state() {
      return state;
    },
    get atRest() {
      return atRest;
    },
    jump,
    advance(goal, mode, dtMs, decayMs) {
      if (sameState(goal, state) && atRest) return false;
      packFor(mode);
      pack(goal, mode, goals);
      for (let k = 0; k < values.length; k++) damp(values, speeds, k, goals[k], dtMs, decayMs);
      if (isNear(values, speeds, goals, decayMs)) jump(goal);
      else {
        state = unpack(values, mode);
        atRest = false;
      }
      return !atRest;
    },
    turn(dTheta) {
      state = { ...state, theta: state.theta + dTheta };
      values[thetaAt] += dTheta;
    },
  };
}
