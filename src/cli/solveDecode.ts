/**
 * Decoding for solving: a photo upright, in sRGB, at most so large.
 * Invariant: the working image is the whole photo, scaled by one factor and never enlarged; sizes are upright ones.
 */
import sharp from 'sharp';
import { type Result, fail, ok } from '../core/job/failure.ts';
import type { SourceFile } from '../core/scene/dataset.ts';
import type { DecodedPhoto } from '../core/sfm/contract.ts';

/**
 * Decodes with the longer side at most `maxSidePx` (Lanczos 3, which libvips stretches over the pixels it averages). Throws when the bytes
 * are not a whole image.
 */
export async function decodeForSolving(file: SourceFile, maxSidePx: number): Promise<DecodedPhoto> {
  const image = sharp(await file.bytes(), { failOn: 'error' });
  const { autoOrient } = await image.metadata();
  const { data, info } = await image
    .autoOrient()
    .resize({ width: maxSidePx, height: maxSidePx, fit: 'inside', withoutEnlargement: true, kernel: 'lanczos3', fastShrinkOnLoad: false })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return {
    pixels: { widthPx: info.width, heightPx: info.height, rgba: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) },
    widthPx: autoOrient.width,
    heightPx: autoOrient.height,
  };
}

/** The photo's upright size, from its header. `bad-file` when it has none. */
export async function photoSizeOf(file: SourceFile): Promise<Result<Pick<DecodedPhoto, 'widthPx' | 'heightPx'>>> {
  try {
    const { autoOrient } = await sharp(await file.bytes()).metadata();
    return ok({ widthPx: autoOrient.width, heightPx: autoOrient.height });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail('bad-file', `The size of ${file.path} cannot be read: ${why}.`, { file: file.path });
  }
}
