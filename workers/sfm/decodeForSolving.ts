/**
 * Decoding for solving with the browser's own decoders: a photo upright, in sRGB, at most so large.
 * Invariant: one photo at a time is decoded at its full size; the working image is the whole photo, scaled by one factor, never enlarged.
 */
import type { Pixels, SourceFile } from '../../src/core/scene/dataset.ts';
import type { DecodedPhoto, SolveHost } from '../../src/core/sfm/contract.ts';

/** The size with the longer side at most `maxSidePx`, never enlarged. */
export function workingSize(widthPx: number, heightPx: number, maxSidePx: number): { widthPx: number; heightPx: number } {
  const scale = Math.min(1, maxSidePx / Math.max(widthPx, heightPx));
  return { widthPx: Math.max(1, Math.round(widthPx * scale)), heightPx: Math.max(1, Math.round(heightPx * scale)) };
}

function pixelsOf(bitmap: ImageBitmap, widthPx: number, heightPx: number): Pixels {
  const context = new OffscreenCanvas(widthPx, heightPx).getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
  if (!context) throw new Error('No canvas of this size can be made.');
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, widthPx, heightPx);
  const { data } = context.getImageData(0, 0, widthPx, heightPx, { colorSpace: 'srgb' });
  return { widthPx, heightPx, rgba: new Uint8Array(data.buffer) };
}

async function decode(file: SourceFile, maxSidePx: number): Promise<DecodedPhoto> {
  const bytes = (await file.bytes()) as Uint8Array<ArrayBuffer>;
  // The size is taken from the upright bitmap: browsers do not agree on whether a size asked for is meant before or after EXIF's turn.
  const full = await createImageBitmap(new Blob([bytes]), { imageOrientation: 'from-image', premultiplyAlpha: 'none' });
  try {
    const { width, height } = full;
    const size = workingSize(width, height, maxSidePx);
    if (size.widthPx === width && size.heightPx === height)
      return { pixels: pixelsOf(full, width, height), widthPx: width, heightPx: height };
    const { widthPx: resizeWidth, heightPx: resizeHeight } = size;
    const small = await createImageBitmap(full, { resizeWidth, resizeHeight, resizeQuality: 'high' });
    const pixels = pixelsOf(small, resizeWidth, resizeHeight);
    small.close();
    return { pixels, widthPx: width, heightPx: height };
  } finally {
    full.close();
  }
}

/** A decoder that takes one photo at a time, however many are asked of it: 12 megapixels are 48 MB. Rejects when the bytes are not an image. */
export function createSolveDecoder(): SolveHost['decode'] {
  let turn: Promise<unknown> = Promise.resolve();
  return (file, maxSidePx) => {
    const mine = turn.then(() => decode(file, maxSidePx));
    turn = mine.catch(() => null);
    return mine;
  };
}
