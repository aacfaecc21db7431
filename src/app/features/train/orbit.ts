/**
 * An orbit camera: it turns about a target, keeps the horizon level and looks at the target.
 * Invariant: the target always projects to the middle of the picture, at depth `distance`. Angles are radians, lengths world units.
 */
import { cameraCentre } from '../../../core/math/pose.ts';
import { type Quaternion, type Vector3, matrixOfQuaternion, quaternionOfMatrix } from '../../../core/math/rotation.ts';
import type { PinholeView, Pose } from '../../../core/scene/camera.ts';

export interface Orbit {
  target: Vector3;
  /** Unit. */
  up: Vector3;
  /** Unit, at right angles to `up`: where the camera looks at yaw 0 and pitch 0. */
  north: Vector3;
  /** Grows as the camera looks further to its right. */
  yaw: number;
  /** Positive when the camera looks down. */
  pitch: number;
  distance: number;
  /** Zoom limits. */
  nearest: number;
  farthest: number;
}

const steepest = (89 / 180) * Math.PI;
const zoomIn = 1 / 50;
const zoomOut = 20;

const dot = (a: Vector3, b: Vector3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector3, b: Vector3): Vector3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
/** a + s b. */
const along = (a: Vector3, s: number, b: Vector3): Vector3 => [a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]];
const scale = (a: Vector3, s: number): Vector3 => [a[0] * s, a[1] * s, a[2] * s];
const unit = (a: Vector3): Vector3 => scale(a, 1 / Math.hypot(...a));
const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** A direction at right angles to `up`, as close to `wish` as can be. */
function levelled(wish: Vector3, up: Vector3): Vector3 {
  const level = along(wish, -dot(wish, up), up);
  if (Math.hypot(...level) > 1e-6) return unit(level);
  const other: Vector3 = Math.abs(up[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0];
  return unit(cross(up, other));
}

/** The orbit that starts where a photo was taken and looks where it looked, turning about the depth of `focus`. Roll is dropped. */
export function orbitFrom(view: PinholeView, focus: Vector3, worldUp: Vector3): Orbit {
  const [, , , , , , ...lastRow] = matrixOfQuaternion(view.pose.q);
  const z = lastRow as Vector3;
  const centre = cameraCentre(view.pose);
  const toFocus = along(focus, -1, centre);
  const depth = dot(toFocus, z);
  const distance = depth > 1e-6 ? depth : Math.max(Math.hypot(...toFocus), 1e-3);
  const up = unit(worldUp);
  return {
    target: along(centre, distance, z),
    up,
    north: levelled(z, up),
    yaw: 0,
    pitch: clamp(-Math.asin(clamp(dot(z, up), -1, 1)), -steepest, steepest),
    distance,
    nearest: distance * zoomIn,
    farthest: distance * zoomOut,
  };
}

/** The camera's axes in the world: right, down, forward. */
function axes({ up, north, yaw, pitch }: Orbit): [Vector3, Vector3, Vector3] {
  const east = cross(north, up);
  const heading = along(scale(north, Math.cos(yaw)), Math.sin(yaw), east);
  const forward = along(scale(heading, Math.cos(pitch)), -Math.sin(pitch), up);
  const right = unit(cross(forward, up));
  return [right, cross(forward, right), forward];
}

/** World-to-camera pose, OpenCV axes. */
export function orbitPose(orbit: Orbit): Pose {
  const [right, down, forward] = axes(orbit);
  const centre = along(orbit.target, -orbit.distance, forward);
  // Three unit axes at right angles always have a quaternion.
  const q = quaternionOfMatrix([...right, ...down, ...forward]) as Quaternion;
  return { q, t: [-dot(right, centre), -dot(down, centre), -dot(forward, centre)] };
}

/** Turns the scene with the pointer: to the right by `yaw`, towards the viewer by `pitch`. */
export function rotated(orbit: Orbit, yaw: number, pitch: number): Orbit {
  return { ...orbit, yaw: orbit.yaw + yaw, pitch: clamp(orbit.pitch + pitch, -steepest, steepest) };
}

/** Moves the scene with the pointer by (dx, dy) pixels at the target's depth, for a picture of focal length `focalPx`. */
export function panned(orbit: Orbit, dxPx: number, dyPx: number, focalPx: number): Orbit {
  const [right, down] = axes(orbit);
  const perPx = orbit.distance / focalPx;
  return { ...orbit, target: along(along(orbit.target, -dxPx * perPx, right), -dyPx * perPx, down) };
}

/** Comes closer by a factor above 1, moves away below 1; stays within the limits. */
export function zoomed(orbit: Orbit, factor: number): Orbit {
  return { ...orbit, distance: clamp(orbit.distance / factor, orbit.nearest, orbit.farthest) };
}

/** The orbit seen on a canvas, with a field of view that holds all of what the start view shows. Pixels are the canvas's. */
export function orbitView(orbit: Orbit, startView: PinholeView, widthPx: number, heightPx: number): PinholeView {
  const fit = Math.min(widthPx / startView.widthPx, heightPx / startView.heightPx);
  const focal = { fx: startView.fx * fit, fy: startView.fy * fit };
  return { widthPx, heightPx, ...focal, cx: widthPx / 2, cy: heightPx / 2, pose: orbitPose(orbit) };
}
