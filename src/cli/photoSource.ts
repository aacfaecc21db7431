/**
 * Photo source: the folder, archive or video named on the command line as the photos to solve.
 * Invariant: photos come in code-unit order of their names; a video's frames come in its order, under names that sort the same.
 */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isVideoPath, photosOf } from '../core/formats/photoFiles.ts';
import { type Result, fail, ok } from '../core/job/failure.ts';
import type { SourceFile } from '../core/scene/dataset.ts';
import { fileFailure } from './fileFailure.ts';
import { folderFiles } from './sourceFiles.ts';
import { type VideoEvents, videoFrames } from './videoFrames.ts';

export interface PhotoSource {
  photos: SourceFile[];
  video: boolean;
}

/** Longer side of a video's frames unless asked otherwise: solving sees no more. */
export const frameSidePx = 1600;

interface FramePlace {
  /** Where a video's frames are written. */
  framesFolder: string;
  /** Longer side of the frames at most. */
  maxSidePx: number;
}

async function listFiles(path: string): Promise<Result<SourceFile[]>> {
  const info = await stat(path);
  if (info.isDirectory()) return folderFiles(path);
  if (!/\.zip$/i.test(path)) return fail('bad-file', `${path} is neither a folder, a .zip nor a video.`, { file: path });
  const bytes = new Uint8Array(await readFile(path));
  return ok([{ path: basename(path), sizeBytes: bytes.length, bytes: () => Promise.resolve(bytes) }]);
}

/** A video out of an archive or folder, written where ffmpeg can read it. */
async function framesOfFile(video: SourceFile, place: FramePlace, events: VideoEvents): Promise<Result<SourceFile[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'splat-video-'));
  try {
    const path = join(folder, basename(video.path));
    await writeFile(path, await video.bytes());
    return await videoFrames(path, place.framesFolder, place.maxSidePx, events);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The photos at `path`. Fails with `bad-file`, `too-few-photos` or `cancelled`. */
export async function openPhotos(path: string, place: FramePlace, events: VideoEvents): Promise<Result<PhotoSource>> {
  const asVideo = (frames: Result<SourceFile[]>): Result<PhotoSource> => (frames.ok ? ok({ photos: frames.value, video: true }) : frames);
  try {
    if (isVideoPath(path) && (await stat(path)).isFile())
      return asVideo(await videoFrames(path, place.framesFolder, place.maxSidePx, events));
    const files = await listFiles(path);
    if (!files.ok) return files;
    const given = await photosOf(files.value);
    if (!given.ok) return given;
    const { photos, video } = given.value;
    if (photos.length === 0 && video) return asVideo(await framesOfFile(video, place, events));
    if (photos.length === 0)
      return fail('too-few-photos', `There is no photo among the ${given.value.files.length} files given in ${path}.`, { file: path });
    return ok({ photos, video: false });
  } catch (error) {
    return { ok: false, failure: fileFailure(error, 'read', path) };
  }
}
