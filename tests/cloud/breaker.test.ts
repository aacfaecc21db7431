/** The circuit breaker: opens, pauses longer each time, lets one job try. */
import { beforeEach, expect, test } from 'vitest';
import { type Breaker, afterFailure, closedBreaker, failuresToOpen, phaseOf, usableFrom } from '../../cloud/policy/breaker.ts';
import { backoffMs, longestBackoffMs } from '../../cloud/policy/retryPolicy.ts';
import { mayTry, readBreakers, refusedJob, shutProviders, tookJob } from '../../cloud/store/breakers.ts';
import { type JobKit, jobKit } from './jobKit.ts';

let kit: JobKit;
beforeEach(async () => {
  kit = await jobKit();
});

const minute = 60_000;

test('pauses of 1, 2, 4, 8 and then 15 minutes', () => {
  let breaker: Breaker = closedBreaker;
  const pauses: number[] = [];
  for (let failures = 1; failures <= 12; failures++) {
    breaker = afterFailure(breaker, 1000);
    if (failures < failuresToOpen) expect(phaseOf(breaker, 1000)).toBe('closed');
    else {
      pauses.push((usableFrom(breaker) - 1000) / minute);
      expect(phaseOf(breaker, usableFrom(breaker) - 1)).toBe('open');
      expect(phaseOf(breaker, usableFrom(breaker))).toBe('half-open');
    }
  }
  expect(pauses).toEqual([1, 2, 4, 8, 15, 15, 15, 15]);
});

test('the backoff lies between nothing and its longest, which doubles up to a quarter of an hour', () => {
  const longest = [1, 2, 3, 4, 8, 9, 100].map((tries) => Math.round(backoffMs(tries, 1 - 1e-9) / 1000));
  expect(longest).toEqual([5, 10, 20, 40, 640, 900, 900]);
  for (const tries of [1, 5, 50]) expect(backoffMs(tries, 0)).toBe(0);
  expect(backoffMs(1, 0.5, 60_000)).toBe(60_000);
  expect(backoffMs(1, 0.5, 1e12)).toBe(longestBackoffMs);
});

const refuse = async (times: number): Promise<void> => {
  for (let i = 0; i < times; i++) await refusedJob(kit.cloud, 'runpod', 'HTTP 503');
};

test('refusals at once are all counted; a job that is taken begins the count anew', async () => {
  await Promise.all(Array.from({ length: 4 }, () => refusedJob(kit.cloud, 'runpod', 'HTTP 503')));
  expect((await readBreakers(kit.cloud))[0]).toMatchObject({ failures: 4, openedAt: null });
  await tookJob(kit.cloud, 'runpod');
  await refuse(4);
  expect(await mayTry(kit.cloud, 'runpod')).toBe(true);
  await refuse(1);
  expect(await mayTry(kit.cloud, 'runpod')).toBe(false);
  expect(await mayTry(kit.cloud, 'modal')).toBe(true);
  expect(await shutProviders(kit.cloud)).toEqual({ shut: ['runpod'], until: kit.cloud.nowMs + minute });
});

test('of ten jobs at once one has the trial; a trial that fails doubles the pause, one that succeeds closes the breaker', async () => {
  await refuse(5);
  kit.pass(60);
  const tries = await Promise.all(Array.from({ length: 10 }, () => mayTry(kit.cloud, 'runpod')));
  expect(tries.filter(Boolean)).toHaveLength(1);
  await refuse(1);
  kit.pass(119);
  expect(await mayTry(kit.cloud, 'runpod')).toBe(false);
  kit.pass(1);
  expect(await mayTry(kit.cloud, 'runpod')).toBe(true);
  await tookJob(kit.cloud, 'runpod');
  expect(await shutProviders(kit.cloud)).toEqual({ shut: [], until: null });
});

test('a trial whose Worker has ended blocks the next for a minute', async () => {
  await refuse(5);
  kit.pass(60);
  expect(await mayTry(kit.cloud, 'runpod')).toBe(true);
  kit.pass(59);
  expect(await mayTry(kit.cloud, 'runpod')).toBe(false);
  kit.pass(1);
  expect(await mayTry(kit.cloud, 'runpod')).toBe(true);
});
