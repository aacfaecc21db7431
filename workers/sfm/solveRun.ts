/**
 * Solving in the browser: lends the engine the browser's decoders, threads and storage, and passes on what it finds.
 * Invariant: after it has resolved or the signal has fired no thread of it is left and no message follows.
 */
import type { Gpu } from '../../src/core/gpu/device.ts';
import type { JobEvent } from '../../src/core/job/events.ts';
import { type Result, fail, ok } from '../../src/core/job/failure.ts';
import type { Dataset, SourceFile } from '../../src/core/scene/dataset.ts';
import type { SolveHost, SolveOptions, Solved } from '../../src/core/sfm/contract.ts';
import { solve } from '../../src/core/sfm/solve.ts';
import type { TrainMessage } from '../protocol.ts';
import { buffersOf } from '../../src/core/sfm/compact.ts';
import { refinementOf, solvedDataset } from '../../src/core/sfm/solvedDataset.ts';
import { createSolveDecoder } from './decodeForSolving.ts';
import { createLatestSlot } from './latest.ts';
import { openSolveCache } from './opfsCache.ts';
import { sketchOf } from './solveSketch.ts';
import { createTaskPool } from './taskPool.ts';

const sketchEveryMs = 200;

export interface SolveRun {
  gpu: Gpu;
  photos: SourceFile[];
  options: SolveOptions;
  post: (message: TrainMessage, transfer?: Transferable[]) => void;
  emit: (event: JobEvent) => void;
  signal: AbortSignal;
}

export interface SolvedInBrowser {
  dataset: Dataset;
  /** What training should refine of it. */
  refinement: ReturnType<typeof refinementOf>;
}

/** Solves the photos and gives back what training is entered with. `cancelled` when the signal fired. */
export async function solveInBrowser({ gpu, photos, options, post, emit, signal }: SolveRun): Promise<Result<SolvedInBrowser>> {
  const pool = createTaskPool();
  const sketches = createLatestSlot((sketch: ReturnType<typeof sketchOf>) => {
    post({ type: 'solve-snapshot', sketch }, buffersOf(sketch));
  }, sketchEveryMs);
  const cache = await openSolveCache();
  const host: SolveHost = { nowMs: () => performance.now(), decode: createSolveDecoder(), pool, ...(cache ? { cache } : {}) };
  const events = {
    emit: (event: JobEvent): void => {
      if (!signal.aborted) emit(event);
    },
    onSnapshot: (snapshot: Parameters<typeof sketchOf>[0]): void => sketches.offer(sketchOf(snapshot)),
  };
  signal.addEventListener('abort', () => (sketches.drop(), pool.dispose()), { once: true });
  try {
    const solved = await solve(gpu, photos, options, host, events, signal);
    if (signal.aborted) return cancelled;
    if (!solved.ok) return solved;
    sketches.offer(sketchOf({ reconstruction: solved.value.reconstruction, photos: photos.length, up: solved.value.up }));
    sketches.flush();
    post({ type: 'solved', summary: summaryOf(solved.value) });
    return ok({ dataset: solvedDataset(solved.value, photos), refinement: refinementOf(solved.value) });
  } catch (error) {
    if (signal.aborted) return cancelled;
    throw error;
  } finally {
    sketches.drop();
    pool.dispose();
  }
}

const cancelled = fail('cancelled', 'The cameras were not all placed yet. Features found so far are kept for the next time.');

function summaryOf({ report }: Solved): Extract<TrainMessage, { type: 'solved' }>['summary'] {
  const { photos, registered, points, meanReprojectionErrorPhotoPx: meanReprojectionErrorPx, leftOut } = report;
  return { photos, registered, points, meanReprojectionErrorPx, leftOut };
}
