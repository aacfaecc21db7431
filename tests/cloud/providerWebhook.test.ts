/** Webhooks of providers: forged, stale, doubled, too large; and the true one, which only makes us ask. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { cancelJob } from '../../cloud/jobs/cancel.ts';
import { type WebhookAddress, takeWebhook } from '../../cloud/jobs/webhook.ts';
import { providerWebhookRoutes } from '../../cloud/routes/providerWebhook.ts';
import type { Job } from '../../cloud/store/jobs.ts';
import { appOver } from './appOver.ts';
import { type JobKit, jobKit } from './jobKit.ts';

let kit: JobKit;
let job: Job;
let address: WebhookAddress;
beforeEach(async () => {
  kit = await jobKit();
  job = await kit.held();
  const token = kit.runpod.submitted[0].options.webhookUrl.split('/').at(-1) ?? '';
  address = { provider: 'runpod', jobId: job.id, attempt: 1, token };
  kit.runpod.event = { externalId: job.externalId ?? '', state: 'failed', eventId: 'e1' };
});

const take = (more: Partial<WebhookAddress> = {}) =>
  takeWebhook(kit.cloud, { ...address, ...more }, new Headers(), new Uint8Array(), kit.providers);

test('a true one makes us ask the provider; what it says itself is not believed', async () => {
  kit.runpod.state = 'running';
  expect(await take()).toBe('taken');
  await kit.drain();
  expect(kit.runpod.asked).toEqual([job.externalId]);
  expect((await kit.now(job)).state).toBe('claimed');
  kit.runpod.state = 'failed';
  kit.runpod.event = { externalId: job.externalId ?? '', state: 'failed', eventId: 'e2' };
  expect(await take()).toBe('taken');
  await kit.drain();
  expect(await kit.now(job)).toMatchObject({ state: 'queued', attempt: 2 });
});

test('doubled, also at once: taken in once', async () => {
  const answers = await Promise.all([take(), take(), take()]);
  expect(answers.sort()).toEqual(['duplicate', 'duplicate', 'taken']);
  expect(await take()).toBe('duplicate');
  await kit.drain();
  expect(kit.runpod.asked).toHaveLength(1);
});

test('out of order: a late "running" after "failed" changes nothing', async () => {
  kit.runpod.state = 'failed';
  await take();
  await kit.drain();
  const after = await kit.now(job);
  kit.runpod.event = { externalId: job.externalId ?? '', state: 'running', eventId: 'e0' };
  expect(await take()).toBe('rejected');
  await kit.drain();
  expect(await kit.now(job)).toEqual(after);
});

test('forged: another token, job, attempt or provider, no signature, or another run', async () => {
  const forged: Partial<WebhookAddress>[] = [
    { token: '' },
    { token: 'x'.repeat(43) },
    { token: job.webhookHash ?? '' },
    { jobId: 'job_none' },
    { attempt: 2 },
    { attempt: NaN },
    { provider: 'modal' },
    { provider: 'vast' },
  ];
  for (const one of forged) expect(await take(one), JSON.stringify(one)).toBe('rejected');
  kit.runpod.event = { externalId: 'another', state: 'failed', eventId: 'e9' };
  expect(await take()).toBe('rejected');
  kit.runpod.event = null;
  expect(await take()).toBe('rejected');
  await kit.drain();
  expect(kit.runpod.asked).toHaveLength(0);
});

test('for a job that never had one', async () => {
  const queued = await kit.ordered({ notBefore: 1e15 });
  expect(await take({ jobId: queued.id })).toBe('rejected');
});

test('for a job that is over: nothing to be done', async () => {
  await cancelJob(kit.cloud, job);
  expect(await take()).toBe('over');
});

test('the route: 401 for what is not waited for, 413 for what is too large, counted', async () => {
  // The configured providers are asked, so the test's own are not: what is forged has to be refused all the same.
  const cloud = { ...kit.cloud, config: { ...kit.cloud.config, providers: ['local' as const] } };
  const app = appOver(cloud, null);
  app.route('/api/webhooks', providerWebhookRoutes);
  const post = (body: string) => app.request(`/api/webhooks/local/${job.id}/1/${address.token}`, { method: 'POST', body }, env);
  expect((await post('{}')).status).toBe(401);
  expect((await post('x'.repeat(256 * 1024 + 1))).status).toBe(413);
  await kit.cloud.settled();
  const row = await kit.cloud.db
    .prepare("SELECT count FROM counters WHERE name = 'webhook_in' AND label = 'rejected'")
    .first<{ count: number }>();
  expect(row?.count).toBe(1);
});
