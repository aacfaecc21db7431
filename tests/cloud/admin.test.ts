/** What the operator sees and can do: /api/admin and the page. */
import { describe, expect, test } from 'vitest';
import type { AdminJob, Counter, Health } from '../../cloud/policy/operatorView.ts';
import { reserve } from '../../cloud/store/budget.ts';
import { count } from '../../cloud/store/counters.ts';
import { type DeadLetter, addDeadLetter } from '../../cloud/store/deadLetters.ts';
import { getJob } from '../../cloud/store/jobs.ts';
import { outboxed } from '../../cloud/store/outbox.ts';
import { purgeOrdered } from '../../cloud/store/purgeOrders.ts';
import { isKilled, putSetting } from '../../cloud/store/settings.ts';
import { type AdminApp, adminApp, csrfOf } from './adminApp.ts';
import { givenUpload } from './jobKit.ts';
import { givenJob } from './rows.ts';
import { codeOf } from './trainerApp.ts';

const healthOf = async (app: AdminApp): Promise<Health> => {
  const answer = await app.api('GET', '/health');
  expect(answer.status).toBe(200);
  return answer.json();
};
const names = ({ alerts }: Health): string[] => alerts.map(({ name }) => name);
const minute = 60_000;

describe('GET /api/admin/health', () => {
  test('of a service where nothing is to do: all is well', async () => {
    const app = await adminApp();
    await putSetting(app.cloud, 'worker-seen:wrk_1', 'instance-1');
    const health = await healthOf(app);
    expect(health).toMatchObject({ ok: true, alerts: [], d1: { ok: true }, r2: { ok: true } });
    expect(health.figures).toMatchObject({
      jobs: { queued: 0, completed: 0 },
      queue: { unsent: 0, delayed: 0, oldestUnsentAt: null, oldestWaitingAt: null },
      lastDay: { completed: 0, failed: 0, errorRate: null },
      budget: { day: { usedSeconds: 0, limitSeconds: null } },
      killSwitch: { on: false, since: null },
      workers: [{ name: 'wrk_1', seenAt: app.cloud.nowMs }],
      providers: [{ id: 'local', breaker: 'closed', health: { ok: true } }],
    });
  });

  test('counts jobs, messages and errors', async () => {
    const app = await adminApp();
    const { cloud } = app;
    const now = cloud.nowMs;
    await givenJob(cloud, { createdAt: now - 5 * minute });
    const waiting = await givenJob(cloud, { state: 'submitted', createdAt: now - 30 * minute, provider: 'local' });
    await givenJob(cloud, { state: 'training', createdAt: now - 90 * minute });
    const hour = 60 * minute;
    for (const state of ['completed', 'completed', 'completed', 'failed', 'expired', 'cancelled'] as const)
      await givenJob(cloud, { state, finishedAt: now - hour });
    await givenJob(cloud, { state: 'failed', finishedAt: now - 24 * hour });
    await outboxed(cloud, { kind: 'purge', requestId: 'r' }).run();
    await outboxed(cloud, { kind: 'look', jobId: waiting.id, attempt: 1, requestId: 'r' }, now + minute).run();
    cloud.nowMs += 6 * minute;

    const health = await healthOf(app);
    expect(health.figures?.jobs).toMatchObject({ queued: 1, submitted: 1, training: 1, completed: 3, failed: 2, expired: 1, cancelled: 1 });
    // Of the last day: 3 completed, 1 failed, 1 expired; the cancelled one is no error.
    expect(health.figures?.lastDay).toEqual({ completed: 3, failed: 2, errorRate: 0.4 });
    // The message whose time came five minutes ago counts from then.
    expect(health.figures?.queue).toEqual({ unsent: 2, delayed: 0, oldestUnsentAt: now, oldestWaitingAt: waiting.createdAt });
    expect(names(health).sort()).toEqual(['error-rate', 'outbox-stuck', 'sweep-late', 'waiting-long', 'worker-silent']);
    expect(health.ok).toBe(false);
  });

  test('shows what is spent of what is allowed', async () => {
    const app = await adminApp({ BUDGET_DAY_SECONDS: '1000', BUDGET_MONTH_SECONDS: '100000' });
    const { cloud } = app;
    await cloud.db
      .prepare("INSERT INTO budget_days VALUES ('2026-11-25', 0, 500, 9000), ('2026-10-31', 0, 70, 1), ('2026-11-26', 0, 300, 2500000)")
      .run();
    const job = await givenJob(cloud, { state: 'submitting' });
    expect(await reserve(cloud, job, 600)).toMatchObject({ id: job.id });
    const health = await healthOf(app);
    expect(health.figures?.budget).toEqual({
      day: { usedSeconds: 300, reservedSeconds: 600, limitSeconds: 1000, costMicros: 2_500_000 },
      month: { usedSeconds: 800, reservedSeconds: 600, limitSeconds: 100_000, costMicros: 2_509_000 },
    });
    expect(health.alerts.find(({ name }) => name === 'budget-day')).toMatchObject({ value: 0.9, threshold: 0.8, unit: 'share' });
  });

  test('a provider that is not set up is told, and does not hide the rest', async () => {
    const app = await adminApp({ PROVIDERS: 'runpod,local', RUNPOD_KEY: '' });
    const health = await healthOf(app);
    const alert = health.alerts.find(({ about }) => about === 'runpod');
    expect(alert?.name).toBe('provider-unwell');
    expect(health.figures?.providers[0].health?.hint).toContain('RUNPOD_KEY');
  });

  test('a breaker that is open, purges and dead letters', async () => {
    const app = await adminApp();
    const { cloud } = app;
    await putSetting(cloud, 'worker-seen:wrk_1', '1');
    await cloud.db
      .prepare("INSERT INTO breakers VALUES ('local', 5, ?1, NULL, 'HTTP 503')")
      .bind(cloud.nowMs - 1000)
      .run();
    await purgeOrdered(cloud, 'project', 'prj_1').run();
    await addDeadLetter(cloud, { jobId: null, attempt: null, body: '{}', error: 'x', deliveries: 6 });
    cloud.nowMs += 1000;
    const health = await healthOf(app);
    expect(health.figures).toMatchObject({
      providers: [{ breaker: 'open', failures: 5, lastError: 'HTTP 503', openedAt: cloud.nowMs - 2000 }],
      purges: { open: 1, oldestAt: cloud.nowMs - 1000 },
      deadLetters: { open: 1, oldestAt: cloud.nowMs - 1000 },
    });
    expect(names(health)).toEqual(['dead-letters', 'breaker-open']);
  });

  test('when a store does not answer the answer is 200 and says so', async () => {
    const broken = { head: () => Promise.reject(new Error('down')) } as unknown as R2Bucket;
    const withoutR2 = await adminApp({ BUCKET: broken });
    await putSetting(withoutR2.cloud, 'worker-seen:wrk_1', '1');
    expect(await healthOf(withoutR2)).toMatchObject({ ok: false, r2: { ok: false }, alerts: [{ name: 'r2-unreachable' }] });

    const withoutD1 = await adminApp();
    withoutD1.cloud.db = { ...withoutD1.cloud.db, prepare: () => { throw new Error('down'); } } as unknown as D1Database; // prettier-ignore
    expect(await healthOf(withoutD1)).toMatchObject({ ok: false, d1: { ok: false }, figures: null, alerts: [{ name: 'd1-unreachable' }] });
  });
});

describe('dead letters', () => {
  const given = (app: AdminApp, body: unknown, jobId: string | null = null) =>
    addDeadLetter(app.cloud, { jobId, attempt: 1, body: JSON.stringify(body), error: 'HTTP 500', deliveries: 6 });
  const list = async (app: AdminApp, query = ''): Promise<DeadLetter[]> =>
    (await (await app.api('GET', `/dead-letters${query}`)).json<{ deadLetters: DeadLetter[] }>()).deadLetters;

  test('are listed, and each is settled once', async () => {
    const app = await adminApp();
    const id = await given(app, { kind: 'deliver', requestId: 'r' });
    expect(await list(app)).toMatchObject([{ id, status: 'open', error: 'HTTP 500' }]);
    expect((await app.api('POST', `/dead-letters/${id}/discard`)).status).toBe(204);
    expect(await codeOf(await app.api('POST', `/dead-letters/${id}/discard`))).toBe('409 settled');
    expect(await codeOf(await app.api('POST', `/dead-letters/${id}/replay`))).toBe('409 settled');
    expect(await codeOf(await app.api('POST', '/dead-letters/ded_none/replay'))).toBe('404 not-found');
    expect(await list(app, '?status=open')).toEqual([]);
    expect(await codeOf(await app.api('GET', '/dead-letters?status=lost'))).toBe('400 bad-query');
  });

  test('replayed, the message is in the outbox again', async () => {
    const app = await adminApp();
    const body = { kind: 'deliver', requestId: 'request-of-then' };
    const answer = await app.api('POST', `/dead-letters/${await given(app, body)}/replay`);
    expect(await answer.json()).toEqual({ jobId: null });
    const row = await app.cloud.db.prepare('SELECT body FROM outbox').first<{ body: string }>();
    expect(JSON.parse(row?.body ?? '')).toEqual(body);
  });

  test('an order that cannot be taken again stays open, with the reason', async () => {
    const app = await adminApp();
    const { ownerId, projectId, uploadId } = await givenUpload(app.cloud);
    const job = await givenJob(app.cloud, { ownerId, projectId, uploadId, state: 'failed' });
    const id = await given(app, { kind: 'submit', jobId: job.id, attempt: 1, requestId: 'r' }, job.id);
    await app.api('POST', '/kill-switch', { on: true });
    expect(await codeOf(await app.api('POST', `/dead-letters/${id}/replay`))).toBe('503 paused');
    expect(await list(app)).toMatchObject([{ id, status: 'open' }]);
    await app.api('POST', '/kill-switch', { on: false });
    const { jobId } = await (await app.api('POST', `/dead-letters/${id}/replay`)).json<{ jobId: string }>();
    expect(await getJob(app.cloud.db, jobId)).toMatchObject({ retryOf: job.id });
  });
});

describe('jobs', () => {
  test('newest first, by state, never more than asked', async () => {
    const app = await adminApp();
    const ids: string[] = [];
    for (const state of ['failed', 'queued', 'failed'] as const) {
      ids.push((await givenJob(app.cloud, { state, webhookHash: 'a'.repeat(64), error: 'why' })).id);
      app.cloud.nowMs += 1;
    }
    const list = async (query: string): Promise<AdminJob[]> =>
      (await (await app.api('GET', `/jobs${query}`)).json<{ jobs: AdminJob[] }>()).jobs;
    expect((await list('')).map(({ id }) => id)).toEqual([...ids].reverse());
    expect((await list('?state=failed&limit=1')).map(({ id }) => id)).toEqual([ids[2]]);
    for (const query of ['?limit=0', '?limit=201', '?limit=x', '?state=lost', '?owner=x'])
      expect(await codeOf(await app.api('GET', `/jobs${query}`))).toBe('400 bad-query');
    expect(JSON.stringify(await list(''))).not.toContain('a'.repeat(64));
  });

  test('one is cancelled; one that is over stays as it is', async () => {
    const app = await adminApp();
    const job = await givenJob(app.cloud);
    expect(await (await app.api('POST', `/jobs/${job.id}/cancel`)).json()).toEqual({ state: 'cancelled' });
    const over = await givenJob(app.cloud, { state: 'completed' });
    expect(await (await app.api('POST', `/jobs/${over.id}/cancel`)).json()).toEqual({ state: 'completed' });
    expect(await codeOf(await app.api('POST', '/jobs/job_none/cancel'))).toBe('404 not-found');
  });
});

test('the kill switch is turned on and off, with a body of its kind only', async () => {
  const app = await adminApp();
  expect(await (await app.api('POST', '/kill-switch', { on: true })).json()).toEqual({ on: true });
  expect(await isKilled(app.cloud)).toBe(true);
  expect(names(await healthOf(app))).toContain('kill-switch');
  for (const body of [{}, { on: 'off' }, { on: false, more: 1 }])
    expect(await codeOf(await app.api('POST', '/kill-switch', body))).toBe('400 bad-request');
  expect(await isKilled(app.cloud)).toBe(true);
  await app.api('POST', '/kill-switch', { on: false });
  expect(await isKilled(app.cloud)).toBe(false);
});

test('the counters of a day', async () => {
  const app = await adminApp();
  count(app.cloud, 'upload', 'begun', 2);
  count(app.cloud, 'upload', 'begun');
  count(app.cloud, 'error');
  await app.cloud.settled();
  const counters: Counter[] = [
    { name: 'error', label: '', count: 1 },
    { name: 'upload', label: 'begun', count: 3 },
  ];
  expect(await (await app.api('GET', '/counters')).json()).toEqual({ day: '2026-11-26', counters });
  expect(await (await app.api('GET', '/counters?day=2026-11-25')).json()).toEqual({ day: '2026-11-25', counters: [] });
  expect(await codeOf(await app.api('GET', '/counters?day=today'))).toBe('400 bad-query');
});

describe('the page', () => {
  const open = (app: AdminApp, cookie: string) => app.send('/admin', { headers: { cookie } });

  test('logged out: the form and nothing of what is going on', async () => {
    const app = await adminApp();
    await givenJob(app.cloud);
    const answer = await app.send('/admin');
    expect(answer.status).toBe(401);
    const page = await answer.text();
    expect(page).toContain('action="/admin/login"');
    expect(page).not.toContain('job_');
  });

  test('has no script, a style by nonce, and may be framed by nobody', async () => {
    const app = await adminApp();
    const answer = await open(app, await app.logIn());
    const page = await answer.text();
    const policy = answer.headers.get('content-security-policy') ?? '';
    const [, nonce = ''] = /style-src 'nonce-([\w-]+)'/.exec(policy) ?? [];
    expect(nonce.length).toBeGreaterThanOrEqual(22);
    expect(page).toContain(`<style nonce="${nonce}">`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page).not.toMatch(/<script|javascript:| on[a-z]+=| style=/i);
    expect(answer.headers.get('cache-control')).toContain('no-store');
    const again = await open(app, await app.logIn());
    expect(again.headers.get('content-security-policy')).not.toContain(nonce);
  });

  test('shows alerts, states, budget, providers, dead letters and jobs; what came from outside is text', async () => {
    const app = await adminApp({ BUDGET_DAY_SECONDS: '3600' });
    const { cloud } = app;
    const job = await givenJob(cloud, { error: '<img src=x onerror=alert(1)>' });
    const letter = await addDeadLetter(cloud, { jobId: job.id, attempt: 1, body: '{"kind":"<b>"}', error: '<script>', deliveries: 6 });
    await cloud.db.prepare("INSERT INTO budget_days VALUES ('2026-11-26', 0, 1800, 1230000)").run();
    const page = await (await open(app, await app.logIn())).text();
    expect(page).toContain('<strong>dead-letters</strong>');
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(page).not.toMatch(/<img|<script|<b>/);
    expect(page).toContain(`action="/admin/dead-letters/${letter}/replay"`);
    expect(page).toContain(`action="/admin/jobs/${job.id}/cancel"`);
    expect(page).toMatch(/<meter[^>]*max="3600"[^>]*value="1800"/);
    expect(page).toContain('$1.23');
    expect(page).toMatch(/<th scope="row">local<\/th>/);
  });

  test('each button does what it says and comes back to the page', async () => {
    const app = await adminApp();
    const { cloud } = app;
    const job = await givenJob(cloud);
    const letter = await addDeadLetter(cloud, {
      jobId: null,
      attempt: null,
      body: '{"kind":"deliver","requestId":"r"}',
      error: '',
      deliveries: 6,
    });
    const cookie = await app.logIn();
    const csrf = csrfOf(await (await open(app, cookie)).text());
    const press = async (path: string, fields: Record<string, string> = {}): Promise<void> => {
      const answer = await app.form(path, { csrf, ...fields }, cookie);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin']);
    };
    await press('/kill-switch', { on: 'true' });
    expect(await isKilled(cloud)).toBe(true);
    await press('/kill-switch', { on: 'false' });
    expect(await isKilled(cloud)).toBe(false);
    await press(`/jobs/${job.id}/cancel`);
    expect((await getJob(cloud.db, job.id))?.state).toBe('cancelled');
    await press(`/dead-letters/${letter}/discard`);
    const again = await app.form(`/dead-letters/${letter}/replay`, { csrf }, cookie);
    expect(again.status).toBe(409);
    expect(await again.text()).toContain('was discarded already');
  });
});
