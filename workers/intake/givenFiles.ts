/**
 * Files that are kept as given: a data set that brings its own cameras, and splats.
 * Invariant: of a data set those files are copied that its poses, points and matched photos are in, under their own paths; photos lose the
 * place they were taken at.
 */
import { listFiles } from '../../src/core/formats/fileListing.ts';
import { isPhotoPath } from '../../src/core/formats/matchPhotos.ts';
import { readDataset } from '../../src/core/formats/readDataset.ts';
import { bytesOf } from '../../src/core/formats/readPoses.ts';
import { withoutPlace } from '../../src/core/image/withoutPlace.ts';
import { type Result, ok } from '../../src/core/job/failure.ts';
import { broughtFile, givenFile } from '../../src/core/project/layout.ts';
import type { ProjectFile } from '../../src/core/project/project.ts';
import type { IntakeFile } from './given.ts';
import type { Keeper } from './keeper.ts';
import type { IntakeMessage, IntakeResult } from './messages.ts';

type Post = (message: IntakeMessage) => void;

const isPoses = (path: string): boolean => /\.(bin|txt|json|ply)$/i.test(path);

/** Copies one file, or hands it to the page. Gives back its size. */
async function copy(file: IntakeFile, name: string, keeper: Keeper, post: Post): Promise<Result<number>> {
  const read = await bytesOf(file);
  if (!read.ok) return read;
  const bytes = isPhotoPath(file.path) ? withoutPlace(read.value.bytes) : read.value.bytes;
  const kept = await keeper.put(name, bytes);
  if (!kept.ok) return kept;
  if (kept.value) post({ type: 'unkept', file: { name, bytes: kept.value } });
  return ok(bytes.length);
}

const sizeOf = (files: IntakeFile[]): number => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** Reads the poses to tell which files are needed, then copies those. Fails as readDataset does, or with `storage-full`. */
export async function takeDataset(files: IntakeFile[], keeper: Keeper, post: Post): Promise<Result<IntakeResult>> {
  const dataset = await readDataset(files);
  if (!dataset.ok) return dataset;
  const needed: IntakeFile[] = [...listFiles(files).files.filter(({ path }) => isPoses(path)), ...dataset.value.photos];
  const room = await keeper.checkRoom(sizeOf(needed));
  if (!room.ok) return room;
  const kept: ProjectFile[] = [];
  for (const [i, file] of needed.entries()) {
    const name = givenFile(i + 1, file.path);
    const copied = await copy(file, name, keeper, post);
    if (!copied.ok) return copied;
    kept.push({ path: file.path, file: name, sizeBytes: copied.value });
    post({ type: 'progress', done: i + 1, total: needed.length, unit: 'files' });
  }
  const { warnings } = dataset.value;
  return ok({ source: 'dataset', photos: [], files: kept, splatFile: null, warnings, bytes: keeper.bytesWritten() });
}

/** Copies a splat file. What is in it is the viewer's to judge. */
export async function takeSplats(file: IntakeFile, keeper: Keeper, post: Post): Promise<Result<IntakeResult>> {
  const room = await keeper.checkRoom(file.sizeBytes);
  if (!room.ok) return room;
  const name = broughtFile(file.path);
  const copied = await copy(file, name, keeper, post);
  if (!copied.ok) return copied;
  post({ type: 'progress', done: 1, total: 1, unit: 'files' });
  return ok({ source: 'splats', photos: [], files: [], splatFile: name, warnings: [], bytes: keeper.bytesWritten() });
}
