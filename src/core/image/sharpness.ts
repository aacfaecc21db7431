/**
 * Sharpness: how much of a photo's detail would be lost if it were blurred once more (Crete, Dolmiere, Ladret and Nicolas 2007, "The blur
 * effect"). A photo that is blurred already has little to lose, whatever it shows.
 * Invariant: 0 (nothing to lose) to 1; unchanged when the photo is made brighter or its contrast stretched.
 */
import { medianOf } from '../math/medianOf.ts';
import type { GreyImage } from '../sfm/grey.ts';

/** Half the length of the blur: 9 taps, as in the paper. */
const reach = 4;

/**
 * Share of the differences over `step` places in memory (neighbours across or above each other) that the blur along the same axis takes
 * away, over a rectangle of the image (the paper's equations 2 to 5).
 */
function lostShare({ widthPx, heightPx, values }: GreyImage, step: number): number {
  const [fromX, fromY] = step === 1 ? [reach + 1, 0] : [0, reach + 1];
  const [endX, endY] = step === 1 ? [widthPx - reach, heightPx] : [widthPx, heightPx - reach];
  const taps = 2 * reach + 1;
  let sum = 0;
  let lost = 0;
  for (let y = fromY; y < endY; y++)
    for (let at = y * widthPx + fromX; at < y * widthPx + endX; at++) {
      const own = Math.abs(values[at] - values[at - step]);
      // The blurred image is not needed: neighbours in it share all but the first and the last of their taps.
      const blurred = Math.abs(values[at + reach * step] - values[at - (reach + 1) * step]) / taps;
      sum += own;
      if (own > blurred) lost += own - blurred;
    }
  return sum > 0 ? lost / sum : 0;
}

/** Sharpness of a photo: that of its less sharp axis, since a moved camera blurs along one only. 0 for a photo without any detail. */
export function sharpnessOf(image: GreyImage): number {
  if (image.widthPx <= 1) return 0;
  return Math.min(lostShare(image, 1), lostShare(image, image.widthPx));
}

/** Photos before and after one, whose sharpness it is held against: what they show is much alike. */
const neighbours = 12;
/** A photo is blurred when it lacks this share of its neighbours' sharpness (a Gaussian blur of 1.2 px and more, measured) ... */
const leastDrop = 0.25;
/** ... and lies this many standard deviations below them. */
const deviations = 4;
/** Median absolute deviation to standard deviation, for normally distributed numbers. */
const madToSigma = 1.4826;

/**
 * Which photos are much less sharp than the others, by their sharpness in order of capture. A set that is equally blurred throughout has
 * none; NaN (a photo that could not be read) is passed over.
 */
export function blurryPhotos(sharpness: ArrayLike<number>): boolean[] {
  return Array.from({ length: sharpness.length }, (_, i) => {
    const around: number[] = [];
    for (let j = Math.max(0, i - neighbours); j < Math.min(sharpness.length, i + neighbours + 1); j++)
      if (j !== i && Number.isFinite(sharpness[j])) around.push(sharpness[j]);
    if (around.length < 2) return false;
    const median = medianOf(around);
    const sigma = madToSigma * medianOf(around.map((value) => Math.abs(value - median)));
    return sharpness[i] < median - Math.max(leastDrop * median, deviations * sigma);
  });
}
