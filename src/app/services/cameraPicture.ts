/**
 * Pictures out of a video element and back into files: JPEG frames, thumbnails, and small grey frames for the capture guide.
 * Invariant: only sizes change here; a video that has no frame yet gives null.
 */
import { type GreyImage, greyOf } from '../../core/sfm/grey.ts';

const toJpeg = (canvas: HTMLCanvasElement, quality: number): Promise<Blob | null> =>
  new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));

function canvasOf(width: number, height: number): { canvas: HTMLCanvasElement; context: CanvasRenderingContext2D } | null {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return context && { canvas, context };
}

const hasFrame = (video: HTMLVideoElement): boolean => video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0;

/** The video's present frame in its full size. */
export async function videoFrame(video: HTMLVideoElement, quality: number): Promise<Blob | null> {
  const drawn = hasFrame(video) ? canvasOf(video.videoWidth, video.videoHeight) : null;
  if (!drawn) return null;
  drawn.context.drawImage(video, 0, 0);
  return toJpeg(drawn.canvas, quality);
}

/** Any picture the browser can decode, upright, as a JPEG. */
export async function asJpeg(picture: Blob, quality: number): Promise<Blob | null> {
  const bitmap = await createImageBitmap(picture).catch(() => null);
  const drawn = bitmap && canvasOf(bitmap.width, bitmap.height);
  if (!drawn) return null;
  drawn.context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return toJpeg(drawn.canvas, quality);
}

/** The middle of the present frame as a small square for a list; an empty string while there is none. */
export function thumbnail(video: HTMLVideoElement, sizePx: number): string {
  const drawn = hasFrame(video) ? canvasOf(sizePx, sizePx) : null;
  if (!drawn) return '';
  const side = Math.min(video.videoWidth, video.videoHeight);
  const [x, y] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  drawn.context.drawImage(video, x, y, side, side, 0, 0, sizePx, sizePx);
  return drawn.canvas.toDataURL('image/jpeg', 0.7);
}

/** Longer side of the frames the guide looks at. */
const longerPx = 320;
/** The guide measures movement on 160 px across. */
const leastWidthPx = 160;

/** Gives the present frame in grey, small; keeps one canvas. */
export function createGreyFrames(video: HTMLVideoElement): () => GreyImage | null {
  let drawn: ReturnType<typeof canvasOf> = null;
  return () => {
    if (!hasFrame(video)) return null;
    const scale = Math.max(leastWidthPx / video.videoWidth, longerPx / Math.max(video.videoWidth, video.videoHeight));
    const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
    if (drawn?.canvas.width !== width || drawn.canvas.height !== height) drawn = canvasOf(width, height);
    if (!drawn) return null;
    drawn.context.drawImage(video, 0, 0, width, height);
    const { data } = drawn.context.getImageData(0, 0, width, height);
    return greyOf({ widthPx: width, heightPx: height, rgba: new Uint8Array(data.buffer) });
  };
}
