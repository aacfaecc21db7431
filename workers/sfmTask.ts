/**
 * A solving thread's entry: one message in is one task; one message out is its result or the error's words.
 * Invariant: a task that throws is answered as an error and the thread stays usable.
 */
import { runSfmTask } from '../src/core/sfm/runTask.ts';
import type { SfmTask } from '../src/core/sfm/tasks.ts';
import { buffersOf, compact } from '../src/core/sfm/compact.ts';
import type { TaskAnswer } from './sfm/taskPool.ts';

function answerTo(task: SfmTask): TaskAnswer {
  try {
    return { ok: true, result: compact(runSfmTask(task)) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

self.addEventListener('message', ({ data }: MessageEvent<SfmTask>) => {
  const answer = answerTo(data);
  self.postMessage(answer, { transfer: buffersOf(answer) });
});
