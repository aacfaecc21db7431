/**
 * Triangulation: the world point that several posed cameras see along given rays.
 * Invariant: a point given back is finite, in front of every camera that counts as seeing it, and never comes from parallel rays.
 */
import { createRandom, type Random } from '../math/random.ts';
import { refinePoint, squaredErrorOf, type TrackObservations } from './pointRefinement.ts';

export interface TriangulationOptions {
  maxErrorPx: number;
  /** Least angle between the two rays of a hypothesis and between some two inliers of the result. */
  minAngleDeg: number;
  /** Bounds the error of short focal lengths, where `maxErrorPx` is a large angle. */
  maxAngularErrorDeg?: number;
}

export interface Triangulated {
  xyz: [number, number, number];
  /** Indices of observations. */
  inliers: number[];
  /** Largest angle between rays of inliers. */
  angleDeg: number;
  meanErrorPx: number;
}

const degree = Math.PI / 180;
/** Sine of the angle under which rays count as parallel in f64. */
const parallelSine = 1e-9;

/** Unit direction in the world of a ray (x, y, 1) seen by the pose at pose[12 k], written to out[at..at+2]. */
function setDirection(poses: Float64Array, k: number, x: number, y: number, out: Float64Array, at: number): void {
  const p = 12 * k;
  const scale = 1 / Math.sqrt(x * x + y * y + 1);
  for (let c = 0; c < 3; c++) out[at + c] = scale * (poses[p + c] * x + poses[p + 3 + c] * y + poses[p + 6 + c]);
}

/** Camera centre -R^T t, written to out[at..at+2]. */
function setCentre(poses: Float64Array, k: number, out: Float64Array, at: number): void {
  const p = 12 * k;
  for (let c = 0; c < 3; c++)
    out[at + c] = -(poses[p + c] * poses[p + 9] + poses[p + 3 + c] * poses[p + 10] + poses[p + 6 + c] * poses[p + 11]);
}

/** Angle in radians between two vectors, exact for small and large ones alike (atan2 of cross and dot product). */
export function rayAngle(a: ArrayLike<number>, b: ArrayLike<number>, atA = 0, atB = 0): number {
  const [ax, ay, az] = [a[atA], a[atA + 1], a[atA + 2]];
  const [bx, by, bz] = [b[atB], b[atB + 1], b[atB + 2]];
  const cross = Math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx);
  return Math.atan2(cross, ax * bx + ay * by + az * bz);
}

/**
 * Point of two rays in the world: between the closest points of the rays, nearer to the one that is closer to its camera, since an
 * angular error moves that one less (Lee and Civera 2019, inverse-depth weighted midpoint). `centres`, `directions`: [n, 3], directions of
 * unit length; i and j pick the rays. Writes out[0..2]; false when the rays are parallel or meet behind a camera.
 */
export function triangulatePair(centres: Float64Array, directions: Float64Array, i: number, j: number, out: Float64Array): boolean {
  const [a, b] = [3 * i, 3 * j];
  const [ux, uy, uz] = [directions[a], directions[a + 1], directions[a + 2]];
  const [vx, vy, vz] = [directions[b], directions[b + 1], directions[b + 2]];
  const [wx, wy, wz] = [centres[b] - centres[a], centres[b + 1] - centres[a + 1], centres[b + 2] - centres[a + 2]];
  const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
  const sine2 = nx * nx + ny * ny + nz * nz;
  if (!(sine2 > parallelSine * parallelSine)) return false;
  const depthU = (nx * (wy * vz - wz * vy) + ny * (wz * vx - wx * vz) + nz * (wx * vy - wy * vx)) / sine2;
  const depthV = (nx * (wy * uz - wz * uy) + ny * (wz * ux - wx * uz) + nz * (wx * uy - wy * ux)) / sine2;
  if (!(depthU > 0 && depthV > 0) || !Number.isFinite(depthU + depthV)) return false;
  const share = (depthU * depthU) / (depthU * depthU + depthV * depthV);
  out[0] = (1 - share) * (centres[a] + depthU * ux) + share * (centres[b] + depthV * vx);
  out[1] = (1 - share) * (centres[a + 1] + depthU * uy) + share * (centres[b + 1] + depthV * vy);
  out[2] = (1 - share) * (centres[a + 2] + depthU * uz) + share * (centres[b + 2] + depthV * vz);
  return true;
}

/** All pairs are tried up to this many, else as many at random. */
const mostPairs = 15;
/** Two-view points are noisy far from their own two cameras: what they collect is judged this much more mildly, before refinement. */
const hypothesisSlack = 2;

interface Search {
  track: TrackObservations;
  centres: Float64Array;
  directions: Float64Array;
  /** Squared error limit of each observation, px^2. */
  limits: Float64Array;
  minAngle: number;
  /** Its cosine. */
  mostDot: number;
}

function createSearch(track: TrackObservations, options: TriangulationOptions): Search {
  const { n, poses, rays, focals } = track;
  const directions = new Float64Array(3 * n);
  const centres = new Float64Array(3 * n);
  const limits = new Float64Array(n);
  const minAngle = options.minAngleDeg * degree;
  const tangent = options.maxAngularErrorDeg === undefined ? Infinity : Math.tan(options.maxAngularErrorDeg * degree);
  for (let k = 0; k < n; k++) {
    setDirection(poses, k, rays[2 * k], rays[2 * k + 1], directions, 3 * k);
    setCentre(poses, k, centres, 3 * k);
    limits[k] = Math.min(options.maxErrorPx, focals[k] * tangent) ** 2;
  }
  return { track, centres, directions, limits, minAngle, mostDot: Math.cos(minAngle) };
}

/** Truncated cost of a hypothesis (MSAC): an inlier costs its error over the limit, an outlier 1. */
function costOf({ track, limits }: Search, xyz: Float64Array, slack2: number, best: number): number {
  let cost = 0;
  for (let k = 0; k < track.n && cost < best; k++) cost += Math.min(1, squaredErrorOf(track, k, xyz) / (slack2 * limits[k]));
  return cost;
}

/** Tries one pair; keeps its point in `best` when it costs less. Returns the least cost so far. */
function tryPair(search: Search, i: number, j: number, best: Float64Array, point: Float64Array, leastCost: number): number {
  const { directions: d } = search;
  if (d[3 * i] * d[3 * j] + d[3 * i + 1] * d[3 * j + 1] + d[3 * i + 2] * d[3 * j + 2] > search.mostDot) return leastCost;
  if (!triangulatePair(search.centres, d, i, j, point)) return leastCost;
  const cost = costOf(search, point, hypothesisSlack * hypothesisSlack, leastCost);
  if (cost >= leastCost) return leastCost;
  best.set(point);
  return cost;
}

/** The two-view point that most observations agree with. False when no pair has the angle and meets in front of its cameras. */
function searchPairs(search: Search, random: Random, best: Float64Array): boolean {
  const { n } = search.track;
  const point = new Float64Array(3);
  let cost = Infinity;
  if ((n * (n - 1)) / 2 <= mostPairs) {
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) cost = tryPair(search, i, j, best, point, cost);
    return cost < Infinity;
  }
  for (let trial = 0; trial < 2 * mostPairs; trial++) {
    const i = Math.floor(random() * n);
    const j = (i + 1 + Math.floor(random() * (n - 1))) % n;
    cost = tryPair(search, i, j, best, point, cost);
  }
  return cost < Infinity;
}

function inliersOf({ track, limits }: Search, xyz: Float64Array, slack2: number): number[] {
  const inliers: number[] = [];
  for (let k = 0; k < track.n; k++) if (squaredErrorOf(track, k, xyz) <= slack2 * limits[k]) inliers.push(k);
  return inliers;
}

function largestAngle({ directions: d }: Search, inliers: number[]): number {
  let [least, first, second] = [Infinity, 0, 0];
  for (let i = 0; i < inliers.length; i++)
    for (let j = i + 1; j < inliers.length; j++) {
      const [a, b] = [3 * inliers[i], 3 * inliers[j]];
      const dot = d[a] * d[b] + d[a + 1] * d[b + 1] + d[a + 2] * d[b + 2];
      if (dot < least) [least, first, second] = [dot, a, b];
    }
  return rayAngle(d, d, first, second);
}

/**
 * The point of a track: the best of its two-view points (all pairs, or random ones of long tracks), refined over the observations that
 * agree with it. Null when fewer than two agree in front of their cameras, or none of their rays differ by the least angle.
 */
export function triangulateTrack(track: TrackObservations, options: TriangulationOptions, seed: number): Triangulated | null {
  if (track.n < 2) return null;
  const search = createSearch(track, options);
  const xyz = new Float64Array(3);
  if (!searchPairs(search, createRandom(seed), xyz)) return null;
  let inliers = inliersOf(search, xyz, hypothesisSlack * hypothesisSlack);
  let sum = 0;
  for (let round = 0; round < 3; round++) {
    if (inliers.length < 2) return null;
    sum = refinePoint(track, inliers, inliers.length, xyz);
    const next = inliersOf(search, xyz, 1);
    const same = next.length === inliers.length && next.every((k, at) => k === inliers[at]);
    inliers = next;
    if (same) break;
  }
  const angle = largestAngle(search, inliers);
  if (inliers.length < 2 || !(angle >= search.minAngle) || !Number.isFinite(sum)) return null;
  let total = 0;
  for (const k of inliers) total += Math.sqrt(squaredErrorOf(track, k, xyz));
  return { xyz: [xyz[0], xyz[1], xyz[2]], inliers, angleDeg: angle / degree, meanErrorPx: total / inliers.length };
}
