/** Grey images with known content for the tests of sharpness and motion: smooth noise with edges, blurred by a known sigma, moved by known amounts. */
import type { GreyImage } from '../../src/core/sfm/grey.ts';
import { createRandom } from '../../src/core/math/random.ts';

/** Overlapping discs of random grey, sizes and places: edges everywhere. Drawn at (dx, dy) px, so that a moved view is exact. */
export function discs(widthPx: number, heightPx: number, seed: number, dx = 0, dy = 0, count = 400): GreyImage {
  const random = createRandom(seed);
  const values = new Float32Array(widthPx * heightPx).fill(0.5);
  for (let disc = 0; disc < count; disc++) {
    const [cx, cy] = [(2 * random() - 0.5) * widthPx - dx, (2 * random() - 0.5) * heightPx - dy];
    const [radius, grey] = [(0.01 + 0.06 * random()) * widthPx, random()];
    for (let y = Math.max(0, Math.floor(cy - radius)); y < Math.min(heightPx, cy + radius + 1); y++)
      for (let x = Math.max(0, Math.floor(cx - radius)); x < Math.min(widthPx, cx + radius + 1); x++) {
        // One pixel wide edges, as a lens and a sensor make them.
        const cover = Math.min(1, Math.max(0, radius - Math.hypot(x + 0.5 - cx, y + 0.5 - cy) + 0.5));
        values[y * widthPx + x] += cover * (grey - values[y * widthPx + x]);
      }
  }
  return { widthPx, heightPx, values };
}

/** One axis convolved with a Gaussian; borders are mirrored. */
function blurredAlong(image: GreyImage, sigma: number, horizontal: boolean): GreyImage {
  const { widthPx, heightPx, values } = image;
  const reach = Math.ceil(4 * sigma);
  const taps = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * sigma * sigma)));
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  const mirror = (i: number, n: number): number => (i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i);
  const out = new Float32Array(values.length);
  for (let y = 0; y < heightPx; y++)
    for (let x = 0; x < widthPx; x++) {
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        const at = horizontal ? y * widthPx + mirror(x + k, widthPx) : mirror(y + k, heightPx) * widthPx + x;
        sum += taps[k + reach] * values[at];
      }
      out[y * widthPx + x] = sum / total;
    }
  return { widthPx, heightPx, values: out };
}

export const blurred = (image: GreyImage, sigma: number, axes: 'both' | 'x' = 'both'): GreyImage => {
  const across = blurredAlong(image, sigma, true);
  return axes === 'x' ? across : blurredAlong(across, sigma, false);
};

export const changed = (image: GreyImage, change: (value: number, i: number) => number): GreyImage => ({
  ...image,
  values: image.values.map(change),
});
