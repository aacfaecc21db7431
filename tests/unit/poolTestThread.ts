/** A thread for the pool's tests: does what its task says instead of solving. Invariant: speaks as src/cli/sfmThread.ts does. */
import { parentPort, threadId } from 'node:worker_threads';
import { serveTasks } from '../../src/cli/threadMessages.ts';

export interface TestTask {
  do: 'double' | 'spin' | 'throw' | 'crash' | 'bytes';
  values?: Float32Array;
  /** How long to keep the thread busy. */
  ms?: number;
}

const shared = new Float32Array(1 << 20);

function run(task: TestTask): unknown {
  const end = performance.now() + (task.ms ?? 0);
  while (performance.now() < end);
  if (task.do === 'throw') throw new RangeError('the task is wrong');
  if (task.do === 'crash') process.exit(3);
  if (task.do === 'bytes') return { behind: task.values?.buffer.byteLength, part: shared.subarray(0, 4), threadId };
  return { doubled: task.values?.map((value) => 2 * value), threadId };
}

serveTasks(parentPort!, run);
