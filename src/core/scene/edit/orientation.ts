/**
 * Orientation: how a scene lies, between an edit's placement (file to upright world), the viewer's `orientation` attribute (roll, pitch,
 * yaw after the half turn that every file gets) and turns by hand.
 * Invariant: rotationOf(orientationDegOf(rotation)) is the rotation again, to rounding.
 */
import { type Quaternion, type Vector3, matrixOfQuaternion, unitQuaternion } from '../../math/rotation.ts';

/** Half a turn about z: files have y down, the world has y up. How a file lies that nothing is said of. */
export const uprightFromFile: Quaternion = [0, 0, 0, 1];

/** First b, then a. */
export function productOf([a, b, c, d]: Quaternion, [w, x, y, z]: Quaternion): Quaternion {
  const product: Quaternion = [
    a * w - b * x - c * y - d * z,
    a * x + b * w + c * z - d * y,
    a * y - b * z + c * w + d * x,
    a * z + b * y - c * x + d * w,
  ];
  return unitQuaternion(product) ?? [1, 0, 0, 0];
}

export const inverseOf = ([w, x, y, z]: Quaternion): Quaternion => [w, -x, -y, -z];

/** The turn about an axis of unit length. */
function turnAbout(axis: Vector3, degrees: number): Quaternion {
  const half = (degrees * Math.PI) / 360;
  return [Math.cos(half), ...(axis.map((x) => Math.sin(half) * x) as Vector3)];
}

/** Degrees, counter-clockwise about the world's axes. */
export interface Turns {
  /** About y, up. */
  yaw?: number;
  /** About x, to the right. */
  pitch?: number;
  /** About z, towards the person. */
  roll?: number;
}

/** The rotation after turns by hand about the world's axes: first roll, then pitch, then yaw. */
export function orientBy(rotation: Quaternion, { yaw = 0, pitch = 0, roll = 0 }: Turns): Quaternion {
  const turns = productOf(turnAbout([0, 1, 0], yaw), productOf(turnAbout([1, 0, 0], pitch), turnAbout([0, 0, 1], roll)));
  return productOf(turns, rotation);
}

/** What the viewer's `orientation` attribute must say, in degrees: roll, pitch, yaw with R = Ry(yaw) Rx(pitch) Rz(roll). */
export function orientationDegOf(rotation: Quaternion): Vector3 {
  const m = matrixOfQuaternion(productOf(rotation, inverseOf(uprightFromFile)));
  const deg = (radians: number): number => (radians * 180) / Math.PI;
  const pitch = Math.asin(Math.max(-1, Math.min(1, -m[5])));
  // Looking straight up or down yaw and roll turn about one axis: all of it is yaw.
  if (Math.abs(m[5]) > 1 - 1e-12) return [0, deg(pitch), deg(Math.atan2(-m[6], m[0]))];
  return [deg(Math.atan2(m[3], m[4])), deg(pitch), deg(Math.atan2(m[2], m[8]))];
}

/** The rotation from the file to the world under such an orientation. */
export const rotationOf = ([roll, pitch, yaw]: Vector3): Quaternion => orientBy(uprightFromFile, { roll, pitch, yaw });

/** The text of the attribute. */
export const orientationText = (rotation: Quaternion): string =>
  orientationDegOf(rotation)
    .map((angle) => `${Number(angle.toFixed(4)) + 0}deg`)
    .join(' ');

/** The smallest turn that takes one direction to another; both of unit length. */
export function turnBetween(from: Vector3, to: Vector3): Quaternion {
  const cross: Vector3 = [from[1] * to[2] - from[2] * to[1], from[2] * to[0] - from[0] * to[2], from[0] * to[1] - from[1] * to[0]];
  const w = 1 + from[0] * to[0] + from[1] * to[1] + from[2] * to[2];
  if (w > 1e-9) return unitQuaternion([w, ...cross]) ?? [1, 0, 0, 0];
  // Opposite: half a turn about any axis across.
  const [x, y, z] = from;
  const across: Vector3 = Math.abs(x) < 0.9 ? [0, z, -y] : [-z, 0, x];
  return unitQuaternion([0, ...across]) ?? [1, 0, 0, 0];
}
