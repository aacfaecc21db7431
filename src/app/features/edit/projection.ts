/**
 * Points and lines of the file on the picture, for what is drawn over the viewer.
 * Invariant: agrees with what the viewer draws under the same view; what lies behind the camera is cut off, never mirrored.
 */
import { type Vector3, matrixOfQuaternion, rotateBack, rotateVector } from '../../../core/math/rotation.ts';
import type { PinholeView } from '../../../core/scene/camera.ts';

export interface PicturePoint {
  x: number;
  y: number;
  /** Along the optical axis. */
  depth: number;
}

/** Nearest depth that is drawn, as a share of the depths at hand: lines to the camera's very place have no direction. */
const nearestShare = 1e-3;

function inCamera(view: PinholeView, point: Vector3): Vector3 {
  const [x, y, z] = rotateVector(matrixOfQuaternion(view.pose.q), point);
  const { t } = view.pose;
  return [x + t[0], y + t[1], z + t[2]];
}

const seenAt = ({ fx, fy, cx, cy }: PinholeView, [x, y, z]: Vector3): PicturePoint => ({
  x: (fx * x) / z + cx,
  y: (fy * y) / z + cy,
  depth: z,
});

/** Where a point of the file is seen, in the view's pixels; null behind the camera. */
export function projectPoint(view: PinholeView, point: Vector3): PicturePoint | null {
  const p = inCamera(view, point);
  return p[2] > 0 ? seenAt(view, p) : null;
}

/** Both ends of a line in the picture, the part behind the camera cut off; null when all of it is behind. */
export function projectLine(view: PinholeView, from: Vector3, to: Vector3): [PicturePoint, PicturePoint] | null {
  let [a, b] = [inCamera(view, from), inCamera(view, to)];
  const nearest = nearestShare * Math.max(Math.abs(a[2]), Math.abs(b[2]));
  if (!(a[2] > nearest) && !(b[2] > nearest)) return null;
  const cut = (front: Vector3, back: Vector3): Vector3 => {
    const share = (front[2] - nearest) / (front[2] - back[2]);
    return [front[0] + share * (back[0] - front[0]), front[1] + share * (back[1] - front[1]), nearest];
  };
  if (a[2] < nearest) a = cut(b, a);
  else if (b[2] < nearest) b = cut(a, b);
  return [seenAt(view, a), seenAt(view, b)];
}

/** A line through points as SVG path data; pieces behind the camera are left out. */
export function pathOf(view: PinholeView, points: readonly Vector3[]): string {
  let path = '';
  for (let i = 0; i + 1 < points.length; i++) {
    const line = projectLine(view, points[i], points[i + 1]);
    if (line) path += `M${line[0].x.toFixed(1)} ${line[0].y.toFixed(1)}L${line[1].x.toFixed(1)} ${line[1].y.toFixed(1)}`;
  }
  return path;
}

/** How far a point must move along a direction (unit, file) to follow a pointer that moved by (dx, dy) pixels. 0 where it is seen end on. */
export function alongDirection(view: PinholeView, point: Vector3, direction: Vector3, dxPx: number, dyPx: number): number {
  const at = projectPoint(view, point);
  if (!at) return 0;
  // The derivative of the projection, by a step that is small against the depth.
  const step = 1e-4 * at.depth;
  const next = projectPoint(view, point.map((value, k) => value + step * direction[k]) as Vector3);
  if (!next) return 0;
  const [px, py] = [(next.x - at.x) / step, (next.y - at.y) / step];
  const square = px * px + py * py;
  // Less than a tenth of what the same length across would be: the pointer says nothing about it.
  return square > (0.1 * (view.fx / at.depth)) ** 2 ? (dxPx * px + dyPx * py) / square : 0;
}

/** The move in file space that follows a pointer within the plane of the picture, at a point's depth. */
export function acrossPicture(view: PinholeView, point: Vector3, dxPx: number, dyPx: number): Vector3 {
  const at = projectPoint(view, point);
  if (!at) return [0, 0, 0];
  return rotateBack(matrixOfQuaternion(view.pose.q), [(dxPx * at.depth) / view.fx, (dyPx * at.depth) / view.fy, 0]);
}
