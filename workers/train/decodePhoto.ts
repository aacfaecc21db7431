/**
 * Decodes a photo with the browser's own decoders.
 * Invariant: the pixels are sRGB and upright; EXIF orientation and an embedded colour profile have been applied.
 */
import type { Pixels, SourceFile } from '../../src/core/scene/dataset.ts';

/** Decodes JPEG, PNG, WebP and whatever else this browser reads. Throws when it cannot. */
export async function decodePhoto(file: SourceFile): Promise<Pixels> {
  const bytes = (await file.bytes()) as Uint8Array<ArrayBuffer>;
  const bitmap = await createImageBitmap(new Blob([bytes]), {
    imageOrientation: 'from-image',
    colorSpaceConversion: 'default',
    premultiplyAlpha: 'none',
  });
  try {
    const { width, height } = bitmap;
    // willReadFrequently keeps the canvas in memory: a GPU canvas would be read back through the device that is training.
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
    if (!context) throw new Error('No canvas of this size can be made.');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height, { colorSpace: 'srgb' });
    return { widthPx: width, heightPx: height, rgba: new Uint8Array(data.buffer) };
  } finally {
    bitmap.close();
  }
}
