/**
 * Selecting on the screen: which splats a brush stroke or a lasso means, in the picture as it is seen.
 * A splat counts by its projected mean alone: what a brush touches is what has its middle there.
 * Invariant: pixels are those of the view handed in (an element's view() gives CSS pixels), with pixel centres at +0.5; what lies behind the
 * camera or beside the picture is never meant.
 */
import { matrixOfQuaternion } from '../../math/rotation.ts';
import type { PinholeView } from '../camera.ts';
import { bitsOf } from './bits.ts';
import type { SplatBits } from './operations.ts';
import { createPolygonTest } from './polygon.ts';

export { inBox, inSphere } from './regions.ts';

/** Depth along the optical axis of the visible surface at a pixel; Infinity where there is none. See coarseDepth(). */
export type DepthAt = (xPx: number, yPx: number) => number;

/** How deep a selection goes: through everything, or only what is seen: no further behind the visible surface than `slack` of its depth. */
export type Reach = { through: true } | { through: false; depthAt: DepthAt; slack?: number };

/** Depth behind the visible surface that still counts as on it: splats of one surface lie some way in front of and behind each other. */
const defaultSlack = 0.03;

interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Splats whose mean projects into the rectangle and passes the test, and that the reach allows. */
function inPicture(
  means: Float32Array,
  view: PinholeView,
  rect: Rect,
  isInside: (x: number, y: number) => boolean,
  reach: Reach,
): SplatBits {
  const count = means.length / 3;
  const bits = bitsOf(count);
  const [a, b, c, d, e, f, g, h, k] = matrixOfQuaternion(view.pose.q);
  const [tx, ty, tz] = view.pose.t;
  const { fx, fy, cx, cy } = view;
  // What lies beside the picture cannot be seen, so it is not meant either.
  const [left, right] = [Math.max(rect.left, 0), Math.min(rect.right, view.widthPx)];
  const [top, bottom] = [Math.max(rect.top, 0), Math.min(rect.bottom, view.heightPx)];
  const allowed = 1 + (reach.through ? 0 : (reach.slack ?? defaultSlack));
  for (let i = 0; i < count; i++) {
    const x = means[3 * i];
    const y = means[3 * i + 1];
    const z = means[3 * i + 2];
    const depth = g * x + h * y + k * z + tz;
    if (!(depth > 0)) continue;
    const u = (fx * (a * x + b * y + c * z + tx)) / depth + cx;
    if (!(u >= left && u <= right)) continue;
    const v = (fy * (d * x + e * y + f * z + ty)) / depth + cy;
    if (!(v >= top && v <= bottom) || !isInside(u, v)) continue;
    if (!reach.through && depth > allowed * reach.depthAt(u, v)) continue;
    bits[i >> 3] |= 1 << (i & 7);
  }
  return bits;
}

function rectAround(pointsPx: Float32Array, marginPx: number): Rect {
  const rect = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let i = 0; i + 1 < pointsPx.length; i += 2) {
    rect.left = Math.min(rect.left, pointsPx[i] - marginPx);
    rect.right = Math.max(rect.right, pointsPx[i] + marginPx);
    rect.top = Math.min(rect.top, pointsPx[i + 1] - marginPx);
    rect.bottom = Math.max(rect.bottom, pointsPx[i + 1] + marginPx);
  }
  return rect;
}

/** Whether a point lies within the radius of a line through points: the union of capsules. */
function nearStroke(strokePx: Float32Array, radiusPx: number): (x: number, y: number) => boolean {
  const square = radiusPx * radiusPx;
  return (x, y) => {
    for (let i = 0; i + 1 < strokePx.length; i += 2) {
      const [fromX, fromY] = [strokePx[i], strokePx[i + 1]];
      const isLast = i + 3 >= strokePx.length;
      const alongX = isLast ? 0 : strokePx[i + 2] - fromX;
      const alongY = isLast ? 0 : strokePx[i + 3] - fromY;
      const length2 = alongX * alongX + alongY * alongY;
      const share = length2 > 0 ? Math.min(1, Math.max(0, ((x - fromX) * alongX + (y - fromY) * alongY) / length2)) : 0;
      const dx = x - fromX - share * alongX;
      const dy = y - fromY - share * alongY;
      if (dx * dx + dy * dy <= square) return true;
    }
    return false;
  };
}

/**
 * Splats under a brush stroke.
 * @param strokePx [n, 2], one point or a line; while a stroke is drawn hand in its newest pieces only and join the sets
 * @param radiusPx of the brush
 */
export function inBrush(means: Float32Array, view: PinholeView, strokePx: Float32Array, radiusPx: number, reach: Reach): SplatBits {
  return inPicture(means, view, rectAround(strokePx, radiusPx), nearStroke(strokePx, radiusPx), reach);
}

/** Splats within a closed polygon (even-odd rule). polygonPx: [n, 2]; fewer than three corners enclose nothing. */
export function inLasso(means: Float32Array, view: PinholeView, polygonPx: Float32Array, reach: Reach = { through: true }): SplatBits {
  if (polygonPx.length < 6) return bitsOf(means.length / 3);
  return inPicture(means, view, rectAround(polygonPx, 0), createPolygonTest(polygonPx), reach);
}
