/** Poses: from camera-to-world matrices and from where a camera stands. Invariant: poses are world-to-camera with OpenCV axes. */
import type { Pose } from '../scene/camera.ts';
import { type Vector3, matrixOfQuaternion, quaternionOfMatrix, rotateBack, rotateVector } from './rotation.ts';

/** How far R^T R may be from the identity before a matrix no longer counts as a rotation (files carry few digits). */
const rotationTolerance = 1e-2;

/** Centre of the camera in the world: -R^T t. */
export function cameraCentre(pose: Pose): Vector3 {
  const back = rotateBack(matrixOfQuaternion(pose.q), pose.t);
  return [-back[0], -back[1], -back[2]];
}

function determinant(m: number[]): number {
  return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
}

function isOrthonormal(m: number[]): boolean {
  for (let i = 0; i < 3; i++) {
    for (let j = i; j < 3; j++) {
      const dot = m[i] * m[j] + m[3 + i] * m[3 + j] + m[6 + i] * m[6 + j];
      if (!(Math.abs(dot - (i === j ? 1 : 0)) <= rotationTolerance)) return false;
    }
  }
  return true;
}

/**
 * Pose of a camera-to-world matrix (3x4 or 4x4, row-major) whose camera axes are OpenGL's (x right, y up, z backward), as nerfstudio,
 * instant-ngp and Blender write it. A uniform scale in the rotation part is taken out. Null when the matrix holds no rotation: not
 * finite, mirrored or skewed.
 */
export function poseOfOpenGlCameraToWorld(m: number[]): Pose | null {
  const columns = [0, 1, 2, 4, 5, 6, 8, 9, 10].map((at) => m[at]);
  const centre: Vector3 = [m[3], m[7], m[11]];
  const scale = Math.cbrt(determinant(columns));
  if (!(scale > 0) || !Number.isFinite(scale) || !centre.every(Number.isFinite)) return null;
  const flip = [1, -1, -1];
  const cameraToWorld = columns.map((value, at) => (value / scale) * flip[at % 3]);
  if (!isOrthonormal(cameraToWorld)) return null;
  const transposed = [0, 3, 6, 1, 4, 7, 2, 5, 8].map((at) => cameraToWorld[at]);
  const q = quaternionOfMatrix(transposed);
  if (!q) return null;
  const t = rotateVector(matrixOfQuaternion(q), centre);
  return { q, t: [-t[0], -t[1], -t[2]] };
}
