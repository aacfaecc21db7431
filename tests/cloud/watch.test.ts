/** The watchdog: what it does at which moment, and that the sweep's query finds the same jobs. */
import { beforeEach, describe, expect, test } from 'vitest';
import { handle } from '../../cloud/jobs/consume.ts';
import { dueJobs } from '../../cloud/jobs/sweep.ts';
import { watchJob } from '../../cloud/jobs/watch.ts';
import { heldStates, jobStates } from '../../cloud/policy/jobMachine.ts';
import { afterAsking, whatToDo } from '../../cloud/policy/watchdog.ts';
import type { ProviderState } from '../../cloud/providers/adapter.ts';
import { type Job, move } from '../../cloud/store/jobs.ts';
import { randomFrom } from './randomFrom.ts';
import { busy } from './fakeProvider.ts';
import { type JobKit, jobKit } from './jobKit.ts';
import { givenJob, givenOwner, givenProject } from './rows.ts';

let kit: JobKit;
beforeEach(async () => {
  kit = await jobKit();
});

const watch = async (job: Pick<Job, 'id'>): Promise<number | null> => {
  const next = await watchJob(kit.cloud, job.id, kit.providers);
  await kit.cloud.settled();
  return next;
};

describe('rules', () => {
  const base = { createdAt: 0, updatedAt: 0, notBefore: 0, submittedAt: null, startedAt: null, leaseUntil: null, deadlineAt: 1e9 };
  const tuning = {
    resendSeconds: 60,
    unclaimedSeconds: 600,
    watchSeconds: 30,
    leaseSeconds: 180,
    lostSeconds: 420,
    attemptSeconds: 10_800,
  };
  const at = (seconds: number, job: Partial<Job>) => whatToDo({ ...base, state: 'queued', ...job }, seconds * 1000, tuning);

  test('each state has its moment', () => {
    expect(at(59, {})).toEqual({ do: 'wait', at: 60_000 });
    expect(at(60, {})).toEqual({ do: 'resend' });
    expect(at(100, { notBefore: 50_000 })).toEqual({ do: 'wait', at: 110_000 });
    expect(at(60, { state: 'submitting' })).toEqual({ do: 'resend' });
    expect(at(599, { state: 'submitted', submittedAt: 0 })).toEqual({ do: 'wait', at: 600_000 });
    expect(at(600, { state: 'submitted', submittedAt: 0 })).toEqual({ do: 'ask' });
    expect(at(610, { state: 'submitted', submittedAt: 0, updatedAt: 600_000 })).toEqual({ do: 'wait', at: 630_000 });
    for (const state of heldStates) {
      const held = { state, startedAt: 0, leaseUntil: 180_000 };
      expect(at(179, held)).toEqual({ do: 'wait', at: 180_000 });
      expect(at(180, held)).toEqual({ do: 'ask' });
      expect(at(600, held)).toMatchObject({ do: 'lose' });
      expect(at(10_800, { ...held, leaseUntil: 10_900_000 })).toMatchObject({ do: 'lose' });
    }
    for (const state of jobStates) {
      const isOver = ['completed', 'failed', 'cancelled', 'expired'].includes(state);
      expect(at(1e6, { state })).toEqual({ do: isOver ? 'none' : 'expire' });
    }
  });

  test('what a provider says of a run', () => {
    const submitted = { ...base, state: 'submitted' as const, submittedAt: 0 };
    const held = { ...base, state: 'training' as const, startedAt: 0, leaseUntil: 180_000 };
    const says = (job: typeof submitted | typeof held, seconds: number) =>
      Object.fromEntries(
        (['queued', 'starting', 'running', 'succeeded', 'failed', 'cancelled', 'timed-out', 'lost'] satisfies ProviderState[]).map(
          (said) => [said, afterAsking(job, said, seconds * 1000, tuning).do],
        ),
      );
    const going = { queued: 'wait', starting: 'wait', running: 'wait' };
    const ended = { failed: 'lose', cancelled: 'lose', 'timed-out': 'lose' };
    // A webhook made us ask while its trainer is heard of, or before it could have claimed.
    expect(says(held, 100)).toEqual({ ...going, ...ended, succeeded: 'wait', lost: 'wait' });
    expect(says(submitted, 100)).toEqual({ ...going, ...ended, succeeded: 'wait', lost: 'wait' });
    expect(says(held, 200)).toEqual({ ...going, ...ended, succeeded: 'wait', lost: 'lose' });
    expect(says(held, 360)).toEqual({ ...going, ...ended, succeeded: 'lose', lost: 'lose' });
    expect(says(submitted, 780)).toEqual({ ...going, ...ended, succeeded: 'lose', lost: 'lose' });
  });
});

test('the sweep’s query finds the jobs that the rules want something done about, and no others', async () => {
  const random = randomFrom(11);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)];
  const now = kit.cloud.nowMs;
  const ownerId = await givenOwner(kit.cloud);
  const projectId = await givenProject(kit.cloud, ownerId);
  let due = 0;
  for (let i = 0; i < 120; i++) {
    const about = (seconds: readonly number[]): number => now + (pick(seconds) + pick([-1, 0, 1])) * 1000;
    const job = await givenJob(kit.cloud, {
      ownerId,
      projectId,
      state: pick(jobStates),
      updatedAt: about([0, -30, -60, -600]),
      notBefore: about([-3600, -60, 0, 60]),
      submittedAt: pick([null, about([0, -600])]),
      startedAt: pick([null, about([0, -180, -10_800])]),
      leaseUntil: pick([null, about([-420, 0, 100])]),
      deadlineAt: random() < 0.1 ? about([0]) : now + 1e7,
    });
    const isDue = !['wait', 'none'].includes(whatToDo(job, now, kit.cloud.config.tuning).do);
    expect((await dueJobs(kit.cloud)).map(({ id }) => id)).toEqual(isDue ? [job.id] : []);
    due += Number(isDue);
    await kit.cloud.db.prepare('DELETE FROM jobs').run();
  }
  expect(due).toBeGreaterThan(30);
  expect(due).toBeLessThan(90);
});

describe('a submitted job that nobody claims', () => {
  test('is asked after once it has waited for ten minutes, and waits while its provider says queued', async () => {
    const job = await kit.submitted();
    expect(await watch(job)).toBe(kit.cloud.nowMs + 30_000);
    kit.pass(599);
    await watch(job);
    expect(kit.runpod.asked).toEqual([]);
    kit.pass(1);
    await watch(job);
    await watch(job);
    expect(kit.runpod.asked).toEqual([job.externalId]);
    expect((await kit.now(job)).state).toBe('submitted');
  });

  test('goes elsewhere when the provider is not well', async () => {
    const job = await kit.submitted();
    kit.runpod.health_ = { ok: false, hint: 'workers crash' };
    kit.pass(600);
    await watch(job);
    expect(await kit.now(job)).toMatchObject({ state: 'queued', attempt: 2, lostCount: 1, error: 'runpod is not well: workers crash' });
    kit.pass(60);
    await kit.drain();
    expect(await kit.now(job)).toMatchObject({ state: 'submitted', provider: 'modal' });
    expect(kit.runpod.cancelled).toEqual([job.externalId]);
  });

  test('waits, with the hint for the operator, when there is nowhere else', async () => {
    kit.providers = [kit.runpod];
    const job = await kit.submitted();
    kit.runpod.health_ = { ok: false, hint: 'workers crash' };
    kit.pass(600);
    await watch(job);
    expect(await kit.now(job)).toMatchObject({ state: 'submitted', attempt: 1, error: 'runpod: workers crash' });
  });

  test.each(['lost', 'failed', 'timed-out', 'cancelled'] satisfies ProviderState[])('%s: another attempt, elsewhere', async (said) => {
    const job = await kit.submitted();
    kit.runpod.state = said;
    kit.pass(600);
    await watch(job);
    const next = await kit.now(job);
    expect(next).toMatchObject({
      state: 'queued',
      attempt: 2,
      lostCount: 1,
      externalId: null,
      provider: null,
      triedProviders: '["runpod"]',
    });
    kit.pass(15);
    await kit.drain();
    expect(await kit.now(job)).toMatchObject({ state: 'submitted', attempt: 2, provider: 'modal' });
  });

  test('a provider that cannot be asked: it waits', async () => {
    const job = await kit.submitted();
    kit.runpod.state = busy();
    kit.pass(700);
    await watch(job);
    expect((await kit.now(job)).state).toBe('submitted');
  });
});

describe('a job that a trainer holds', () => {
  test('silent for a lease: its provider is asked; running: it waits; silent for ten minutes: lost, whatever is said', async () => {
    const job = await kit.held();
    kit.runpod.state = 'running';
    kit.pass(179);
    await watch(job);
    expect(kit.runpod.asked).toHaveLength(0);
    kit.pass(1);
    await watch(job);
    expect(kit.runpod.asked).toHaveLength(1);
    kit.pass(419);
    await watch(job);
    expect(await kit.now(job)).toMatchObject({ state: 'claimed', attempt: 1 });
    kit.pass(1);
    await watch(job);
    expect(await kit.now(job)).toMatchObject({ state: 'queued', attempt: 2, holder: null, leaseUntil: null, startedAt: null });
    await kit.drain();
    expect(kit.runpod.cancelled).toEqual([job.externalId]);
  });

  test('succeeded without a word from the trainer: a lease of patience, then lost', async () => {
    const job = await kit.held();
    kit.runpod.state = 'succeeded';
    kit.pass(359);
    await watch(job);
    expect((await kit.now(job)).attempt).toBe(1);
    kit.pass(30);
    await watch(job);
    expect(await kit.now(job)).toMatchObject({ state: 'queued', attempt: 2 });
  });

  test('lost for the third time: failed, and everything is given back', async () => {
    let job = await kit.held();
    for (let lost = 1; lost <= 3; lost++) {
      kit.pass(600);
      await watch(job);
      job = await kit.now(job);
      if (lost === 3) break;
      expect(job).toMatchObject({ state: 'queued', attempt: lost + 1, lostCount: lost });
      kit.pass(60);
      await kit.drain();
      await move(kit.cloud, job, 'claim', { holder: 'h', startedAt: kit.cloud.nowMs, leaseUntil: kit.cloud.nowMs + 180_000 });
    }
    expect(job).toMatchObject({ state: 'failed', attempt: 3, gpuSecondsReserved: 0 });
    expect(job.error).toContain('not been heard of');
    expect(JSON.parse(job.failure ?? '').code).toBe('cloud-failed');
    expect(await kit.day()).toEqual({ reserved: 0, used: 1800 });
  });

  test('too long in one attempt', async () => {
    kit = await jobKit({ attemptSeconds: 100 });
    const job = await kit.held();
    kit.pass(100);
    await watch(job);
    expect(await kit.now(job)).toMatchObject({ state: 'queued', attempt: 2, error: 'The attempt has taken too long.' });
  });

  test('its provider’s webhook makes us look at once; a run that failed is lost without waiting for the lease', async () => {
    const job = await kit.held();
    const look = { kind: 'look', jobId: job.id, attempt: 1, requestId: 'r' } as const;
    await handle(kit.cloud, look, kit.providers);
    expect(kit.runpod.asked).toHaveLength(1);
    expect((await kit.now(job)).attempt).toBe(1);
    kit.runpod.state = 'failed';
    await handle(kit.cloud, { ...look, attempt: 2 }, kit.providers);
    expect(kit.runpod.asked).toHaveLength(1);
    await handle(kit.cloud, look, kit.providers);
    expect(await kit.now(job)).toMatchObject({ state: 'queued', attempt: 2 });
  });
});

describe('the deadline', () => {
  test.each(['queued', 'submitting', 'submitted', ...heldStates] as const)('%s: over, and its run is stopped', async (state) => {
    const job = await givenJob(kit.cloud, { state, provider: 'runpod', externalId: 'x', deadlineAt: kit.cloud.nowMs });
    await watch(job);
    expect(await kit.now(job)).toMatchObject({ state: 'expired', finishedAt: kit.cloud.nowMs });
    await kit.drain();
    expect(kit.runpod.cancelled).toEqual(['x']);
    expect(await watch(job)).toBeNull();
  });
});

test('a job that is gone is not watched any more', async () => {
  expect(await watch({ id: 'job_none' })).toBeNull();
});
