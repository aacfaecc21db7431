/**
 * CPU twin of view_step.wgsl: the Adam step of one view's pose correction and exposure, and the gauge over all views. In f64, with exact
 * rotations.
 * Invariant: a view moves by its own gradient, and all views by the mean of their corrections.
 */
import { type Quaternion, type Vector3, matrixOfQuaternion, rotateBack, rotateVector } from '../math/rotation.ts';
import { cameraCentre, rotationRows } from '../raster/stepConstants.ts';
import type { Pose } from '../scene/camera.ts';
import { type AdamState, adamRef } from './adam.ref.ts';

/** A view's state; `pose` moments are (turn, shift), `exposure` moments (log gain, bias). */
export interface ViewStateRef {
  turn: Quaternion;
  shift: Vector3;
  pose: AdamState;
  poseSteps: number;
  logGain: Vector3;
  bias: Vector3;
  exposure: AdamState;
  exposureSteps: number;
}

const moments = (): AdamState => ({ m: new Float64Array(6), v: new Float64Array(6) });

export const identityStateRef = (): ViewStateRef => ({
  turn: [1, 0, 0, 0],
  shift: [0, 0, 0],
  pose: moments(),
  poseSteps: 0,
  logGain: [0, 0, 0],
  bias: [0, 0, 0],
  exposure: moments(),
  exposureSteps: 0,
});

/** Quaternion of a rotation vector. */
export function expQuaternion(w: Vector3): Quaternion {
  const angle = Math.hypot(...w);
  const s = angle > 0 ? Math.sin(angle / 2) / angle : 0.5;
  return [Math.cos(angle / 2), s * w[0], s * w[1], s * w[2]];
}

function product([a, b, c, d]: Quaternion, [w, x, y, z]: Quaternion): Quaternion {
  return [a * w - b * x - c * y - d * z, a * x + b * w + c * z - d * y, a * y - b * z + c * w + d * x, a * z + b * y - c * x + d * w];
}

const unit = (q: Quaternion): Quaternion => q.map((value) => value / Math.hypot(...q)) as Quaternion;
const turned = (q: Quaternion, v: Vector3): Vector3 => rotateVector(matrixOfQuaternion(q), v);
const turnedBack = (q: Quaternion, v: Vector3): Vector3 => rotateBack(matrixOfQuaternion(q), v);
const zip = (a: Vector3, b: Vector3, f: (x: number, y: number) => number): Vector3 => [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2])];
const cross = (a: Vector3, b: Vector3): Vector3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const dot = (a: Vector3, b: Vector3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const mean = (values: Vector3[]): Vector3 => [0, 1, 2].map((k) => values.reduce((sum, v) => sum + v[k], 0) / values.length) as Vector3;

export interface ViewRatesRef {
  learningRate: number;
  /** Share taken back per unit of rate. */
  pull: number;
}

/** `gradient`: dL/d(turn, shift). poseLength: world units that count as one radian. */
export function stepPoseRef(s: ViewStateRef, gradient: ArrayLike<number>, { learningRate, pull }: ViewRatesRef, poseLength: number): void {
  const move = new Float64Array(6);
  adamRef(move, gradient, s.pose, ++s.poseSteps, { learningRate });
  const turn = expQuaternion([move[0], move[1], move[2]]);
  const kept = 1 - learningRate * pull;
  s.shift = turned(turn, s.shift).map((value, k) => kept * (value + poseLength * move[3 + k])) as Vector3;
  const q = product(turn, s.turn);
  s.turn = unit([q[0], kept * q[1], kept * q[2], kept * q[3]]);
}

/** Takes the similarity of all cameras' motion out: mean turn, mean shift of the centres, and their growth about the mean centre. */
export function holdPosesRef(states: ViewStateRef[], given: Pose[]): void {
  const centres = given.map((pose) => cameraCentre({ pose }));
  const middle = mean(centres);
  const offsets = centres.map((centre) => zip(centre, middle, (a, b) => a - b));
  const rows = given.map(({ q }) => rotationRows(q));
  const turns = states.map(({ turn: [, x, y, z] }, i) => rotateBack(rows[i], [2 * x, 2 * y, 2 * z]));
  const moved = states.map(({ turn, shift }, i) => rotateBack(rows[i], turnedBack(turn, shift)).map((value) => -value) as Vector3);
  const [meanTurn, meanMoved] = [mean(turns), mean(moved)];
  const spread = offsets.reduce((sum, offset) => sum + dot(offset, offset), 0);
  const growth = spread > 0 ? offsets.reduce((sum, offset, i) => sum + dot(offset, moved[i]), 0) / spread : 0;
  states.forEach((s, i) => {
    const swung = cross(meanTurn, offsets[i]);
    const kept = moved[i].map((value, k) => value - meanMoved[k] - growth * offsets[i][k] + swung[k]) as Vector3;
    const back = turned(s.turn, rotateVector(rows[i], meanTurn)).map((value) => -value) as Vector3;
    s.turn = unit(product(expQuaternion(back), s.turn));
    s.shift = turned(s.turn, rotateVector(rows[i], kept)).map((value) => -value) as Vector3;
  });
}

/** `gradient`: dL/d(gain, bias). biasRate: relative to the log gain's. */
export function stepExposureRef(
  s: ViewStateRef,
  gradient: ArrayLike<number>,
  { learningRate, pull }: ViewRatesRef,
  biasRate: number,
): void {
  const values = [...s.logGain, ...s.bias];
  const chained = values.map((value, k) => (k < 3 ? Math.exp(value) : 1) * gradient[k]);
  const move = new Float64Array(6);
  adamRef(move, chained, s.exposure, ++s.exposureSteps, { learningRate });
  const kept = values.map((value, k) => (1 - learningRate * pull) * (value + (k < 3 ? 1 : biasRate) * move[k]));
  s.logGain = kept.slice(0, 3) as Vector3;
  s.bias = kept.slice(3) as Vector3;
}

export function holdExposuresRef(states: ViewStateRef[]): void {
  const [logGain, bias] = [mean(states.map((s) => s.logGain)), mean(states.map((s) => s.bias))];
  for (const s of states) {
    s.logGain = zip(s.logGain, logGain, (a, b) => a - b);
    s.bias = zip(s.bias, bias, (a, b) => a - b);
  }
}
