import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReplicate } from '../../../cloud/providers/replicate.ts';
import { verifyStandardWebhook } from '../../../cloud/providers/standardWebhooks.ts';
import {
  type FakeReplicate,
  type SignedWebhook,
  replicateToken,
  signedWebhook,
  startFakeReplicate,
} from '../../fixtures/fakeProviders/replicate.ts';
import { nowMs, options, spec, tools } from '../../fixtures/fakeProviders/spec.ts';

const secret = (): string => `whsec_${randomBytes(24).toString('base64')}`;
const [before, present] = [secret(), secret()];
const done = { id: 'p1', status: 'succeeded', output: null };

let server: FakeReplicate;
beforeAll(async () => {
  server = await startFakeReplicate();
});
afterAll(() => server.close());
const replicate = () =>
  createReplicate({ token: replicateToken, deployment: 'acme/splat', webhookSecrets: [present, before], baseUrl: server.url }, tools());
const verified = ({ headers, raw }: SignedWebhook, atMs = nowMs) => replicate().verifyWebhook(headers, raw, atMs);

describe('predictions', () => {
  it('are made at the deployment, without waiting, with a webhook for the end', async () => {
    expect(await replicate().submit(spec, options)).toMatchObject({ ok: true });
    const request = server.requests.at(-1);
    expect(request?.headers['prefer']).toBe('respond-async');
    expect(request?.body).toEqual({
      input: { spec: JSON.stringify(spec) },
      webhook: options.webhookUrl,
      webhook_events_filter: ['completed'],
    });
  });

  it.each([
    ['starting', 'starting'],
    ['processing', 'running'],
    ['succeeded', 'succeeded'],
    ['failed', 'failed'],
    ['canceled', 'cancelled'],
    ['aborted', 'timed-out'],
  ])('that are %s are %s', async (status, state) => {
    server.predictions.set('p1', {
      id: 'p1',
      status,
      error: state === 'failed' ? 'boom' : null,
      metrics: { predict_time: 12.5, total_time: 20 },
    });
    const error = state === 'failed' ? 'boom' : null;
    expect(await replicate().status('p1')).toEqual({ ok: true, value: { state, queueMs: 7500, runMs: 12_500, error } });
  });

  it('cannot start where the deployment may have no instance', async () => {
    server.deployment.configuration['max_instances'] = 0;
    expect(await replicate().health()).toMatchObject({ ok: true, value: { ok: false, hint: /max_instances/ } });
  });
});

describe('webhooks', () => {
  it('are believed with a good signature, under the present secret or the one before', async () => {
    for (const good of [present, before]) {
      const event = await verified(signedWebhook([good], 'msg_1', nowMs, done));
      expect(event).toEqual({ externalId: 'p1', state: 'succeeded', eventId: 'msg_1' });
    }
  });

  it('are believed when one of several signatures is good', async () => {
    const other = signedWebhook([secret(), present], 'msg_1', nowMs, done);
    expect(await verified(other)).not.toBeNull();
    other.headers.set('webhook-signature', `v1a,AAAA v2,x v1,not-base64! ${other.headers.get('webhook-signature')}`);
    expect(await verified(other)).not.toBeNull();
  });

  it('that are forged, changed or unsigned are dropped', async () => {
    expect(await verified(signedWebhook([secret()], 'msg_1', nowMs, done))).toBeNull();
    const good = signedWebhook([present], 'msg_1', nowMs, done);
    const text = new TextDecoder().decode(good.raw);
    expect(await verified({ ...good, raw: new TextEncoder().encode(text.replace('succeeded', 'failed')) })).toBeNull();
    for (const [name, value] of [
      ['webhook-id', 'msg_2'],
      ['webhook-timestamp', String(nowMs / 1000 + 1)],
      ['webhook-signature', 'v1,'],
      ['webhook-signature', ''],
      ['webhook-timestamp', '1e9'],
    ] as const) {
      const headers = new Headers(good.headers);
      headers.set(name, value);
      expect(await verified({ ...good, headers })).toBeNull();
    }
    expect(await verified({ ...good, headers: new Headers() })).toBeNull();
  });

  it('that are more than five minutes old, or from the future, are dropped', async () => {
    const sent = signedWebhook([present], 'msg_1', nowMs, done);
    expect(await verified(sent, nowMs + 299_000)).not.toBeNull();
    expect(await verified(sent, nowMs + 301_000)).toBeNull();
    expect(await verified(sent, nowMs - 299_000)).not.toBeNull();
    expect(await verified(sent, nowMs - 301_000)).toBeNull();
  });

  it('that come twice have the same id, so that the second is known', async () => {
    const first = await verified(signedWebhook([present], 'msg_1', nowMs, done));
    const again = await verified(signedWebhook([present], 'msg_1', nowMs + 60_000, done), nowMs + 60_000);
    expect(again?.eventId).toBe(first?.eventId);
  });

  it('that come out of order are told as they are; status() is what counts', async () => {
    const late = await verified(signedWebhook([present], 'msg_0', nowMs, { id: 'p1', status: 'processing' }));
    expect(late).toEqual({ externalId: 'p1', state: 'running', eventId: 'msg_0' });
    server.predictions.set('p1', { id: 'p1', status: 'succeeded', error: null });
    expect(await replicate().status('p1')).toMatchObject({ value: { state: 'succeeded' } });
  });

  it('whose body is not a prediction are dropped though signed', async () => {
    expect(await verified(signedWebhook([present], 'msg_1', nowMs, { hello: 1 }))).toBeNull();
    const raw = new TextEncoder().encode('{"id":');
    const seconds = String(nowMs / 1000);
    const mac = createHmac('sha256', Buffer.from(present.slice(6), 'base64'))
      .update(`msg_1.${seconds}.{"id":`)
      .digest('base64');
    const headers = new Headers({ 'webhook-id': 'msg_1', 'webhook-timestamp': seconds, 'webhook-signature': `v1,${mac}` });
    expect(await verified({ headers, raw })).toBeNull();
  });

  // From the reference libraries' own tests: standard-webhooks/standard-webhooks, libraries/javascript.
  it('agree with the specification’s example', async () => {
    const headers = new Headers({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
    const raw = new TextEncoder().encode('{"test": 2432232314}');
    const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(await verifyStandardWebhook([key], headers, raw, 1_614_265_330_000)).toBe('msg_p5jXN8AQM9LWM0D4loKWxJek');
    expect(await verifyStandardWebhook([''], headers, raw, 1_614_265_330_000)).toBeNull();
    expect(await verifyStandardWebhook(['whsec_'], headers, raw, 1_614_265_330_000)).toBeNull();
  });
});
