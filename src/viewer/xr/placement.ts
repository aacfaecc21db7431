/**
 * Placement: where the scene stands in the room of the headset, and how turning and walking by a controller change that.
 * x_room = at + scale R_y(yaw) (x_world - pivot), both right-handed with y up; the room's unit is the metre.
 * Invariant: the scene stays upright; scale > 0. All functions are pure.
 */
import type { Vector3 } from '../../core/math/rotation.ts';
import { along, outward } from '../camera/axes.ts';
import type { CameraState } from '../camera/cameraState.ts';

export interface Placement {
  /** The world point that lies at `at` in the room. */
  pivot: Vector3;
  at: Vector3;
  /** Radians about +y. */
  yaw: number;
  /** Metres per world unit. */
  scale: number;
}

/** Sine of the elevation beyond which the gaze says less about where somebody faces than the top of the head does. */
const steep = 0.95;

/** v turned about +y. */
export const turned = ([x, y, z]: Vector3, angle: number): Vector3 => {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c * x + s * z, y, c * z - s * x];
};

export const positionIn = (matrix: ArrayLike<number>): Vector3 => [matrix[12], matrix[13], matrix[14]];

/** Which way a head (4x4 pose by columns) faces: the angle about +y from -z. */
export function headingOf(matrix: ArrayLike<number>): number {
  const rise = -matrix[9];
  if (Math.abs(rise) < steep) return Math.atan2(matrix[8], matrix[10]);
  // Looking down, the top of the head points ahead; looking up, it points back.
  const back = Math.sign(rise);
  return Math.atan2(back * matrix[4], back * matrix[6]);
}

/**
 * The scene as the page's camera shows it, for a viewer with the given head pose: the viewer stands where the camera is, and the way the
 * viewer faces is the camera's, so that the target lies in front. A scale that is no positive number counts as 1.
 */
export function placeAhead(
  { target, theta, phi, radius }: Pick<CameraState, 'target' | 'theta' | 'phi' | 'radius'>,
  head: ArrayLike<number>,
  metresPerUnit: number,
): Placement {
  const scale = metresPerUnit > 0 && Number.isFinite(metresPerUnit) ? metresPerUnit : 1;
  const yaw = headingOf(head) - theta;
  return { pivot: [...target], at: along(positionIn(head), -scale * radius, turned(outward(theta, phi), yaw)), yaw, scale };
}

/** After the viewer at `viewer` (room) has turned left by `angle`: the scene goes round the viewer the other way. */
export function turnViewer(placement: Placement, viewer: Vector3, angle: number): Placement {
  const at = along(viewer, 1, turned(along(placement.at, -1, viewer), -angle));
  return { ...placement, at, yaw: placement.yaw - angle };
}

/** After the viewer has gone `metres` along a heading: the scene comes closer. */
export function walk(placement: Placement, heading: number, metres: number): Placement {
  return { ...placement, at: along(placement.at, metres, turned([0, 0, 1], heading)) };
}

export const worldFromRoom = ({ pivot, at, yaw, scale }: Placement, p: Vector3): Vector3 =>
  along(pivot, 1 / scale, turned(along(p, -1, at), -yaw));
export const worldDirection = ({ yaw }: Placement, direction: Vector3): Vector3 => turned(direction, -yaw);
