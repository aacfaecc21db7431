/**
 * Homographies between rays (x, y, 1) of two images: from four pairs, from many, their error and the poses they stand for.
 * Invariant: errors are in px and shared between both images like Sampson's, so they compare with those of essential matrices.
 */
import { svd3 } from '../math/svd3.ts';
import { symmetricEigen } from '../math/symmetricEigen.ts';
import type { RayPairs, RelativePose } from './essential.ts';

/** Inverse up to scale: the adjugate, row-major. */
export function adjugate(m: ArrayLike<number>, at: number, out: Float64Array): void {
  const [a, b, c, d, e, f, g, h, i] = [m[at], m[at + 1], m[at + 2], m[at + 3], m[at + 4], m[at + 5], m[at + 6], m[at + 7], m[at + 8]];
  out[0] = e * i - f * h;
  out[1] = c * h - b * i;
  out[2] = b * f - c * e;
  out[3] = f * g - d * i;
  out[4] = a * i - c * g;
  out[5] = c * d - a * f;
  out[6] = d * h - e * g;
  out[7] = b * g - a * h;
  out[8] = a * e - b * d;
}

/** The matrix that takes the four points of the projective basis to four image points; false when three are in line. */
function fromBasis(p: Float64Array, sample: ArrayLike<number>, out: Float64Array, inverse: Float64Array): boolean {
  for (let k = 0; k < 3; k++) {
    out[k] = p[2 * sample[k]];
    out[3 + k] = p[2 * sample[k] + 1];
    out[6 + k] = 1;
  }
  adjugate(out, 0, inverse);
  const [x, y] = [p[2 * sample[3]], p[2 * sample[3] + 1]];
  const determinant = out[0] * inverse[0] + out[1] * inverse[3] + out[2] * inverse[6];
  if (!(Math.abs(determinant) > 1e-12)) return false;
  for (let k = 0; k < 3; k++) {
    const scale = (inverse[3 * k] * x + inverse[3 * k + 1] * y + inverse[3 * k + 2]) / determinant;
    if (!(Math.abs(scale) > 1e-9)) return false;
    for (let r = 0; r < 3; r++) out[3 * r + k] *= scale;
  }
  return true;
}

export interface HomographySolver {
  /** The homography of four matches, written to `out`; 0 when three points of an image are in line or it would mirror. */
  solve(a: Float64Array, b: Float64Array, sample: ArrayLike<number>, out: Float64Array): number;
}

/** Four points through the projective basis (Hartley and Zisserman, 4.1): closed form, no system to solve. */
export function createHomographySolver(): HomographySolver {
  const [first, second] = [new Float64Array(9), new Float64Array(9)];
  const inverse = new Float64Array(9);
  return {
    solve(a, b, sample, out) {
      if (!fromBasis(a, sample, first, inverse) || !fromBasis(b, sample, second, inverse)) return 0;
      adjugate(first, 0, inverse);
      let largest = 0;
      for (let r = 0; r < 3; r++) {
        for (let c = 0; c < 3; c++) {
          const value = second[3 * r] * inverse[c] + second[3 * r + 1] * inverse[3 + c] + second[3 * r + 2] * inverse[6 + c];
          out[3 * r + c] = value;
          largest = Math.max(largest, Math.abs(value));
        }
      }
      if (!(largest > 0) || !Number.isFinite(largest)) return 0;
      for (let k = 0; k < 9; k++) out[k] /= largest;
      return 1;
    },
  };
}

/**
 * Squared error of match i under b ~ H a, px^2: with forward and backward transfer errors f and b it is f^2 b^2 / (f^2 + b^2), which is
 * the Sampson error where H only turns, shifts and scales. `inverse` is any multiple of H^-1.
 */
export function transferError(pairs: RayPairs, h: ArrayLike<number>, at: number, inverse: Float64Array, i: number): number {
  const ax = pairs.a[2 * i];
  const ay = pairs.a[2 * i + 1];
  const bx = pairs.b[2 * i];
  const by = pairs.b[2 * i + 1];
  const w = 1 / (h[at + 6] * ax + h[at + 7] * ay + h[at + 8]);
  const fx = ((h[at] * ax + h[at + 1] * ay + h[at + 2]) * w - bx) * pairs.focalB;
  const fy = ((h[at + 3] * ax + h[at + 4] * ay + h[at + 5]) * w - by) * pairs.focalB;
  const v = 1 / (inverse[6] * bx + inverse[7] * by + inverse[8]);
  const gx = ((inverse[0] * bx + inverse[1] * by + inverse[2]) * v - ax) * pairs.focalA;
  const gy = ((inverse[3] * bx + inverse[4] * by + inverse[5]) * v - ay) * pairs.focalA;
  const forward = fx * fx + fy * fy;
  const backward = gx * gx + gy * gy;
  const sum = forward + backward;
  if (sum === 0) return 0;
  const error = forward * (backward / sum);
  return error < Infinity ? error : Infinity;
}

/** Sum over matches of min(error^2, limit^2), px^2; stops as soon as it is above `stopAbove`. `inverse` is working memory. */
export function transferCost(
  pairs: RayPairs,
  h: Float64Array,
  at: number,
  inverse: Float64Array,
  limitPx: number,
  stopAbove = Infinity,
): number {
  adjugate(h, at, inverse);
  const limit = limitPx * limitPx;
  let sum = 0;
  for (let i = 0; i < pairs.count; i++) {
    const error = transferError(pairs, h, at, inverse, i);
    sum += error < limit ? error : limit;
    if (sum > stopAbove) return sum;
  }
  return sum;
}

/** Matches whose error under H is below the limit. */
export function transferInliers(pairs: RayPairs, h: Float64Array, limitPx: number): Uint32Array {
  const inverse = new Float64Array(9);
  adjugate(h, 0, inverse);
  const found = new Uint32Array(pairs.count);
  let count = 0;
  for (let i = 0; i < pairs.count; i++) if (transferError(pairs, h, 0, inverse, i) < limitPx * limitPx) found[count++] = i;
  return found.slice(0, count);
}

interface Scaling {
  x: number;
  y: number;
  scale: number;
}

/** Hartley's normalisation: centroid to the origin, mean distance sqrt 2. */
function scalingOf(points: Float64Array, matches: ArrayLike<number>): Scaling {
  let [x, y, spread] = [0, 0, 0];
  for (let k = 0; k < matches.length; k++) {
    x += points[2 * matches[k]];
    y += points[2 * matches[k] + 1];
  }
  x /= matches.length;
  y /= matches.length;
  for (let k = 0; k < matches.length; k++) spread += Math.hypot(points[2 * matches[k]] - x, points[2 * matches[k] + 1] - y);
  return { x, y, scale: spread > 0 ? (Math.SQRT2 * matches.length) / spread : 1 };
}

/** H of four or more matches by the normalised direct linear transform (Hartley and Zisserman, algorithm 4.2). */
export function homographyOfMany(pairs: RayPairs, matches: ArrayLike<number>, out: Float64Array): boolean {
  if (matches.length < 4) return false;
  const p = scalingOf(pairs.a, matches);
  const q = scalingOf(pairs.b, matches);
  const normal = new Float64Array(81);
  const row = new Float64Array(9);
  for (let k = 0; k < matches.length; k++) {
    const i = 2 * matches[k];
    const [ax, ay] = [(pairs.a[i] - p.x) * p.scale, (pairs.a[i + 1] - p.y) * p.scale];
    const target = [(pairs.b[i] - q.x) * q.scale, (pairs.b[i + 1] - q.y) * q.scale];
    for (let axis = 0; axis < 2; axis++) {
      row.fill(0);
      const o = 3 * axis;
      row[o] = ax;
      row[o + 1] = ay;
      row[o + 2] = 1;
      row[6] = -target[axis] * ax;
      row[7] = -target[axis] * ay;
      row[8] = -target[axis];
      for (let r = 0; r < 9; r++) for (let c = 0; c <= r; c++) normal[9 * r + c] += row[r] * row[c];
    }
  }
  for (let r = 0; r < 9; r++) for (let c = 0; c < r; c++) normal[9 * c + r] = normal[9 * r + c];
  const { vectors } = symmetricEigen(normal, 9);
  const n = Array.from({ length: 9 }, (_, r) => vectors[9 * r]);
  // H = Tq^-1 N Tp.
  for (let r = 0; r < 3; r++) {
    const [x, y, one] = [n[3 * r] * p.scale, n[3 * r + 1] * p.scale, n[3 * r + 2]];
    out[3 * r] = x;
    out[3 * r + 1] = y;
    out[3 * r + 2] = one - x * p.x - y * p.y;
  }
  for (let c = 0; c < 3; c++) {
    out[c] = out[c] / q.scale + q.x * out[6 + c];
    out[3 + c] = out[3 + c] / q.scale + q.y * out[6 + c];
  }
  return out.every(Number.isFinite);
}

/**
 * Poses of a calibrated homography H ~ R + t n^T / d (Faugeras and Lustman 1988, in the form of Ma, Soatto, Kosecka and Sastry, An
 * Invitation to 3-D Vision, 5.3.3): two rotations with a direction each; the sign of t is left to cheirality. Empty for a pure rotation.
 */
export function posesOfHomography(h: ArrayLike<number>): RelativePose[] {
  const { s, v } = svd3(h);
  const middle = Math.abs(s[1]);
  if (!(middle > 0)) return [];
  // H scaled to middle singular value 1, with positive determinant.
  const sign = s[2] < 0 ? -1 : 1;
  const m = Float64Array.from(h, (value) => (sign * value) / middle);
  const [s1, s3] = [(s[0] / middle) ** 2, (s[2] / middle) ** 2];
  if (!(s1 - s3 > 1e-9)) return [];
  const [a, b] = [Math.sqrt(Math.max(0, 1 - s3)), Math.sqrt(Math.max(0, s1 - 1))];
  const c = Math.sqrt(s1 - s3);
  const poses: RelativePose[] = [];
  for (const side of [1, -1]) {
    const v2 = [v[1], v[4], v[7]];
    const u = [0, 1, 2].map((r) => (a * v[3 * r] + side * b * v[3 * r + 2]) / c);
    const n = cross(v2, u);
    const [hv, hu] = [times(m, v2), times(m, u)];
    const w = cross(hv, hu);
    // R [v2 u n] = [H v2, H u, H v2 x H u].
    const rotation = new Float64Array(9);
    for (let r = 0; r < 3; r++) for (let k = 0; k < 3; k++) rotation[3 * r + k] = hv[r] * v2[k] + hu[r] * u[k] + w[r] * n[k];
    const t = [0, 1, 2].map((r) => [0, 1, 2].reduce((sum, k) => sum + (m[3 * r + k] - rotation[3 * r + k]) * n[k], 0));
    const length = Math.hypot(t[0], t[1], t[2]);
    if (length > 1e-9) poses.push({ rotation, translation: Float64Array.from(t, (value) => value / length) });
  }
  return poses;
}

const cross = (a: number[], b: number[]): number[] => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const times = (m: Float64Array, v: number[]): number[] => [0, 3, 6].map((r) => m[r] * v[0] + m[r + 1] * v[1] + m[r + 2] * v[2]);
