/**
 * Where an orbit camera stands to see a sketch as a whole, and how the person's own view follows when the sketch grows or its frame changes.
 * Invariant: seen through a framing, the same scene looks the same whatever similarity its coordinates went through; small changes of the
 * sketch change nothing.
 */
import type { SolveSketch } from '../../../../workers/protocol.ts';
import { cameraCentre } from '../../../core/math/pose.ts';
import { type Quaternion, type Vector3, matrixOfQuaternion } from '../../../core/math/rotation.ts';
import type { PinholeView, Pose } from '../../../core/scene/camera.ts';
import type { Orbit } from '../train/orbit.ts';

export interface Framing {
  orbit: Orbit;
  /** Of what there is, about the orbit's target. */
  radius: number;
  /** The photo whose camera tells which way is north. */
  reference: string;
}

/** The field of view that sketches are seen with: 45 degrees on the shorter side. */
export const sketchLens: PinholeView = {
  widthPx: 1,
  heightPx: 1,
  fx: 0.5 / Math.tan(Math.PI / 8),
  fy: 0.5 / Math.tan(Math.PI / 8),
  cx: 0.5,
  cy: 0.5,
  pose: { q: [1, 0, 0, 0], t: [0, 0, 0] },
};

const startPitch = 0.4;
/** Far points are many and thin: along each axis this share at each end does not count. */
const strayShare = 0.2;
const sampled = 2000;
/** What may change, as a share of the radius or as the cosine between directions, before the framing follows. */
const slack = 0.08;
const sameDirection = 0.998;

const dot = (a: Vector3, b: Vector3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const minus = (a: Vector3, b: Vector3): Vector3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const plus = (a: Vector3, s: number, b: Vector3): Vector3 => [a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]];
const cross = (a: Vector3, b: Vector3): Vector3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

function unit(a: Vector3): Vector3 | null {
  const length = Math.hypot(...a);
  return length > 1e-9 ? [a[0] / length, a[1] / length, a[2] / length] : null;
}

export function poseAt(poses: Float32Array, camera: number): Pose {
  const at = 7 * camera;
  return { q: [...poses.subarray(at, at + 4)] as Quaternion, t: [...poses.subarray(at + 4, at + 7)] as Vector3 };
}

/** Points of the middle of the cloud, at most `sampled` looked at. */
function corePoints({ xyz }: SolveSketch): Vector3[] {
  const count = xyz.length / 3;
  const stride = Math.max(1, Math.ceil(count / sampled));
  const points: Vector3[] = [];
  for (let i = 0; i < count; i += stride) points.push([xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2]]);
  const keep = [0, 1, 2].map((c) => {
    const sorted = points.map((point) => point[c]).sort((a, b) => a - b);
    const cut = Math.floor(strayShare * sorted.length);
    return [sorted[cut], sorted[sorted.length - 1 - cut]];
  });
  return points.filter((point) => point.every((value, c) => value >= keep[c][0] && value <= keep[c][1]));
}

/** A direction at right angles to `up`, near the viewing direction of the reference camera. */
function northOf(sketch: SolveSketch, camera: number, up: Vector3): Vector3 {
  const axes = matrixOfQuaternion(poseAt(sketch.poses, camera).q);
  for (const wish of [axes.slice(6, 9), axes.slice(3, 6), [1, 0, 0], [0, 1, 0]] as Vector3[]) {
    const level = plus(wish, -dot(wish, up), up);
    if (Math.hypot(...level) > 0.05) return unit(level) ?? wish;
  }
  return [0, 0, 1];
}

function frameAnew(sketch: SolveSketch, before: Framing | null): Framing | null {
  const centres = sketch.names.map((_, camera) => cameraCentre(poseAt(sketch.poses, camera)));
  const up = unit(sketch.up);
  const all = [...centres, ...corePoints(sketch)].filter((point) => point.every(Number.isFinite));
  if (centres.length === 0 || all.length < 2 || !up) return null;
  const target = [0, 1, 2].map((c) => {
    const values = all.map((point) => point[c]);
    return (Math.min(...values) + Math.max(...values)) / 2;
  }) as Vector3;
  const radius = Math.max(...all.map((point) => Math.hypot(...minus(point, target))), 1e-6);
  const camera = Math.max(0, before ? sketch.names.indexOf(before.reference) : 0);
  const distance = radius / Math.sin(Math.PI / 8);
  const orbit = { target, up, north: northOf(sketch, camera, up), yaw: 0, pitch: startPitch, distance };
  return { orbit: { ...orbit, nearest: distance / 50, farthest: distance * 10 }, radius, reference: sketch.names[camera] };
}

const alike = (a: Framing, b: Framing): boolean =>
  Math.hypot(...minus(a.orbit.target, b.orbit.target)) < slack * a.radius &&
  Math.abs(Math.log(b.radius / a.radius)) < slack &&
  dot(a.orbit.up, b.orbit.up) > sameDirection &&
  dot(a.orbit.north, b.orbit.north) > sameDirection;

/** The framing of a sketch, given the one before; null while there is nothing to see. */
export function framed(sketch: SolveSketch, before: Framing | null): Framing | null {
  const now = frameAnew(sketch, before);
  return now && before && alike(before, now) ? before : now;
}

/** The person's view of one framing as a view of the next: turned, moved and zoomed as much from its start. */
export function carried(orbit: Orbit, { orbit: from }: Framing, { orbit: to }: Framing): Orbit {
  const ratio = to.distance / from.distance;
  const offset = minus(orbit.target, from.target);
  const axesOf = ({ north, up }: Orbit): Vector3[] => [cross(north, up), up, north];
  const toAxes = axesOf(to);
  let { target } = to;
  for (const [i, axis] of axesOf(from).entries()) target = plus(target, ratio * dot(offset, axis), toAxes[i]);
  return { ...to, target, yaw: orbit.yaw, pitch: orbit.pitch, distance: orbit.distance * ratio };
}
