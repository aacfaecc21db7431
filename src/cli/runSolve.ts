/**
 * Run solve: the engine's solving with this machine's decoder, threads and cache; what `splat solve` and `splat train` share.
 * Invariant: no thread is left when it has ended.
 */
import type { Gpu } from '../core/gpu/device.ts';
import { type Result, fail } from '../core/job/failure.ts';
import type { SolveHost, SolveOptions, Solved } from '../core/sfm/contract.ts';
import { solve } from '../core/sfm/solve.ts';
import { createFileCache } from './fileCache.ts';
import { formatCount } from './numbersInWords.ts';
import type { PhotoSource } from './photoSource.ts';
import { createNodePool } from './sfmPool.ts';
import { decodeForSolving } from './solveDecode.ts';
import type { World } from './world.ts';

const stopped = fail('cancelled', 'Stopped before the cameras were found; only the features found so far are kept.');

/** Solves with a GPU or without. `cache`: folder for features and matches; null for none. `cancelled` when the signal fired. */
export async function runSolve(
  gpu: Gpu | null,
  { photos }: PhotoSource,
  options: SolveOptions,
  cache: string | null,
  { reporter }: World,
  signal: AbortSignal,
): Promise<Result<Solved>> {
  const pool = createNodePool();
  const kept = cache === null ? {} : { cache: createFileCache(cache) };
  const host: SolveHost = { nowMs: () => performance.now(), decode: decodeForSolving, pool, ...kept };
  try {
    const solved = await solve(gpu, photos, options, host, { emit: reporter.emit }, signal);
    return signal.aborted ? stopped : solved;
  } finally {
    await pool.dispose();
  }
}

/** The outcome in words. */
export function tellSolved({ report }: Solved, { reporter }: World): void {
  const { registered, photos, points, meanReprojectionErrorPx, cameras } = report;
  reporter.result(
    `Cameras: ${registered} of ${photos} photos placed, ${formatCount(points)} points, mean reprojection error ${meanReprojectionErrorPx.toFixed(2)} px.`,
  );
  for (const { name, photos: members, focalPx, focalFrom } of cameras)
    reporter.result(
      `Camera ${name}: ${members} photos, focal length ${focalPx.toFixed(1)} px (${focalFrom === 'given' ? 'as given' : `refined from ${focalFrom}`}).`,
    );
}
