/**
 * Essential matrices: E = [t]x R with X_b = R X_a + t, so that b^T E a = 0 for rays a, b; their error, their poses and which of those has
 * the points in front of both cameras.
 * Invariant: errors are in px of each image (Sampson distance with every image's own focal length); nothing here is NaN for finite rays.
 */
import { svd3 } from '../math/svd3.ts';

/** Matched rays of two images. */
export interface RayPairs {
  count: number;
  /** [count, 2]: (x, y, 1). */
  a: Float64Array;
  b: Float64Array;
  /** Focal lengths, px. */
  focalA: number;
  focalB: number;
}

export interface RelativePose {
  /** Row-major. */
  rotation: Float64Array;
  /** Unit length. */
  translation: Float64Array;
}

/** E = [t]x R, row-major, written to out[at ..]. */
export function essentialOf({ rotation: r, translation: t }: RelativePose, out: Float64Array, at = 0): void {
  for (let c = 0; c < 3; c++) {
    out[at + c] = t[1] * r[6 + c] - t[2] * r[3 + c];
    out[at + 3 + c] = t[2] * r[c] - t[0] * r[6 + c];
    out[at + 6 + c] = t[0] * r[3 + c] - t[1] * r[c];
  }
}

/**
 * Squared Sampson error of match i, px^2 (Hartley and Zisserman, 11.4.3), with gradients in px of the image they belong to. A pair that
 * has no gradient lies on both epipoles and fits every plane through them: its error is 0.
 */
export function sampsonError(pairs: RayPairs, e: Float64Array, at: number, i: number): number {
  const { a, b, focalA, focalB } = pairs;
  const [ax, ay, bx, by] = [a[2 * i], a[2 * i + 1], b[2 * i], b[2 * i + 1]];
  const lineX = e[at] * ax + e[at + 1] * ay + e[at + 2];
  const lineY = e[at + 3] * ax + e[at + 4] * ay + e[at + 5];
  const value = bx * lineX + by * lineY + e[at + 6] * ax + e[at + 7] * ay + e[at + 8];
  const backX = e[at] * bx + e[at + 3] * by + e[at + 6];
  const backY = e[at + 1] * bx + e[at + 4] * by + e[at + 7];
  const gradient = (lineX * lineX + lineY * lineY) / (focalB * focalB) + (backX * backX + backY * backY) / (focalA * focalA);
  return gradient > 0 ? (value * value) / gradient : 0;
}

/** Sum over matches of min(Sampson error^2, limit^2), px^2; stops as soon as it is above `stopAbove`. */
export function essentialCost(pairs: RayPairs, e: Float64Array, at: number, limitPx: number, stopAbove = Infinity): number {
  const { a, b, count } = pairs;
  const [e0, e1, e2, e3, e4, e5, e6, e7, e8] = [
    e[at],
    e[at + 1],
    e[at + 2],
    e[at + 3],
    e[at + 4],
    e[at + 5],
    e[at + 6],
    e[at + 7],
    e[at + 8],
  ];
  const weightA = 1 / (pairs.focalA * pairs.focalA);
  const weightB = 1 / (pairs.focalB * pairs.focalB);
  const limit = limitPx * limitPx;
  let sum = 0;
  for (let i = 0; i < 2 * count; i += 2) {
    const ax = a[i];
    const ay = a[i + 1];
    const bx = b[i];
    const by = b[i + 1];
    const lineX = e0 * ax + e1 * ay + e2;
    const lineY = e3 * ax + e4 * ay + e5;
    const value = bx * lineX + by * lineY + e6 * ax + e7 * ay + e8;
    const backX = e0 * bx + e3 * by + e6;
    const backY = e1 * bx + e4 * by + e7;
    const squared = value * value;
    const gradient = (lineX * lineX + lineY * lineY) * weightB + (backX * backX + backY * backY) * weightA;
    if (squared < limit * gradient) sum += squared / gradient;
    else if (gradient > 0) sum += limit;
    if (sum > stopAbove) return sum;
  }
  return sum;
}

/** Matches whose Sampson error is below the limit, ascending. */
export function essentialInliers(pairs: RayPairs, e: Float64Array, limitPx: number): Uint32Array {
  const found = new Uint32Array(pairs.count);
  let count = 0;
  for (let i = 0; i < pairs.count; i++) if (sampsonError(pairs, e, 0, i) < limitPx * limitPx) found[count++] = i;
  return found.slice(0, count);
}

/** U W V^T for W = quarter turns about z by +90 and -90 degrees. */
function turned(u: Float64Array, v: Float64Array, sign: number): Float64Array {
  const out = new Float64Array(9);
  for (let r = 0; r < 3; r++)
    for (let c = 0; c < 3; c++) out[3 * r + c] = sign * (u[3 * r + 1] * v[3 * c] - u[3 * r] * v[3 * c + 1]) + u[3 * r + 2] * v[3 * c + 2];
  return out;
}

/**
 * The four poses of an essential matrix (Hartley and Zisserman, result 9.19): two rotations, each with both signs of the translation. The
 * matrix need not satisfy the constraints exactly: its nearest essential matrix counts.
 */
export function posesOfEssential(e: ArrayLike<number>): RelativePose[] {
  const { u, v } = svd3(e);
  const t = Float64Array.of(u[2], u[5], u[8]);
  const opposite = t.map((value) => -value);
  const rotations = [turned(u, v, 1), turned(u, v, -1)];
  return rotations.flatMap((rotation) => [t, opposite].map((translation) => ({ rotation, translation: translation.slice() })));
}

/** One match seen through a pose; filled by `intersect`. */
export interface Intersection {
  /** Depths along each ray in units of the baseline; huge where the rays are parallel. */
  depthA: number;
  depthB: number;
  /** Squared sine of the angle between the rays. */
  sineSquared: number;
  cosine: number;
}

/** Where the rays of match i come closest: depths from the normal equations of s R a - u b = -t (unit rays). */
export function intersect(pairs: RayPairs, { rotation: r, translation: t }: RelativePose, i: number, out: Intersection): void {
  const [ax, ay, bx, by] = [pairs.a[2 * i], pairs.a[2 * i + 1], pairs.b[2 * i], pairs.b[2 * i + 1]];
  const scaleA = 1 / Math.sqrt(ax * ax + ay * ay + 1);
  const scaleB = 1 / Math.sqrt(bx * bx + by * by + 1);
  const x = (r[0] * ax + r[1] * ay + r[2]) * scaleA;
  const y = (r[3] * ax + r[4] * ay + r[5]) * scaleA;
  const z = (r[6] * ax + r[7] * ay + r[8]) * scaleA;
  const [u, v, w] = [bx * scaleB, by * scaleB, scaleB];
  const [cx, cy, cz] = [y * w - z * v, z * u - x * w, x * v - y * u];
  const cosine = x * u + y * v + z * w;
  // From the cross product: 1 - cosine^2 would lose small angles.
  const sineSquared = cx * cx + cy * cy + cz * cz;
  const alongA = x * t[0] + y * t[1] + z * t[2];
  const alongB = u * t[0] + v * t[1] + w * t[2];
  const safe = Math.max(sineSquared, 1e-30);
  out.depthA = (cosine * alongB - alongA) / safe;
  out.depthB = (alongB - cosine * alongA) / safe;
  out.sineSquared = sineSquared;
  out.cosine = cosine;
}

/** The pose of an essential matrix with most of the given matches in front of both cameras. */
export function choosePose(pairs: RayPairs, e: ArrayLike<number>, matches: ArrayLike<number>): RelativePose {
  const at: Intersection = { depthA: 0, depthB: 0, sineSquared: 0, cosine: 0 };
  let best: RelativePose | null = null;
  let most = -1;
  for (const pose of posesOfEssential(e)) {
    let front = 0;
    for (let k = 0; k < matches.length; k++) {
      intersect(pairs, pose, matches[k], at);
      if (at.depthA > 0 && at.depthB > 0) front++;
    }
    if (front <= most) continue;
    most = front;
    best = pose;
  }
  return best!;
}
