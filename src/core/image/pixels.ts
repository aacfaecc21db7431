/** Pixels from the rasterizer's floats. Invariant: rounding to nearest, clamped to 0..255, opaque. */
import type { Pixels } from '../scene/dataset.ts';

/** Float image (r, g, b, transmittance per pixel) to 8 bits. */
export function toPixels(image: Float32Array, widthPx: number, heightPx: number): Pixels {
  const rgba = new Uint8Array(widthPx * heightPx * 4);
  for (let i = 0; i < widthPx * heightPx; i++) {
    for (let k = 0; k < 3; k++) rgba[4 * i + k] = Math.round(Math.min(Math.max(image[4 * i + k], 0), 1) * 255);
    rgba[4 * i + 3] = 255;
  }
  return { widthPx, heightPx, rgba };
}
