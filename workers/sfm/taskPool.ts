/**
 * Task pool: the tasks of solving on workers of this worker. A worker starts when it is first needed.
 * Invariant: every task settles exactly once: with its result, its error, the end of its worker, or the signal's reason; a worker has one
 * task at a time.
 */
import type { TaskPool } from '../../src/core/sfm/contract.ts';
import type { SfmTask, SfmTaskResult } from '../../src/core/sfm/tasks.ts';
import { compact } from '../../src/core/sfm/compact.ts';

/** One answer per task. */
export type TaskAnswer = { ok: true; result: SfmTaskResult } | { ok: false; message: string };

/** What the pool needs of a Worker. */
export type TaskWorker = Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror' | 'onmessageerror'>;

export interface WorkerPool extends TaskPool {
  /** Ends all workers; tasks under way and queued ones are rejected. */
  dispose(): void;
}

interface Job {
  task: SfmTask;
  signal: AbortSignal | undefined;
  /** Each takes the job off its signal first. */
  resolve(result: SfmTaskResult): void;
  reject(error: Error): void;
}

/** A place for one worker; the worker is made for the first job and again after it was ended. */
interface Lane {
  worker: TaskWorker | null;
  job: Job | null;
}

const endOf = (lane: Lane): Job | null => {
  const { job } = lane;
  lane.job = null;
  return job;
};

/** An abort's reason is an Error (a DOMException is one) unless somebody gave another thing. */
const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

const spawnThread = (): TaskWorker => new Worker(new URL('../sfmTask.ts', import.meta.url), { type: 'module', name: 'solve' });

/** One thread is left to whoever posts the tasks; more than eight wait for memory, not for processors. */
export const poolSize = (processors: number): number => Math.min(8, Math.max(1, processors - 1));

/** A worker whose answers and end settle the lane's job; `idle` is called whenever the lane can take another. */
function startWorker(spawn: () => TaskWorker, lane: Lane, idle: () => void): TaskWorker {
  const worker = spawn();
  worker.onmessage = ({ data }: MessageEvent<TaskAnswer>) => {
    if (lane.worker !== worker) return;
    const job = endOf(lane);
    if (data.ok) job?.resolve(data.result);
    else job?.reject(new Error(data.message));
    idle();
  };
  const lost = (why: string): void => {
    if (lane.worker !== worker) return;
    lane.worker = null;
    worker.terminate();
    endOf(lane)?.reject(new Error(why));
    idle();
  };
  worker.onerror = (event) => lost(event.message || 'A solving thread could not be loaded.');
  worker.onmessageerror = () => lost('The answer of a solving thread could not be read.');
  return worker;
}

/** A pool of `size` workers. */
export function createTaskPool(size = poolSize(navigator.hardwareConcurrency), spawn: () => TaskWorker = spawnThread): WorkerPool {
  const lanes: Lane[] = Array.from({ length: Math.max(1, size) }, () => ({ worker: null, job: null }));
  const queue: Job[] = [];
  let disposed = false;

  /** The next job that is still wanted; one whose signal has fired is about to be rejected by it. */
  const wanted = (): Job | undefined => {
    for (;;) {
      const job = queue.shift();
      if (!job?.signal?.aborted) return job;
    }
  };

  /** Hands queued jobs to free lanes. */
  const next = (): void => {
    for (const lane of lanes) {
      if (lane.job) continue;
      const job = wanted();
      if (!job) return;
      lane.job = job;
      try {
        lane.worker ??= startWorker(spawn, lane, next);
        lane.worker.postMessage(compact(job.task));
      } catch (error) {
        endOf(lane)?.reject(asError(error));
      }
    }
  };

  /** There is no way to stop a task but to end its worker; another one takes its place. */
  const drop = (job: Job): void => {
    const queued = queue.indexOf(job);
    if (queued >= 0) queue.splice(queued, 1);
    const lane = lanes.find((each) => each.job === job);
    if (!lane) return;
    lane.worker?.terminate();
    lane.worker = null;
    lane.job = null;
    next();
  };

  const run = (task: SfmTask, signal?: AbortSignal): Promise<SfmTaskResult> =>
    new Promise((resolve, reject) => {
      if (disposed) return reject(new Error('The pool has been disposed of.'));
      if (signal?.aborted) return reject(asError(signal.reason));
      const onAbort = (): void => {
        drop(job);
        reject(asError(signal?.reason));
      };
      const off = (): void => signal?.removeEventListener('abort', onAbort);
      const job: Job = { task, signal, resolve: (result) => (off(), resolve(result)), reject: (error) => (off(), reject(error)) };
      signal?.addEventListener('abort', onAbort, { once: true });
      queue.push(job);
      next();
    });

  const dispose = (): void => {
    disposed = true;
    const waiting = [...queue.splice(0), ...lanes.flatMap((lane) => endOf(lane) ?? [])];
    for (const lane of lanes) {
      lane.worker?.terminate();
      lane.worker = null;
    }
    for (const job of waiting) job.reject(new Error('The pool was disposed of in the middle of the work.'));
  };

  return { size: lanes.length, run, dispose };
}
