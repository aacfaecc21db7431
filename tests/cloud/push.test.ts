/** Push from the subscription to the browser: in workerd, on the real D1, against a push service held by the test. */
import { createVerify } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { deliverDue, planDeliveries } from '../../cloud/jobs/deliver.ts';
import { base64Of } from '../../cloud/policy/base64Url.ts';
import type { PushMessage } from '../../cloud/policy/pushMessage.ts';
import { pushRoutes } from '../../cloud/routes/push.ts';
import { listDeliveries } from '../../cloud/store/deliveries.ts';
import { vapidKeys } from '../../cloud/store/push.ts';
import { type Browser, decoded, newBrowser, openPush } from '../unit/cloud/pushOpen.ts';
import { type FakeNet, fakeNet } from './fakeNet.ts';
import { ownerApp } from './ownerApp.ts';
import { givenJob, givenOwner } from './rows.ts';
import { type TestCloud, testCloud } from './testCloud.ts';

let net: FakeNet;
let cloud: TestCloud;
let ownerId: string;
let endpoints = 0;

beforeEach(async () => {
  net = fakeNet();
  cloud = await testCloud({ fetch: net.fetch });
  await cloud.db.batch(['deliveries', 'push_subscriptions', 'counters'].map((table) => cloud.db.prepare(`DELETE FROM ${table}`)));
  ownerId = await givenOwner(cloud);
});

const newEndpoint = (): string => `https://fcm.googleapis.com/fcm/send/${++endpoints}`;
const ask = (as: string | null = ownerId) => ownerApp(cloud, as, pushRoutes);

async function subscribe(browser: Browser, more: { endpoint?: string; locale?: string } = {}, as = ownerId): Promise<string> {
  const endpoint = more.endpoint ?? newEndpoint();
  const answer = await ask(as)('POST', '/subscriptions', {
    endpoint,
    expirationTime: null,
    keys: browser.keys,
    locale: more.locale ?? 'en',
  });
  expect(answer.status).toBe(204);
  return endpoint;
}

const subscriptions = async (of = ownerId): Promise<string[]> => {
  const query = cloud.db.prepare('SELECT endpoint FROM push_subscriptions WHERE owner_id = ?1 ORDER BY created_at');
  return (await query.bind(of).all<{ endpoint: string }>()).results.map(({ endpoint }) => endpoint);
};

const messageFor = (browser: Browser, body: Uint8Array): PushMessage => JSON.parse(openPush(body, browser).text) as PushMessage;
const row = async () => (await listDeliveries(cloud, ownerId, 1))[0] ?? expect.fail('There is no delivery.');

async function counted(): Promise<Record<string, number>> {
  await cloud.settled();
  const query = cloud.db.prepare("SELECT label, count FROM counters WHERE name = 'push_result'");
  return Object.fromEntries((await query.all<{ label: string; count: number }>()).results.map(({ label, count }) => [label, count]));
}

describe('subscribing', () => {
  test('a stranger may have the key and nothing else', async () => {
    expect((await ask(null)('GET', '/key')).status).toBe(200);
    expect((await ask(null)('POST', '/subscriptions', {})).status).toBe(401);
    expect((await ask(null)('DELETE', '/subscriptions', {})).status).toBe(401);
  });

  test('in development the key is made once and kept, also when two ask at the same moment', async () => {
    await cloud.db.prepare("DELETE FROM settings WHERE key = 'vapid-jwk'").run();
    const answers = await Promise.all([ask()('GET', '/key'), ask()('GET', '/key'), ask()('GET', '/key')]);
    const keys = new Set(await Promise.all(answers.map(async (answer) => (await answer.json<{ key: string }>()).key)));
    expect(keys.size).toBe(1);
    expect([...keys][0]).toMatch(/^B[\w-]{86}$/);
  });

  test('in production without a key there is no push', async () => {
    cloud.config.isDevelopment = false;
    const answer = await ask()('GET', '/key');
    expect([answer.status, await answer.json()]).toMatchObject([404, { error: { code: 'push-off' } }]);
  });

  test.each([
    ['an address of nobody', { endpoint: 'https://evil.example/x' }, 'bad-endpoint'],
    ['cloud metadata', { endpoint: 'http://169.254.169.254/' }, 'bad-endpoint'],
    ['keys that are none', { keys: { p256dh: 'BAAA', auth: 'AAAA' } }, 'bad-keys'],
    ['another language', { locale: 'fr' }, 'bad-request'],
    ['a field too many', { owner: 'own_1' }, 'bad-request'],
  ])('%s is refused', async (_, wrong, code) => {
    const answer = await ask()('POST', '/subscriptions', { endpoint: newEndpoint(), keys: newBrowser().keys, ...wrong });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code } }]);
    expect(await subscriptions()).toEqual([]);
  });

  test('loopback is for development', async () => {
    const given = { endpoint: 'http://127.0.0.1:9999/push', keys: newBrowser().keys };
    expect((await ask()('POST', '/subscriptions', given)).status).toBe(204);
    cloud.config.isDevelopment = false;
    expect((await ask()('POST', '/subscriptions', given)).status).toBe(400);
  });

  test('the same endpoint again is the same subscription, with the new language', async () => {
    const browser = newBrowser();
    const endpoint = await subscribe(browser);
    await subscribe(browser, { endpoint, locale: 'de' });
    expect(await subscriptions()).toEqual([endpoint]);
    expect(await cloud.db.prepare('SELECT locale FROM push_subscriptions').first('locale')).toBe('de');
  });

  test('an endpoint passes to another owner only from the same browser', async () => {
    const browser = newBrowser();
    const endpoint = await subscribe(browser);
    const other = await givenOwner(cloud);
    const answer = await ask(other)('POST', '/subscriptions', { endpoint, keys: newBrowser().keys });
    expect([answer.status, await answer.json()]).toMatchObject([409, { error: { code: 'endpoint-taken' } }]);
    expect(await subscriptions()).toEqual([endpoint]);
    await subscribe(browser, { endpoint }, other);
    expect([await subscriptions(), await subscriptions(other)]).toEqual([[], [endpoint]]);
  });

  test('of more than twenty the oldest goes, and nobody else loses any', async () => {
    const other = await givenOwner(cloud);
    const kept = await subscribe(newBrowser(), {}, other);
    const mine: string[] = [];
    for (let index = 0; index < 22; index++) {
      cloud.nowMs += 1000;
      mine.push(await subscribe(newBrowser()));
    }
    expect(await subscriptions()).toEqual(mine.slice(2));
    expect(await subscriptions(other)).toEqual([kept]);
  });

  test('only its owner removes it', async () => {
    const endpoint = await subscribe(newBrowser());
    expect((await ask(await givenOwner(cloud))('DELETE', '/subscriptions', { endpoint })).status).toBe(404);
    expect(await subscriptions()).toEqual([endpoint]);
    expect((await ask()('DELETE', '/subscriptions', { endpoint })).status).toBe(204);
    expect((await ask()('DELETE', '/subscriptions', { endpoint })).status).toBe(404);
    expect(await subscriptions()).toEqual([]);
  });
});

describe('sending', () => {
  test('the browser reads that the model is ready; the service can check who sent it and learns nothing', async () => {
    const browser = newBrowser();
    const endpoint = await subscribe(browser, { locale: 'de' });
    const job = await givenJob(cloud, { ownerId, state: 'completed', finishedAt: cloud.now() });
    await planDeliveries(cloud, job);
    expect(await deliverDue(cloud, 10)).toBe(1);
    const [sent] = net.sent;
    expect(sent).toMatchObject({ url: endpoint, redirect: 'manual' });
    expect(messageFor(browser, sent.body)).toEqual({
      web_push: 8030,
      notification: {
        title: 'Das Modell ist fertig',
        body: 'Zum Ansehen die App öffnen.',
        lang: 'de',
        navigate: `https://splat.test/?cloud-job=${job.id}`,
        tag: job.id,
      },
    });
    expect(sent.body.byteLength).toBe(86 + 1024 + 17);
    const { ttl, topic, urgency, ...headers } = Object.fromEntries(sent.headers);
    expect({ ttl, urgency, encoding: headers['content-encoding'] }).toEqual({ ttl: '259200', urgency: 'normal', encoding: 'aes128gcm' });
    expect(topic).toMatch(/^[\w-]{32}$/);
    expect(JSON.stringify({ ttl, topic, urgency, ...headers })).not.toContain(job.id);
    await expectSigned(headers['authorization'] ?? '');
    expect(await row()).toMatchObject({ kind: 'push', jobId: job.id, status: 'delivered', tries: 1, lastStatus: 201, lastError: null });
    expect(await counted()).toEqual({ delivered: 1 });
  });

  /** SubjectPublicKeyInfo of an uncompressed P-256 point: RFC 5480, section 2, as DER. */
  function pemOf(point: Uint8Array): string {
    const head = [
      0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 3, 0x42, 0,
    ];
    return `-----BEGIN PUBLIC KEY-----\n${base64Of(Uint8Array.of(...head, ...point))}\n-----END PUBLIC KEY-----\n`;
  }

  async function expectSigned(authorization: string): Promise<void> {
    const parts = /^vapid t=([\w-]+\.([\w-]+))\.([\w-]+), k=([\w-]+)$/.exec(authorization);
    const [, signed = '', claims = '', signature = '', key = ''] = parts ?? [];
    expect(key).toBe((await vapidKeys(cloud))?.publicKey);
    expect(JSON.parse(new TextDecoder().decode(decoded(claims)))).toEqual({
      aud: 'https://fcm.googleapis.com',
      exp: cloud.now() / 1000 + 12 * 3600,
      sub: 'mailto:operator@splat.test',
    });
    const verify = createVerify('sha256').update(signed);
    expect(verify.verify({ key: pemOf(decoded(key)), dsaEncoding: 'ieee-p1363' }, decoded(signature))).toBe(true);
  }

  test.each([
    ['failed', 'The cloud could not finish the model'],
    ['expired', 'The cloud could not finish the model'],
    ['completed', 'The model is ready'],
  ] as const)('a job that is %s: "%s"', async (state, title) => {
    const browser = newBrowser();
    await subscribe(browser);
    await planDeliveries(cloud, await givenJob(cloud, { ownerId, state }));
    await deliverDue(cloud, 10);
    expect(messageFor(browser, net.sent[0].body).notification.title).toBe(title);
  });

  test.each(['queued', 'training', 'cancelled'] as const)('nothing is sent for a job that is %s', async (state) => {
    await subscribe(newBrowser());
    await planDeliveries(cloud, await givenJob(cloud, { ownerId, state }));
    expect(await deliverDue(cloud, 10)).toBe(0);
  });

  test('every browser of the owner is told once, however often it is planned, and nobody else', async () => {
    const mine = [await subscribe(newBrowser()), await subscribe(newBrowser())];
    await subscribe(newBrowser(), {}, await givenOwner(cloud));
    const job = await givenJob(cloud, { ownerId, state: 'completed' });
    await Promise.all([planDeliveries(cloud, job), planDeliveries(cloud, job)]);
    await deliverDue(cloud, 10);
    await planDeliveries(cloud, job);
    await deliverDue(cloud, 10);
    expect(net.sent.map(({ url }) => url).sort()).toEqual(mine.sort());
  });

  test('two that send at the same moment send it once', async () => {
    await subscribe(newBrowser());
    await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'completed' }));
    const tries = await Promise.all([deliverDue(cloud, 10), deliverDue(cloud, 10), deliverDue(cloud, 10)]);
    expect(tries.sort()).toEqual([0, 0, 1]);
    expect(net.sent.length).toBe(1);
  });

  test.each([404, 410])('%i: the subscription is gone and removed', async (status) => {
    await subscribe(newBrowser());
    net.answer = () => new Response(null, { status });
    await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'completed' }));
    await deliverDue(cloud, 10);
    expect(await subscriptions()).toEqual([]);
    expect(await row()).toMatchObject({ status: 'given-up', lastStatus: status });
    expect(await counted()).toEqual({ gone: 1 });
  });

  test.each([400, 403, 413, 302])('%i: given up at once, the subscription stays', async (status) => {
    await subscribe(newBrowser());
    net.answer = () => new Response(null, { status, headers: { location: 'http://169.254.169.254/' } });
    await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'completed' }));
    await deliverDue(cloud, 10);
    cloud.nowMs += 86_400_000;
    expect(await deliverDue(cloud, 10)).toBe(0);
    expect([net.sent.length, (await subscriptions()).length]).toEqual([1, 1]);
    expect(await row()).toMatchObject({ status: 'given-up', lastStatus: status, lastError: `The server answered with ${status}.` });
    expect(await counted()).toEqual({ 'given-up': 1 });
  });

  test('429 with Retry-After: again after exactly that', async () => {
    await subscribe(newBrowser());
    net.answer = () => new Response('slow down', { status: 429, headers: { 'retry-after': '3600' } });
    await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'completed' }));
    await deliverDue(cloud, 10);
    expect(await row()).toMatchObject({ status: 'open', tries: 1, lastStatus: 429, notBefore: cloud.now() + 3_600_000 });
    cloud.nowMs += 3_599_999;
    expect(await deliverDue(cloud, 10)).toBe(0);
    cloud.nowMs += 1;
    net.answer = () => new Response(null, { status: 201 });
    expect(await deliverDue(cloud, 10)).toBe(1);
    expect(await row()).toMatchObject({ status: 'delivered', tries: 2 });
    expect(await counted()).toEqual({ retry: 1, delivered: 1 });
  });

  test('one that unsubscribed, or whose owner is being deleted, gets nothing more', async () => {
    const endpoint = await subscribe(newBrowser());
    await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'completed' }));
    await ask()('DELETE', '/subscriptions', { endpoint });
    await deliverDue(cloud, 10);
    expect(await row()).toMatchObject({ status: 'given-up', lastError: 'This browser does not want messages any more.' });
    await subscribe(newBrowser());
    await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'completed' }));
    await cloud.db.prepare('UPDATE owners SET deleted_at = 1 WHERE id = ?1').bind(ownerId).run();
    await deliverDue(cloud, 10);
    expect(net.sent).toEqual([]);
  });

  test('an endpoint that the rules no longer allow is not called', async () => {
    await subscribe(newBrowser(), { endpoint: 'http://127.0.0.1:9999/push' });
    await planDeliveries(cloud, await givenJob(cloud, { ownerId, state: 'completed' }));
    cloud.config.isDevelopment = false;
    await deliverDue(cloud, 10);
    expect(net.sent).toEqual([]);
    expect(await row()).toMatchObject({ status: 'given-up' });
  });
});
