/**
 * Rigid poses (quaternion wxyz, translation; world to camera) moved by six small numbers: x_cam' = exp(w) x_cam + d, that is a turn about
 * the camera's own centre and a shift along its own axes. A change of the world's frame therefore changes no step.
 * Invariant: quaternions written are of unit length with w >= 0.
 */

/** The rotation matrix, row-major, of the quaternion at poses[at..at+3] whatever its length, written to out[outAt..outAt+8]. */
export function writeRotation(poses: Float64Array, at: number, out: Float64Array, outAt: number): void {
  const w = poses[at];
  const x = poses[at + 1];
  const y = poses[at + 2];
  const z = poses[at + 3];
  const s = 2 / (w * w + x * x + y * y + z * z);
  out[outAt] = 1 - s * (y * y + z * z);
  out[outAt + 1] = s * (x * y - w * z);
  out[outAt + 2] = s * (x * z + w * y);
  out[outAt + 3] = s * (x * y + w * z);
  out[outAt + 4] = 1 - s * (x * x + z * z);
  out[outAt + 5] = s * (y * z - w * x);
  out[outAt + 6] = s * (x * z - w * y);
  out[outAt + 7] = s * (y * z + w * x);
  out[outAt + 8] = 1 - s * (x * x + y * y);
}

/** The pose at poses[at..at+6] moved by step[stepAt..stepAt+5] = (w, d), written to out[at..at+6]. `out` may be `poses`. */
export function movePose(poses: Float64Array, at: number, step: ArrayLike<number>, stepAt: number, out: Float64Array): void {
  const [wx, wy, wz] = [step[stepAt], step[stepAt + 1], step[stepAt + 2]];
  const angle = Math.hypot(wx, wy, wz);
  // sin(angle / 2) / angle, whose limit is 1/2; below 1e-4 the next term is under f64's rounding.
  const share = angle > 1e-4 ? Math.sin(angle / 2) / angle : 0.5 - (angle * angle) / 48;
  const [a, b, c, d] = [Math.cos(angle / 2), share * wx, share * wy, share * wz];
  const [w, x, y, z] = [poses[at], poses[at + 1], poses[at + 2], poses[at + 3]];
  const q = [a * w - b * x - c * y - d * z, a * x + b * w + c * z - d * y, a * y - b * z + c * w + d * x, a * z + b * y - c * x + d * w];
  const scale = (q[0] < 0 ? -1 : 1) / Math.hypot(q[0], q[1], q[2], q[3]);
  // exp(w) t = t + 2 a (v x t) + 2 v x (v x t), v the vector part of the small rotation.
  const [t0, t1, t2] = [poses[at + 4], poses[at + 5], poses[at + 6]];
  const [u0, u1, u2] = [c * t2 - d * t1, d * t0 - b * t2, b * t1 - c * t0];
  for (let k = 0; k < 4; k++) out[at + k] = q[k] * scale;
  out[at + 4] = t0 + 2 * (a * u0 + c * u2 - d * u1) + step[stepAt + 3];
  out[at + 5] = t1 + 2 * (a * u1 + d * u0 - b * u2) + step[stepAt + 4];
  out[at + 6] = t2 + 2 * (a * u2 + b * u1 - c * u0) + step[stepAt + 5];
}
