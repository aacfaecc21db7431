/**
 * Small pictures of photos: a grey one to measure and a JPEG to show, from one decoding.
 * Invariant: one photo is decoded at a time and let go before the next; the two canvases are made once.
 */
import type { GreyImage } from '../../src/core/sfm/grey.ts';
import { greyOf } from '../../src/core/sfm/grey.ts';
import { workingSize } from '../sfm/decodeForSolving.ts';

const greySidePx = 480;
const thumbnailSidePx = 320;
const thumbnailQuality = 0.8;

export interface SmallPicture {
  /** Of the photo, upright. */
  widthPx: number;
  heightPx: number;
  /** At most 480 px. */
  grey: GreyImage;
  /** JPEG, at most 320 px. */
  thumbnail: Blob;
}

export interface SmallPictures {
  /** Rejects when the bytes are not an image that this browser decodes. */
  of(photo: Blob): Promise<SmallPicture>;
  /** The grey picture alone. */
  greyOf(photo: Blob): Promise<GreyImage>;
}

type Drawn = OffscreenCanvasRenderingContext2D;

function contextOf(): Drawn {
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
  if (!context) throw new Error('No canvas can be made.');
  return context;
}

/** The bitmap at the size, over whatever was there. */
function draw(context: Drawn, bitmap: ImageBitmap, widthPx: number, heightPx: number): void {
  context.canvas.width = widthPx;
  context.canvas.height = heightPx;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, widthPx, heightPx);
}

/** The photo upright with its longer side at most `greySidePx`, and the size it had. */
async function decodeSmall(photo: Blob): Promise<{ bitmap: ImageBitmap; widthPx: number; heightPx: number }> {
  const full = await createImageBitmap(photo, { imageOrientation: 'from-image', premultiplyAlpha: 'none' });
  const { width, height } = full;
  const size = workingSize(width, height, greySidePx);
  if (size.widthPx === width && size.heightPx === height) return { bitmap: full, widthPx: width, heightPx: height };
  try {
    const resize = { resizeWidth: size.widthPx, resizeHeight: size.heightPx, resizeQuality: 'high' } as const;
    return { bitmap: await createImageBitmap(full, resize), widthPx: width, heightPx: height };
  } finally {
    full.close();
  }
}

export function createSmallPictures(): SmallPictures {
  const measured = contextOf();
  const shown = contextOf();

  function greyFrom(bitmap: ImageBitmap): GreyImage {
    const { width: widthPx, height: heightPx } = bitmap;
    draw(measured, bitmap, widthPx, heightPx);
    const { data } = measured.getImageData(0, 0, widthPx, heightPx, { colorSpace: 'srgb' });
    return greyOf({ widthPx, heightPx, rgba: new Uint8Array(data.buffer) });
  }

  return {
    async of(photo) {
      const { bitmap, widthPx, heightPx } = await decodeSmall(photo);
      try {
        const grey = greyFrom(bitmap);
        const size = workingSize(bitmap.width, bitmap.height, thumbnailSidePx);
        draw(shown, bitmap, size.widthPx, size.heightPx);
        const thumbnail = await shown.canvas.convertToBlob({ type: 'image/jpeg', quality: thumbnailQuality });
        return { widthPx, heightPx, grey, thumbnail };
      } finally {
        bitmap.close();
      }
    },
    async greyOf(photo) {
      const { bitmap } = await decodeSmall(photo);
      try {
        return greyFrom(bitmap);
      } finally {
        bitmap.close();
      }
    },
  };
}
