/**
 * Exposure of a photo as it came out: how bright it is on average and how much of it lies at the ends of the range, where nothing can be told.
 * Invariant: shares and means are 0..1; an image without pixels has a mean of 0 and nothing clipped.
 */
import type { GreyImage } from '../sfm/grey.ts';
import { meanExposure } from './thumbnail.ts';

export interface Exposure {
  /** Mean grey value, 0 (black) to 1. */
  exposure: number;
  /** Share of pixels that are as good as black. */
  clippedDark: number;
  /** Share of pixels that are as good as white. */
  clippedBright: number;
}

/** Compression and noise move black and white by a few of 255 steps. */
const black = 4.5 / 255;
const white = 250.5 / 255;

export function exposureOf(image: GreyImage): Exposure {
  const { values } = image;
  let [dark, bright] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < black) dark++;
    else if (values[i] > white) bright++;
  }
  const all = Math.max(1, values.length);
  return { exposure: meanExposure(image), clippedDark: dark / all, clippedBright: bright / all };
}

/** Photos encode light by about this power (sRGB, IEC 61966-2-1). */
const displayGamma = 2.2;

/** Brightness of a mean grey value in stops (doublings of light); only differences of two say something. */
export const stopsOf = (exposure: number): number => displayGamma * Math.log2(Math.max(exposure, 1 / 255));
