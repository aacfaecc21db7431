/**
 * Kept solve: the cameras that a run has found, so that the same run taken up again does not look for them again.
 * Invariant: they are taken up only for the same photos, byte for byte, and the same options; a damaged file is none.
 */
import { createHash } from 'node:crypto';
import { type Result, ok } from '../core/job/failure.ts';
import type { SourceFile } from '../core/scene/dataset.ts';
import type { Solved, SolveOptions } from '../core/sfm/contract.ts';
import { readSolved, writeSolved } from '../core/sfm/solvedFile.ts';
import { createFileCache } from './fileCache.ts';
import { programVersion } from './programVersion.ts';

async function photosHash(photos: readonly SourceFile[]): Promise<string> {
  const hash = createHash('sha256');
  for (const photo of photos) {
    const bytes = await photo.bytes();
    hash.update(`${photo.path}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

/** The cameras kept in a cache's folder, or those that `solve` finds, which are kept then. Reads every photo once. */
export async function solveOnce(
  cache: string,
  photos: readonly SourceFile[],
  options: SolveOptions,
  solve: () => Promise<Result<Solved>>,
): Promise<Result<Solved>> {
  const files = createFileCache(cache);
  const key = `solved ${programVersion} ${JSON.stringify(options)} ${await photosHash(photos)}`;
  const bytes = await files.get(key);
  const kept = bytes && readSolved(bytes, photos);
  if (kept) return ok(kept);
  const found = await solve();
  if (found.ok) await files.put(key, Buffer.concat(writeSolved(found.value, photos)));
  return found;
}
