/**
 * Refinement of a relative pose: Levenberg-Marquardt on the truncated Sampson errors over a rotation (3, on the left) and a direction (2,
 * in the tangent plane of t). Truncation selects the inliers anew in every step.
 * Invariant: the cost never rises; the rotation stays orthonormal and |t| = 1.
 */
import { type RayPairs, type RelativePose, essentialCost, essentialOf } from './essential.ts';

const size = 5;
const mostDamping = 1e8;

export interface EssentialRefiner {
  /** Lowers the cost of `pose` in place; gives back the cost: sum of min(error^2, limit^2), px^2. */
  refine(pose: RelativePose, limitPx: number, maxSteps: number): number;
}

/** Two unit vectors that are at right angles to the unit vector t and to each other, as [2, 3]. */
function tangentBasis(t: Float64Array, out: Float64Array): void {
  const ax = Math.abs(t[0]);
  const ay = Math.abs(t[1]);
  const az = Math.abs(t[2]);
  const k = ax <= ay && ax <= az ? 0 : ay <= az ? 1 : 2;
  const along = t[k];
  let length = 0;
  for (let c = 0; c < 3; c++) {
    out[c] = (c === k ? 1 : 0) - along * t[c];
    length += out[c] * out[c];
  }
  length = Math.sqrt(length);
  for (let c = 0; c < 3; c++) out[c] /= length;
  out[3] = t[1] * out[2] - t[2] * out[1];
  out[4] = t[2] * out[0] - t[0] * out[2];
  out[5] = t[0] * out[1] - t[1] * out[0];
}

/** out = exp([w]x) m (Rodrigues), re-orthonormalised through a quaternion so that rounding does not add up. */
function turn(m: Float64Array, w: Float64Array, out: Float64Array): void {
  const angle = Math.sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]);
  const s = angle > 1e-8 ? Math.sin(angle / 2) / angle : 0.5;
  const norm = 1 / Math.sqrt(Math.cos(angle / 2) ** 2 + s * s * angle * angle);
  const [q, x, y, z] = [Math.cos(angle / 2) * norm, w[0] * s * norm, w[1] * s * norm, w[2] * s * norm];
  const [r00, r01, r02] = [1 - 2 * (y * y + z * z), 2 * (x * y - q * z), 2 * (x * z + q * y)];
  const [r10, r11, r12] = [2 * (x * y + q * z), 1 - 2 * (x * x + z * z), 2 * (y * z - q * x)];
  const [r20, r21, r22] = [2 * (x * z - q * y), 2 * (y * z + q * x), 1 - 2 * (x * x + y * y)];
  for (let c = 0; c < 3; c++) {
    const [a, b, d] = [m[c], m[3 + c], m[6 + c]];
    out[c] = r00 * a + r01 * b + r02 * d;
    out[3 + c] = r10 * a + r11 * b + r12 * d;
    out[6 + c] = r20 * a + r21 * b + r22 * d;
  }
}

/** Solves (H + damping diag H) x = g by Cholesky; false when H is not positive definite. */
function solveDamped(h: Float64Array, g: Float64Array, damping: number, l: Float64Array, x: Float64Array): boolean {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = h[size * i + j] * (i === j ? 1 + damping : 1);
      if (i === j) sum += 1e-12;
      for (let k = 0; k < j; k++) sum -= l[size * i + k] * l[size * j + k];
      if (i !== j) l[size * i + j] = sum / l[size * j + j];
      else if (sum > 0) l[size * i + i] = Math.sqrt(sum);
      else return false;
    }
  }
  for (let i = 0; i < size; i++) {
    let sum = g[i];
    for (let k = 0; k < i; k++) sum -= l[size * i + k] * x[k];
    x[i] = sum / l[size * i + i];
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = x[i];
    for (let k = i + 1; k < size; k++) sum -= l[size * k + i] * x[k];
    x[i] = sum / l[size * i + i];
  }
  return true;
}

/** A refiner for one set of matches, with its own working memory. */
export function createEssentialRefiner(pairs: RayPairs): EssentialRefiner {
  const e = new Float64Array(9);
  const derivatives = new Float64Array(9 * size);
  const basis = new Float64Array(6);
  const h = new Float64Array(size * size);
  const g = new Float64Array(size);
  const l = new Float64Array(size * size);
  const step = new Float64Array(size);
  const j = new Float64Array(size);
  const scratch: RelativePose = { rotation: new Float64Array(9), translation: new Float64Array(3) };

  /** dE / d parameters, [5, 9]. */
  const differentiate = ({ rotation: r, translation: t }: RelativePose): void => {
    tangentBasis(t, basis);
    for (let k = 0; k < 3; k++) {
      // [e_k]x R: row k is zero, the others are rows of R.
      const p = (k + 1) % 3;
      const q = (k + 2) % 3;
      scratch.rotation.fill(0);
      for (let c = 0; c < 3; c++) {
        scratch.rotation[3 * p + c] = -r[3 * q + c];
        scratch.rotation[3 * q + c] = r[3 * p + c];
      }
      scratch.translation.set(t);
      essentialOf(scratch, derivatives, 9 * k);
    }
    scratch.rotation.set(r);
    for (let k = 0; k < 2; k++) {
      for (let c = 0; c < 3; c++) scratch.translation[c] = basis[3 * k + c];
      essentialOf(scratch, derivatives, 9 * (3 + k));
    }
  };

  /** Normal equations over the matches below the limit: H = J^T J, g = -J^T r, in px. */
  const accumulate = (limitPx: number): void => {
    const { a, b, count } = pairs;
    const weightA = 1 / (pairs.focalA * pairs.focalA);
    const weightB = 1 / (pairs.focalB * pairs.focalB);
    const [e0, e1, e2, e3, e4, e5, e6, e7, e8] = e;
    const limit = limitPx * limitPx;
    h.fill(0);
    g.fill(0);
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
      const gradient = (lineX * lineX + lineY * lineY) * weightB + (backX * backX + backY * backY) * weightA;
      if (!(value * value < limit * gradient)) continue;
      // r = value / sqrt(gradient): dr/dE = (dvalue - value / gradient * dgradient / 2) / sqrt(gradient).
      const scale = 1 / Math.sqrt(gradient);
      const share = value / gradient;
      const sx = bx - share * weightB * lineX;
      const sy = by - share * weightB * lineY;
      const kx = share * weightA * backX;
      const ky = share * weightA * backY;
      for (let k = 0, d = 0; k < size; k++, d += 9) {
        const along =
          sx * (derivatives[d] * ax + derivatives[d + 1] * ay + derivatives[d + 2]) +
          sy * (derivatives[d + 3] * ax + derivatives[d + 4] * ay + derivatives[d + 5]) +
          (derivatives[d + 6] * ax + derivatives[d + 7] * ay + derivatives[d + 8]) -
          kx * (derivatives[d] * bx + derivatives[d + 3] * by + derivatives[d + 6]) -
          ky * (derivatives[d + 1] * bx + derivatives[d + 4] * by + derivatives[d + 7]);
        j[k] = along * scale;
      }
      const residual = value * scale;
      for (let r = 0; r < size; r++) {
        g[r] -= j[r] * residual;
        for (let c = 0; c <= r; c++) h[size * r + c] += j[r] * j[c];
      }
    }
  };

  const moved: RelativePose = { rotation: new Float64Array(9), translation: new Float64Array(3) };
  const move = (pose: RelativePose): void => {
    turn(pose.rotation, step, moved.rotation);
    let length = 0;
    for (let c = 0; c < 3; c++) {
      const value = pose.translation[c] + step[3] * basis[c] + step[4] * basis[3 + c];
      moved.translation[c] = value;
      length += value * value;
    }
    length = Math.sqrt(length);
    for (let c = 0; c < 3; c++) moved.translation[c] /= length;
  };

  return {
    refine(pose, limitPx, maxSteps) {
      essentialOf(pose, e);
      let cost = essentialCost(pairs, e, 0, limitPx);
      let damping = 1e-4;
      for (let k = 0; k < maxSteps; k++) {
        differentiate(pose);
        accumulate(limitPx);
        let next = Infinity;
        for (; damping < mostDamping; damping *= 10) {
          if (!solveDamped(h, g, damping, l, step)) continue;
          move(pose);
          essentialOf(moved, e);
          next = essentialCost(pairs, e, 0, limitPx, cost);
          if (next < cost) break;
        }
        if (!(next < cost)) break;
        pose.rotation.set(moved.rotation);
        pose.translation.set(moved.translation);
        const gain = cost - next;
        cost = next;
        damping = Math.max(damping / 10, 1e-8);
        if (gain < 1e-6 * cost) break;
      }
      essentialOf(pose, e);
      return cost;
    },
  };
}
