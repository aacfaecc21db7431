/**
 * From the files a person gave to what training is entered with: poses are read where there are some and solved where there are none.
 * Invariant: photos keep the person's order of names; a video's frames come in its order of time.
 */
import { type GivenFiles, photosOf } from '../../src/core/formats/photoFiles.ts';
import { readDataset } from '../../src/core/formats/readDataset.ts';
import { type Result, fail, ok } from '../../src/core/job/failure.ts';
import type { Dataset, SourceFile } from '../../src/core/scene/dataset.ts';
import type { PickedFile } from '../protocol.ts';
import { type SolvedInBrowser, type SolveRun, solveInBrowser } from '../sfm/solveRun.ts';
import { sourceFiles } from './sourceFiles.ts';

export interface OpenedDataset {
  dataset: Dataset;
  /** What training should refine of it: nothing of given poses. */
  refinement: Partial<SolvedInBrowser['refinement']>;
}

/** Below this a video given with the photos says more than they do. */
const leastPhotos = 3;

/** Reads or solves. `isVideo`: the photos are frames of one video. `cancelled` when the signal fired. */
export async function openDataset(
  picked: PickedFile[],
  isVideo: boolean,
  run: Omit<SolveRun, 'photos' | 'options'>,
): Promise<Result<OpenedDataset>> {
  run.emit({ type: 'stage-started', stage: 'read' });
  const given = await photosOf(sourceFiles(picked));
  if (!given.ok) return given;
  const { files, photos, video, hasPoses } = given.value;
  if (hasPoses || (photos.length === 0 && !video)) return withPoses(files);
  const chosen = await photosToSolve(given.value, picked, isVideo, run);
  if (!chosen.ok) return chosen;
  return solveInBrowser({ ...run, ...chosen.value });
}

async function withPoses(files: SourceFile[]): Promise<Result<OpenedDataset>> {
  const dataset = await readDataset(files);
  return dataset.ok ? ok({ dataset: dataset.value, refinement: {} }) : dataset;
}

type ToSolve = Pick<SolveRun, 'photos' | 'options'>;

async function photosToSolve(
  { photos, video }: GivenFiles,
  picked: PickedFile[],
  isVideo: boolean,
  { emit, signal }: Pick<SolveRun, 'emit' | 'signal'>,
): Promise<Result<ToSolve>> {
  if (video && photos.length < leastPhotos) {
    const { videoFrames } = await import('../sfm/videoFrames.ts');
    const frames = await videoFrames(await contentOf(video, picked), video.path, emit, signal);
    return frames.ok ? ok({ photos: frames.value, options: { video: true } }) : frames;
  }
  if (video) {
    const detail = `${video.path} was left out, because photos were given with it. Give the video alone to use it.`;
    emit({ type: 'warning', failure: fail('partial', detail, { file: video.path }).failure });
  }
  return ok({ photos, options: isVideo ? { video: true } : {} });
}

/** The file itself where the person gave it, so that a long video is never read into memory as a whole. */
async function contentOf(video: SourceFile, picked: PickedFile[]): Promise<Blob> {
  const itself = picked.find(({ path, file }) => file.size === video.sizeBytes && path.endsWith(video.path));
  return itself?.file ?? new Blob([(await video.bytes()) as Uint8Array<ArrayBuffer>]);
}
