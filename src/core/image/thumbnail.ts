/**
 * Thumbnails: grey images made small by averaging, and how alike two of them are.
 * Invariant: every pixel of the large image counts, and counts once (up to the parts at the borders of the small pixels).
 */
import type { GreyImage } from '../sfm/grey.ts';

/** Sums of `source` over the spans of length source.length / count, each pixel counted by its share. */
function spans(length: number, count: number): { from: Int32Array; weights: Float32Array[] } {
  const from = new Int32Array(count);
  const scale = length / count;
  const weights = Array.from({ length: count }, (_, i) => {
    const [start, end] = [i * scale, (i + 1) * scale];
    from[i] = Math.floor(start);
    const last = Math.min(length - 1, Math.ceil(end) - 1);
    return Float32Array.from(
      { length: last - from[i] + 1 },
      (_, k) => (Math.min(end, from[i] + k + 1) - Math.max(start, from[i] + k)) / scale,
    );
  });
  return { from, weights };
}

/** The image at `widthPx` across by area averaging, keeping its shape; the image itself when it is no larger. */
export function thumbnailOf(image: GreyImage, widthPx: number): GreyImage {
  if (image.widthPx <= widthPx) return image;
  const heightPx = Math.max(1, Math.round((image.heightPx * widthPx) / image.widthPx));
  const across = spans(image.widthPx, widthPx);
  const down = spans(image.heightPx, heightPx);
  const values = new Float32Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    const rows = down.weights[y];
    for (let r = 0; r < rows.length; r++) {
      const line = (down.from[y] + r) * image.widthPx;
      for (let x = 0; x < widthPx; x++) {
        const columns = across.weights[x];
        let sum = 0;
        for (let c = 0; c < columns.length; c++) sum += columns[c] * image.values[line + across.from[x] + c];
        values[y * widthPx + x] += rows[r] * sum;
      }
    }
  }
  return { widthPx, heightPx, values };
}

/** Mean grey value, 0 (black) to 1. */
export function meanExposure({ values }: GreyImage): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return values.length > 0 ? sum / values.length : 0;
}

/** Correlation coefficient of two images of one size, -1..1: blind to brightness and contrast. 0 when sizes differ or one is plain. */
export function correlationOf(a: GreyImage, b: GreyImage): number {
  if (a.widthPx !== b.widthPx || a.heightPx !== b.heightPx) return 0;
  const [meanA, meanB] = [meanExposure(a), meanExposure(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.values.length; i++) {
    const [da, db] = [a.values[i] - meanA, b.values[i] - meanB];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/** Thumbnails of 64 px correlate above this only when they show one moment: the same photo twice, or a burst without movement. */
export const duplicateCorrelation = 0.998;

/** Whether two photos show the same from the same place, by thumbnails of 64 px. */
export const nearDuplicates = (a: GreyImage, b: GreyImage): boolean => correlationOf(a, b) > duplicateCorrelation;
