/**
 * Which of a model's files the page is told to fetch.
 * Invariant: whatever is there, one is chosen.
 */
import type { ModelFormat } from '../../src/core/job/cloudApi.ts';

export interface ModelFile {
  kind: ModelFormat;
  bytes: number;
}

/** The page keeps the model in its own storage and may edit it, so the .ply, which loses nothing, comes first while it is not too much. */
const mostPlyBytes = 200_000_000;
/** Smallest first. */
const others: readonly ModelFormat[] = ['sog', 'spz', 'splat', 'ply'];

export function fileForPage(files: readonly ModelFile[]): ModelFile | null {
  const ply = files.find(({ kind, bytes }) => kind === 'ply' && bytes <= mostPlyBytes);
  if (ply) return ply;
  const sorted = others.flatMap((kind) => files.filter((file) => file.kind === kind));
  return sorted[0] ?? null;
}
