/**
 * Pictures of what the viewer shows: as large as wished for the person, small for the list of projects.
 * Invariant: the shape is the viewer's own; no side is larger than the viewer can draw.
 */
import type { SplatViewerElement } from '../../../viewer/index.ts';

/** As in the viewer: sides of a picture it makes at most. */
const largestPx = 8192;

export interface PictureSize {
  widthPx: number;
  heightPx: number;
}

/** Device pixels of a picture that is `scale` times as fine as the screen. */
export function pictureSize(cssWidth: number, cssHeight: number, pixelRatio: number, scale: number): PictureSize {
  const [width, height] = [Math.max(1, cssWidth) * pixelRatio * scale, Math.max(1, cssHeight) * pixelRatio * scale];
  const fit = Math.min(1, largestPx / Math.max(width, height));
  return { widthPx: Math.max(1, Math.round(width * fit)), heightPx: Math.max(1, Math.round(height * fit)) };
}

export const pictureOf = (viewer: Pick<SplatViewerElement, 'toBlob'>, size: PictureSize): Promise<Blob | null> =>
  viewer.toBlob({ mimeType: 'image/png', ...size });

const posterWidthPx = 640;
const posterBytes = 100_000;
const posterQualities = [0.85, 0.7, 0.5, 0.3];

/** A JPEG for the list of projects, 640 px wide and at most 100 kB; null when there is nothing to take one of. */
export async function posterOf(viewer: Pick<SplatViewerElement, 'toBlob'>): Promise<Uint8Array<ArrayBuffer> | null> {
  for (const qualityArgument of posterQualities) {
    const picture = await viewer.toBlob({ mimeType: 'image/jpeg', qualityArgument, widthPx: posterWidthPx });
    if (!picture) return null;
    if (picture.size <= posterBytes) return new Uint8Array(await picture.arrayBuffer());
  }
  return null;
}
