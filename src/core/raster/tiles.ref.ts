/**
 * Which tiles a splat can touch, exactly: those in which some point reaches alpha >= 1/255.
 * Invariant: points count, not only pixel centres, so a tile list made from pixel centres is a subset of this one.
 */
import { minAlpha } from './project.ref.ts';

interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Least value of ca x^2 + 2 cb x y + cd y^2 with x fixed and y in [low, high]. */
function leastOnEdge(ca: number, cb: number, cd: number, x: number, low: number, high: number): number {
  const y = Math.min(Math.max((-cb * x) / cd, low), high);
  return ca * x * x + 2 * cb * x * y + cd * y * y;
}

/** Least squared Mahalanobis distance from the origin to a rectangle: 0 inside, otherwise it lies on one of the four edges. */
function leastInRect(ca: number, cb: number, cd: number, r: Rect): number {
  if (r.left <= 0 && r.right >= 0 && r.top <= 0 && r.bottom >= 0) return 0;
  return Math.min(
    leastOnEdge(ca, cb, cd, r.left, r.top, r.bottom),
    leastOnEdge(ca, cb, cd, r.right, r.top, r.bottom),
    leastOnEdge(cd, cb, ca, r.top, r.left, r.right),
    leastOnEdge(cd, cb, ca, r.bottom, r.left, r.right),
  );
}

/**
 * Indices (row-major over ceil(width / tileSize) x ceil(height / tileSize) tiles) of the tiles whose rectangle, cut to the image,
 * holds a point with opacity * exp(power) >= 1/255. All in pixels; `conic` is (ca, cb, cd), positive definite.
 */
export function tilesTouchedRef(
  u: number,
  v: number,
  conic: ArrayLike<number>,
  opacity: number,
  tileSize: number,
  widthPx: number,
  heightPx: number,
): number[] {
  const level = 2 * Math.log(opacity / minAlpha);
  const [columns, rows] = [Math.ceil(widthPx / tileSize), Math.ceil(heightPx / tileSize)];
  const out: number[] = [];
  for (let tile = 0; tile < columns * rows; tile++) {
    const [left, top] = [(tile % columns) * tileSize, Math.floor(tile / columns) * tileSize];
    const [right, bottom] = [Math.min(left + tileSize, widthPx), Math.min(top + tileSize, heightPx)];
    const rect = { left: left - u, top: top - v, right: right - u, bottom: bottom - v };
    if (leastInRect(conic[0], conic[1], conic[2], rect) <= level) out.push(tile);
  }
  return out;
}
