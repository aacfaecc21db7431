/**
 * Near-duplicates: photos that show the same from the same place, such as a burst, found by their small pictures.
 * Invariant: of photos that repeat each other the best ranked stays; a photo that repeats nothing that stays is no duplicate.
 */
import type { GreyImage } from '../sfm/grey.ts';
import { duplicateCorrelation, meanExposure } from './thumbnail.ts';

interface Normalised {
  widthPx: number;
  heightPx: number;
  values: Float32Array;
}

/** Mean 0 and length 1, so that the correlation of two is their dot product; null for a plain image, which is like nothing. */
function normalised(image: GreyImage): Normalised | null {
  const mean = meanExposure(image);
  const values = image.values.map((value) => value - mean);
  const length = Math.hypot(...values);
  return length > 1e-6 ? { ...image, values: values.map((value) => value / length) } : null;
}

function repeats(a: Normalised, b: Normalised): boolean {
  if (a.widthPx !== b.widthPx || a.heightPx !== b.heightPx) return false;
  let dot = 0;
  for (let i = 0; i < a.values.length; i++) dot += a.values[i] * b.values[i];
  return dot > duplicateCorrelation;
}

/**
 * By place: the place of the photo it repeats, -1 for none. `greys` are 64 px wide, null for photos that take no part; `ranked` holds the
 * places from the photo that is rather kept to the one that is rather dropped.
 */
export function duplicatesAmong(greys: (GreyImage | null)[], ranked: number[]): Int32Array {
  const repeated = new Int32Array(greys.length).fill(-1);
  const staying: { place: number; image: Normalised }[] = [];
  for (const place of ranked) {
    const grey = greys[place];
    const image = grey && normalised(grey);
    if (!image) continue;
    const like = staying.find((other) => repeats(other.image, image));
    if (like) repeated[place] = like.place;
    else staying.push({ place, image });
  }
  return repeated;
}
