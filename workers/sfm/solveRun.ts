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
import type { RunKeeper } from '../train/runKeeper.ts';
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
  keeper: RunKeeper | null;
}

export interface SolvedInBrowser {
  dataset: Dataset;
  /** What training should refine of it. */
  refinement: ReturnType<typeof refinementOf>;
}

type Tell = Pick<SolveRun, 'photos' | 'post' | 'emit'>;

/** Shows solved cameras and makes of them what training is entered with. */
function handedOn(solved: Solved, { photos, post }: Tell): SolvedInBrowser {
  const sketch = sketchOf({ reconstruction: solved.reconstruction, photos: photos.length, up: solved.up });
  post({ type: 'solve-snapshot', sketch }, buffersOf(sketch));
  post({ type: 'solved', summary: summaryOf(solved) });
  return { dataset: solvedDataset(solved, photos), refinement: refinementOf(solved) };
}

/** Solves the photos, or takes up what was solved of them before. `cancelled` when the signal fired. */
export async function solveInBrowser(run: SolveRun): Promise<Result<SolvedInBrowser>> {
  const { keeper, photos, emit } = run;
  const before = await keeper?.solved(photos);
  if (before) {
    const placed = { done: before.report.registered, total: before.report.photos, unit: 'cameras', secondsLeft: null } as const;
    emit({ type: 'progress', stage: 'cameras', ...placed });
    return ok(handedOn(before, run));
  }
  const solved = await solveAnew(run);
  if (!solved.ok) return solved;
  await keeper?.keepSolved(solved.value, photos);
  return ok(handedOn(solved.value, run));
}

async function solveAnew({ gpu, photos, options, post, emit, signal }: SolveRun): Promise<Result<Solved>> {
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
    return signal.aborted ? cancelled : solved;
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
