/**
 * Draws cameras and sparse points on the processor: points into pixels with a depth test, cameras as lines.
 * Invariant: nothing behind the camera or outside the picture is written; the nearest point wins whatever the order.
 */
import type { SolveSketch } from '../../../../workers/protocol.ts';
import { matrixOfQuaternion, rotateBack } from '../../../core/math/rotation.ts';
import type { PinholeView } from '../../../core/scene/camera.ts';
import { poseAt } from './framing.ts';

/** What points are drawn into: one word a pixel (0xAABBGGRR) and its depth. */
export interface Raster {
  widthPx: number;
  heightPx: number;
  pixels: Uint32Array;
  depth: Float32Array;
}

/** Photos of dark places must not draw dark points on a dark ground: channels from 0..255 to 70..255. */
const lift = (channel: number): number => 70 + ((channel * 185) >> 8);
const near = 1e-3;

export const newRaster = (widthPx: number, heightPx: number): Raster => ({
  widthPx,
  heightPx,
  pixels: new Uint32Array(widthPx * heightPx),
  depth: new Float32Array(widthPx * heightPx),
});

/** Clears to one colour and draws the points as squares of `sizePx`. The view has the raster's size. */
export function drawPoints({ xyz, rgb }: SolveSketch, view: PinholeView, raster: Raster, ground: number, sizePx: number): void {
  const { widthPx, heightPx, pixels, depth } = raster;
  pixels.fill(ground);
  depth.fill(Infinity);
  const [r0, r1, r2, r3, r4, r5, r6, r7, r8] = matrixOfQuaternion(view.pose.q);
  const [tx, ty, tz] = view.pose.t;
  const half = (sizePx - 1) / 2;
  for (let i = 0; i < xyz.length; i += 3) {
    const x = xyz[i];
    const y = xyz[i + 1];
    const z = xyz[i + 2];
    const zc = r6 * x + r7 * y + r8 * z + tz;
    if (!(zc > near)) continue;
    const left = Math.floor((view.fx * (r0 * x + r1 * y + r2 * z + tx)) / zc + view.cx - half);
    const top = Math.floor((view.fy * (r3 * x + r4 * y + r5 * z + ty)) / zc + view.cy - half);
    if (!(left + sizePx > 0 && left < widthPx && top + sizePx > 0 && top < heightPx)) continue;
    const colour = (0xff000000 | (lift(rgb[i + 2]) << 16) | (lift(rgb[i + 1]) << 8) | lift(rgb[i])) >>> 0;
    const right = Math.min(widthPx, left + sizePx);
    const bottom = Math.min(heightPx, top + sizePx);
    for (let v = Math.max(0, top); v < bottom; v++)
      for (let u = Math.max(0, left); u < right; u++) {
        const at = v * widthPx + u;
        if (zc >= depth[at]) continue;
        depth[at] = zc;
        pixels[at] = colour;
      }
  }
}

/** Corners of the picture at depth 1 in units of its half sides, in order around it. */
const corners = [
  [-1, -1],
  [1, -1],
  [1, 1],
  [-1, 1],
];
/** Pairs of the apex (0) and the corners (1..4). */
const edges = [
  [0, 1],
  [0, 2],
  [0, 3],
  [0, 4],
  [1, 2],
  [2, 3],
  [3, 4],
  [4, 1],
];

/** Apex and corners of a camera's pyramid in the view's camera axes: [5, 3]. */
function pyramid({ poses, reach }: SolveSketch, camera: number, view: PinholeView, depth: number): Float64Array {
  const pose = poseAt(poses, camera);
  const own = matrixOfQuaternion(pose.q);
  const seen = matrixOfQuaternion(view.pose.q);
  const points = new Float64Array(15);
  const place = (at: number, x: number, y: number, z: number): void => {
    const world = rotateBack(own, [x - pose.t[0], y - pose.t[1], z - pose.t[2]]);
    for (let r = 0; r < 3; r++)
      points[3 * at + r] = seen[3 * r] * world[0] + seen[3 * r + 1] * world[1] + seen[3 * r + 2] * world[2] + view.pose.t[r];
  };
  place(0, 0, 0, 0);
  // Very wide lenses would draw huge pyramids: the diagonal has a fixed length instead.
  const [rx, ry] = reach.subarray(2 * camera, 2 * camera + 2);
  const size = depth / Math.hypot(rx, ry, 1);
  for (const [i, [sx, sy]] of corners.entries()) place(i + 1, sx * rx * size, sy * ry * size, size);
  return points;
}

/** A line of the pyramid in pixels, [x0, y0, x1, y1], cut off before the view's own camera; null when all of it lies behind. */
function seenEdge(points: Float64Array, from: number, to: number, view: PinholeView): [number, number, number, number] | null {
  const [z0, z1] = [points[3 * from + 2], points[3 * to + 2]];
  if (!(Math.max(z0, z1) > near)) return null;
  const ends = [
    [from, to],
    [to, from],
  ].map(([a, b]) => {
    const [za, zb] = [points[3 * a + 2], points[3 * b + 2]];
    const share = za >= near ? 0 : (near - za) / (zb - za);
    const [x, y, z] = [0, 1, 2].map((c) => points[3 * a + c] + share * (points[3 * b + c] - points[3 * a + c]));
    return [(view.fx * x) / z + view.cx, (view.fy * y) / z + view.cy];
  });
  return [...ends[0], ...ends[1]] as [number, number, number, number];
}

/** The lines of each camera's pyramid, `depth` world units long from the apex to a corner: [k, 4] px by camera. */
export function cameraLines(sketch: SolveSketch, view: PinholeView, depth: number): number[][][] {
  return sketch.names.map((_, camera) => {
    const points = pyramid(sketch, camera, view, depth);
    return edges.flatMap(([from, to]) => {
      const line = seenEdge(points, from, to, view);
      return line?.every(Number.isFinite) ? [line] : [];
    });
  });
}
