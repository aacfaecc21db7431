/**
 * Shapes drawn on a picture, made ready for asking of many points whether they are inside.
 * Invariant: the answers are those of the plain rules (distance to a segment, even-odd crossings); the cells only spare work.
 */
import type { PinholeView } from '../camera.ts';

type Picture = Pick<PinholeView, 'widthPx' | 'heightPx'>;
export type DrawnTest = (xPx: number, yPx: number) => boolean;

const cellPx = 8;
const nowhere: DrawnTest = () => false;

/** Squared distance of a point from the segment from (ax, ay) to (bx, by). */
function squaredDistance(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy;
  const along = square > 0 ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / square)) : 0;
  return (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2;
}

/**
 * Whether a point of the picture is at most `radiusPx` from the line through the points [n, 2]. Each cell of the picture keeps the
 * segments that come near it.
 */
export function strokeTest(strokePx: Float32Array, radiusPx: number, { widthPx, heightPx }: Picture): DrawnTest {
  const points = strokePx.length >> 1;
  if (points === 0 || !(radiusPx >= 0)) return nowhere;
  const [columns, rows] = [Math.ceil(widthPx / cellPx), Math.ceil(heightPx / cellPx)];
  const near: (number[] | undefined)[] = new Array<undefined>(columns * rows);
  // No point of a cell is further from its middle than this.
  const reach = (radiusPx + cellPx * Math.SQRT1_2 + 1e-3) ** 2;
  const cell = (px: number, cells: number): number => Math.min(cells - 1, Math.max(0, Math.floor(px / cellPx)));
  const end = (segment: number): number => Math.min(segment + 1, points - 1);
  for (let s = 0; s < Math.max(1, points - 1); s++) {
    const [ax, ay, bx, by] = [strokePx[2 * s], strokePx[2 * s + 1], strokePx[2 * end(s)], strokePx[2 * end(s) + 1]];
    const [left, right] = [cell(Math.min(ax, bx) - radiusPx, columns), cell(Math.max(ax, bx) + radiusPx, columns)];
    const [top, bottom] = [cell(Math.min(ay, by) - radiusPx, rows), cell(Math.max(ay, by) + radiusPx, rows)];
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        if (squaredDistance((column + 0.5) * cellPx, (row + 0.5) * cellPx, ax, ay, bx, by) > reach) continue;
        (near[row * columns + column] ??= []).push(s);
      }
    }
  }
  const square = radiusPx * radiusPx;
  return (x, y) => {
    const segments = near[cell(y, rows) * columns + cell(x, columns)];
    if (!segments) return false;
    for (const s of segments) {
      const e = end(s);
      if (squaredDistance(x, y, strokePx[2 * s], strokePx[2 * s + 1], strokePx[2 * e], strokePx[2 * e + 1]) <= square) return true;
    }
    return false;
  };
}

/** Whether a point of the picture is in the closed outline [n, 2] by the even-odd rule. Each band of rows keeps the edges that cross it. */
export function lassoTest(polygonPx: Float32Array, { heightPx }: Pick<Picture, 'heightPx'>): DrawnTest {
  const points = polygonPx.length >> 1;
  if (points < 3) return nowhere;
  const bands = Array.from({ length: Math.ceil(heightPx / cellPx) }, (): number[] => []);
  const next = (edge: number): number => (edge + 1) % points;
  for (let e = 0; e < points; e++) {
    const [ay, by] = [polygonPx[2 * e + 1], polygonPx[2 * next(e) + 1]];
    const from = Math.max(0, Math.floor(Math.min(ay, by) / cellPx));
    const to = Math.min(bands.length - 1, Math.floor(Math.max(ay, by) / cellPx));
    for (let band = from; band <= to; band++) bands[band].push(e);
  }
  return (x, y) => {
    let isIn = false;
    for (const e of bands[Math.floor(y / cellPx)] ?? []) {
      const [ax, ay, bx, by] = [polygonPx[2 * e], polygonPx[2 * e + 1], polygonPx[2 * next(e)], polygonPx[2 * next(e) + 1]];
      if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) isIn = !isIn;
    }
    return isIn;
  };
}
