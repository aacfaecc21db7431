/**
 * A bundle problem with known truth: cameras on a ring around a cloud of points, looking at it, every point seen by some neighbours on the
 * ring. Invariant: observations are computed here from rotation matrices, not by the code under test; seeded.
 */
import { type Random, createRandom } from '../../../src/core/math/random.ts';
import type { BundleProblem } from '../../../src/core/sfm/bundle.ts';

export interface SceneOptions {
  views?: number;
  points?: number;
  /** Views a point is seen from, on average. */
  track?: number;
  noisePx?: number;
  /** Lens groups, dealt to the views in turn. */
  groups?: number;
  seed?: number;
}

export interface BundleScene {
  /** At the truth, everything free but the first pose. */
  problem: BundleProblem;
  truth: BundleProblem;
}

type Matrix = number[][];

const unit = (v: number[]): number[] => v.map((x) => x / Math.hypot(...v));
const cross = (a: number[], b: number[]): number[] => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Matrix of a unit quaternion as q v q*, by the definition of the product. */
export function rotationOf(q: ArrayLike<number>): Matrix {
  const [w, x, y, z] = [q[0], q[1], q[2], q[3]];
  return [
    [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
  ];
}

/** Quaternion of a turn about an axis. */
export function turn(axis: number[], angle: number): number[] {
  return [Math.cos(angle / 2), ...unit(axis).map((x) => Math.sin(angle / 2) * x)];
}

export function multiply(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  return [
    a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
    a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
    a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
    a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
  ];
}

/** Where a view sees a point, by the definition of the RADIAL model. */
export function seen(problem: BundleProblem, view: number, point: number): number[] {
  const lens = problem.lenses[problem.lensOfView[view]];
  const rotation = rotationOf(problem.poses.subarray(7 * view, 7 * view + 4));
  const [x, y, z] = rotation.map((row, k) =>
    row.reduce((sum, r, c) => sum + r * problem.points[3 * point + c], problem.poses[7 * view + 4 + k]),
  );
  const [a, b] = [x / z, y / z];
  const radial = 1 + lens.k1 * (a * a + b * b) + lens.k2 * (a * a + b * b) ** 2;
  return [lens.f * radial * a + lens.cx, lens.f * lens.aspect * radial * b + lens.cy];
}

/** A camera at `at` that looks at the origin, as quaternion and translation; from its axes by the trace formula. */
function lookAtOrigin(at: number[]): number[] {
  const z = unit(at.map((x) => -x));
  const x = unit(cross([0, -1, 0.1], z));
  const y = cross(z, x);
  const m = [x, y, z];
  // The largest component keeps the division safe.
  const trace = [m[0][0] + m[1][1] + m[2][2], m[0][0] - m[1][1] - m[2][2], m[1][1] - m[0][0] - m[2][2], m[2][2] - m[0][0] - m[1][1]];
  const k = trace.indexOf(Math.max(...trace));
  const s = 0.5 / Math.sqrt(1 + trace[k]);
  const q = [
    [0.25 / s, (m[2][1] - m[1][2]) * s, (m[0][2] - m[2][0]) * s, (m[1][0] - m[0][1]) * s],
    [(m[2][1] - m[1][2]) * s, 0.25 / s, (m[0][1] + m[1][0]) * s, (m[0][2] + m[2][0]) * s],
    [(m[0][2] - m[2][0]) * s, (m[0][1] + m[1][0]) * s, 0.25 / s, (m[1][2] + m[2][1]) * s],
    [(m[1][0] - m[0][1]) * s, (m[0][2] + m[2][0]) * s, (m[1][2] + m[2][1]) * s, 0.25 / s],
  ][k];
  return [...q, ...m.map((row) => -row.reduce((sum, r, c) => sum + r * at[c], 0))];
}

export const copyProblem = (problem: BundleProblem): BundleProblem => structuredClone(problem);

export function bundleScene(options: SceneOptions = {}): BundleScene {
  const { views = 20, points = 500, track = 6, noisePx = 0, groups = 1, seed = 1 } = options;
  const random = createRandom(seed);
  const poses = Array.from({ length: views }, (_, v) => {
    const angle = (2 * Math.PI * v) / views;
    return lookAtOrigin([4 * Math.sin(angle), 0.6 * Math.sin(3 * angle) + 0.3 * random(), 4 * Math.cos(angle)]);
  }).flat();
  const lenses = Array.from({ length: groups }, (_, g) => ({
    ...{ widthPx: 800, heightPx: 600, f: 640 + 90 * g, aspect: g ? 1.02 : 1, cx: 400 + 3 * g, cy: 300, k1: -0.08 + 0.02 * g, k2: 0.02 },
  }));
  const obsView: number[] = [];
  const obsPoint: number[] = [];
  for (let p = 0; p < points; p++) {
    const length = Math.min(views, Math.max(2, track + Math.round((random() - 0.5) * track)));
    const from = Math.floor(random() * views);
    for (let k = 0; k < length; k++) {
      obsView.push((from + k) % views);
      obsPoint.push(p);
    }
  }
  const truth: BundleProblem = {
    poses: Float64Array.from(poses),
    poseFixed: Uint8Array.from({ length: views }, (_, v) => (v === 0 ? 1 : 0)),
    lenses,
    lensOfView: Int32Array.from({ length: views }, (_, v) => v % groups),
    lensFree: lenses.map(() => ({ focal: true, radial: true })),
    points: Float64Array.from({ length: 3 * points }, () => 2.4 * (random() - 0.5)),
    obsView: Int32Array.from(obsView),
    obsPoint: Int32Array.from(obsPoint),
    obsXY: new Float64Array(2 * obsView.length),
  };
  obsView.forEach((view, o) => {
    const [u, v] = seen(truth, view, obsPoint[o]);
    truth.obsXY[2 * o] = u + noisePx * gaussian(random);
    truth.obsXY[2 * o + 1] = v + noisePx * gaussian(random);
  });
  return { problem: copyProblem(truth), truth };
}

/** Moves everything that is free off the truth: turns by `degrees`, shifts and points by a share of their size, focal lengths too. */
export function perturb(problem: BundleProblem, { degrees = 2, share = 0.05, focal = 0.1, seed = 9 } = {}): void {
  const random = createRandom(seed);
  const sign = (): number => 2 * random() - 1;
  problem.poseFixed.forEach((fixed, v) => {
    if (fixed) return;
    const axis = [sign(), sign(), sign()];
    problem.poses.set(multiply(turn(axis, (degrees * Math.PI) / 180), problem.poses.subarray(7 * v, 7 * v + 4)), 7 * v);
    for (let k = 4; k < 7; k++) problem.poses[7 * v + k] += share * 4 * sign();
  });
  for (let k = 0; k < problem.points.length; k++) if (!problem.pointFixed?.[Math.floor(k / 3)]) problem.points[k] += share * 1.2 * sign();
  problem.lenses.forEach((lens, l) => {
    if (problem.lensFree[l].focal) lens.f *= 1 + focal;
    if (problem.lensFree[l].radial) Object.assign(lens, { k1: 0, k2: 0 });
  });
}

/** Angle between two poses' rotations, degrees. */
export function angleBetween(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = Math.abs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]);
  const difference = Math.min(
    Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]),
    Math.hypot(a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]),
  );
  return dot === 0 ? 180 : (4 * Math.asin(Math.min(1, difference / 2)) * 180) / Math.PI;
}

/** What one number of a step does: turn or shift of a view, log f, k1 or k2 of a lens, a coordinate of a point. */
export type Column = { kind: 'pose' | 'lens' | 'point'; of: number; axis: number };

/** The problem with one parameter moved by h, by the definitions: x_cam' = exp(w) x_cam + d, f' = f exp(h). */
export function movedBy(problem: BundleProblem, { kind, of, axis }: Column, h: number): BundleProblem {
  const moved = copyProblem(problem);
  if (kind === 'point') moved.points[3 * of + axis] += h;
  if (kind === 'lens' && axis === 0) moved.lenses[of].f *= Math.exp(h);
  if (kind === 'lens' && axis > 0) moved.lenses[of][axis === 1 ? 'k1' : 'k2'] += h;
  if (kind === 'pose' && axis >= 3) moved.poses[7 * of + 1 + axis] += h;
  if (kind === 'pose' && axis < 3) {
    const w = turn(
      [0, 1, 2].map((k) => (k === axis ? 1 : 0)),
      h,
    );
    const t = moved.poses.subarray(7 * of + 4, 7 * of + 7);
    t.set(rotationOf(w).map((row) => row[0] * t[0] + row[1] * t[1] + row[2] * t[2]));
    moved.poses.set(multiply(w, moved.poses.subarray(7 * of, 7 * of + 4)), 7 * of);
  }
  return moved;
}
