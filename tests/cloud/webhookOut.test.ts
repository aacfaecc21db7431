/** The owner's webhook: its address, its signature, its retries and its log; in workerd, on the real D1. */
import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Delivery, DeliveryList } from '../../src/core/job/cloudAccount.ts';
import { deliverDue, planDeliveries } from '../../cloud/jobs/deliver.ts';
import { webhookHeaders } from '../../cloud/policy/webhookSignature.ts';
import { ownerWebhookRoutes } from '../../cloud/routes/ownerWebhook.ts';
import { claimRow, dropOldDeliveries, dueRows } from '../../cloud/store/deliveries.ts';
import { fakeNet, type FakeNet } from './fakeNet.ts';
import { ownerApp } from './ownerApp.ts';
import { givenJob, givenOwner } from './rows.ts';
import { type TestCloud, testCloud } from './testCloud.ts';

let net: FakeNet;
let cloud: TestCloud;
let ownerId: string;

beforeEach(async () => {
  net = fakeNet(() => new Response('thank you'));
  cloud = await testCloud({ fetch: net.fetch });
  await cloud.db.batch(['deliveries', 'counters'].map((table) => cloud.db.prepare(`DELETE FROM ${table}`)));
  ownerId = await givenOwner(cloud);
});

const ask = (as: string | null = ownerId) => ownerApp(cloud, as, ownerWebhookRoutes);

async function setWebhook(url = 'https://hooks.example.com/splat'): Promise<string> {
  const answer = await ask()('PUT', '/webhook', { url });
  expect(answer.status).toBe(200);
  return (await answer.json<{ secret: string }>()).secret;
}

const log = async (as = ownerId): Promise<Delivery[]> => {
  return (await (await ask(as)('GET', '/deliveries')).json<DeliveryList>()).deliveries;
};
const newest = async (): Promise<Delivery> => (await log())[0] ?? expect.fail('There is no delivery.');

async function givenDelivery(): Promise<void> {
  await setWebhook();
  await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'completed' }));
}

describe('the address', () => {
  test('is set, shown without its secret, changed and removed', async () => {
    expect(await (await ask()('GET', '/webhook')).json()).toEqual({ url: null });
    const answer = await ask()('PUT', '/webhook', { url: 'https://Hooks.example.com/splat#x' });
    expect(await answer.json()).toEqual({
      url: 'https://hooks.example.com/splat',
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    expect(await (await ask()('GET', '/webhook')).json()).toEqual({ url: 'https://hooks.example.com/splat' });
    const [first, second] = [await setWebhook(), await setWebhook()];
    expect(first).not.toBe(second);
    expect(await (await ask(await givenOwner(cloud))('GET', '/webhook')).json()).toEqual({ url: null });
    expect((await ask()('DELETE', '/webhook')).status).toBe(204);
    expect(await (await ask()('GET', '/webhook')).json()).toEqual({ url: null });
  });

  test.each([
    'http://hooks.example.com/',
    'https://192.168.1.1/',
    'https://2852039166/',
    'https://nas.local/',
    'https://a:b@hooks.example.com/',
    'nonsense',
  ])('%s is refused and changes nothing', async (url) => {
    await setWebhook();
    const answer = await ask()('PUT', '/webhook', { url });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: 'bad-address' } }]);
    expect(await (await ask()('GET', '/webhook')).json()).toEqual({ url: 'https://hooks.example.com/splat' });
  });

  test('loopback is for development', async () => {
    await setWebhook('http://127.0.0.1:9999/hook');
    cloud.config.isDevelopment = false;
    expect((await ask()('PUT', '/webhook', { url: 'http://127.0.0.1:9999/hook' })).status).toBe(400);
  });

  test('a stranger has none', async () => {
    for (const [method, path] of [
      ['PUT', '/webhook'],
      ['GET', '/webhook'],
      ['DELETE', '/webhook'],
      ['GET', '/deliveries'],
      ['POST', '/deliveries/dlv_1/retry'],
    ] as const) {
      expect((await ask(null)(method, path, method === 'PUT' ? { url: 'https://a.example.com' } : undefined)).status, path).toBe(401);
    }
  });
});

/** The reference libraries of Standard Webhooks are all tested with this one. */
test('the signature is the one of the Standard Webhooks example', async () => {
  const headers = await webhookHeaders(
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    1_614_265_330_000,
    '{"test": 2432232314}',
  );
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

describe('sending', () => {
  test.each([
    ['completed', 'job.completed', 'mdl_1'],
    ['failed', 'job.failed', null],
    ['expired', 'job.failed', null],
    ['cancelled', 'job.cancelled', null],
  ] as const)('a job that is %s is told as %s, signed', async (state, type, modelId) => {
    const secret = await setWebhook();
    const job = await givenJob(cloud, { ownerId, state, modelId, finishedAt: 1_790_000_000_000 });
    await planDeliveries(cloud, job);
    cloud.nowMs += 1500;
    expect(await deliverDue(cloud, 10)).toBe(1);
    const [sent] = net.sent;
    const body = new TextDecoder().decode(sent.body);
    expect(sent).toMatchObject({ url: 'https://hooks.example.com/splat', redirect: 'manual' });
    expect(JSON.parse(body)).toEqual({ type, jobId: job.id, projectId: job.projectId, modelId, at: 1_790_000_000_000 });
    const [id, time] = [sent.headers.get('webhook-id'), sent.headers.get('webhook-timestamp')];
    expect([id, time]).toEqual([(await newest()).id, String(Math.floor(cloud.now() / 1000))]);
    const key = Uint8Array.from(atob(secret.replace('whsec_', '')), (character) => character.charCodeAt(0));
    expect(key.byteLength).toBe(32);
    const expected = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
    expect(sent.headers.get('webhook-signature')).toBe(`v1,${expected}`);
    expect(sent.headers.get('content-type')).toBe('application/json');
    expect(await newest()).toMatchObject({
      kind: 'webhook',
      to: 'https://hooks.example.com/splat',
      status: 'delivered',
      tries: 1,
      lastStatus: 200,
      nextTryAt: null,
    });
  });

  test('an answer without end is left unread', async () => {
    await givenDelivery();
    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      cancel: () => void (isCancelled = true),
    });
    net.answer = () => new Response(endless);
    await deliverDue(cloud, 10);
    expect(isCancelled).toBe(true);
    expect((await newest()).status).toBe('delivered');
  });

  test('a redirect is not followed', async () => {
    await givenDelivery();
    net.answer = () => new Response(null, { status: 307, headers: { location: 'http://169.254.169.254/' } });
    await deliverDue(cloud, 10);
    expect(net.sent.length).toBe(1);
    expect(await newest()).toMatchObject({ status: 'open', lastStatus: 307, lastError: 'The server answered with 307.' });
  });

  test('it is tried as often as set, waiting longer each time, under one id, and then given up', async () => {
    cloud.config.tuning.deliveryTries = 4;
    await givenDelivery();
    net.answer = () => Promise.reject(new TypeError('connection refused at 10.0.0.1:443'));
    const waits: number[] = [];
    for (let tries = 1; tries <= 3; tries++) {
      expect(await deliverDue(cloud, 10)).toBe(1);
      const { nextTryAt, ...row } = await newest();
      expect(row).toMatchObject({ status: 'open', tries, lastStatus: null, lastError: 'The server could not be reached.' });
      waits.push((nextTryAt ?? 0) - cloud.now());
      cloud.nowMs = (nextTryAt ?? 0) - 1;
      expect(await deliverDue(cloud, 10)).toBe(0);
      cloud.nowMs += 1;
    }
    // random() is 0.5: three quarters of 15 s, 60 s, 240 s.
    expect(waits).toEqual([11_250, 45_000, 180_000]);
    await deliverDue(cloud, 10);
    expect(await newest()).toMatchObject({ status: 'given-up', tries: 4, nextTryAt: null });
    cloud.nowMs += 86_400_000;
    expect(await deliverDue(cloud, 10)).toBe(0);
    expect(new Set(net.sent.map(({ headers }) => headers.get('webhook-id'))).size).toBe(1);
    expect(new Set(net.sent.map(({ headers }) => headers.get('webhook-signature'))).size).toBe(4);
    await cloud.settled();
    const counters = await cloud.db.prepare("SELECT label, count FROM counters WHERE name = 'webhook_out' ORDER BY label").all();
    expect(counters.results).toEqual([
      { label: 'given-up', count: 1 },
      { label: 'retry', count: 3 },
    ]);
  });

  test('410: the receiver wants no more of it', async () => {
    await givenDelivery();
    net.answer = () => new Response(null, { status: 410 });
    await deliverDue(cloud, 10);
    expect(await newest()).toMatchObject({ status: 'given-up', lastStatus: 410, tries: 1 });
  });

  test('no answer in time is a try that failed', async () => {
    await givenDelivery();
    net.answer = () => Promise.reject(new DOMException('The operation timed out.', 'TimeoutError'));
    await deliverDue(cloud, 10);
    expect(await newest()).toMatchObject({ status: 'open', lastError: 'No answer within 15 s.' });
  });

  test('what a Worker had claimed when it died is sent by another, later', async () => {
    await givenDelivery();
    const [due] = await dueRows(cloud, 1);
    expect(await claimRow(cloud, due, 120_000)).not.toBeNull();
    expect(await claimRow(cloud, due, 120_000)).toBeNull();
    expect(await deliverDue(cloud, 10)).toBe(0);
    cloud.nowMs += 120_000;
    expect(await deliverDue(cloud, 10)).toBe(1);
    expect(await newest()).toMatchObject({ status: 'delivered', tries: 2 });
  });

  test('one whose every try broke off is given up', async () => {
    await givenDelivery();
    await cloud.db.prepare('UPDATE deliveries SET tries = ?1').bind(cloud.config.tuning.deliveryTries).run();
    await deliverDue(cloud, 10);
    expect(net.sent).toEqual([]);
    expect(await newest()).toMatchObject({ status: 'given-up', lastError: 'Every try broke off.' });
  });

  test('after the webhook is removed or moved nothing goes to the old address', async () => {
    await givenDelivery();
    await setWebhook('https://elsewhere.example.com/');
    await deliverDue(cloud, 10);
    expect(net.sent).toEqual([]);
    expect(await newest()).toMatchObject({ status: 'given-up', lastError: 'This is not the address of the webhook any more.' });
  });

  test('an address that the rules no longer allow is not called', async () => {
    await setWebhook('http://127.0.0.1:9999/hook');
    await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'completed' }));
    cloud.config.isDevelopment = false;
    await deliverDue(cloud, 10);
    expect(net.sent).toEqual([]);
    expect(await newest()).toMatchObject({ status: 'given-up', lastError: 'The address is none that this server may call.' });
  });

  test('of many that are due no more than asked for are sent, and a bad one does not stop the others', async () => {
    await setWebhook();
    for (let index = 0; index < 7; index++) await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'completed' }));
    await cloud.db.prepare("UPDATE deliveries SET target = 'x' WHERE id = (SELECT min(id) FROM deliveries)").run();
    expect(await deliverDue(cloud, 3)).toBe(3);
    expect(await deliverDue(cloud, 10)).toBe(4);
    expect((await log()).map(({ status }) => status).sort()).toEqual([...Array<string>(6).fill('delivered'), 'given-up']);
  });
});

describe('the log', () => {
  test('shows the newest fifty of one owner, and no secret', async () => {
    const secret = await setWebhook();
    for (let index = 0; index < 52; index++) {
      cloud.nowMs += 1000;
      await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'completed' }));
    }
    const rows = await log();
    expect(rows.length).toBe(50);
    expect(rows.map(({ createdAt }) => createdAt)).toEqual([...rows].map(({ createdAt }) => createdAt).sort((a, b) => b - a));
    expect(rows[0]?.createdAt).toBe(cloud.now());
    expect(Object.keys(rows[0]).sort()).toEqual([
      'createdAt',
      'id',
      'jobId',
      'kind',
      'lastError',
      'lastStatus',
      'nextTryAt',
      'status',
      'to',
      'tries',
    ]);
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(await log(await givenOwner(cloud))).toEqual([]);
  });

  test('of a push it shows the host only', async () => {
    const insert =
      "INSERT INTO push_subscriptions (id, owner_id, endpoint, p256dh, auth, created_at) VALUES ('psh_log', ?1, ?2, 'x', 'y', 1)";
    await cloud.db.prepare(insert).bind(ownerId, 'https://web.push.apple.com/a-secret-path').run();
    await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'completed' }));
    expect(await newest()).toMatchObject({ kind: 'push', to: 'web.push.apple.com', status: 'open', nextTryAt: cloud.now() });
    await cloud.db.prepare("DELETE FROM push_subscriptions WHERE id = 'psh_log'").run();
    expect(await newest()).toMatchObject({ to: null });
  });

  test('what was given up is sent anew when its owner asks, and only then', async () => {
    cloud.config.tuning.deliveryTries = 1;
    await givenDelivery();
    net.answer = () => new Response(null, { status: 500 });
    await deliverDue(cloud, 10);
    const { id, status } = await newest();
    expect(status).toBe('given-up');
    expect((await ask(await givenOwner(cloud))('POST', `/deliveries/${id}/retry`)).status).toBe(404);
    expect((await newest()).status).toBe('given-up');
    net.answer = () => new Response(null, { status: 204 });
    expect((await ask()('POST', `/deliveries/${id}/retry`)).status).toBe(202);
    await cloud.settled();
    expect(await newest()).toMatchObject({ id, status: 'delivered', tries: 1, lastStatus: 204, lastError: null });
    const again = await ask()('POST', `/deliveries/${id}/retry`);
    expect([again.status, await again.json()]).toMatchObject([409, { error: { code: 'delivered' } }]);
    expect((await ask()('POST', '/deliveries/dlv_none/retry')).status).toBe(404);
  });

  test('old rows go when they have ended', async () => {
    await givenDelivery();
    await deliverDue(cloud, 10);
    await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'failed' }));
    cloud.nowMs += 1000;
    expect(await dropOldDeliveries(cloud, 2000)).toBe(0);
    expect(await dropOldDeliveries(cloud, 500)).toBe(1);
    expect((await log()).map(({ status }) => status)).toEqual(['open']);
  });
});
