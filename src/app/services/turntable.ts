/**
 * Films one turn of the camera around the scene, frame by frame, as fast or slowly as the machine can.
 * Invariant: what is in the file depends on the scene and the options alone, not on how long a frame took; the viewer is left as it was.
 */
import type { SplatViewerElement } from '../../viewer/index.ts';
import { type TurntableOptions, bitsPerSecond, frameCount, thetaOf } from './turntablePlan.ts';

export type TurntableViewer = Pick<
  SplatViewerElement,
  'toBlob' | 'getCameraOrbit' | 'resetTurntableRotation' | 'cameraControls' | 'autoRotate' | 'jumpCameraToGoal'
>;

export type TurntableOutcome =
  | { ok: true; file: Blob; ending: 'mp4' | 'webm' }
  /** `no-encoder`: this browser cannot write video of that size. */
  | { ok: false; why: 'no-encoder' | 'nothing-to-see' | 'cancelled' | 'failed'; detail: string };

type Media = typeof import('mediabunny');
type Codec = 'avc' | 'vp9' | 'vp8';

/** Hides JPEG's own traces from the encoder. */
const frameQuality = 0.97;

const failed = (why: Exclude<TurntableOutcome, { ok: true }>['why'], detail: string): TurntableOutcome => ({ ok: false, why, detail });

/** Whether this browser has what video is written with at all; the size decides later. */
export const canFilm = (): boolean => typeof VideoEncoder !== 'undefined' && typeof OffscreenCanvas !== 'undefined';

/** H.264 where it can be written: every device plays it. */
async function codecFor(media: Media, options: TurntableOptions): Promise<Codec | null> {
  const { widthPx: width, heightPx: height } = options;
  const asked = { width, height, bitrate: bitsPerSecond(options) };
  return (await media.getFirstEncodableVideoCodec(['avc', 'vp9', 'vp8'], asked)) as Codec | null;
}

/** Draws what the viewer shows at an azimuth; false when it shows nothing. */
async function drawFrame(viewer: TurntableViewer, theta: number, canvas: OffscreenCanvas, context: OffscreenCanvasRenderingContext2D) {
  viewer.resetTurntableRotation(theta);
  const size = { widthPx: canvas.width, heightPx: canvas.height };
  const picture = await viewer.toBlob({ mimeType: 'image/jpeg', qualityArgument: frameQuality, ...size });
  if (!picture) return false;
  const bitmap = await createImageBitmap(picture);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return true;
}

async function film(
  media: Media,
  viewer: TurntableViewer,
  options: TurntableOptions,
  from: number,
  progress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<TurntableOutcome> {
  const codec = await codecFor(media, options);
  if (!codec) return failed('no-encoder', `No encoder here takes ${options.widthPx} x ${options.heightPx} px.`);
  const canvas = new OffscreenCanvas(options.widthPx, options.heightPx);
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) return failed('failed', 'The canvas gives no 2D context.');
  const format = codec === 'avc' ? new media.Mp4OutputFormat({ fastStart: 'in-memory' }) : new media.WebMOutputFormat();
  const output = new media.Output({ format, target: new media.BufferTarget() });
  const video = new media.CanvasSource(canvas, { codec, bitrate: bitsPerSecond(options) });
  output.addVideoTrack(video, { frameRate: options.fps });
  await output.start();
  const total = frameCount(options);
  for (let frame = 0; frame < total; frame++) {
    const drawn = !signal.aborted && (await drawFrame(viewer, thetaOf(frame, from, options), canvas, context));
    if (!drawn) {
      await output.cancel();
      return signal.aborted ? failed('cancelled', 'The video was stopped.') : failed('nothing-to-see', 'The viewer shows nothing.');
    }
    await video.add(frame / options.fps, 1 / options.fps);
    progress(frame + 1, total);
  }
  await output.finalize();
  const ending = codec === 'avc' ? 'mp4' : 'webm';
  return { ok: true, ending, file: new Blob([output.target.buffer ?? new ArrayBuffer(0)], { type: `video/${ending}` }) };
}

/** Never rejects. Progress counts frames. */
export async function filmTurntable(
  viewer: TurntableViewer,
  options: TurntableOptions,
  progress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<TurntableOutcome> {
  if (!canFilm()) return failed('no-encoder', 'This browser has no WebCodecs.');
  const orbit = viewer.getCameraOrbit();
  if (!orbit) return failed('nothing-to-see', 'The viewer shows nothing.');
  const { cameraControls, autoRotate } = viewer;
  viewer.cameraControls = false;
  viewer.autoRotate = false;
  viewer.jumpCameraToGoal();
  try {
    return await film(await import('mediabunny'), viewer, options, viewer.getCameraOrbit()?.theta ?? orbit.theta, progress, signal);
  } catch (error) {
    return failed('failed', error instanceof Error ? error.message : String(error));
  } finally {
    viewer.resetTurntableRotation(orbit.theta);
    viewer.cameraControls = cameraControls;
    viewer.autoRotate = autoRotate;
  }
}
