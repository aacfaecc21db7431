/**
 * What is among the files a person gave: photos, a video, camera poses. Decides whether the cameras have to be solved first.
 * Invariant: photos are in code-unit order of their paths; nothing is decoded or judged here.
 */
import { type Result, ok } from '../job/failure.ts';
import type { SourceFile } from '../scene/dataset.ts';
import { listFiles } from './fileListing.ts';
import { isPhotoPath } from './matchPhotos.ts';
import { findPoseSources } from './poseSources.ts';
import { unpackArchives } from './readDataset.ts';

export interface GivenFiles {
  /** What was given, archives unpacked: what readDataset is to read. */
  files: SourceFile[];
  photos: SourceFile[];
  /** The largest video; null when there is none. */
  video: SourceFile | null;
  /** There are files that hold camera poses, whole or not: readDataset says what is wrong with them. */
  hasPoses: boolean;
}

const videoKind = /\.(mp4|m4v|mov|webm|mkv)$/i;
export const isVideoPath = (path: string): boolean => videoKind.test(path);

/** A COLMAP model without its cameras is a damaged model, not a set of loose photos. */
const isModelPart = (path: string): boolean => /(^|\/)images\.(bin|txt)$/.test(path);

/** Looks through files and, where nothing but archives was given, through what is in them. `bad-file` when an archive cannot be unpacked. */
export async function photosOf(files: SourceFile[]): Promise<Result<GivenFiles>> {
  const unpacked = await unpackArchives(files);
  if (!unpacked.ok) return unpacked;
  const listing = listFiles(unpacked.value);
  const videos = listing.files.filter(({ path }) => isVideoPath(path)).sort((a, b) => b.sizeBytes - a.sizeBytes);
  return ok({
    files: unpacked.value,
    photos: listing.files.filter(({ path }) => isPhotoPath(path)),
    video: videos[0] ?? null,
    hasPoses: findPoseSources(listing).length > 0 || listing.files.some(({ path }) => isModelPart(path)),
  });
}
