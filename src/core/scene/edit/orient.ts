/**
 * Orient: how a file stands in its upright world, x' = R x + offset. The upright world has y pointing DOWN, as trained files have, and
 * the ground in y = 0; viewers turn it by half a turn about z as they turn every file.
 * Invariant: rotations are unit quaternions, so nothing is scaled or mirrored.
 */
import {
  type Quaternion,
  type Vector3,
  matrixOfQuaternion,
  multiplyMatrices,
  quaternionOfMatrix,
  rotateBack,
  rotateVector,
  unitQuaternion,
} from '../../math/rotation.ts';

export interface Orient {
  /** wxyz, from the file's directions to the upright world's. */
  rotation: Quaternion;
  /** Added after the rotation, world units. */
  offset: Vector3;
}

/** The file as it is. */
export const asFiled: Orient = { rotation: [1, 0, 0, 0], offset: [0, 0, 0] };

/** A point of the file in the upright world. */
export function orientPoint({ rotation, offset }: Orient, point: Vector3): Vector3 {
  const [x, y, z] = rotateVector(matrixOfQuaternion(rotation), point);
  return [x + offset[0], y + offset[1], z + offset[2]];
}

/** A point of the upright world in the file. */
export function unorientPoint({ rotation, offset }: Orient, [x, y, z]: Vector3): Vector3 {
  return rotateBack(matrixOfQuaternion(rotation), [x - offset[0], y - offset[1], z - offset[2]]);
}

const cross = (a: Vector3, b: Vector3): Vector3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/**
 * The smallest turn that takes `up` (file space, any length) to the world's up, (0, -1, 0), and brings `onGround` (a point of the file)
 * to y = 0. Left, right, near and far stay as they are as far as that goes. Null when `up` has no direction.
 */
export function orientByUp(up: Vector3, onGround: Vector3): Orient | null {
  const length = Math.hypot(...up);
  if (!(length > 0) || !Number.isFinite(length)) return null;
  const u: Vector3 = [up[0] / length, up[1] / length, up[2] / length];
  // The half-way quaternion (1 + cos, u x to); for an up that lies the wrong way round exactly, half a turn about z.
  const cosine = -u[1];
  const rotation: Quaternion = (cosine > -1 + 1e-12 && unitQuaternion([1 + cosine, ...cross(u, [0, -1, 0])])) || [0, 0, 0, 1];
  const [, y] = rotateVector(matrixOfQuaternion(rotation), onGround);
  return Number.isFinite(y) ? { rotation, offset: [0, y === 0 ? 0 : -y, 0] } : null;
}

/**
 * Orient from three points of the ground (file space). The side of it on which `upHint` points is up; the points' order says nothing.
 * Null when the points lie on a line (the triangle's height is under a millionth of its longest side) or are not finite.
 */
export function orientFromPoints(a: Vector3, b: Vector3, c: Vector3, upHint: Vector3): Orient | null {
  const side = (p: Vector3, q: Vector3): Vector3 => [q[0] - p[0], q[1] - p[1], q[2] - p[2]];
  const normal = cross(side(a, b), side(a, c));
  const longest = Math.max(Math.hypot(...side(a, b)), Math.hypot(...side(a, c)), Math.hypot(...side(b, c)));
  if (!(Math.hypot(...normal) > 1e-6 * longest * longest)) return null;
  const along = normal[0] * upHint[0] + normal[1] * upHint[1] + normal[2] * upHint[2];
  const sign = along < 0 ? -1 : 1;
  const middle: Vector3 = [(a[0] + b[0] + c[0]) / 3, (a[1] + b[1] + c[1]) / 3, (a[2] + b[2] + c[2]) / 3];
  return orientByUp([sign * normal[0], sign * normal[1], sign * normal[2]], middle);
}

const axes = { x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1] } as const;

/**
 * The scene turned further, about an axis of the upright world through its origin: about y it turns on the ground. Degrees count by the
 * right-hand rule about that axis; since y points down, a positive turn about y is clockwise seen from above.
 */
export function turnedBy(orient: Orient | null, axis: keyof typeof axes, degrees: number): Orient {
  const { rotation, offset } = orient ?? asFiled;
  const half = (degrees * Math.PI) / 360;
  const [x, y, z] = axes[axis];
  const turn = matrixOfQuaternion([Math.cos(half), x * Math.sin(half), y * Math.sin(half), z * Math.sin(half)]);
  const whole = quaternionOfMatrix(multiplyMatrices(turn, matrixOfQuaternion(rotation)));
  return { rotation: whole ?? rotation, offset: rotateVector(turn, offset) };
}
