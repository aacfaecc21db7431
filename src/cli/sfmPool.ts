/**
 * SfM pool: the tasks of solving on worker threads of Node. Threads start when they are first needed and inherit the flags of this process
 * (process.execArgv), so that they read the same sources.
 * Invariant: every task settles exactly once: with its result, its error, the end of its thread, or the signal's reason.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { TaskPool } from '../core/sfm/contract.ts';
import type { SfmTask, SfmTaskResult } from '../core/sfm/tasks.ts';
import { compact } from '../core/sfm/compact.ts';
import type { ThreadAnswer } from './threadMessages.ts';

export interface NodePool extends TaskPool {
  /** Ends all threads; tasks under way and queued ones are rejected. */
  dispose(): Promise<void>;
}

interface Job {
  task: SfmTask;
  /** Each takes the job off its signal first. */
  resolve(result: SfmTaskResult): void;
  reject(error: Error): void;
}

/** A place for one thread; the thread itself is made for the first job and again after it was ended. */
interface Lane {
  worker: Worker | null;
  job: Job | null;
}

/** What abort() was given, whatever that is. */
const reasonOf = (signal?: AbortSignal): Error => signal?.reason as Error;

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const endOf = (lane: Lane): Job | null => {
  const { job } = lane;
  lane.job = null;
  return job;
};

/** A thread whose answers and end settle the lane's job; `idle` is called whenever the lane can take another. */
function startThread(entry: URL, lane: Lane, idle: () => void): Worker {
  const worker = new Worker(entry);
  const lost = (error: Error): void => {
    if (lane.worker !== worker) return;
    lane.worker = null;
    endOf(lane)?.reject(error);
    void worker.terminate();
    idle();
  };
  worker.on('message', (answer: ThreadAnswer<SfmTaskResult>) => {
    if (lane.worker !== worker) return;
    worker.unref();
    const job = endOf(lane);
    if (answer.ok) job?.resolve(answer.result);
    else job?.reject(new Error(answer.message));
    idle();
  });
  worker.on('error', lost);
  worker.on('messageerror', lost);
  worker.on('exit', (code) => lost(new Error(`A solving thread ended with code ${code} in the middle of its work.`)));
  return worker;
}

/** A pool of `size` threads. `entry` is the file that each runs. */
export function createNodePool(size = availableParallelism(), entry = new URL('./sfmThread.ts', import.meta.url)): NodePool {
  const lanes: Lane[] = Array.from({ length: Math.max(1, size) }, () => ({ worker: null, job: null }));
  const queue: Job[] = [];
  let disposed = false;

  /** Hands queued jobs to free lanes. */
  const next = (): void => {
    for (const lane of lanes) {
      if (lane.job) continue;
      const job = queue.shift();
      if (!job) return;
      lane.job = job;
      lane.worker ??= startThread(entry, lane, next);
      lane.worker.ref();
      try {
        lane.worker.postMessage(compact(job.task));
      } catch (error) {
        endOf(lane)?.reject(asError(error));
      }
    }
  };

  /** There is no way to stop a task but to end its thread; another one takes its place. */
  const drop = (job: Job): void => {
    const queued = queue.indexOf(job);
    if (queued >= 0) queue.splice(queued, 1);
    const lane = lanes.find((each) => each.job === job);
    if (!lane) return;
    const { worker } = lane;
    lane.worker = null;
    lane.job = null;
    void worker?.terminate();
    // Later, when the signal has dropped all it has to: a queued job must not be given a thread only to be dropped with it.
    queueMicrotask(next);
  };

  const run = (task: SfmTask, signal?: AbortSignal): Promise<SfmTaskResult> =>
    new Promise((resolve, reject) => {
      if (disposed) return reject(new Error('The pool has been disposed of.'));
      if (signal?.aborted) return reject(reasonOf(signal));
      const onAbort = (): void => {
        drop(job);
        reject(reasonOf(signal));
      };
      const settle = <T>(how: (value: T) => void, value: T): void => {
        signal?.removeEventListener('abort', onAbort);
        how(value);
      };
      const job: Job = { task, resolve: (result) => settle(resolve, result), reject: (error) => settle(reject, error) };
      signal?.addEventListener('abort', onAbort, { once: true });
      queue.push(job);
      next();
    });

  const dispose = async (): Promise<void> => {
    disposed = true;
    const waiting = [...queue.splice(0), ...lanes.flatMap((lane) => endOf(lane) ?? [])];
    const workers = lanes.flatMap(({ worker }) => worker ?? []);
    for (const lane of lanes) lane.worker = null;
    for (const job of waiting) job.reject(new Error('The pool was disposed of in the middle of the work.'));
    await Promise.all(workers.map((worker) => worker.terminate()));
  };

  return { size: lanes.length, run, dispose };
}
