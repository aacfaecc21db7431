/** Rays of cameras that look at made scenes. Invariant: the exact inverse of how a camera maps the world to pixels, to rounding. */
import { type Vector3, quaternionOfMatrix, rotateBack } from '../math/rotation.ts';
import type { Camera, Pose } from '../scene/camera.ts';

/** Camera at `eye` that looks at `target`, with the world's z up. */
export function lookAt(eye: Vector3, target: Vector3): Pose {
  const normalise = (v: Vector3): Vector3 => v.map((each) => each / Math.hypot(...v)) as Vector3;
  const forward = normalise([target[0] - eye[0], target[1] - eye[1], target[2] - eye[2]]);
  const right = normalise([forward[1], -forward[0], 0]);
  const down: Vector3 = [
    forward[1] * right[2] - forward[2] * right[1],
    forward[2] * right[0] - forward[0] * right[2],
    forward[0] * right[1] - forward[1] * right[0],
  ];
  const rows = [right, down, forward];
  const q = quaternionOfMatrix(rows.flat());
  if (!q) throw new Error('The camera stands in its target.');
  return { q, t: rows.map((row) => -(row[0] * eye[0] + row[1] * eye[1] + row[2] * eye[2])) as Vector3 };
}

/** World ray through pixel position (u, v), of unit length: undoes the lens by fixed-point steps, which converge for mild distortion. */
export function rayThrough(camera: Camera, rotation: number[], u: number, v: number): Vector3 {
  const [xd, yd] = [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy];
  let [x, y] = [xd, yd];
  for (let step = 0; camera.k1 !== 0 && step < 12; step++) {
    const radial = 1 + camera.k1 * (x * x + y * y);
    [x, y] = [xd / radial, yd / radial];
  }
  const length = Math.hypot(x, y, 1);
  return rotateBack(rotation, [x / length, y / length, 1 / length]);
}
