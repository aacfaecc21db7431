/** The account's calls against a server on node:http: what is sent, what comes of each answer, and that nothing throws. */
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AccountClient, createAccountClient } from '../../../src/app/services/cloud/accountClient.ts';
import type { CloudAnswer } from '../../../src/app/services/cloud/cloudCalls.ts';
import { modelToBring } from '../../../src/app/features/account/modelToBring.ts';
import { noWords } from '../../../src/app/features/account/noWords.ts';
import { text } from '../../../src/app/i18n/en.ts';
import type { CloudProject } from '../../../src/core/job/cloudProjects.ts';

interface Asked {
  line: string;
  body: unknown;
  key: string | undefined;
}

let asked: Asked[];
let answer: { status: number; body?: unknown; headers?: Record<string, string> };
let client: AccountClient;
let close: () => Promise<void>;

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let said = '';
  for await (const part of request) said += String(part);
  return said === '' ? null : JSON.parse(said);
}

beforeEach(async () => {
  asked = [];
  answer = { status: 204 };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      asked.push({ line: `${request.method} ${request.url}`, body, key: request.headers['idempotency-key'] as string | undefined });
      const headers = { 'content-type': 'application/json', ...answer.headers };
      response.writeHead(answer.status, headers).end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = createAccountClient({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, isOnline: () => true });
  close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
});
afterEach(() => close());

const owner = { id: 'own_1', createdAt: 5, hasPasskey: false, hasRecovery: true, identities: [{ provider: 'github', createdAt: 6 }] };
const project: CloudProject = {
  id: 'prj_1',
  name: 'Chair',
  createdAt: 1,
  updatedAt: 2,
  photos: 3,
  bytes: 4,
  photosDeletedAt: null,
  photosKeepDays: 30,
  jobs: [{ id: 'job_1', state: 'failed', createdAt: 1 }],
  models: [],
};
const delivery = {
  ...{ id: 'dlv_1', kind: 'webhook', jobId: 'job_1', status: 'given-up', tries: 8, lastStatus: 500, lastError: null, createdAt: 1 },
  ...{ to: 'https://example.com/', nextTryAt: null },
};
const token = { id: 'tok_1', label: 'Script', createdAt: 1, seenAt: 2, expiresAt: 3 };
const failure = { code: 'too-few-photos', detail: 'Four.' };
const status = { state: 'failed', stage: null, progress: null, model: null, failure, events: [] };

/** What is asked, what the server answers, what the page gets; and the request. */
const calls: [name: string, ask: () => Promise<CloudAnswer<unknown>>, body: unknown, value: unknown, line: string, sent: unknown][] = [
  ['owner', () => client.owner(), { owner }, owner, 'GET /api/session', null],
  ['nobody', () => client.owner(), { owner: null }, null, 'GET /api/session', null],
  ['a code', () => client.makeRecoveryCode(), { code: 'AB-CD' }, 'AB-CD', 'POST /api/session/recovery-code', {}],
  ['recover', () => client.recover('AB-CD'), { owner }, owner, 'POST /api/session/recover', { code: 'AB-CD' }],
  ['passkeys', () => client.passkeys(), { passkeys: [{ id: 'k', createdAt: 1 }] }, [{ id: 'k', createdAt: 1 }], 'GET /api/passkeys', null],
  ['options', () => client.newPasskeyOptions(), { challenge: 'c', rp: {} }, { challenge: 'c', rp: {} }, 'POST /api/passkeys/options', {}],
  ['add', () => client.addPasskey({ id: 'k', x: 1 }), { owner }, owner, 'POST /api/passkeys', { id: 'k', x: 1 }],
  ['ask', () => client.signInOptions(), { challenge: 'c' }, { challenge: 'c' }, 'POST /api/passkeys/sign-in/options', {}],
  ['sign in', () => client.signInWithPasskey({ id: 'k' }), { owner }, owner, 'POST /api/passkeys/sign-in', { id: 'k' }],
  ['providers', () => client.providers(), { providers: ['google'] }, ['google'], 'GET /api/oauth', null],
  ['projects', () => client.projects(), { projects: [project] }, [project], 'GET /api/projects', null],
  ['rename', () => client.changeProject('prj_1', { name: 'A' }), project, project, 'PATCH /api/projects/prj_1', { name: 'A' }],
  ['photos', () => client.removePhotos('prj_1'), project, project, 'PATCH /api/projects/prj_1', { photosKeepDays: 0 }],
  ['retry', () => client.retry('job_1', 'the key'), { jobId: 'job_2' }, 'job_2', 'POST /api/jobs/job_1/retry', {}],
  ['why', () => client.failureOf('job_1'), status, failure, 'GET /api/status/job_1?since=999999999999', null],
  ['webhook', () => client.webhook(), { url: null }, null, 'GET /api/me/webhook', null],
  ['set', () => client.setWebhook('https://a.b'), { url: 'u', secret: 's' }, { url: 'u', secret: 's' }, 'PUT /api/me/webhook', { url: 'https://a.b' }],
  ['deliveries', () => client.deliveries(), { deliveries: [delivery] }, [delivery], 'GET /api/me/deliveries', null],
  ['tokens', () => client.tokens(), { tokens: [token] }, [token], 'GET /api/tokens', null],
  ['a token', () => client.makeToken('Script'), { id: 't', refreshToken: 'r' }, { id: 't', refreshToken: 'r' }, 'POST /api/tokens', { label: 'Script' }],
]; // prettier-ignore

test.each(calls)('%s', async (_, ask, body, value, line, sent) => {
  answer = { status: 200, body };
  expect(await ask()).toEqual({ ok: true, value });
  expect(asked).toMatchObject([{ line, body: sent }]);
});

const removals: [name: string, ask: () => Promise<CloudAnswer<null>>, line: string][] = [
  ['sign out', () => client.signOut(), 'DELETE /api/session'],
  ['a passkey', () => client.removePasskey('a/b'), 'DELETE /api/passkeys/a%2Fb'],
  ['an account', () => client.unlink('github'), 'DELETE /api/oauth/github'],
  ['a project', () => client.removeProject('prj_1'), 'DELETE /api/projects/prj_1'],
  ['everything', () => client.removeEverything(), 'DELETE /api/me'],
  ['the webhook', () => client.removeWebhook(), 'DELETE /api/me/webhook'],
  ['a token', () => client.revokeToken('tok_1'), 'DELETE /api/tokens/tok_1'],
  ['told again', () => client.redeliver('dlv_1'), 'POST /api/me/deliveries/dlv_1/retry'],
];

test.each(removals)('removed: %s', async (_, ask, line) => {
  expect(await ask()).toEqual({ ok: true, value: null });
  expect(asked.map((each) => each.line)).toEqual([line]);
});

test.each(removals)('refused: %s', async (_, ask) => {
  answer = { status: 401, body: { error: { code: 'no-owner', message: 'Nobody is signed in.' } } };
  expect(await ask()).toMatchObject({ ok: false, no: 'refused', code: 'no-owner', failure: { detail: 'Nobody is signed in.' } });
});

test('what is gone already is as good as removed, and nothing else is', async () => {
  answer = { status: 404, body: { error: { code: 'not-found', message: 'There is no such token.' } } };
  expect(await client.revokeToken('tok_1')).toEqual({ ok: true, value: null });
  expect(await client.removeEverything()).toMatchObject({ ok: false, no: 'gone' });
  expect(await client.tokens()).toMatchObject({ ok: false, no: 'gone', code: 'not-found' });
});

test('a retry is named by its key, so that it is ordered once', async () => {
  answer = { status: 202, body: { jobId: 'job_2' } };
  await client.retry('job_1', 'one key for one press');
  expect(asked[0]?.key).toBe('one key for one press');
});

describe('no answer is thrown', () => {
  test.each([
    ['a page for every address', { status: 200, body: 'hello' }],
    ['a secret that is none', { status: 200, body: { code: 7 } }],
    ['a server in trouble', { status: 503, headers: { 'retry-after': '7' } }],
  ])('%s', async (_, given) => {
    answer = given;
    const got = await client.makeRecoveryCode();
    expect(got).toMatchObject({ ok: false, no: 'again', failure: { code: 'cloud-unreachable' } });
  });

  test('nobody there, and a device without a network', async () => {
    const dead = { origin: 'http://127.0.0.1:1' };
    const lone = await createAccountClient({ ...dead, isOnline: () => true }).owner();
    const offline = await createAccountClient({ ...dead, isOnline: () => false }).owner();
    expect([lone, offline].map((each) => !each.ok && each.failure.code)).toEqual(['cloud-unreachable', 'offline']);
  });

  test('a model that was cut off', async () => {
    answer = { status: 200, body: 'x' };
    expect(await client.model('mdl_1', 'ply', 3, AbortSignal.timeout(5000))).toMatchObject({ ok: true });
    expect(await client.model('mdl_1', 'ply', 4, AbortSignal.timeout(5000))).toMatchObject({ ok: false, no: 'again' });
    expect(asked[0]?.line).toBe('GET /api/model/mdl_1?format=ply');
  });
});

test('addresses that the browser itself goes to', () => {
  const here = createAccountClient({ origin: '' });
  expect(here.exportAddress).toBe('/api/me/export');
  expect(here.providerAddress('github', '/#/cloud')).toBe('/api/oauth/github?redirect_to=%2F%23%2Fcloud');
});

describe('a "no" in words', () => {
  const no = { ok: false, retryAfterMs: null, status: 400, failure: { code: 'cloud-refused', detail: 'The reason.' } } as const;
  test('a known reason has its own sentence', () =>
    expect(noWords({ ...no, no: 'refused', code: 'unknown-code' })).toEqual({
      words: text.account.no.codes['unknown-code'],
      detail: null,
    }));
  test('where only the server knows the particulars they come with it', () => {
    expect(noWords({ ...no, no: 'refused', code: 'bad-address' })).toMatchObject({ detail: 'The reason.' });
    expect(noWords({ ...no, no: 'refused', code: 'toString' })).toEqual({ words: text.account.no.refused, detail: 'The reason.' });
  });
  test('what is not there is told from a server that is no cloud', () => {
    expect(noWords({ ...no, no: 'gone', code: 'not-found' }).words).toBe(text.account.no.gone);
    expect(noWords({ ...no, no: 'gone', code: null }).words).toContain(text.failures['cloud-unreachable'].happened);
  });
  test('what may work later says so', () =>
    expect(noWords({ ...no, no: 'again', code: null, failure: { code: 'offline', detail: '' } }).words).toMatch(
      /no connection.*Try again/,
    ));
});

describe('the file that is brought to a device', () => {
  const of = (...formats: CloudProject['models'][number]['formats']) => modelToBring({ ...project, models: [{ id: 'm', formats }] });
  test('the one that loses nothing', () =>
    expect(of({ format: 'sog', bytes: 1 }, { format: 'ply', bytes: 200_000_000 })).toMatchObject({ id: 'm', format: 'ply' }));
  test('a small one where that is too large', () =>
    expect(of({ format: 'ply', bytes: 200_000_001 }, { format: 'splat', bytes: 9 }, { format: 'spz', bytes: 9 })?.format).toBe('spz'));
  test('the large one where there is no other', () => expect(of({ format: 'ply', bytes: 9e9 })?.format).toBe('ply'));
  test('none of none', () => {
    expect(of()).toBeNull();
    expect(modelToBring(project)).toBeNull();
  });
});
