/**
 * Thread messages: what the Node pool and its threads say to each other.
 * Invariant: answers come in the order of the tasks, and drag along no memory that they do not show.
 */
import type { MessagePort } from 'node:worker_threads';
import { compact } from '../core/sfm/compact.ts';

/** One answer per task, in the order in which the tasks came. */
export type ThreadAnswer<R> = { ok: true; result: R } | { ok: false; message: string };

/** Answers every message of the port with what `run` makes of it. */
export function serveTasks<T, R>(port: MessagePort, run: (task: T) => R): void {
  port.on('message', (task: T) => {
    let answer: ThreadAnswer<R>;
    try {
      answer = { ok: true, result: compact(run(task)) };
    } catch (error) {
      answer = { ok: false, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    port.postMessage(answer);
  });
}
