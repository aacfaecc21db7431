/**
 * From camera states to what the renderers draw (file space, OpenCV axes), and between world points and pixels.
 * Invariant: project and unproject are each other's inverse, and agree with the view of viewOf.
 */
import {
  type Quaternion,
  type Vector3,
  matrixOfQuaternion,
  multiplyMatrices,
  quaternionOfMatrix,
  rotateBack,
  rotateVector,
  unitQuaternion,
} from '../../core/math/rotation.ts';
import type { PinholeView } from '../../core/scene/camera.ts';
import type { Box } from '../../core/view/splatRenderer.ts';
import { along, axesOf, dot, positionOf } from './axes.ts';
import type { CameraState } from './cameraState.ts';

/** Half a turn about z: files have y down, the world has y up. */
export const defaultWorldFromFile: Quaternion = [0, 0, 0, 1];

/** The turn from the file to the world under the `orientation` attribute: first the half turn, then the attribute's. */
export function worldFromFileOf([w, x, y, z]: Quaternion): Quaternion {
  // Hamilton product with (0, 0, 0, 1) on the right.
  return unitQuaternion([-z, y, -x, w]) ?? defaultWorldFromFile;
}

/** Pixels per unit of slope. The field of view is the shorter side's. */
export function focalPx(fov: number, widthPx: number, heightPx: number): number {
  return Math.min(widthPx, heightPx) / 2 / Math.tan(fov / 2);
}

/** The view in file space. worldFromFile must be unit. */
export function viewOf(state: CameraState, widthPx: number, heightPx: number, worldFromFile: Quaternion): PinholeView {
  const { right, up, forward } = axesOf(state);
  const position = positionOf(state);
  const cameraFromWorld = [...right, -up[0], -up[1], -up[2], ...forward];
  const f = focalPx(state.fov, widthPx, heightPx);
  return {
    widthPx,
    heightPx,
    fx: f,
    fy: f,
    cx: widthPx / 2,
    cy: heightPx / 2,
    pose: {
      // A product of two rotations always has a quaternion.
      q: quaternionOfMatrix(multiplyMatrices(cameraFromWorld, matrixOfQuaternion(worldFromFile))) as Quaternion,
      t: [-dot(right, position), dot(up, position), -dot(forward, position)],
    },
  };
}

export const fileFromWorld = (p: Vector3, worldFromFile: Quaternion): Vector3 => rotateBack(matrixOfQuaternion(worldFromFile), p);
export const worldFromFilePoint = (p: Vector3, worldFromFile: Quaternion): Vector3 => rotateVector(matrixOfQuaternion(worldFromFile), p);

function boxAround(box: Box, turn: (p: Vector3) => Vector3): Box {
  const low: Vector3 = [Infinity, Infinity, Infinity];
  const high: Vector3 = [-Infinity, -Infinity, -Infinity];
  for (let corner = 0; corner < 8; corner++) {
    const side = (axis: number): number => ((corner >> axis) & 1 ? box.high : box.low)[axis];
    const p = turn([side(0), side(1), side(2)]);
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis], p[axis]);
      high[axis] = Math.max(high[axis], p[axis]);
    }
  }
  return { low, high };
}

/** The smallest upright world box around a file box. The same box under quarter turns, a larger one otherwise. */
export const worldFromFileBox = (box: Box, worldFromFile: Quaternion): Box => boxAround(box, (p) => worldFromFilePoint(p, worldFromFile));
export const fileFromWorldBox = (box: Box, worldFromFile: Quaternion): Box => boxAround(box, (p) => fileFromWorld(p, worldFromFile));

/**
 * Where a world point appears, in pixels with centres at +0.5; depth along the optical axis. Null behind the camera, and within rounding
 * of it, where pixels have no meaning.
 */
export function project(
  p: Vector3,
  state: CameraState,
  widthPx: number,
  heightPx: number,
): { xPx: number; yPx: number; depth: number } | null {
  const { right, up, forward } = axesOf(state);
  const offset = along(p, -1, positionOf(state));
  const depth = dot(offset, forward);
  if (!(depth > 1e-9 * state.radius)) return null;
  const f = focalPx(state.fov, widthPx, heightPx) / depth;
  return { xPx: widthPx / 2 + f * dot(offset, right), yPx: heightPx / 2 - f * dot(offset, up), depth };
}

/** The world point behind a pixel at a depth. */
export function unproject(xPx: number, yPx: number, depth: number, state: CameraState, widthPx: number, heightPx: number): Vector3 {
  const { right, up, forward } = axesOf(state);
  const perPx = depth / focalPx(state.fov, widthPx, heightPx);
  const ahead = along(positionOf(state), depth, forward);
  return along(along(ahead, (xPx - widthPx / 2) * perPx, right), (heightPx / 2 - yPx) * perPx, up);
}
