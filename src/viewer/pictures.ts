/** Pictures of the scene as files. Invariant: JPEG, which has no alpha, gets white behind what is transparent. */
import type { Picture } from '../core/view/splatRenderer.ts';

export interface ToBlobOptions {
  /** image/png, image/jpeg or image/webp. */
  mimeType?: string;
  /** 0..1, for JPEG and WebP. */
  qualityArgument?: number;
  /** Size; the element's own where missing, with the other side in proportion where one is given. */
  widthPx?: number;
  heightPx?: number;
}

const largestPx = 8192;

/** The size asked for, or null for the size on the screen. */
export function pictureSize({ widthPx, heightPx }: ToBlobOptions, shown: { widthPx: number; heightPx: number }) {
  if (!widthPx && !heightPx) return null;
  const aspect = shown.widthPx / shown.heightPx || 1;
  const side = (px: number) => Math.min(largestPx, Math.max(1, Math.round(px)));
  return { widthPx: side(widthPx ?? (heightPx ?? 1) * aspect), heightPx: side(heightPx ?? (widthPx ?? 1) / aspect) };
}

export async function blobOf({ widthPx, heightPx, rgba }: Picture, { mimeType, qualityArgument }: ToBlobOptions): Promise<Blob | null> {
  const canvas = new OffscreenCanvas(widthPx, heightPx);
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.putImageData(new ImageData(rgba, widthPx, heightPx), 0, 0);
  if (mimeType === 'image/jpeg') {
    context.globalCompositeOperation = 'destination-over';
    context.fillStyle = '#fff';
    context.fillRect(0, 0, widthPx, heightPx);
  }
  return canvas.convertToBlob({ type: mimeType ?? 'image/png', ...(qualityArgument === undefined ? {} : { quality: qualityArgument }) });
}
