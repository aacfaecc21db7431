/**
 * Point refinement: one point against fixed cameras, least squares of the reprojection errors.
 * Invariant: a point is only replaced by one of no higher cost that is in front of every camera that counts.
 */
export interface TrackObservations {
  /** Rows of the rotation (9) and translation (3), world to camera, [n, 12]. */
  poses: Float64Array;
  /** Undistorted rays (x, y, 1), [n, 2]. */
  rays: Float64Array;
  /** Focal length of each observation, px; turns errors on the plane z = 1 into pixels. */
  focals: Float64Array;
  n: number;
}

/** Squared error in px^2 of a point in observation k, on the undistorted image; Infinity behind the camera. */
export function squaredErrorOf({ poses, rays, focals }: TrackObservations, k: number, xyz: ArrayLike<number>): number {
  const p = 12 * k;
  const z = poses[p + 6] * xyz[0] + poses[p + 7] * xyz[1] + poses[p + 8] * xyz[2] + poses[p + 11];
  if (!(z > 0)) return Infinity;
  const dx = (poses[p] * xyz[0] + poses[p + 1] * xyz[1] + poses[p + 2] * xyz[2] + poses[p + 9]) / z - rays[2 * k];
  const dy = (poses[p + 3] * xyz[0] + poses[p + 4] * xyz[1] + poses[p + 5] * xyz[2] + poses[p + 10]) / z - rays[2 * k + 1];
  return focals[k] * focals[k] * (dx * dx + dy * dy);
}

/** Adds observation k, in front of its camera, to the normal equations (xx, xy, xz, yy, yz, zz | gx, gy, gz) of the point. */
function accumulate({ poses, rays, focals }: TrackObservations, k: number, xyz: Float64Array, normal: Float64Array): void {
  const p = 12 * k;
  const z = poses[p + 6] * xyz[0] + poses[p + 7] * xyz[1] + poses[p + 8] * xyz[2] + poses[p + 11];
  const f = focals[k];
  const a = (poses[p] * xyz[0] + poses[p + 1] * xyz[1] + poses[p + 2] * xyz[2] + poses[p + 9]) / z;
  const b = (poses[p + 3] * xyz[0] + poses[p + 4] * xyz[1] + poses[p + 5] * xyz[2] + poses[p + 10]) / z;
  for (let axis = 0; axis < 2; axis++) {
    const value = axis === 0 ? a : b;
    const r = f * (value - rays[2 * k + axis]);
    const row = p + 3 * axis;
    const jx = (f * (poses[row] - value * poses[p + 6])) / z;
    const jy = (f * (poses[row + 1] - value * poses[p + 7])) / z;
    const jz = (f * (poses[row + 2] - value * poses[p + 8])) / z;
    normal[0] += jx * jx;
    normal[1] += jx * jy;
    normal[2] += jx * jz;
    normal[3] += jy * jy;
    normal[4] += jy * jz;
    normal[5] += jz * jz;
    normal[6] += jx * r;
    normal[7] += jy * r;
    normal[8] += jz * r;
  }
}

/** Subtracts the solution of the damped 3x3 normal equations from `from` into `to` (Cramer's rule). False when singular. */
function step(m: Float64Array, damping: number, from: Float64Array, to: Float64Array): boolean {
  const [xx, yy, zz] = [m[0] * (1 + damping), m[3] * (1 + damping), m[5] * (1 + damping)];
  const [xy, xz, yz] = [m[1], m[2], m[4]];
  const c0 = yy * zz - yz * yz;
  const c1 = xz * yz - xy * zz;
  const c2 = xy * yz - xz * yy;
  const inverse = 1 / (xx * c0 + xy * c1 + xz * c2);
  to[0] = from[0] - inverse * (c0 * m[6] + c1 * m[7] + c2 * m[8]);
  to[1] = from[1] - inverse * (c1 * m[6] + (xx * zz - xz * xz) * m[7] + (xy * xz - xx * yz) * m[8]);
  to[2] = from[2] - inverse * (c2 * m[6] + (xy * xz - xx * yz) * m[7] + (xx * yy - xy * xy) * m[8]);
  return Number.isFinite(to[0] + to[1] + to[2]);
}

const normal = new Float64Array(9);
const candidate = new Float64Array(3);

/**
 * Moves a point (in place) to the least sum of squared errors over the first `count` observations of `chosen`, cameras fixed: a few
 * Gauss-Newton steps, damped when one does not help. The point stays in front of those cameras. Returns the sum, px^2.
 */
export function refinePoint(track: TrackObservations, chosen: ArrayLike<number>, count: number, xyz: Float64Array, maxSteps = 8): number {
  let cost = 0;
  for (let k = 0; k < count; k++) cost += squaredErrorOf(track, chosen[k], xyz);
  let damping = 0;
  for (let tries = 0; tries < maxSteps && Number.isFinite(cost); tries++) {
    normal.fill(0);
    for (let k = 0; k < count; k++) accumulate(track, chosen[k], xyz, normal);
    if (!step(normal, damping, xyz, candidate)) return cost;
    let next = 0;
    for (let k = 0; k < count; k++) next += squaredErrorOf(track, chosen[k], candidate);
    if (next <= cost) {
      const done = cost - next <= 1e-10 * cost || next < 1e-20;
      cost = next;
      xyz.set(candidate);
      damping = damping > 1e-3 ? damping / 10 : 0;
      if (done) break;
    } else {
      damping = damping > 0 ? damping * 10 : 1e-2;
    }
  }
  return cost;
}
