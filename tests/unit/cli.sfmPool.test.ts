/** The Node pool of solving threads: results, errors, crashes, aborting and the end. */
import { afterEach, describe, expect, test } from 'vitest';
import { type NodePool, createNodePool } from '../../src/cli/sfmPool.ts';
import type { SfmTask } from '../../src/core/sfm/tasks.ts';
import type { TestTask } from './poolTestThread.ts';

const entry = new URL('./poolTestThread.ts', import.meta.url);
const pools: NodePool[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.dispose())));

interface Answer {
  doubled?: Float32Array;
  behind?: number;
  part?: Float32Array;
  threadId: number;
}

function testPool(size: number) {
  const pool = createNodePool(size, entry);
  pools.push(pool);
  const run = (task: TestTask, signal?: AbortSignal) => pool.run(task as unknown as SfmTask, signal) as unknown as Promise<Answer>;
  return { pool, run };
}

const values = Float32Array.of(1, 2, 3);

describe('results', () => {
  test('every task gets its own, over no more threads than asked for', async () => {
    const { pool, run } = testPool(2);
    expect(pool.size).toBe(2);
    const answers = await Promise.all(Array.from({ length: 9 }, (_, i) => run({ do: 'double', values: Float32Array.of(i), ms: 5 })));
    expect(answers.map(({ doubled }) => doubled![0])).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16]);
    expect(new Set(answers.map(({ threadId }) => threadId)).size).toBe(2);
  });

  test('the task stays usable, and views go without the memory around them, both ways', async () => {
    const { run } = testPool(1);
    const large = new Float32Array(1 << 20).fill(7);
    const { behind, part } = await run({ do: 'bytes', values: large.subarray(10, 13) });
    expect(behind).toBe(12);
    expect(part!.buffer.byteLength).toBe(16);
    expect(large[0]).toBe(7);
  });
});

describe('errors', () => {
  test('a task that throws is rejected with its words; its thread goes on', async () => {
    const { run } = testPool(1);
    const { threadId } = await run({ do: 'double', values });
    await expect(run({ do: 'throw' })).rejects.toThrow('the task is wrong');
    expect((await run({ do: 'double', values })).threadId).toBe(threadId);
  });

  test('a thread that ends takes only its own task with it and is replaced', async () => {
    const { run } = testPool(1);
    const { threadId } = await run({ do: 'double', values });
    const [crashed, queued] = await Promise.allSettled([run({ do: 'crash' }), run({ do: 'double', values })]);
    expect(crashed).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('code 3') } });
    if (queued.status !== 'fulfilled') throw queued.reason;
    expect(queued.value.doubled).toEqual(Float32Array.of(2, 4, 6));
    expect(queued.value.threadId).not.toBe(threadId);
  });
});

describe('abort', () => {
  test('rejects with the reason at once, also what runs, and drops what is queued', async () => {
    const { run } = testPool(1);
    await run({ do: 'double', values });
    const abort = new AbortController();
    const reason = new Error('enough');
    const startMs = performance.now();
    const running = run({ do: 'spin', ms: 20_000 }, abort.signal);
    const queued = run({ do: 'spin', ms: 20_000 }, abort.signal);
    const other = run({ do: 'double', values });
    setTimeout(() => abort.abort(reason), 20);
    const settled = await Promise.allSettled([running, queued]);
    expect(settled.map((each) => each.status === 'rejected' && each.reason)).toEqual([reason, reason]);
    expect((await other).doubled).toEqual(Float32Array.of(2, 4, 6));
    expect(performance.now() - startMs).toBeLessThan(10_000);
    await expect(run({ do: 'double', values }, abort.signal)).rejects.toBe(reason);
  });

  test('starts no threads for what it drops', async () => {
    const { run } = testPool(1);
    const { threadId } = await run({ do: 'double', values });
    const abort = new AbortController();
    const dropped = Promise.allSettled(Array.from({ length: 50 }, () => run({ do: 'spin', ms: 20_000 }, abort.signal)));
    abort.abort();
    await dropped;
    // Threads are numbered as they are made.
    expect((await run({ do: 'double', values })).threadId).toBe(threadId + 1);
  });

  test('after the end of a task its signal changes nothing', async () => {
    const { run } = testPool(1);
    const abort = new AbortController();
    const first = await run({ do: 'double', values }, abort.signal);
    abort.abort();
    expect((await run({ do: 'double', values })).threadId).toBe(first.threadId);
  });
});

test('dispose rejects what is under way, queued or asked for later', async () => {
  const { pool, run } = testPool(1);
  const under = [run({ do: 'spin', ms: 20_000 }), run({ do: 'double', values })];
  const settled = Promise.allSettled(under);
  await pool.dispose();
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(run({ do: 'double', values })).rejects.toThrow('disposed');
});
