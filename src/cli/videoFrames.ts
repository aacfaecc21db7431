/**
 * Video frames: a video file becomes the photos worth solving, in two passes of ffmpeg: small grey frames to choose by, then the chosen
 * ones at their working size.
 * Invariant: frames are named after their number in the video, so that the order of the names is that of the video.
 */
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type FrameCandidate, chooseFrames } from '../core/image/frameChoice.ts';
import { createMotionMeter } from '../core/image/motion.ts';
import { sharpnessOf } from '../core/image/sharpness.ts';
import type { JobEvent } from '../core/job/events.ts';
import { type Result, fail, ok } from '../core/job/failure.ts';
import type { SourceFile } from '../core/scene/dataset.ts';
import { everyFrame, frameEstimate, lastWords, runFfmpeg } from './ffmpeg.ts';
import { makeFolder } from './outputFiles.ts';
import { createPgmStream } from './pgmStream.ts';

export interface VideoEvents {
  emit(event: JobEvent): void;
  signal?: AbortSignal;
}

/** Longer side of the frames that sharpness is measured on. */
const choosingSidePx = 640;

/** At most so large, never enlarged; commas inside an expression are escaped for the filter graph. */
const fitted = (sidePx: number, filter: string): string =>
  `scale=min(${sidePx}\\,iw):min(${sidePx}\\,ih):force_original_aspect_ratio=decrease:flags=${filter}`;

const unreadable = (video: string, said: string): ReturnType<typeof fail> =>
  fail('bad-file', `${basename(video)} holds no video that ffmpeg can decode: ${lastWords(said)}.`, { file: video });

/** First pass: how sharp each frame is and how far the picture has moved. */
async function measureFrames(video: string, passthrough: string[], events: VideoEvents): Promise<Result<FrameCandidate[]>> {
  const candidates: FrameCandidate[] = [];
  const meter = createMotionMeter();
  let total: number | null = null;
  const take = createPgmStream((image) => {
    candidates.push({ frame: candidates.length, path: meter.add(image), sharpness: sharpnessOf(image) });
    const done = candidates.length;
    if (total !== null)
      events.emit({ type: 'progress', stage: 'read', done: Math.min(done, total), total, unit: 'frames', secondsLeft: null });
  });
  const filters = `${fitted(choosingSidePx, 'area')},format=gray`;
  const args = ['-i', video, '-map', '0:v:0', '-vf', filters, ...passthrough, '-c:v', 'pgm', '-f', 'image2pipe', '-'];
  const onSaid = (said: string): void => void (total ??= frameEstimate(said));
  const run = await runFfmpeg(args, { onOutput: take, onSaid, signal: events.signal });
  if (!run.ok) return run;
  return candidates.length > 0 ? ok(candidates) : unreadable(video, run.value.said);
}

const frameName = (frame: number): string => `frame_${String(frame).padStart(6, '0')}.png`;

async function sourceFile(folder: string, name: string): Promise<SourceFile> {
  const path = join(folder, name);
  const { size } = await stat(path);
  return { path: name, sizeBytes: size, bytes: async () => new Uint8Array(await readFile(path)) };
}

const partName = (process: number, order: string): string => `.part-${process}-${order}.png`;

/** Second pass: the chosen frames as PNG. */
async function writeFrames(
  video: string,
  frames: number[],
  folder: string,
  maxSidePx: number,
  passthrough: string[],
  events: VideoEvents,
): Promise<Result<SourceFile[]>> {
  const chosen = frames.map((frame) => `eq(n\\,${frame})`).join('+');
  const parts = frames.map((_, i) => join(folder, partName(process.pid, String(i + 1).padStart(6, '0'))));
  const filters = `select=${chosen},${fitted(maxSidePx, 'lanczos')}`;
  const output = join(folder, partName(process.pid, '%06d'));
  const args = ['-i', video, '-map', '0:v:0', '-vf', filters, ...passthrough, '-frames:v', String(frames.length), '-pix_fmt', 'rgb24'];
  try {
    const run = await runFfmpeg([...args, '-y', '-f', 'image2', output], { signal: events.signal });
    if (!run.ok) return run;
    const files: SourceFile[] = [];
    for (const [i, frame] of frames.entries()) {
      await rename(parts[i], join(folder, frameName(frame)));
      files.push(await sourceFile(folder, frameName(frame)));
    }
    return ok(files);
  } finally {
    for (const part of parts) await rm(part, { force: true });
  }
}

/**
 * The frames to solve, written to `folder` with the longer side at most `maxSidePx`. Fails with `bad-file` when there is no ffmpeg or it
 * cannot read the video, and with `cancelled`.
 */
export async function videoFrames(video: string, folder: string, maxSidePx: number, events: VideoEvents): Promise<Result<SourceFile[]>> {
  const passthrough = await everyFrame(events.signal);
  if (!passthrough.ok) return passthrough;
  const made = await makeFolder(folder);
  if (!made.ok) return made;
  const candidates = await measureFrames(video, passthrough.value, events);
  if (!candidates.ok) return candidates;
  const frames = chooseFrames(candidates.value).map(({ frame }) => frame);
  return writeFrames(video, frames, folder, maxSidePx, passthrough.value, events);
}
