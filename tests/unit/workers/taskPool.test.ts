/** The pool of solving workers, on workers that a test answers for. */
import { describe, expect, test } from 'vitest';
import type { SfmTask } from '../../../src/core/sfm/tasks.ts';
import { buffersOf, compact } from '../../../src/core/sfm/compact.ts';
import { type TaskAnswer, type TaskWorker, createTaskPool, poolSize } from '../../../workers/sfm/taskPool.ts';

interface FakeWorker extends TaskWorker {
  got: SfmTask[];
  ended: boolean;
  answer(answer: TaskAnswer): void;
}

function fakes(): { made: FakeWorker[]; spawn: () => TaskWorker } {
  const made: FakeWorker[] = [];
  const spawn = (): TaskWorker => {
    const worker = {
      got: [] as SfmTask[],
      ended: false,
      onmessage: null,
      onerror: null,
      onmessageerror: null,
      postMessage: (task: SfmTask) => void worker.got.push(task),
      terminate: () => void (worker.ended = true),
      answer: (data: TaskAnswer) => (worker.onmessage as ((event: unknown) => void) | null)?.({ data }),
    };
    made.push(worker);
    return worker;
  };
  return { made, spawn };
}

const task = (n: number): SfmTask => ({ kind: 'match', first: Uint8Array.of(n), others: [] });
const result = (n: number): TaskAnswer => ({ ok: true, result: { kind: 'match', matches: [{ n } as never] } });
const firstOf = (each: SfmTask): number => (each.kind === 'match' ? each.first[0] : -1);

describe('task pool', () => {
  test('starts no more workers than it may, gives each one task at a time, and each task its own result', async () => {
    const { made, spawn } = fakes();
    const pool = createTaskPool(2, spawn);
    expect(made).toHaveLength(0);
    const results = [0, 1, 2].map((n) => pool.run(task(n)));
    expect(made.map(({ got }) => got.map(firstOf))).toEqual([[0], [1]]);
    made[1].answer(result(1));
    expect(made[1].got.map(firstOf)).toEqual([1, 2]);
    made[0].answer(result(0));
    made[1].answer(result(2));
    expect((await Promise.all(results)).map((each) => each.kind === 'match' && each.matches)).toEqual([[{ n: 0 }], [{ n: 1 }], [{ n: 2 }]]);
  });

  test('an error is rejected with its words and the worker goes on', async () => {
    const { made, spawn } = fakes();
    const pool = createTaskPool(1, spawn);
    const failing = pool.run(task(0));
    made[0].answer({ ok: false, message: 'the task is wrong' });
    await expect(failing).rejects.toThrow('the task is wrong');
    void pool.run(task(1)).catch(() => null);
    expect(made).toHaveLength(1);
  });

  test('a worker that cannot be loaded or dies takes only its own task with it and is replaced', async () => {
    const { made, spawn } = fakes();
    const pool = createTaskPool(1, spawn);
    const [lost, queued] = [pool.run(task(0)), pool.run(task(1))];
    made[0].onerror?.call(made[0] as never, { message: 'gone' } as ErrorEvent);
    await expect(lost).rejects.toThrow('gone');
    expect(made[0].ended).toBe(true);
    expect(made[1].got.map(firstOf)).toEqual([1]);
    made[1].answer(result(1));
    await expect(queued).resolves.toMatchObject({ kind: 'match' });
  });

  test('an abort rejects at once with its reason, ends the busy worker, drops what is queued and leaves the others alone', async () => {
    const { made, spawn } = fakes();
    const pool = createTaskPool(1, spawn);
    const abort = new AbortController();
    const [running, queued, other] = [pool.run(task(0), abort.signal), pool.run(task(1), abort.signal), pool.run(task(2))];
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(queued).rejects.toBe(reason);
    expect(made[0].ended).toBe(true);
    expect(made[1].got.map(firstOf)).toEqual([2]);
    made[0].answer(result(0));
    made[1].answer(result(2));
    await expect(other).resolves.toMatchObject({ kind: 'match' });
    await expect(pool.run(task(3), abort.signal)).rejects.toBe(reason);
  });

  test('dispose ends every worker and rejects what is under way, queued or asked for later', async () => {
    const { made, spawn } = fakes();
    const pool = createTaskPool(1, spawn);
    const settled = Promise.allSettled([pool.run(task(0)), pool.run(task(1))]);
    pool.dispose();
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(made.map(({ ended }) => ended)).toEqual([true]);
    await expect(pool.run(task(2))).rejects.toThrow('disposed');
    expect(made).toHaveLength(1);
  });

  test('one processor is left to the page, and more than eight threads are never made', () => {
    expect([1, 2, 4, 9, 64].map(poolSize)).toEqual([1, 1, 3, 8, 8]);
  });
});

test('what is posted carries no memory around its views, and every buffer is handed over once', () => {
  const large = new Float32Array(1000).fill(2);
  const small = compact({ part: large.subarray(5, 8), list: [large] });
  expect(small.part).toEqual(Float32Array.of(2, 2, 2));
  expect(small.part.buffer.byteLength).toBe(12);
  expect(small.list[0]).toBe(large);
  expect(buffersOf({ a: large, b: [large.subarray(1), { c: Uint8Array.of(1) }], d: null, e: 'x' })).toHaveLength(2);
});
