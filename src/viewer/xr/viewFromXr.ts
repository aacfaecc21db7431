/**
 * From an eye of the headset to the view that the renderers draw (file space, OpenCV axes, units of the file).
 * Invariant: a point has the pixel that the eye's projection matrix gives it, also where the lens is not centred. Depths are in world
 * units, so near planes are too.
 */
import { type Quaternion, matrixOfQuaternion, multiplyMatrices, quaternionOfMatrix, rotateVector } from '../../core/math/rotation.ts';
import type { PinholeView } from '../../core/scene/camera.ts';
import { type Placement, positionIn } from './placement.ts';

/**
 * `projection` and `transform` are 4x4 by columns (WebXR Device API, XRView): eye to clip space, eye to room; the eye looks along -z, y is
 * up. The pose is rigid: a perspective picture does not change when everything is scaled about the eye.
 */
export function viewFromXr(
  projection: ArrayLike<number>,
  transform: ArrayLike<number>,
  { width: widthPx, height: heightPx }: { width: number; height: number },
  worldFromFile: Quaternion,
  { pivot, at, yaw, scale }: Placement,
): PinholeView {
  const m = transform;
  // The rows are the eye's axes in the room, y and z turned to OpenCV's.
  const cameraFromRoom = [m[0], m[1], m[2], -m[4], -m[5], -m[6], -m[8], -m[9], -m[10]];
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  const cameraFromWorld = multiplyMatrices(cameraFromRoom, [c, 0, s, 0, 1, 0, -s, 0, c]);
  const eye = positionIn(m);
  const toAnchor = rotateVector(cameraFromRoom, [0, 1, 2].map((k) => (at[k] - eye[k]) / scale)); // prettier-ignore
  const toPivot = rotateVector(cameraFromWorld, pivot);
  return {
    widthPx,
    heightPx,
    fx: (projection[0] * widthPx) / 2,
    fy: (projection[5] * heightPx) / 2,
    // Clip space has x / -z = X / Z, so the matrix's third column comes with the other sign; rows are counted from the top.
    cx: ((1 - projection[8]) * widthPx) / 2,
    cy: ((1 + projection[9]) * heightPx) / 2,
    pose: {
      // A product of rotations always has a quaternion; a headset that gives none gets the unturned picture.
      q: quaternionOfMatrix(multiplyMatrices(cameraFromWorld, matrixOfQuaternion(worldFromFile))) ?? [1, 0, 0, 0],
      t: [toAnchor[0] - toPivot[0], toAnchor[1] - toPivot[1], toAnchor[2] - toPivot[2]],
    },
  };
}
