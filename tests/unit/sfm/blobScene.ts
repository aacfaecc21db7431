/**
 * Blob scene: an analytic texture of Gaussian blobs, drawn through any map, so that the truth of every warp is known exactly.
 * Invariant: px (i, j) shows the scene at map(i + 0.5, j + 0.5).
 */
import { createRandom } from '../../../src/core/math/random.ts';
import type { GreyImage } from '../../../src/core/sfm/grey.ts';

export interface Blob {
  x: number;
  y: number;
  sigma: number;
  height: number;
}

export type PlaneMap = (x: number, y: number) => [number, number];

export function randomBlobs(seed: number, count: number, widthPx: number, heightPx: number): Blob[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => ({
    x: random() * widthPx,
    y: random() * heightPx,
    sigma: 1.5 * 6 ** random(),
    height: (random() < 0.5 ? -1 : 1) * (0.1 + 0.25 * random()),
  }));
}

export function drawBlobs(blobs: Blob[], widthPx: number, heightPx: number, map: PlaneMap = (x, y) => [x, y], gain = 1): GreyImage {
  const values = new Float32Array(widthPx * heightPx);
  for (let j = 0; j < heightPx; j++) {
    for (let i = 0; i < widthPx; i++) {
      const [x, y] = map(i + 0.5, j + 0.5);
      let value = 0.5;
      for (const blob of blobs) {
        const squared = ((x - blob.x) ** 2 + (y - blob.y) ** 2) / (2 * blob.sigma ** 2);
        if (squared < 12) value += blob.height * Math.exp(-squared);
      }
      values[j * widthPx + i] = gain * value;
    }
  }
  return { widthPx, heightPx, values };
}
