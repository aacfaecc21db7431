/** A view's camera in the axes of OpenGL's descendants. Invariant: camera-to-world; x right, y up, z backward. */
import { cameraCentre } from '../../../../src/core/math/pose.ts';
import { type Quaternion, type Vector3, matrixOfQuaternion, quaternionOfMatrix } from '../../../../src/core/math/rotation.ts';
import type { PinholeView } from '../../../../src/core/scene/camera.ts';

export interface GlCamera {
  centre: Vector3;
  /** Row-major 3x3, columns right, up, back. */
  rotation: number[];
}

export function glCamera({ pose }: PinholeView): GlCamera {
  const r = matrixOfQuaternion(pose.q);
  return { centre: cameraCentre(pose), rotation: [r[0], -r[3], -r[6], r[1], -r[4], -r[7], r[2], -r[5], -r[8]] };
}

/** The same camera after the scene was turned by 180 degrees about z. */
export function turnedAboutZ({ centre: [x, y, z], rotation: m }: GlCamera): GlCamera {
  return { centre: [-x, -y, z], rotation: [...m.slice(0, 6).map((value) => -value), ...m.slice(6)] };
}

export function glQuaternion(camera: GlCamera): Quaternion {
  const q = quaternionOfMatrix(camera.rotation);
  if (!q) throw new Error('The pose holds no rotation.');
  return q;
}

/** Full angle of view of a side, degrees; the principal point must be in the middle. */
export const angleOfView = (sidePx: number, focalPx: number): number => (Math.atan(sidePx / 2 / focalPx) * 360) / Math.PI;
