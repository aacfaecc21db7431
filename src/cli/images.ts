/**
 * Images: decoding and writing pictures with sharp (libvips).
 * Invariant: decoded pixels are upright, sRGB, 8 bits and 4 channels whatever the file holds.
 */
import sharp from 'sharp';
import type { Pixels, SourceFile } from '../core/scene/dataset.ts';

/** JPEG, PNG, WebP, AVIF, TIFF or GIF bytes to upright sRGB pixels. Throws when the bytes are not a whole image. */
export async function decodeImage(file: SourceFile): Promise<Pixels> {
  const { data, info } = await sharp(await file.bytes(), { failOn: 'error' })
    .autoOrient()
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { widthPx: info.width, heightPx: info.height, rgba: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** Opaque 8-bit RGB PNG; alpha is dropped, not blended. */
export async function encodePng(pixels: Pixels): Promise<Uint8Array> {
  const { widthPx: width, heightPx: height, rgba } = pixels;
  return sharp(rgba, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .png()
    .toBuffer();
}
