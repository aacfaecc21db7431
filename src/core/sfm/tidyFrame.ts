/**
 * Tidy frame: which way is up, where the middle is and how large a unit is, so that every viewer opens a solved scene the same way.
 * Invariant: a similarity; relative poses and reprojection errors stay as they are. Afterwards gravity points along +y (OpenCV's down), the
 * median of the points is the origin, and the median camera is one unit away from it.
 */
import { symmetricEigen } from '../math/symmetricEigen.ts';
import { quaternionOfMatrix, rotateBack, rotateVector, type Vector3 } from '../math/rotation.ts';
import { centreOf, refreshExtrinsics, type SceneModel } from './sceneModel.ts';

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (v: ArrayLike<number>): Vector3 => {
  const length = Math.hypot(v[0], v[1], v[2]) || 1;
  return [v[0] / length, v[1] / length, v[2] / length];
};
const cross = (a: ArrayLike<number>, b: ArrayLike<number>): Vector3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

const row = ({ extrinsics }: SceneModel, image: number, r: number): Float64Array =>
  extrinsics.subarray(12 * image + 3 * r, 12 * image + 3 * r + 3);

/**
 * Against gravity, from how people hold cameras: their x axes lie level, so up is the direction that all x axes avoid (the smallest
 * eigenvector of the sum of x x^T), on the side of the mean -y axis. Where all cameras look the same way the x axes do not tell and the
 * mean -y axis decides.
 */
export function upDirection(model: SceneModel): Vector3 {
  const sum = new Float64Array(9);
  const mean: Vector3 = [0, 0, 0];
  for (const image of model.order) {
    const [x, y] = [row(model, image, 0), row(model, image, 1)];
    for (let a = 0; a < 3; a++) {
      mean[a] -= y[a];
      for (let b = 0; b < 3; b++) sum[3 * a + b] += x[a] * x[b];
    }
  }
  const upwards = unit(mean);
  const { values, vectors } = symmetricEigen(sum, 3);
  const level: Vector3 = [vectors[0], vectors[3], vectors[6]];
  const spread = values[1] / model.order.length;
  const agrees = Math.abs(dot(level, upwards));
  // Two small eigenvalues: the x axes are all alike. An axis far from every camera's own up is the axis of a roll, not gravity.
  if (spread < 0.02 || agrees < 0.5) return upwards;
  const sign = dot(level, upwards) < 0 ? -1 : 1;
  return [sign * level[0], sign * level[1], sign * level[2]];
}

/**
 * The middle of what was seen: the median of the points, which far ones do not move. The median is taken along the new axes (the rows of
 * `turn`), so it does not depend on how the old frame lay.
 */
function middle(model: SceneModel, turn: number[]): Vector3 {
  const live = model.points.flatMap((point) => (point ? [rotateVector(turn, point.xyz)] : []));
  if (live.length === 0) return [0, 0, 0];
  return rotateBack(
    turn,
    [0, 1, 2].map((c) => median(live.map((xyz) => xyz[c]))),
  );
}

/** The new axes in the old frame, as rows: y down, z along the first camera's view, levelled. */
function newAxes(model: SceneModel, up: Vector3): number[] {
  const y: Vector3 = [-up[0], -up[1], -up[2]];
  const forward = row(model, model.order[0], 2);
  const level = [0, 1, 2].map((c) => forward[c] - dot(forward, y) * y[c]);
  const sideways = row(model, model.order[0], 0);
  const z = Math.hypot(...level) > 1e-3 ? unit(level) : unit(cross(sideways, y));
  return [...cross(y, z), ...y, ...z];
}

/** Moves, turns and scales the model in place; gives back the up direction in the new frame, always (0, -1, 0). */
export function tidyFrame(model: SceneModel): Vector3 {
  const turn = newAxes(model, upDirection(model));
  const focus = middle(model, turn);
  const eye = [0, 0, 0];
  const distances = model.order.map((image) => {
    centreOf(model, image, eye);
    return Math.hypot(eye[0] - focus[0], eye[1] - focus[1], eye[2] - focus[2]);
  });
  const scale = 1 / Math.max(median(distances), 1e-12);
  for (const point of model.points) {
    if (!point) continue;
    const moved = rotateVector(turn, [point.xyz[0] - focus[0], point.xyz[1] - focus[1], point.xyz[2] - focus[2]]);
    for (let r = 0; r < 3; r++) point.xyz[r] = scale * moved[r];
  }
  for (const image of model.order) turnCamera(model, image, turn, focus, scale);
  return [0, -1, 0];
}

/** X' = s A (X - m), so R' = R A^T and t' = s (R m + t). */
function turnCamera(model: SceneModel, image: number, turn: number[], focus: Vector3, scale: number): void {
  const rotation = new Array<number>(9);
  const translation = [0, 0, 0];
  for (let r = 0; r < 3; r++) {
    const old = row(model, image, r);
    for (let c = 0; c < 3; c++) rotation[3 * r + c] = old[0] * turn[3 * c] + old[1] * turn[3 * c + 1] + old[2] * turn[3 * c + 2];
    translation[r] = scale * (dot(old, focus) + model.extrinsics[12 * image + 9 + r]);
  }
  const q = quaternionOfMatrix(rotation);
  if (!q) return;
  model.poses.set([...q, ...translation], 7 * image);
  refreshExtrinsics(model, image);
}
