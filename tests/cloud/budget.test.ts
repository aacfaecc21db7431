/** The budget of GPU-seconds: never overspent, never forgotten, whatever comes at once or twice. */
import { beforeEach, expect, test } from 'vitest';
import { afterJobEnd } from '../../cloud/jobs/afterEnd.ts';
import { loseAttempt } from '../../cloud/jobs/lost.ts';
import { cancelJob } from '../../cloud/jobs/cancel.ts';
import { budgetLeft, untilNextDayMs } from '../../cloud/policy/budget.ts';
import { priceOf } from '../../cloud/policy/costPolicy.ts';
import { reserve, settle, spentOn } from '../../cloud/store/budget.ts';
import { move } from '../../cloud/store/jobs.ts';
import { type JobKit, jobKit } from './jobKit.ts';
import { givenJob } from './rows.ts';

let kit: JobKit;
beforeEach(async () => {
  kit = await jobKit({}, { daySeconds: 1000, monthSeconds: 2500 });
});

const submitting = () => givenJob(kit.cloud, { state: 'submitting' });

test('what is left, and for how long', () => {
  const none = { daySeconds: 0, monthSeconds: 0 };
  expect(budgetLeft(none, { daySeconds: 1e9, monthSeconds: 1e9 })).toBeNull();
  expect(budgetLeft({ daySeconds: 100, monthSeconds: 0 }, { daySeconds: 30, monthSeconds: 1e9 })).toBe(70);
  expect(budgetLeft({ daySeconds: 100, monthSeconds: 500 }, { daySeconds: 30, monthSeconds: 490 })).toBe(10);
  expect(budgetLeft({ daySeconds: 100, monthSeconds: 500 }, { daySeconds: 300, monthSeconds: 490 })).toBe(0);
  expect(untilNextDayMs(Date.UTC(2026, 10, 26, 23, 59, 59))).toBe(1000);
});

test('twenty reservations of 90 s at once: eleven fit into 1000 s', async () => {
  const jobs = await Promise.all(Array.from({ length: 20 }, submitting));
  const answers = await Promise.all(jobs.map((job) => reserve(kit.cloud, job, 90)));
  expect(answers.filter((answer) => answer === 'budget')).toHaveLength(9);
  expect(await kit.day()).toEqual({ reserved: 990, used: 0 });
  expect(await spentOn(kit.cloud)).toEqual({ daySeconds: 990, monthSeconds: 990 });
});

test('reserving again takes the place of what was reserved', async () => {
  const job = await submitting();
  await reserve(kit.cloud, job, 900);
  expect(await reserve(kit.cloud, job, 950)).toMatchObject({ gpuSecondsReserved: 950 });
  expect(await kit.day()).toEqual({ reserved: 950, used: 0 });
  expect(await reserve(kit.cloud, job, 1001)).toBe('budget');
  expect(await kit.day()).toEqual({ reserved: 0, used: 0 });
  expect((await kit.now(job)).gpuSecondsReserved).toBe(0);
});

test('a job that is not being submitted any more reserves nothing', async () => {
  const job = await submitting();
  await cancelJob(kit.cloud, job);
  expect(await reserve(kit.cloud, job, 90)).toBe('late');
  expect(await reserve(kit.cloud, { ...job, attempt: 2 }, 90)).toBe('late');
  expect(await kit.day()).toEqual({ reserved: 0, used: 0 });
});

test('the month limits what the days leave; a new month begins with nothing', async () => {
  const used = [];
  for (let day = 0; day < 3; day++) {
    const job = await submitting();
    const answer = await reserve(kit.cloud, job, 900);
    used.push(typeof answer === 'string' ? answer : answer.gpuSecondsReserved);
    await settle(kit.cloud, job, 900, 0);
    kit.pass(86_400);
  }
  // 26, 27 and 28 November; then 1 December.
  expect(used).toEqual([900, 900, 'budget']);
  kit.cloud.nowMs = Date.UTC(2026, 11, 1);
  expect(await reserve(kit.cloud, await submitting(), 900)).toMatchObject({ gpuSecondsReserved: 900 });
});

test('settled once, however often and by whomever', async () => {
  const job = await submitting();
  await reserve(kit.cloud, job, 600);
  const done = await Promise.all([1, 2, 3].map(() => settle(kit.cloud, job, 412.3, 5000)));
  expect(done.filter(Boolean)).toHaveLength(1);
  expect(await kit.day()).toEqual({ reserved: 0, used: 413 });
  expect(await kit.now(job)).toMatchObject({ gpuSecondsReserved: 0, costMicros: 5000 });
  expect(await settle(kit.cloud, { ...job, attempt: 2 }, 1, 1)).toBe(false);
});

test('a completed job: as many seconds as its trainer says, at the price of its GPU, on the day it was submitted', async () => {
  kit = await jobKit();
  const job = await kit.held();
  kit.pass(86_400);
  const done = await move(kit.cloud, job, 'complete', { gpuSeconds: 500 });
  if (!done) throw new Error('It was not completed.');
  await afterJobEnd(kit.cloud, done);
  await afterJobEnd(kit.cloud, done);
  const { results } = await kit.cloud.db.prepare('SELECT * FROM budget_days').all();
  const cost = priceOf('runpod', 'rtx-4090', 500);
  expect(results).toEqual([{ day: '2026-11-26', reserved_seconds: 0, used_seconds: 500, cost_micros: cost }]);
  expect(cost).toBe(155_000);
});

test('a lost attempt has used its time from the claim on; the next reserves anew', async () => {
  kit = await jobKit();
  const job = await kit.held();
  kit.pass(100);
  await loseAttempt(kit.cloud, job, 'gone', { excludeProvider: false });
  expect(await kit.day()).toEqual({ reserved: 0, used: 100 });
  kit.pass(900);
  await kit.drain();
  const next = await kit.now(job);
  expect(next).toMatchObject({ state: 'submitted', attempt: 2 });
  await cancelJob(kit.cloud, next);
  expect(await kit.day()).toEqual({ reserved: 0, used: 100 });
});
