import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namesRun } from '../../../cloud/providers/adapter.ts';
import { createRunpod } from '../../../cloud/providers/runpod.ts';
import { type FakeRunpod, runpodKey, startFakeRunpod } from '../../fixtures/fakeProviders/runpod.ts';
import { nowMs, options, spec, tools } from '../../fixtures/fakeProviders/spec.ts';

let server: FakeRunpod;
beforeAll(async () => {
  server = await startFakeRunpod();
});
afterAll(() => server.close());

const runpod = () => createRunpod({ key: runpodKey, endpoints: { 'rtx-4090': 'ep4090', l4: 'epl4' }, baseUrl: server.url }, tools());
const body = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('what RunPod is asked', () => {
  it('is a run at the endpoint of the class, with the time it needs and a webhook', async () => {
    const answer = await runpod().submit(spec, { ...options, gpuClass: 'l4', spot: true });
    expect(answer).toMatchObject({ ok: true, value: { externalId: expect.stringMatching(/^epl4\/.+-u1$/) as string } });
    const request = server.requests.at(-1);
    expect(request).toMatchObject({ method: 'POST', path: '/epl4/run' });
    // The standard of ten minutes would end every long run; a low priority starts no worker, so a job would wait for ever.
    expect(request?.body).toEqual({
      input: spec,
      webhook: options.webhookUrl,
      policy: { executionTimeout: 10_920_000, ttl: 97_320_000, lowPriority: false },
    });
  });

  it('is never more time than RunPod gives', async () => {
    await runpod().submit({ ...spec, limits: { ...spec.limits, maxSeconds: 9e6 } }, options);
    expect(server.requests.at(-1)?.body).toMatchObject({ policy: { executionTimeout: 604_800_000, ttl: 604_800_000 } });
  });

  it('is nothing where there is no endpoint for the class', async () => {
    const before = server.requests.length;
    expect(await runpod().submit(spec, { ...options, gpuClass: 'h100' })).toMatchObject({ kind: 'permanent', message: /h100/ });
    expect(server.requests.length).toBe(before);
  });
});

describe('states', () => {
  it.each([
    ['IN_QUEUE', 'queued'],
    ['IN_PROGRESS', 'running'],
    ['RUNNING', 'running'],
    ['COMPLETED', 'succeeded'],
    ['FAILED', 'failed'],
    ['CANCELLED', 'cancelled'],
    ['TIMED_OUT', 'timed-out'],
  ])('%s is %s', async (status, state) => {
    server.runs.set('ep4090/r1', {
      id: 'r1',
      status,
      delayTime: 1500,
      executionTime: 42_000,
      error: status === 'FAILED' ? 'no GPU' : undefined,
    });
    const error = status === 'FAILED' ? 'no GPU' : null;
    expect(await runpod().status('ep4090/r1')).toEqual({ ok: true, value: { state, queueMs: 1500, runMs: 42_000, error } });
  });

  it('that are not documented are no answer', async () => {
    server.runs.set('ep4090/r1', { id: 'r1', status: 'MELTED' });
    expect(await runpod().status('ep4090/r1')).toMatchObject({ ok: false, kind: 'retryable', message: /status/ });
  });

  it.each(['ep4090/..', '../ep4090', 'ep4090/r1/..', 'r1', '', '%2e%2e/r1'])('of a run named %j are not asked for', async (externalId) => {
    const before = server.requests.length;
    expect(await runpod().status(externalId)).toMatchObject({ ok: true, value: { state: 'lost' } });
    expect(server.requests.length).toBe(before);
  });
});

describe('webhooks', () => {
  it('are read, though not signed: the address has the token, and status() is asked', async () => {
    const raw = body({ id: 'r1-u1', status: 'COMPLETED', output: { anything: 1 } });
    expect(await runpod().verifyWebhook(new Headers(), raw, nowMs)).toEqual({
      externalId: 'r1-u1',
      state: 'succeeded',
      eventId: 'r1-u1:COMPLETED',
    });
    expect(namesRun('ep4090/r1-u1', 'r1-u1')).toBe(true);
    expect(namesRun('ep4090/r11-u1', 'r1-u1')).toBe(false);
  });

  it('have the same id for every delivery of a state, another one for another state', async () => {
    const id = async (status: string): Promise<string | undefined> =>
      (await runpod().verifyWebhook(new Headers(), body({ id: 'r1', status }), nowMs))?.eventId;
    expect(await id('FAILED')).toBe(await id('FAILED'));
    expect(await id('IN_PROGRESS')).not.toBe(await id('COMPLETED'));
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['no JSON', new TextEncoder().encode('id=r1')],
    ['no id', body({ status: 'COMPLETED' })],
    ['an unknown state', body({ id: 'r1', status: 'PAID' })],
    ['too much', body({ id: 'r1', status: 'COMPLETED', output: 'x'.repeat(300_000) })],
  ])('that say %s are dropped', async (_, raw) => {
    expect(await runpod().verifyWebhook(new Headers(), raw, nowMs)).toBeNull();
  });
});

describe('health tells apart why jobs wait', () => {
  const hint = async (jobs: Record<string, number>, workers: Record<string, number>) => {
    Object.assign(server.health, { jobs, workers });
    return runpod().health();
  };

  it('an endpoint that RunPod has put to sleep', async () => {
    const answer = await hint({ inQueue: 3 }, { idle: 0, running: 0 });
    expect(answer).toMatchObject({ ok: true, value: { ok: false, hint: /maximum to 0/ } });
  });
  it('workers that crash as they start', async () => {
    const answer = await hint({ inQueue: 3 }, { idle: 0, running: 0, unhealthy: 2 });
    expect(answer).toMatchObject({ ok: true, value: { ok: false, hint: /2 workers crash/ } });
  });
  it('no free GPU, which is nobody’s fault', async () => {
    const answer = await hint({ inQueue: 3 }, { idle: 0, running: 0, throttled: 3 });
    expect(answer).toMatchObject({ ok: true, value: { ok: true, hint: /no free GPU/ } });
  });
  it('nothing at all', async () => {
    expect(await hint({ inQueue: 3 }, { idle: 0, initializing: 1 })).toEqual({ ok: true, value: { ok: true, hint: null } });
    expect(await hint({ inQueue: 0 }, { idle: 0 })).toEqual({ ok: true, value: { ok: true, hint: null } });
  });
});
