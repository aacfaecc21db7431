/**
 * Open dataset: a folder or a .zip named on the command line becomes a Dataset.
 * Invariant: every way in which it cannot be read is a Failure that names what was asked for.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isVideoPath, photosOf } from '../core/formats/photoFiles.ts';
import { readDataset } from '../core/formats/readDataset.ts';
import { type Result, fail, ok } from '../core/job/failure.ts';
import type { Dataset, SourceFile } from '../core/scene/dataset.ts';
import { fileFailure } from './fileFailure.ts';
import { frameSidePx, openPhotos, type PhotoSource } from './photoSource.ts';
import { folderFiles } from './sourceFiles.ts';
import type { VideoEvents } from './videoFrames.ts';

export interface OpenedDataset {
  dataset: Dataset;
  /** Full paths of the dataset's photos on disk; none when it came out of an archive. */
  photoPaths: string[];
}

async function listFiles(path: string): Promise<Result<{ files: SourceFile[]; isFolder: boolean }>> {
  const info = await stat(path);
  if (info.isDirectory()) {
    const files = await folderFiles(path);
    return files.ok ? ok({ files: files.value, isFolder: true }) : files;
  }
  if (!/\.zip$/i.test(path)) return fail('bad-file', `${path} is neither a folder nor a .zip.`, { file: path });
  const bytes = new Uint8Array(await readFile(path));
  return ok({ files: [{ path: basename(path), sizeBytes: bytes.length, bytes: () => Promise.resolve(bytes) }], isFolder: false });
}

/** A photo's path in the dataset may lack the folders that all files share: any tail of the path on disk may be it. */
function photosOnDisk(root: string, files: SourceFile[], photos: SourceFile[]): string[] {
  const wanted = new Set(photos.map((photo) => photo.path));
  const tails = (path: string): string[] => path.split('/').map((_, i, parts) => parts.slice(i).join('/'));
  return files.filter((file) => tails(file.path).some((tail) => wanted.has(tail))).map((file) => join(root, file.path));
}

/**
 * Reads the list of files and the poses; the photos' pixels stay on disk until they are needed. `poses` chooses among several models, by
 * a path in the dataset or any longer path that ends with it.
 */
export async function openDataset(path: string, poses: string | undefined): Promise<Result<OpenedDataset>> {
  try {
    const listed = await listFiles(path);
    if (!listed.ok) return listed;
    const { files, isFolder } = listed.value;
    const read = await readDataset(files, poses === undefined ? {} : { poses });
    if (!read.ok) return read;
    const dataset = { ...read.value, source: `${basename(resolve(path))}, ${read.value.source}` };
    return ok({ dataset, photoPaths: isFolder ? photosOnDisk(path, files, dataset.photos) : [] });
  } catch (error) {
    return { ok: false, failure: fileFailure(error, 'read', path) };
  }
}

export type TrainInput = ({ dataset: OpenedDataset['dataset'] } | { photos: PhotoSource }) & Pick<OpenedDataset, 'photoPaths'>;

/** A dataset where there are poses (or poses are asked for); else the photos or the video itself. */
export async function openTrainInput(
  { dataset: path, poses, out }: { dataset: string; poses: string | undefined; out: string },
  events: VideoEvents,
): Promise<Result<TrainInput>> {
  try {
    if (poses !== undefined || (!isVideoPath(path) && (await hasPoses(path)))) return await openDataset(path, poses);
  } catch (error) {
    return { ok: false, failure: fileFailure(error, 'read', path) };
  }
  const opened = await openPhotos(path, { framesFolder: join(out, 'images'), maxSidePx: frameSidePx }, events);
  if (!opened.ok) return opened;
  const photoPaths = opened.value.video ? [] : opened.value.photos.map((photo) => join(path, photo.path));
  return ok({ photos: opened.value, photoPaths });
}

/** True too where the files cannot be read as photos: openDataset says what is wrong with them. */
async function hasPoses(path: string): Promise<boolean> {
  const listed = await listFiles(path);
  const given = listed.ok ? await photosOf(listed.value.files) : listed;
  return !given.ok || given.value.hasPoses;
}
