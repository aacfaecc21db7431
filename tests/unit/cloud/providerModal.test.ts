import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createModal } from '../../../cloud/providers/modal.ts';
import { type FakeModal, modalKey, modalSecret, startFakeModal } from '../../fixtures/fakeProviders/modal.ts';
import { nowMs, options, spec, tools } from '../../fixtures/fakeProviders/spec.ts';

let server: FakeModal;
beforeAll(async () => {
  server = await startFakeModal();
});
afterAll(() => server.close());
const modal = () => createModal({ url: server.url, key: modalKey, secret: modalSecret }, tools());

describe('Modal', () => {
  it('is asked for a GPU by its own name and for the time that the job may take', async () => {
    await modal().submit(spec, { ...options, gpuClass: 'a100-80' });
    expect(server.requests.at(-1)).toMatchObject({
      method: 'POST',
      path: '/run',
      body: { input: spec, gpu: 'A100-80GB', timeoutSeconds: 10_920 },
    });
    await modal().submit({ ...spec, limits: { ...spec.limits, maxSeconds: 9e6 } }, { ...options, gpuClass: 'l4' });
    expect(server.requests.at(-1)?.body).toMatchObject({ gpu: 'L4', timeoutSeconds: 86_400 });
    expect(await modal().submit(spec, options)).toMatchObject({ kind: 'permanent', message: /rtx-4090/ });
  });

  it.each([
    [202, {}, 'running', null],
    [202, null, 'no answer', null],
    [202, { state: 'queued' }, 'queued', null],
    [200, { ok: true }, 'succeeded', null],
    [200, { error: 'CUDA out of memory' }, 'failed', 'CUDA out of memory'],
    [200, { error: 'late', kind: 'timed-out' }, 'timed-out', 'late'],
    [200, { error: 'stopped', kind: 'cancelled' }, 'cancelled', 'stopped'],
    [200, {}, 'no answer', null],
    [404, { detail: 'no such call' }, 'lost', null],
  ])('%d %j is %s', async (status, body, state, error) => {
    server.calls.set('fc-1', { status, body });
    const answer = await modal().status('fc-1');
    if (state === 'no answer') expect(answer).toMatchObject({ ok: false, kind: 'retryable' });
    else expect(answer).toEqual({ ok: true, value: { state, queueMs: null, runMs: null, error } });
  });

  it('sends no webhooks, so none is believed', async () => {
    expect(await modal().verifyWebhook(new Headers(), new TextEncoder().encode('{"id":"fc-1"}'), nowMs)).toBeNull();
  });

  it('says what to do when the web app is not there or not well', async () => {
    server.health = Object.assign(server.health, { status: 404, body: {} });
    expect(await modal().health()).toMatchObject({ ok: true, value: { ok: false, hint: /not be deployed/ } });
    Object.assign(server.health, { status: 200, body: { ok: false, hint: 'no image' } });
    expect(await modal().health()).toEqual({ ok: true, value: { ok: false, hint: 'no image' } });
  });
});
