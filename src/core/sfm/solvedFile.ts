/**
 * Solved cameras as a file, so that a run taken up again need not solve twice.
 * Invariant: a file is taken up only for the photos it was solved from: the same names and sizes, no more and no fewer.
 */
import { packValue, unpackValue } from '../project/packedValue.ts';
import type { SourceFile } from '../scene/dataset.ts';
import type { Solved } from './contract.ts';

const version = 1;

interface Kept {
  version: number;
  photos: string[];
  solved: Solved;
}

const photosKey = (photos: readonly SourceFile[]): string[] => photos.map(({ path, sizeBytes }) => `${sizeBytes} ${path}`).sort();

/** The file in parts. `photos` are those that were given to solve(). */
export const writeSolved = (solved: Solved, photos: readonly SourceFile[]): Uint8Array[] =>
  packValue({ version, photos: photosKey(photos), solved } satisfies Kept);

/** What was solved from these photos; null when the bytes are of another version or of other photos. */
export function readSolved(bytes: Uint8Array, photos: readonly SourceFile[]): Solved | null {
  const kept = unpackValue(bytes) as Partial<Kept> | null;
  if (kept?.version !== version || !Array.isArray(kept.photos) || !kept.solved) return null;
  const key = photosKey(photos);
  const same = key.length === kept.photos.length && key.every((photo, i) => photo === kept.photos?.[i]);
  return same ? kept.solved : null;
}
