/**
 * CPU twin of undistortion: the photo an ideal pinhole camera of the training width would have taken, area-averaged.
 * Works on sRGB values as they are, as the trainer's loss does. Invariant: colours are 0..1 whatever the lens does; places the photo
 * does not show repeat its edge and are marked 0 in the mask.
 */
import type { Camera } from '../scene/camera.ts';
import type { Pixels } from '../scene/dataset.ts';

/** Where an ideal ray (x, y, 1) lands, in the same units (OpenCV, calib3d: radial k1, k2 and tangential p1, p2). */
export function distortRef(x: number, y: number, lens: Pick<Camera, 'k1' | 'k2' | 'p1' | 'p2'>): [number, number] {
  const { k1, k2, p1, p2 } = lens;
  const r2 = x * x + y * y;
  const radial = 1 + k1 * r2 + k2 * r2 * r2;
  return [x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y];
}

export interface Undistorted {
  widthPx: number;
  heightPx: number;
  fx: number;
  fy: number;
  cx: number;
  cy: number;
  /** [H, W, 3], sRGB 0..1. */
  image: Float64Array;
  /** [H, W], 1 where the pixel's centre lies inside the photo. */
  mask: Uint8Array;
}

/** Adds the bilinear sample at pixel position (u, v) (centres at +0.5, edges repeated) to out[at..at+2]. */
function addSample(photo: Pixels, u: number, v: number, out: Float64Array, at: number): void {
  const column = (x: number): number => Math.min(Math.max(x, 0), photo.widthPx - 1);
  const row = (y: number): number => Math.min(Math.max(y, 0), photo.heightPx - 1);
  const [left, top] = [Math.floor(u - 0.5), Math.floor(v - 0.5)];
  const [a, b] = [u - 0.5 - left, v - 0.5 - top];
  for (const [x, y, share] of [
    [left, top, (1 - a) * (1 - b)],
    [left + 1, top, a * (1 - b)],
    [left, top + 1, (1 - a) * b],
    [left + 1, top + 1, a * b],
  ]) {
    const from = 4 * (row(y) * photo.widthPx + column(x));
    for (let c = 0; c < 3; c++) out[at + c] += (share * photo.rgba[from + c]) / 255;
  }
}

/**
 * Averages an n x n grid of sub-samples in every target pixel; a photo that keeps size and shape keeps its pixels. `camera` describes the
 * photo at its own size; `widthPx` is the target's.
 */
export function undistortRef(photo: Pixels, camera: Camera, widthPx: number): Undistorted {
  const s = widthPx / camera.widthPx;
  const heightPx = Math.round(camera.heightPx * s);
  const [fx, fy, cx, cy] = [camera.fx * s, camera.fy * s, camera.cx * s, camera.cy * s];
  const isSame = s === 1 && camera.k1 === 0 && camera.k2 === 0 && camera.p1 === 0 && camera.p2 === 0;
  const n = isSame ? 1 : Math.max(2, Math.ceil(1 / s));
  const image = new Float64Array(widthPx * heightPx * 3);
  const mask = new Uint8Array(widthPx * heightPx);
  const inPhoto = (x: number, y: number): [number, number] => {
    const [dx, dy] = distortRef((x - cx) / fx, (y - cy) / fy, camera);
    return [camera.fx * dx + camera.cx, camera.fy * dy + camera.cy];
  };
  for (let pixel = 0; pixel < mask.length; pixel++) {
    const [x, y] = [pixel % widthPx, Math.floor(pixel / widthPx)];
    for (let k = 0; k < n * n; k++)
      addSample(photo, ...inPhoto(x + ((k % n) + 0.5) / n, y + (Math.floor(k / n) + 0.5) / n), image, 3 * pixel);
    const [u, v] = inPhoto(x + 0.5, y + 0.5);
    mask[pixel] = u >= 0 && u <= photo.widthPx && v >= 0 && v <= photo.heightPx ? 1 : 0;
  }
  return { widthPx, heightPx, fx, fy, cx, cy, image: image.map((value) => value / (n * n)), mask };
}
