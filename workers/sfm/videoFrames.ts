/**
 * Frames of a video, decoded by the browser: looked through small, chosen for sharpness and motion, taken out large.
 * Invariant: the video is read in pieces and frames are held one at a time; the chosen frames are kept encoded, named by their time.
 */
import { ALL_FORMATS, BlobSource, CanvasSink, Input, type InputVideoTrack, type WrappedCanvas } from 'mediabunny';
import { type FrameCandidate, chooseFrames } from '../../src/core/image/frameChoice.ts';
import { createMotionMeter } from '../../src/core/image/motion.ts';
import { sharpnessOf } from '../../src/core/image/sharpness.ts';
import type { JobEvent } from '../../src/core/job/events.ts';
import { type Result, fail, ok } from '../../src/core/job/failure.ts';
import type { SourceFile } from '../../src/core/scene/dataset.ts';
import { type GreyImage, greyOf } from '../../src/core/sfm/grey.ts';
import { workingSize } from './decodeForSolving.ts';

const candidatesPerSecond = 10;
/** A long video is looked through more coarsely. */
const mostCandidates = 900;
const candidateSidePx = 480;
const frameSidePx = 1600;
const jpegQuality = 0.95;

const codecNames: Record<string, string> = { hevc: 'HEVC (H.265)', avc: 'H.264', av1: 'AV1', vp8: 'VP8', vp9: 'VP9', prores: 'ProRes' };

/** When to look, in seconds: at most ten times a second and `mostCandidates` times in all. */
export function candidateTimes(startSeconds: number, endSeconds: number): number[] {
  const length = Math.max(0, endSeconds - startSeconds);
  const step = Math.max(1 / candidatesPerSecond, length / mostCandidates);
  return Array.from({ length: Math.max(1, Math.ceil(length / step)) }, (_, i) => startSeconds + i * step);
}

/** A name that sorts by time: clip_00012.34s.jpg. */
export const frameName = (video: string, seconds: number): string =>
  `${(video.split('/').at(-1) ?? video).replace(/\.[^.]+$/, '')}_${seconds.toFixed(2).padStart(8, '0')}s.jpg`;

type Emit = (event: JobEvent) => void;

/** In a worker every canvas of the sink is an OffscreenCanvas. */
const canvasOf = (shown: WrappedCanvas): OffscreenCanvas => shown.canvas as OffscreenCanvas;

function greyFrame(canvas: OffscreenCanvas): GreyImage {
  const { width: widthPx, height: heightPx } = canvas;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('A frame of the video gave no canvas.');
  const { data } = context.getImageData(0, 0, widthPx, heightPx);
  return greyOf({ widthPx, heightPx, rgba: new Uint8Array(data.buffer) });
}

async function sinkOf(track: InputVideoTrack, maxSidePx: number): Promise<CanvasSink> {
  const size = workingSize(await track.getDisplayWidth(), await track.getDisplayHeight(), maxSidePx);
  return new CanvasSink(track, { width: size.widthPx, height: size.heightPx, fit: 'fill', poolSize: 2 });
}

/** Looks through the video: the path of the picture and the sharpness at each time. `frame` counts the times. */
async function lookThrough(track: InputVideoTrack, times: number[], emit: Emit, signal: AbortSignal): Promise<FrameCandidate[]> {
  const sink = await sinkOf(track, candidateSidePx);
  const meter = createMotionMeter();
  const candidates: FrameCandidate[] = [];
  const startedMs = performance.now();
  let [frame, lastSeconds] = [-1, NaN];
  for await (const shown of sink.canvasesAtTimestamps(times)) {
    signal.throwIfAborted();
    frame++;
    if (shown && shown.timestamp !== lastSeconds) {
      lastSeconds = shown.timestamp;
      const grey = greyFrame(canvasOf(shown));
      candidates.push({ frame, path: meter.add(grey), sharpness: sharpnessOf(grey) });
    }
    const done = frame + 1;
    const secondsLeft = ((performance.now() - startedMs) / 1000 / done) * (times.length - done);
    emit({ type: 'progress', stage: 'read', done, total: times.length, unit: 'frames', secondsLeft });
  }
  return candidates;
}

async function takeOut(track: InputVideoTrack, times: number[], video: string, signal: AbortSignal): Promise<SourceFile[]> {
  const sink = await sinkOf(track, frameSidePx);
  const files: SourceFile[] = [];
  for await (const shown of sink.canvasesAtTimestamps(times)) {
    signal.throwIfAborted();
    if (!shown) continue;
    const blob = await canvasOf(shown).convertToBlob({ type: 'image/jpeg', quality: jpegQuality });
    const bytes = async (): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());
    files.push({ path: frameName(video, shown.timestamp), sizeBytes: blob.size, bytes });
  }
  return files;
}

async function framesOf(input: Input, name: string, emit: Emit, signal: AbortSignal): Promise<Result<SourceFile[]>> {
  const track = await input.getPrimaryVideoTrack();
  if (!track) return fail('bad-file', `${name} has no picture in it.`, { file: name });
  if (!(await track.canDecode())) {
    const codec = await track.getCodec();
    const called = codec ? (codecNames[codec] ?? codec) : 'a codec nobody here knows';
    const remedy = 'Export it as H.264 (MP4) or WebM, or open this page in a browser that plays it; Safari and Chrome on a Mac play HEVC.';
    return fail('bad-file', `${name} is encoded in ${called}, which this browser cannot decode. ${remedy}`, { file: name });
  }
  const times = candidateTimes(await track.getFirstTimestamp(), await track.computeDuration());
  const candidates = await lookThrough(track, times, emit, signal);
  const chosen = chooseFrames(candidates).map(({ frame }) => times[frame]);
  return ok(await takeOut(track, chosen, name, signal));
}

/**
 * The frames to solve, at most 1600 px, as JPEG. Fails with `bad-file` when this browser cannot read or decode the video, `cancelled` when
 * the signal fired. Emits progress in frames.
 */
export async function videoFrames(video: Blob, name: string, emit: Emit, signal: AbortSignal): Promise<Result<SourceFile[]>> {
  const input = new Input({ source: new BlobSource(video), formats: ALL_FORMATS });
  try {
    return await framesOf(input, name, emit, signal);
  } catch (error) {
    if (signal.aborted) return fail('cancelled', 'The video was not looked through to its end.');
    const why = error instanceof Error ? error.message : String(error);
    return fail('bad-file', `${name} cannot be read as a video: ${why}`, { file: name });
  } finally {
    input.dispose();
  }
}
