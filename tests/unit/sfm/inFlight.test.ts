/** Bounded concurrency: the bound, the order, the first error, the signal; and turns. */
import { describe, expect, test } from 'vitest';
import { createTurns, mapInFlight } from '../../../src/core/sfm/inFlight.ts';

const rest = (ticks: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ticks));

describe('map in flight', () => {
  test.each([
    [10, 3, 3],
    [2, 8, 2],
    [5, 1, 1],
  ])('%i of them, at most %i at once', async (n, limit, most) => {
    let [now, seen] = [0, 0];
    const results = await mapInFlight(n, limit, async (k) => {
      seen = Math.max(seen, ++now);
      // Later ones finish first.
      await rest(n - k);
      now--;
      return k * k;
    });
    expect(results).toEqual(Array.from({ length: n }, (_, k) => k * k));
    expect(seen).toBe(most);
  });

  test('nothing to do', async () => {
    expect(await mapInFlight(0, 4, () => Promise.reject(new Error('never')))).toEqual([]);
  });

  test('the first error is thrown and nothing new begins', async () => {
    const begun: number[] = [];
    const run = async (k: number): Promise<void> => {
      begun.push(k);
      await rest(k === 1 ? 1 : 5);
      if (k === 1 || k === 0) throw new Error(`broken ${k}`);
    };
    await expect(mapInFlight(20, 3, run)).rejects.toThrow('broken 1');
    await rest(20);
    expect(begun).toEqual([0, 1, 2]);
  });

  test('the signal ends it with its reason, also when it comes with the last one', async () => {
    const abort = new AbortController();
    const begun: number[] = [];
    const run = async (k: number): Promise<void> => {
      begun.push(k);
      if (k === 3) abort.abort(new Error('enough'));
      await rest(1);
    };
    await expect(mapInFlight(10, 2, run, abort.signal)).rejects.toThrow('enough');
    expect(begun).toEqual([0, 1, 2, 3]);
    const late = new AbortController();
    await expect(mapInFlight(1, 1, async () => late.abort(new Error('late')), late.signal)).rejects.toThrow('late');
  });
});

test('turns: one after another in the order asked for, errors to whoever caused them', async () => {
  const turn = createTurns();
  const log: string[] = [];
  const job = (name: string, ticks: number) => async (): Promise<string> => {
    log.push(`${name} begins`);
    await rest(ticks);
    log.push(`${name} ends`);
    if (name === 'b') throw new Error('b broke');
    return name;
  };
  const all = [turn(job('a', 5)), turn(job('b', 1)), turn(job('c', 1))];
  const settled = await Promise.allSettled(all);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
