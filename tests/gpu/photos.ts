/** Packed RGBA8 photos for the loss, and the same values as the f64 twin reads them. Invariant: both hold the same 8-bit values. */
import { randomNumbers } from '../randomScene.ts';

export interface TestPhoto {
  /** The level behind `offset` foreign pixels, as it lies on the GPU. */
  packed: Uint32Array;
  offset: number;
  /** [H, W, 3], 0..1. */
  colour: Float64Array;
  /** [H, W], 1 where the photo was seen. */
  mask: Uint8Array;
}

export interface TestPhotoOptions {
  /** Pixels of another level in front. */
  offset?: number;
  /** Share of the pixels the lens did not see, in one corner and scattered. */
  unseen?: boolean;
}

/** Random colours; the pixels in front of `offset` hold others, so that reading the wrong level shows. */
export function randomPhoto(seed: number, widthPx: number, heightPx: number, options: TestPhotoOptions = {}): TestPhoto {
  const { offset = 0, unseen = false } = options;
  const random = randomNumbers(seed);
  const pixels = widthPx * heightPx;
  const packed = new Uint32Array(offset + pixels);
  const colour = new Float64Array(3 * pixels);
  const mask = new Uint8Array(pixels).fill(1);
  for (let i = 0; i < offset; i++) packed[i] = random() * 2 ** 32;
  for (let i = 0; i < pixels; i++) {
    const [x, y] = [i % widthPx, Math.floor(i / widthPx)];
    if (unseen && (x + 2 * y < widthPx / 2 || random() < 0.05)) mask[i] = 0;
    const levels = [0, 1, 2].map(() => Math.floor(256 * random()));
    colour.set(
      levels.map((level) => level / 255),
      3 * i,
    );
    packed[offset + i] = (levels[0] | (levels[1] << 8) | (levels[2] << 16) | ((mask[i] * 255) << 24)) >>> 0;
  }
  return { packed, offset, colour, mask };
}
