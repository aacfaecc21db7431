/**
 * Laying a scene on its ground: from three points of a person's hand or from the largest level surface among the splats.
 * Invariant: the plane comes to lie at y = 0 of the world (y up) with its upper side up, and the heading stays: the turn added is the
 * smallest.
 */
import { type Quaternion, type Vector3, matrixOfQuaternion, rotateVector } from '../../math/rotation.ts';
import { createRandom } from '../../math/random.ts';
import { symmetricEigen } from '../../math/symmetricEigen.ts';
import type { EditableSplats, Placement } from './editedState.ts';
import { productOf, turnBetween, uprightFromFile } from './orientation.ts';
import { robustBox } from './robustBox.ts';

/** Points p with normal . p = offset, in file space. */
export interface Plane {
  /** Unit length. */
  normal: Vector3;
  offset: number;
}

export interface FoundGround extends Placement {
  /** In file space, its normal up. */
  plane: Plane;
  /** Share of the splats looked at that lie on it. */
  share: number;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** The plane through three points; null where they lie on a line, or nearly so. */
function planeThrough(a: ArrayLike<number>, b: ArrayLike<number>, c: ArrayLike<number>): Plane | null {
  const [ux, uy, uz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  const [vx, vy, vz] = [c[0] - a[0], c[1] - a[1], c[2] - a[2]];
  const n: Vector3 = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
  const length = Math.hypot(...n);
  if (!(length > 1e-6 * Math.hypot(ux, uy, uz) * Math.hypot(vx, vy, vz)) || !Number.isFinite(length)) return null;
  const normal = n.map((x) => x / length) as Vector3;
  return { normal, offset: dot(normal, a) };
}

/** Up of the world in the file, under a rotation from the file to the world. */
const upIn = (current: Quaternion): Vector3 => matrixOfQuaternion(current).slice(3, 6) as Vector3;

function facing(plane: Plane, up: Vector3): Plane {
  if (dot(plane.normal, up) >= 0) return plane;
  return { normal: plane.normal.map((x) => -x) as Vector3, offset: -plane.offset };
}

/** The placement that lays a plane (normal up) on y = 0, by the smallest turn from how the scene lies now. */
function placementOn(plane: Plane, current: Quaternion): Placement {
  const seen = rotateVector(matrixOfQuaternion(current), plane.normal);
  return { rotation: productOf(turnBetween(seen, [0, 1, 0]), current), offset: [0, -plane.offset, 0] };
}

/**
 * Lays the plane through three points on the ground.
 * @param points in file space
 * @param current how the scene lies now, file to world: its up tells which side of the plane is above
 * @returns null where the points lie on a line
 */
export function groundFromPoints(points: readonly [Vector3, Vector3, Vector3], current: Quaternion = uprightFromFile): Placement | null {
  const plane = planeThrough(...points);
  return plane && placementOn(facing(plane, upIn(current)), current);
}

export interface GroundOptions {
  /** How the scene lies now, file to world; surfaces more than `mostDegrees` from level are not looked at. */
  current?: Quaternion;
  mostDegrees?: number;
  seed?: number;
  /** One byte per splat, not 0 for those that are gone. */
  hidden?: Uint8Array | null;
}

const mostPoints = 12_000;
const tries = 500;
/** Distance from the plane that still counts as on it, in scene radii. */
const toleranceShare = 0.015;
/** Fewer of the splats than this are no ground. */
const leastShare = 0.06;
/** What lies under a plane speaks against it: a table or a ceiling may hold more splats than the floor. */
const belowWeight = 0.5;

/** Means of solid splats that are there, within twice the scene's radius, evenly thinned. */
function candidates(
  { count, means, opacityLogits }: EditableSplats,
  hidden: Uint8Array | null,
  reach: number,
  centre: Vector3,
): Float32Array {
  const chosen: number[] = [];
  for (let i = 0; i < count; i++) {
    if (hidden?.[i] || !(opacityLogits[i] > 0)) continue;
    if (Math.hypot(means[3 * i] - centre[0], means[3 * i + 1] - centre[1], means[3 * i + 2] - centre[2]) <= reach) chosen.push(i);
  }
  const step = Math.max(1, chosen.length / mostPoints);
  const n = Math.floor(chosen.length / step);
  return Float32Array.from({ length: 3 * n }, (_, k) => means[3 * chosen[Math.floor(Math.floor(k / 3) * step)] + (k % 3)]);
}

/** How many points lie on a plane (normal up), and what that is worth. */
function rate({ normal: [x, y, z], offset }: Plane, points: Float32Array, tolerance: number): { on: number; worth: number } {
  let [on, below] = [0, 0];
  for (let k = 0; k < points.length; k += 3) {
    const height = x * points[k] + y * points[k + 1] + z * points[k + 2] - offset;
    if (height < -2 * tolerance) below++;
    else if (Math.abs(height) <= tolerance) on++;
  }
  return { on, worth: on * (1 - (belowWeight * 3 * below) / points.length) };
}

/** Least squares through the points on a plane: their mean, and the direction they vary least in. */
function refined(plane: Plane, points: Float32Array, tolerance: number, up: Vector3): Plane {
  const mean: Vector3 = [0, 0, 0];
  const on: number[] = [];
  for (let k = 0; k < points.length; k += 3)
    if (Math.abs(dot(plane.normal, points.subarray(k, k + 3)) - plane.offset) <= tolerance) on.push(k);
  for (const k of on) for (let c = 0; c < 3; c++) mean[c] += points[k + c] / on.length;
  const spread = new Float64Array(9);
  for (const k of on)
    for (let a = 0; a < 9; a++)
      spread[a] += (points[k + Math.floor(a / 3)] - mean[Math.floor(a / 3)]) * (points[k + (a % 3)] - mean[a % 3]);
  const { vectors } = symmetricEigen(spread, 3);
  const normal: Vector3 = [vectors[0], vectors[3], vectors[6]];
  return facing({ normal, offset: dot(normal, mean) }, up);
}

/**
 * The level surface with the most splats on it and the fewest below: RANSAC (Fischler and Bolles 1981) over planes through three of them,
 * then least squares. Null where no surface within `mostDegrees` of level holds a share worth the name.
 */
export function groundOfSplats(
  splats: EditableSplats,
  { current = uprightFromFile, mostDegrees = 35, seed = 1, hidden = null }: GroundOptions = {},
): FoundGround | null {
  const { centre, radius } = robustBox(splats.means);
  const points = candidates(splats, hidden, 2 * radius, centre);
  const n = points.length / 3;
  if (n < 10) return null;
  const up = upIn(current);
  const least = Math.cos((mostDegrees * Math.PI) / 180);
  const tolerance = toleranceShare * radius;
  const random = createRandom(seed);
  const pick = (): Float32Array => {
    const at = 3 * Math.floor(random() * n);
    return points.subarray(at, at + 3);
  };
  let best: { plane: Plane; worth: number } | null = null;
  // Triples that are not level cost next to nothing.
  for (let draw = 0, level = 0; draw < 40 * tries && level < tries; draw++) {
    const plane = planeThrough(pick(), pick(), pick());
    if (!plane || Math.abs(dot(plane.normal, up)) < least) continue;
    level++;
    const upward = facing(plane, up);
    const { worth } = rate(upward, points, tolerance);
    if (worth > (best?.worth ?? 0)) best = { plane: upward, worth };
  }
  if (!best) return null;
  let { plane } = best;
  for (let round = 0; round < 3; round++) plane = refined(plane, points, tolerance, up);
  const share = rate(plane, points, tolerance).on / n;
  if (share < leastShare || dot(plane.normal, up) < least) return null;
  return { ...placementOn(plane, current), plane, share };
}
