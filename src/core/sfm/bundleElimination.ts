/**
 * Elimination of the points. With V + lambda D = L L^T of a point and Y = W L^-T of everything that sees it, the reduced system loses
 * Y_i Y_j^T for every pair and its right side gains Y L^-1 g: one triangular factor, and what is taken away stays symmetric.
 * Invariant: only the upper triangle of the reduced system is written.
 */
import type { BundleLayout } from './bundleLayout.ts';
import type { NormalEquations } from './bundleNormal.ts';

export interface ReducedSystem {
  /** [i <= j blocks, 6, 6] of pose against pose; diagonal blocks hold their upper triangle. rowBase[i] + j is the block of (i, j). */
  poses: Float64Array;
  rowBase: Int32Array;
  /** [poseBlocks, lensBlocks, 6, 3] */
  poseLens: Float64Array;
  /** [lensBlocks, lensBlocks, 3, 3], row block <= column block. */
  lenses: Float64Array;
}

export interface EliminationMemory {
  /** [moving, 6]: L as 1/l00, l10, 1/l11, l20, l21, 1/l22. */
  factors: Float64Array;
  /** [longest track, 6, 3]: Y of the poses of one track. */
  track: Float64Array;
  /** [lensBlocks, 3, 3]: Y of its lenses. */
  lensTrack: Float64Array;
}

/** Diagonals below this are damped as if they were this: nothing was observed of them, and their gradient is zero. */
const smallestDiagonal = 1e-12;

/** What damping adds to a diagonal entry. */
export const damped = (diagonal: number, lambda: number): number => lambda * Math.max(diagonal, smallestDiagonal);

/** Factors the damped 3x3 of point p. False when it is not positive definite. */
function factorPoint(v: Float64Array, p: number, lambda: number, factors: Float64Array): boolean {
  const at = 6 * p;
  const xx = v[at] + damped(v[at], lambda);
  const yy = v[at + 3] + damped(v[at + 3], lambda);
  const zz = v[at + 5] + damped(v[at + 5], lambda);
  const i0 = 1 / Math.sqrt(xx);
  const l10 = v[at + 1] * i0;
  const l20 = v[at + 2] * i0;
  const d1 = yy - l10 * l10;
  const i1 = 1 / Math.sqrt(d1);
  const l21 = (v[at + 4] - l20 * l10) * i1;
  const d2 = zz - l20 * l20 - l21 * l21;
  factors[at] = i0;
  factors[at + 1] = l10;
  factors[at + 2] = i1;
  factors[at + 3] = l20;
  factors[at + 4] = l21;
  factors[at + 5] = 1 / Math.sqrt(d2);
  return xx > 0 && d1 > 1e-15 * yy && d2 > 1e-15 * zz;
}

/** Y = W L^-T of `rows` rows at w[from], written to y[to]; and right[column..] += Y q, q = L^-1 g. */
function whiten(
  w: Float64Array,
  from: number,
  y: Float64Array,
  to: number,
  rows: number,
  factors: Float64Array,
  p: number,
  right: Float64Array,
  column: number,
): void {
  const at = 6 * p;
  const i0 = factors[at];
  const l10 = factors[at + 1];
  const i1 = factors[at + 2];
  const l20 = factors[at + 3];
  const l21 = factors[at + 4];
  const i2 = factors[at + 5];
  const q0 = q[0];
  const q1 = q[1];
  const q2 = q[2];
  for (let a = 0; a < rows; a++) {
    const y0 = w[from + 3 * a] * i0;
    const y1 = (w[from + 3 * a + 1] - l10 * y0) * i1;
    const y2 = (w[from + 3 * a + 2] - l20 * y0 - l21 * y1) * i2;
    y[to + 3 * a] = y0;
    y[to + 3 * a + 1] = y1;
    y[to + 3 * a + 2] = y2;
    right[column + a] += y0 * q0 + y1 * q1 + y2 * q2;
  }
}

/** s[at..] (rows x 6) -= Y_i Y_j^T, Y_j of six rows. */
function takePair(s: Float64Array, at: number, y: Float64Array, i: number, j: number): void {
  const a0 = y[j];
  const a1 = y[j + 1];
  const a2 = y[j + 2];
  const b0 = y[j + 3];
  const b1 = y[j + 4];
  const b2 = y[j + 5];
  const c0 = y[j + 6];
  const c1 = y[j + 7];
  const c2 = y[j + 8];
  const d0 = y[j + 9];
  const d1 = y[j + 10];
  const d2 = y[j + 11];
  const e0 = y[j + 12];
  const e1 = y[j + 13];
  const e2 = y[j + 14];
  const f0 = y[j + 15];
  const f1 = y[j + 16];
  const f2 = y[j + 17];
  for (let row = 0; row < 6; row++) {
    const x0 = y[i];
    const x1 = y[i + 1];
    const x2 = y[i + 2];
    s[at] -= x0 * a0 + x1 * a1 + x2 * a2;
    s[at + 1] -= x0 * b0 + x1 * b1 + x2 * b2;
    s[at + 2] -= x0 * c0 + x1 * c1 + x2 * c2;
    s[at + 3] -= x0 * d0 + x1 * d1 + x2 * d2;
    s[at + 4] -= x0 * e0 + x1 * e1 + x2 * e2;
    s[at + 5] -= x0 * f0 + x1 * f1 + x2 * f2;
    i += 3;
    at += 6;
  }
}

/** s[at..] (rows x 3) -= Y Z^T, Z the 3x3 at z[j]. */
function takeLens(s: Float64Array, at: number, y: Float64Array, i: number, rows: number, z: Float64Array, j: number): void {
  const a0 = z[j];
  const a1 = z[j + 1];
  const a2 = z[j + 2];
  const b0 = z[j + 3];
  const b1 = z[j + 4];
  const b2 = z[j + 5];
  const c0 = z[j + 6];
  const c1 = z[j + 7];
  const c2 = z[j + 8];
  for (let row = 0; row < rows; row++) {
    const x0 = y[i + 3 * row];
    const x1 = y[i + 3 * row + 1];
    const x2 = y[i + 3 * row + 2];
    s[at + 3 * row] -= x0 * a0 + x1 * a1 + x2 * a2;
    s[at + 3 * row + 1] -= x0 * b0 + x1 * b1 + x2 * b2;
    s[at + 3 * row + 2] -= x0 * c0 + x1 * c1 + x2 * c2;
  }
}

/** Takes a track's poses from the reduced system. */
function takePoses(layout: BundleLayout, p: number, { poses, rowBase }: ReducedSystem, track: Float64Array): void {
  const { view, blockOfView } = layout;
  const first = layout.first[p];
  const length = layout.freeEnd[p] - first;
  for (let i = 0; i < length; i++) {
    const block = blockOfView[view[first + i]];
    const base = rowBase[block];
    takePair(poses, 36 * (base + block), track, 18 * i, 18 * i);
    for (let j = i + 1; j < length; j++) {
      const other = blockOfView[view[first + j]];
      takePair(poses, 36 * (base + other), track, 18 * i, 18 * j);
      // A view that sees a point twice: its diagonal block takes both halves of the pair.
      if (other === block) takePair(poses, 36 * (base + block), track, 18 * j, 18 * i);
    }
  }
}

/** Takes a track's lenses, and what they share with its poses. */
function takeLenses(layout: BundleLayout, p: number, reduced: ReducedSystem, memory: EliminationMemory): void {
  const { view, blockOfView, blockOfLensSlot, firstLensSlot, lensBlocks } = layout;
  const first = layout.first[p];
  const slot = firstLensSlot[p];
  for (let k = slot; k < firstLensSlot[p + 1]; k++) {
    const lens = blockOfLensSlot[k];
    for (let o = first; o < layout.freeEnd[p]; o++) {
      const at = 18 * (lensBlocks * blockOfView[view[o]] + lens);
      takeLens(reduced.poseLens, at, memory.track, 18 * (o - first), 6, memory.lensTrack, 9 * (k - slot));
    }
    for (let m = slot; m < firstLensSlot[p + 1]; m++) {
      if (lens > blockOfLensSlot[m]) continue;
      const at = 9 * (lensBlocks * lens + blockOfLensSlot[m]);
      takeLens(reduced.lenses, at, memory.lensTrack, 9 * (k - slot), 3, memory.lensTrack, 9 * (m - slot));
    }
  }
}

const q = new Float64Array(3);

/** Takes every moving point from the reduced system and its right side. False when a point's own 3x3 is singular. */
export function eliminatePoints(
  layout: BundleLayout,
  normal: NormalEquations,
  lambda: number,
  reduced: ReducedSystem,
  memory: EliminationMemory,
  right: Float64Array,
): boolean {
  const { view, blockOfView, blockOfLensSlot, firstLensSlot, moving, poseBlocks } = layout;
  const { factors, track, lensTrack } = memory;
  const g = normal.pointGradient;
  for (let p = 0; p < moving.length; p++) {
    if (!factorPoint(normal.point, p, lambda, factors)) return false;
    q[0] = g[3 * p] * factors[6 * p];
    q[1] = (g[3 * p + 1] - factors[6 * p + 1] * q[0]) * factors[6 * p + 2];
    q[2] = (g[3 * p + 2] - factors[6 * p + 3] * q[0] - factors[6 * p + 4] * q[1]) * factors[6 * p + 5];
    const first = layout.first[p];
    for (let o = first; o < layout.freeEnd[p]; o++)
      whiten(normal.posePoint, 18 * o, track, 18 * (o - first), 6, factors, p, right, 6 * blockOfView[view[o]]);
    const slot = firstLensSlot[p];
    for (let k = slot; k < firstLensSlot[p + 1]; k++)
      whiten(normal.lensPoint, 9 * k, lensTrack, 9 * (k - slot), 3, factors, p, right, 6 * poseBlocks + 3 * blockOfLensSlot[k]);
    takePoses(layout, p, reduced, track);
    takeLenses(layout, p, reduced, memory);
  }
  return true;
}

/** The points' steps, -V^-1 (g + W^T step), from the step of poses and lenses. */
export function substitutePoints(
  layout: BundleLayout,
  normal: NormalEquations,
  factors: Float64Array,
  step: Float64Array,
  pointStep: Float64Array,
): void {
  const { view, blockOfView, blockOfLensSlot, firstLensSlot, moving, poseBlocks } = layout;
  const { posePoint: w, lensPoint, pointGradient: g } = normal;
  for (let p = 0; p < moving.length; p++) {
    let b0 = g[3 * p];
    let b1 = g[3 * p + 1];
    let b2 = g[3 * p + 2];
    for (let o = layout.first[p]; o < layout.freeEnd[p]; o++) {
      const column = 6 * blockOfView[view[o]];
      for (let a = 0; a < 6; a++) {
        const d = step[column + a];
        b0 += w[18 * o + 3 * a] * d;
        b1 += w[18 * o + 3 * a + 1] * d;
        b2 += w[18 * o + 3 * a + 2] * d;
      }
    }
    for (let k = firstLensSlot[p]; k < firstLensSlot[p + 1]; k++) {
      for (let a = 0; a < 3; a++) {
        const d = step[6 * poseBlocks + 3 * blockOfLensSlot[k] + a];
        b0 += lensPoint[9 * k + 3 * a] * d;
        b1 += lensPoint[9 * k + 3 * a + 1] * d;
        b2 += lensPoint[9 * k + 3 * a + 2] * d;
      }
    }
    const at = 6 * p;
    const y0 = b0 * factors[at];
    const y1 = (b1 - factors[at + 1] * y0) * factors[at + 2];
    const y2 = (b2 - factors[at + 3] * y0 - factors[at + 4] * y1) * factors[at + 5];
    const x2 = y2 * factors[at + 5];
    const x1 = (y1 - factors[at + 4] * x2) * factors[at + 2];
    pointStep[3 * p] = -(y0 - factors[at + 1] * x1 - factors[at + 3] * x2) * factors[at];
    pointStep[3 * p + 1] = -x1;
    pointStep[3 * p + 2] = -x2;
  }
}
