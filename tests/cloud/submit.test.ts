/** Giving a job to a provider: every answer, every interruption, and messages that come twice, late or out of order. */
import { createMessageBatch, createExecutionContext, getQueueResult } from 'cloudflare:test';
import { beforeEach, describe, expect, test } from 'vitest';
import { handleBatch } from '../../cloud/jobs/consume.ts';
import type { Message as Body } from '../../cloud/jobs/message.ts';
import { cancelJob } from '../../cloud/jobs/cancel.ts';
import { submitJob } from '../../cloud/jobs/submit.ts';
import { watchJob } from '../../cloud/jobs/watch.ts';
import { longestBackoffMs } from '../../cloud/policy/retryPolicy.ts';
import { sha256Hex } from '../../cloud/policy/tokens.ts';
import { readBreakers } from '../../cloud/store/breakers.ts';
import { type Job, move } from '../../cloud/store/jobs.ts';
import { setKillSwitch } from '../../cloud/store/settings.ts';
import { busy, forbidden } from './fakeProvider.ts';
import { type JobKit, jobKit } from './jobKit.ts';

let kit: JobKit;
beforeEach(async () => {
  kit = await jobKit();
});

const messageOf = (job: Job): Body => ({ kind: 'submit', jobId: job.id, attempt: job.attempt, requestId: job.requestId });
const submit = (job: Job): Promise<void> => submitJob(kit.cloud, { jobId: job.id, attempt: job.attempt }, kit.providers);

describe('taken', () => {
  test('the first choice gets it, with a token of which only the hash is kept, and the seconds are reserved', async () => {
    const job = await kit.submitted();
    expect(job).toMatchObject({ state: 'submitted', provider: 'runpod', gpuClass: 'rtx-4090', submittedAt: kit.cloud.nowMs });
    const [run] = kit.runpod.submitted;
    expect(job.externalId).toBe(run.externalId);
    expect(run.spec).toMatchObject({ jobId: job.id, attempt: 1, apiBase: 'https://splat.test' });
    const [, token] =
      new RegExp(`^https://splat.test/api/webhooks/runpod/${job.id}/1/([A-Za-z0-9_-]{43})$`).exec(run.options.webhookUrl) ?? [];
    expect(job.webhookHash).toBe(await sha256Hex(token));
    expect(JSON.stringify(job)).not.toContain(token);
    expect(job.gpuSecondsReserved).toBeGreaterThan(0);
    expect(await kit.day()).toEqual({ reserved: job.gpuSecondsReserved, used: 0 });
  });

  test('a message that comes again, for another attempt, or for no job, starts nothing', async () => {
    const job = await kit.submitted();
    await submit(job);
    await submit({ ...job, attempt: 2 });
    await submit({ ...job, id: 'job_none' });
    expect(kit.runpod.submitted).toHaveLength(1);
    expect(await kit.now(job)).toEqual(job);
  });

  test('the same message in parallel starts one run', async () => {
    const job = await kit.ordered();
    await Promise.all([submit(job), submit(job), submit(job)]);
    expect(kit.runpod.submitted).toHaveLength(1);
    expect((await kit.day()).reserved).toBe((await kit.now(job)).gpuSecondsReserved);
  });

  test('a trainer that claims before the provider has answered keeps the job', async () => {
    const job = await kit.ordered();
    kit.runpod.answers.push(async () => void (await move(kit.cloud, job, 'claim', { holder: 'h' })));
    await submit(job);
    expect(await kit.now(job)).toMatchObject({ state: 'claimed', holder: 'h', externalId: kit.runpod.submitted[0].externalId });
  });

  test('cancelled while the provider was being asked: the run is stopped and the seconds are given back', async () => {
    const job = await kit.ordered();
    kit.runpod.answers.push(async () => void (await cancelJob(kit.cloud, job)));
    await submit(job);
    await kit.drain();
    expect(await kit.now(job)).toMatchObject({ state: 'cancelled', gpuSecondsReserved: 0 });
    expect(kit.runpod.cancelled).toEqual([kit.runpod.submitted[0].externalId]);
    expect(await kit.day()).toEqual({ reserved: 0, used: 0 });
  });

  test('what an earlier attempt was lost on comes last', async () => {
    const job = await kit.submitted({ triedProviders: '["runpod"]' });
    expect(job.provider).toBe('modal');
    kit.modal.answers.push(busy());
    expect((await kit.submitted({ triedProviders: '["runpod","modal"]' })).provider).toBe('runpod');
  });
});

describe('refused', () => {
  test.each([busy(), forbidden])('$message: the next provider gets it at once, and the refusal is counted', async (no) => {
    kit.runpod.answers.push(no);
    const job = await kit.submitted();
    expect(job).toMatchObject({ state: 'submitted', provider: 'modal' });
    expect(await readBreakers(kit.cloud)).toMatchObject([{ provider: 'runpod', failures: 1, openedAt: null, lastError: no.message }]);
    expect((await kit.day()).reserved).toBe(job.gpuSecondsReserved);
  });

  test('by all for now: it waits, with nothing reserved, and goes when the time has come', async () => {
    kit.runpod.answers.push(busy());
    kit.modal.answers.push(busy(20_000));
    const job = await kit.submitted();
    expect(job).toMatchObject({ state: 'queued', attempt: 1, provider: null, gpuSecondsReserved: 0, notBefore: kit.cloud.nowMs + 20_000 });
    expect(job.error).toBe('runpod: HTTP 429; modal: HTTP 429');
    expect(await kit.day()).toEqual({ reserved: 0, used: 0 });
    await kit.drain();
    expect((await kit.now(job)).state).toBe('queued');
    kit.pass(20);
    await kit.drain();
    expect(await kit.now(job)).toMatchObject({ state: 'submitted', attempt: 1, provider: 'runpod' });
  });

  test('the waits grow from 5 seconds at most and the tries end', async () => {
    kit = await jobKit({ submitRetries: 3 }, {}, () => 0.999999);
    const job = await kit.ordered();
    const waits: number[] = [];
    for (;;) {
      kit.runpod.answers = [busy()];
      kit.modal.answers = [busy()];
      await kit.drain();
      const now = await kit.now(job);
      if (now.state !== 'queued') break;
      waits.push((now.notBefore - kit.cloud.nowMs) / 1000);
      kit.cloud.nowMs = now.notBefore;
    }
    expect(waits).toEqual([5, 10, 20]);
    const now = await kit.now(job);
    expect(now).toMatchObject({ state: 'failed', error: '4 tries; runpod: HTTP 429; modal: HTTP 429' });
    expect(JSON.parse(now.failure ?? '')).toEqual({ code: 'cloud-failed', detail: 'No GPU could be had for this job.' });
  });

  test('by all for good: the job has failed, the person is not told why, the operator is', async () => {
    kit.runpod.answers.push(forbidden);
    kit.modal.answers.push(forbidden);
    const job = await kit.submitted();
    expect(job).toMatchObject({ state: 'failed', gpuSecondsReserved: 0, error: '1 tries; runpod: HTTP 401; modal: HTTP 401' });
    expect(job.failure).not.toContain('401');
    expect(await kit.day()).toEqual({ reserved: 0, used: 0 });
  });

  test('one for good, one for now: waiting may help', async () => {
    kit.runpod.answers.push(forbidden);
    kit.modal.answers.push(busy());
    expect((await kit.submitted()).state).toBe('queued');
  });

  test('a Retry-After of a day is cut to the longest wait', async () => {
    kit.runpod.answers.push(busy(86_400_000));
    kit.modal.answers.push(busy());
    expect((await kit.submitted()).notBefore).toBe(kit.cloud.nowMs + longestBackoffMs);
  });

  test('five in a row open the breaker; waiting for it costs no try; one job has the trial', async () => {
    kit = await jobKit({ submitRetries: 2, activeJobs: 9 });
    kit.providers = [kit.runpod];
    kit.runpod.answers = Array.from({ length: 5 }, () => busy());
    const jobs = [];
    for (let i = 0; i < 5; i++) jobs.push(await kit.submitted());
    const [breaker] = await readBreakers(kit.cloud);
    expect(breaker).toMatchObject({ failures: 5, openedAt: kit.cloud.nowMs });
    const waiting = await kit.submitted();
    expect(waiting).toMatchObject({ state: 'queued', notBefore: kit.cloud.nowMs + 60_000, error: 'No provider may be tried now.' });
    const rows = await kit.cloud.db.prepare('SELECT count(*) AS n FROM outbox WHERE job_id = ?1').bind(waiting.id).first<{ n: number }>();
    expect(rows?.n).toBe(1);
    kit.pass(59);
    await kit.drain();
    expect(kit.runpod.submitted).toHaveLength(0);
    kit.pass(1);
    await kit.drain();
    expect(kit.runpod.submitted).toHaveLength(6);
    expect(await readBreakers(kit.cloud)).toMatchObject([{ failures: 0, openedAt: null }]);
    for (const job of [...jobs, waiting]) expect((await kit.now(job)).state).toBe('submitted');
  });
});

describe('interrupted', () => {
  test('a Worker that ended before the provider was asked: the watch sends it again', async () => {
    const job = await kit.ordered();
    await move(kit.cloud, job, 'submit');
    kit.pass(59);
    await watchJob(kit.cloud, job.id, kit.providers);
    await kit.drain();
    expect((await kit.now(job)).state).toBe('submitting');
    kit.pass(1);
    await watchJob(kit.cloud, job.id, kit.providers);
    await kit.drain();
    expect(await kit.now(job)).toMatchObject({ state: 'submitted', attempt: 1 });
  });

  test('an answer that comes after somebody else has submitted it: the late run is stopped', async () => {
    const job = await kit.ordered();
    kit.runpod.answers.push(async () => {
      kit.pass(60);
      await submit(job);
    });
    await submit(job);
    await kit.drain();
    const [late, kept] = kit.runpod.submitted;
    expect(await kit.now(job)).toMatchObject({ state: 'submitted', externalId: kept.externalId });
    expect(kit.runpod.cancelled).toEqual([late.externalId]);
    expect((await kit.day()).reserved).toBe((await kit.now(job)).gpuSecondsReserved);
  });

  test('a message that is lost is sent again, once, and counts no try', async () => {
    const job = await kit.ordered();
    await kit.cloud.db.prepare('UPDATE outbox SET sent_at = 1').run();
    kit.pass(60);
    await Promise.all([watchJob(kit.cloud, job.id, kit.providers), watchJob(kit.cloud, job.id, kit.providers)]);
    await kit.cloud.settled();
    expect(new Set(kit.sent.map(({ kind }) => kind))).toEqual(new Set(['submit']));
    const { results } = await kit.cloud.db.prepare('SELECT * FROM outbox WHERE job_id = ?1').bind(job.id).all();
    expect(results).toHaveLength(1);
    await kit.drain();
    expect((await kit.now(job)).state).toBe('submitted');
  });
});

describe('held back', () => {
  test('the kill switch: nothing is given to a provider until it is off', async () => {
    await setKillSwitch(kit.cloud, 'on');
    const job = await kit.submitted();
    expect(job).toMatchObject({ state: 'queued', error: 'The kill switch is on.' });
    await setKillSwitch(kit.cloud, 'off');
    kit.pass(60);
    await kit.drain();
    expect((await kit.now(job)).state).toBe('submitted');
  });

  test('the budget: it waits for the next day, not counting tries', async () => {
    kit = await jobKit({ submitRetries: 0 }, { daySeconds: 1 });
    const job = await kit.submitted();
    expect(job).toMatchObject({ state: 'queued', error: 'The GPU budget is used up.' });
    for (let i = 0; i < 5; i++) {
      kit.pass(600);
      await kit.drain();
    }
    expect((await kit.now(job)).state).toBe('queued');
    expect(kit.runpod.submitted).toHaveLength(0);
  });

  test('photos that no GPU can take: failed, for waiting does not help', async () => {
    const job = await kit.submitted({ photos: 1000, bytes: 1e15, preset: 'full' });
    expect(job.state).toBe('failed');
    expect(job.failure).toContain('large or fast enough');
  });
});

describe('a batch', () => {
  test('each message is acknowledged or tried again by itself', async () => {
    const [good, bad] = [await kit.ordered(), await kit.ordered()];
    const broken = {
      ...kit.runpod,
      submit: (spec: { jobId: string }, options: never) => {
        if (spec.jobId === bad.id) throw new Error('A bug.');
        return kit.runpod.submit(spec as never, options);
      },
    };
    const bodies = [messageOf(bad), messageOf(good), { kind: 'unheard-of' } as unknown as Body];
    const messages = bodies.map((body, index) => ({ id: String(index), timestamp: new Date(), attempts: 1, body }));
    const batch = createMessageBatch<Body>('splat-jobs', messages);
    const context = createExecutionContext();
    await handleBatch(batch, kit.cloud, [broken]);
    const result = await getQueueResult(batch, context);
    expect(result.explicitAcks).toEqual(['1']);
    expect(result.retryMessages.map(({ msgId }) => msgId).sort()).toEqual(['0', '2']);
    expect((await kit.now(good)).state).toBe('submitted');
    expect(await kit.now(bad)).toMatchObject({ state: 'submitting', error: 'A bug.' });
  });
});
