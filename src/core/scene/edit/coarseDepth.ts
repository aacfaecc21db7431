/**
 * Coarse depth: how far away the visible surface is, for brushes that mean only what is seen. An approximation: the picture is cut into
 * square cells, a splat covers the cells within one standard deviation of its mean with its opacity (less where it is smaller than a cell),
 * as if it were round with its middle axis, and the surface is where half of the light is stopped (as in the viewer's own probe).
 * Invariant: splats are met front to back; what is hidden stops no light.
 */
import { matrixOfQuaternion } from '../../math/rotation.ts';
import type { PinholeView } from '../camera.ts';
import type { EditableSplats } from './editableSplats.ts';
import type { DepthAt } from './select.ts';

/** Side of a cell in pixels of the view. */
const cellPx = 4;
/** Cells to either side that one splat covers at most. */
const farthestCells = 12;
/** Depths are told apart by this many steps of equal ratio. */
const depthSteps = 1 << 16;

interface Projected {
  count: number;
  /** Splat numbers, near ones first. */
  order: Uint32Array;
  depth: Float32Array;
  u: Float32Array;
  v: Float32Array;
}

/** Splats in front of the camera within the picture, by depth: a counting sort on the logarithm. */
function projectSorted({ count, means }: EditableSplats, view: PinholeView, hidden: Uint8Array | null): Projected {
  const m = matrixOfQuaternion(view.pose.q);
  const { t } = view.pose;
  const seen = { ids: new Uint32Array(count), depth: new Float32Array(count), u: new Float32Array(count), v: new Float32Array(count) };
  let n = 0;
  let [low, high] = [Infinity, 0];
  for (let i = 0; i < count; i++) {
    if (hidden && hidden[i] !== 0) continue;
    const x = means[3 * i];
    const y = means[3 * i + 1];
    const z = means[3 * i + 2];
    const depth = m[6] * x + m[7] * y + m[8] * z + t[2];
    if (!(depth > 0 && depth < Infinity)) continue;
    const u = (view.fx * (m[0] * x + m[1] * y + m[2] * z + t[0])) / depth + view.cx;
    const v = (view.fy * (m[3] * x + m[4] * y + m[5] * z + t[1])) / depth + view.cy;
    if (!(u >= 0 && v >= 0 && u < view.widthPx && v < view.heightPx)) continue;
    seen.ids[n] = i;
    seen.depth[n] = depth;
    seen.u[n] = u;
    seen.v[n++] = v;
    if (depth < low) low = depth;
    if (depth > high) high = depth;
  }
  const perStep = (depthSteps - 1) / Math.max(Math.log(high / low), 1e-9);
  const stepOf = (k: number): number => Math.floor(Math.log(seen.depth[k] / low) * perStep);
  const next = new Uint32Array(depthSteps + 1);
  const steps = new Uint16Array(n);
  for (let k = 0; k < n; k++) {
    steps[k] = stepOf(k);
    next[steps[k] + 1]++;
  }
  for (let s = 0; s < depthSteps; s++) next[s + 1] += next[s];
  const out: Projected = {
    count: n,
    order: seen.ids.slice(0, n),
    depth: seen.depth.slice(0, n),
    u: seen.u.slice(0, n),
    v: seen.v.slice(0, n),
  };
  for (let k = 0; k < n; k++) {
    const to = next[steps[k]]++;
    out.order[to] = seen.ids[k];
    out.depth[to] = seen.depth[k];
    out.u[to] = seen.u[k];
    out.v[to] = seen.v[k];
  }
  return out;
}

/** The middle one of a splat's three log scales. */
function middleLogScale({ logScales }: EditableSplats, i: number): number {
  const a = logScales[3 * i];
  const b = logScales[3 * i + 1];
  const c = logScales[3 * i + 2];
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/**
 * Depths of the visible surface in a view; a quarter of a second for half a million splats, so make it once for every camera.
 * @param hidden one byte per splat, not 0 for splats that are gone
 */
export function coarseDepth(splats: EditableSplats, view: PinholeView, hidden: Uint8Array | null = null): DepthAt {
  const [columns, rows] = [Math.ceil(view.widthPx / cellPx), Math.ceil(view.heightPx / cellPx)];
  const depths = new Float32Array(columns * rows).fill(Infinity);
  const passed = new Float32Array(columns * rows).fill(1);
  const seen = projectSorted(splats, view, hidden);
  for (let k = 0; k < seen.count; k++) {
    const i = seen.order[k];
    const sigmaCells = (Math.exp(middleLogScale(splats, i)) * view.fx) / seen.depth[k] / cellPx;
    const opacity = 1 / (1 + Math.exp(-splats.opacityLogits[i]));
    const alpha = Math.min(0.99, opacity * Math.min(1, 2 * Math.PI * sigmaCells * sigmaCells));
    const reach = Math.min(sigmaCells, farthestCells);
    const x = seen.u[k] / cellPx - 0.5;
    const y = seen.v[k] / cellPx - 0.5;
    const x0 = Math.max(0, Math.round(x - reach));
    const x1 = Math.min(columns - 1, Math.round(x + reach));
    const y0 = Math.max(0, Math.round(y - reach));
    const y1 = Math.min(rows - 1, Math.round(y + reach));
    for (let row = y0; row <= y1; row++) {
      for (let at = row * columns + x0; at <= row * columns + x1; at++) {
        if (passed[at] < 0.5) continue;
        passed[at] *= 1 - alpha;
        if (passed[at] < 0.5) depths[at] = seen.depth[k];
      }
    }
  }
  return (xPx, yPx) => {
    const [x, y] = [Math.floor(xPx / cellPx), Math.floor(yPx / cellPx)];
    return x >= 0 && y >= 0 && x < columns && y < rows ? depths[y * columns + x] : Infinity;
  };
}
