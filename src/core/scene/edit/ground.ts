/**
 * Ground: the dominant plane of a scene that lies level as far as anybody knows, found by RANSAC (Fischler and Bolles 1981) over the
 * means of splats that are not faint.
 * Invariant: the same file, hint and seed give the same plane.
 */
import { type Random, createRandom } from '../../math/random.ts';
import type { Vector3 } from '../../math/rotation.ts';
import { symmetricEigen } from '../../math/symmetricEigen.ts';
import type { Splats } from '../splats.ts';
import { type Orient, orientByUp } from './orient.ts';

type GroundSplats = Pick<Splats, 'count' | 'means' | 'opacityLogits'>;

interface Plane {
  /** Unit, on the side of the hint. */
  normal: Vector3;
  /** normal . x of the plane's points. */
  at: number;
}

const mostPoints = 12_000;
const draws = 400;
/** Cosine of the largest angle between the plane's normal and the hint: 35 degrees. */
const leastCosine = 0.819;
/** A point is on a plane that is not further away than this share of the scene's diagonal. */
const toleranceShare = 0.008;
/** Fewer points than this share of all make no ground. */
const leastShare = 0.05;
/** Logit of the opacity 0.3: fainter splats say little about surfaces. */
const leastLogit = -0.85;

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** An even sample of the splats that are not faint, [n, 3]. */
function sampleOf({ count, means, opacityLogits }: GroundSplats): Float64Array {
  const solid: number[] = [];
  for (let i = 0; i < count; i++) if (opacityLogits[i] >= leastLogit) solid.push(i);
  const step = Math.max(1, solid.length / mostPoints);
  const points = new Float64Array(3 * Math.floor(solid.length / step));
  for (let k = 0; k < points.length / 3; k++) for (let c = 0; c < 3; c++) points[3 * k + c] = means[3 * solid[Math.floor(k * step)] + c];
  return points;
}

/** Diagonal of the box of the middle 90 % along each axis. */
function diagonalOf(points: Float64Array): number {
  const sides = [0, 1, 2].map((axis) => {
    const values = points.filter((_, k) => k % 3 === axis).sort();
    return values[Math.round(0.95 * (values.length - 1))] - values[Math.round(0.05 * (values.length - 1))];
  });
  return Math.sqrt(dot(sides, sides));
}

function planeThrough(points: Float64Array, random: Random, up: Vector3): Plane | null {
  const [a, b, c] = [0, 1, 2].map(() => 3 * Math.floor((random() * points.length) / 3));
  const side = (to: number): Vector3 => [points[to] - points[a], points[to + 1] - points[a + 1], points[to + 2] - points[a + 2]];
  const [p, q] = [side(b), side(c)];
  return planeOf([p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]], points.subarray(a, a + 3), up);
}

/** The plane of a normal of any length and sign; null when it is too steep. */
function planeOf(normal: Vector3, point: ArrayLike<number>, up: Vector3): Plane | null {
  const length = Math.sqrt(dot(normal, normal));
  const scale = (dot(normal, up) < 0 ? -1 : 1) / length;
  const unit: Vector3 = [normal[0] * scale, normal[1] * scale, normal[2] * scale];
  return dot(unit, up) >= leastCosine ? { normal: unit, at: dot(unit, point) } : null;
}

/**
 * How good a ground a plane is: the points on it, fewer by up to half for what lies below it, since a table or a ceiling may hold more
 * points than the floor.
 */
function worthOf({ normal: [x, y, z], at }: Plane, points: Float64Array, tolerance: number): { on: number; worth: number } {
  let [on, below] = [0, 0];
  for (let k = 0; k < points.length; k += 3) {
    const height = x * points[k] + y * points[k + 1] + z * points[k + 2] - at;
    if (height < -2 * tolerance) below++;
    else if (height <= tolerance && height >= -tolerance) on++;
  }
  return { on, worth: on * (1 - (1.5 * below) / points.length) };
}

/** The plane that fits the points on a plane best: through their middle, across the axis they spread least along. */
function refined(plane: Plane, points: Float64Array, tolerance: number, up: Vector3): Plane {
  const [middle, square] = [[0, 0, 0], new Float64Array(9)];
  const on: number[] = [];
  for (let k = 0; k < points.length; k += 3) if (Math.abs(dot(plane.normal, points.subarray(k, k + 3)) - plane.at) <= tolerance) on.push(k);
  for (const k of on) for (let c = 0; c < 3; c++) middle[c] += points[k + c] / on.length;
  for (const k of on)
    for (let r = 0; r < 3; r++) for (let c = 0; c < 3; c++) square[3 * r + c] += (points[k + r] - middle[r]) * (points[k + c] - middle[c]);
  const { vectors } = symmetricEigen(square, 3);
  return planeOf([vectors[0], vectors[3], vectors[6]], middle, up) ?? plane;
}

/**
 * Orient that lays the scene's ground in y = 0. upHint: roughly up, file space, any length ((0, -1, 0) for a file that stands as trained
 * ones do); the ground's normal is sought within 35 degrees of it. seed: of the draws. Null when nothing level holds 5 % of the points.
 */
export function groundOf(splats: GroundSplats, upHint: Vector3, seed: number): Orient | null {
  const points = sampleOf(splats);
  const length = Math.sqrt(dot(upHint, upHint));
  const diagonal = points.length >= 9 ? diagonalOf(points) : 0;
  if (!(diagonal > 0 && length > 0)) return null;
  const up: Vector3 = [upHint[0] / length, upHint[1] / length, upHint[2] / length];
  const tolerance = toleranceShare * diagonal;
  const random = createRandom(seed);
  let best: { plane: Plane; on: number; worth: number } | null = null;
  for (let draw = 0; draw < draws; draw++) {
    const plane = planeThrough(points, random, up);
    const worth = plane && worthOf(plane, points, tolerance);
    if (worth && worth.worth > (best?.worth ?? 0)) best = { plane, ...worth };
  }
  if (!best || best.on < (leastShare * points.length) / 3) return null;
  let { plane } = best;
  for (let round = 0; round < 4; round++) plane = refined(plane, points, tolerance, up);
  const { normal, at } = plane;
  return orientByUp(normal, [at * normal[0], at * normal[1], at * normal[2]]);
}
