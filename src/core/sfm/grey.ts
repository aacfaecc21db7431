/**
 * Grey: the luminance image that features are found in.
 * Invariant: values are 0..1 (Rec. 601 luma of the sRGB values, as COLMAP and OpenCV take it).
 */
import type { Pixels } from '../scene/dataset.ts';

export interface GreyImage {
  widthPx: number;
  heightPx: number;
  /** [H, W]. */
  values: Float32Array;
}

export function greyOf({ widthPx, heightPx, rgba }: Pixels): GreyImage {
  const values = new Float32Array(widthPx * heightPx);
  for (let i = 0; i < values.length; i++) values[i] = (0.299 * rgba[4 * i] + 0.587 * rgba[4 * i + 1] + 0.114 * rgba[4 * i + 2]) / 255;
  return { widthPx, heightPx, values };
}
