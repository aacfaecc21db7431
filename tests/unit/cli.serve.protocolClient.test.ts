/** Protocol client: signatures, what each answer means, and patience with a server that is away, on a clock that the test moves. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createConnectionNotes } from '../../src/cli/serve/connectionNotes.ts';
import { type Line, createJobClient, patienceMs, pull } from '../../src/cli/serve/protocolClient.ts';
import { send } from '../../src/cli/serve/transport.ts';
import { backoffMs } from '../../src/cli/serve/waiting.ts';
import type { TrainSpec } from '../../src/core/job/trainerApi.ts';

const nowMs = 1_800_000_000_000;
beforeEach(() => void vi.useFakeTimers({ now: nowMs }));
afterEach(() => void vi.useRealTimers());

const spec: TrainSpec = {
  ...{ v: 1, jobId: 'job_1', attempt: 2, apiBase: 'https://elsewhere.test', token: 'jwt', secret: '0f'.repeat(32), preset: 'full' },
  ...{ limits: { maxImages: 10, maxSeconds: 60, maxSplats: 100 }, outputs: ['ply'], requestId: 'r' },
};
const origin = 'http://cloud.test:5173';
const claimed = { leaseUntil: nowMs + 60_000, lastSeq: 3 };
const events = { cancel: false, leaseUntil: nowMs + 120_000, lastSeq: 4 };

type Given = Response | Error | (() => Response | Promise<Response>);
const answerOf = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers });
const refusal = (status: number, message: string, headers: Record<string, string> = {}): Response =>
  answerOf(status, { error: { code: 'stub', message } }, headers);

interface Call {
  atMs: number;
  url: string;
  init: RequestInit;
}

/** A fetch that gives these answers in turn; the last one stays. */
function desk(...given: Given[]) {
  const calls: Call[] = [];
  const said: string[] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    calls.push({ atMs: Date.now() - nowMs, url, init });
    const next = given.length > 1 ? given.shift()! : given[0];
    if (next instanceof Error) throw next;
    return typeof next === 'function' ? next() : next.clone();
  };
  const line: Line = { origin, fetch, notes: createConnectionNotes(origin, (text) => said.push(text)), random: () => 1 };
  const stop = new AbortController();
  return { client: createJobClient(spec, line, stop.signal), line, calls, said, stop };
}

const headersOf = ({ init }: Call): Record<string, string> => init.headers as Record<string, string>;
const network = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:5173') });

async function settled<T>(promise: Promise<T>): Promise<T> {
  const result = promise.then((value) => value);
  await vi.runAllTimersAsync();
  return result;
}

describe('what is sent', () => {
  test('a call goes to the address the worker was given, with token and signature over what is sent', async () => {
    const { client, calls } = desk(answerOf(200, claimed));
    expect(await client.claim('run-1', 'me')).toEqual({ ok: true, value: claimed });
    const [call] = calls;
    expect(call.url).toBe(`${origin}/internal/v1/jobs/job_1/claim`);
    expect(call.init).toMatchObject({ method: 'POST', redirect: 'error' });
    expect(JSON.parse(call.init.body as string)).toEqual({ attempt: 2, externalId: 'run-1', holder: 'me' });
    expect(headersOf(call).authorization).toBe('Bearer jwt');
    const signed = `${nowMs / 1000}.POST./internal/v1/jobs/job_1/claim.${call.init.body as string}`;
    const mac = createHmac('sha256', Buffer.from(spec.secret, 'hex')).update(signed).digest('hex');
    expect(headersOf(call)['x-splat-signature']).toBe(`t=${nowMs / 1000},v1=${mac}`);
  });

  test('a call without a body is signed as such', async () => {
    const { client, calls } = desk(answerOf(200, { preset: 'full', images: [], checkpoint: null }));
    expect((await client.manifest()).ok).toBe(true);
    const signed = `${nowMs / 1000}.GET./internal/v1/jobs/job_1/manifest.`;
    const mac = createHmac('sha256', Buffer.from(spec.secret, 'hex')).update(signed).digest('hex');
    expect(headersOf(calls[0])['x-splat-signature']).toBe(`t=${nowMs / 1000},v1=${mac}`);
    expect(calls[0].init.body).toBeUndefined();
  });

  test('a photo and an upload are fetched without the token; relative addresses are the API’s', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'splat-client-'));
    writeFileSync(join(folder, 'scene.ply'), 'ply\n');
    const { client, calls } = desk(new Response('', { status: 200 }));
    await client.download('https://store.test/a?sig=1');
    const given = { 'x-a': 'b', 'Content-Length': '4', Host: 'store.test' };
    expect(await client.upload('/put/ply?sig=2', given, join(folder, 'scene.ply'))).toEqual({ ok: true, value: undefined });
    rmSync(folder, { recursive: true });
    expect(calls.map(({ url }) => url)).toEqual(['https://store.test/a?sig=1', `${origin}/put/ply?sig=2`]);
    expect(calls[0].init.headers).toBeUndefined();
    expect(calls[1].init.headers).toEqual({ 'x-a': 'b' });
    expect((calls[1].init.body as Blob).size).toBe(4);
  });
});

describe('a server that is away', () => {
  test('is asked again with growing pauses until it answers, and the person is told twice', async () => {
    const { client, calls, said } = desk(network, network, refusal(503, 'Starting.'), answerOf(200, events));
    const answer = await settled(client.events([]));
    expect(answer).toEqual({ ok: true, value: events });
    expect(calls.map(({ atMs }) => atMs)).toEqual([0, 500, 1500, 3500]);
    expect(said).toEqual([
      `${origin} does not answer: connect ECONNREFUSED 127.0.0.1:5173. Trying again until it does.`,
      `${origin} answers again.`,
    ]);
    expect(client.leaseUntil).toBe(events.leaseUntil);
  });

  test('is not asked before the time it names', async () => {
    const { client, calls } = desk(refusal(429, 'Slowly.', { 'retry-after': '40' }), answerOf(200, events));
    await settled(client.events([]));
    expect(calls[1].atMs).toBe(40_500);
  });

  test('is given up when the lease has long run out', async () => {
    const { client, calls } = desk(answerOf(200, claimed), network);
    await client.claim('', 'me');
    expect(await settled(client.events([]))).toMatchObject({ ok: false, no: 'again' });
    const lastMs = calls.at(-1)?.atMs ?? 0;
    expect(lastMs).toBeGreaterThan(60_000 + patienceMs);
    expect(lastMs).toBeLessThan(60_000 + patienceMs + 31_000);
  });

  test.each([
    ['a page for every address', new Response('<!doctype html>')],
    ['an answer of another kind', answerOf(200, { hello: 1 })],
  ])('%s is no answer', async (_, other) => {
    const { client, calls } = desk(other, answerOf(200, events));
    expect((await settled(client.events([]))).ok).toBe(true);
    expect(calls).toHaveLength(2);
  });

  test('is not waited for by a worker that is to end', async () => {
    const { client, stop } = desk(network);
    const answer = client.events([]);
    await vi.advanceTimersByTimeAsync(10_000);
    stop.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(await answer).toEqual({ ok: false, no: 'stopped' });
  });

  test('a request that hangs is cut', async () => {
    vi.useRealTimers();
    const hanging = (_: string, { signal }: RequestInit): Promise<Response> =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    const request = { method: 'GET', timeoutMs: 5, signal: new AbortController().signal };
    expect(await send(hanging, origin, request)).toMatchObject({ ok: false, no: 'again' });
  });
});

describe('what an answer means', () => {
  test.each([401, 403, 404, 409, 410])('%i: the attempt is not ours; nothing is tried again', async (status) => {
    const { client, calls } = desk(refusal(status, 'Somebody else holds it.'));
    const answer = await settled(client.events([]));
    expect(answer).toEqual({ ok: false, no: 'lost', status, detail: `Somebody else holds it. (${status})` });
    expect(calls).toHaveLength(1);
  });

  test.each([400, 413, 422])('%i: the same call will not work', async (status) => {
    const { client, calls } = desk(refusal(status, 'Not there as announced: sog.'));
    const metrics = { engine: '', device: '', photos: 1, registered: 1, splats: 1, steps: 1, psnrDb: null, ssim: null };
    const answer = await settled(client.complete({ outputs: [], metrics: { ...metrics, gpuSeconds: 1, secondsByStage: {} } }));
    expect(answer).toMatchObject({ ok: false, no: 'refused', status });
    expect(!answer.ok && answer.no === 'refused' && answer.body).toContain('sog');
    expect(calls).toHaveLength(1);
  });
});

describe('a file that is put straight into the store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'splat-client-'));
  const path = join(folder, 'scene.ply');
  writeFileSync(path, 'ply\n');
  afterAll(() => rmSync(folder, { recursive: true }));
  const url = 'https://account.store.test/bucket/models/mdl_1.ply?X-Amz-Signature=0f';
  const sent = { 'content-type': 'application/octet-stream', 'x-amz-checksum-sha256': 'c3Vt' };
  const headers = { ...sent, 'content-length': '4', 'if-none-match': '*' };
  const exists = new Response('<Error><Code>PreconditionFailed</Code></Error>', { status: 412 });

  test('goes to the store’s own address with the headers that are signed, and without token or signature', async () => {
    vi.useRealTimers();
    const { client, calls } = desk(new Response('', { status: 200 }));
    expect(await client.upload(url, headers, path)).toEqual({ ok: true, value: undefined });
    expect(calls.map((call) => call.url)).toEqual([url]);
    expect(headersOf(calls[0])).toEqual({ ...sent, 'if-none-match': '*' });
    expect((calls[0].init.body as Blob).size).toBe(4);
  });

  test('is there when the store says so: the answer to an earlier try was lost', async () => {
    const { client, calls } = desk(network, exists);
    const answer = client.upload(url, { ...sent, 'If-None-Match': '*' }, path);
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(1000);
      expect(calls).toHaveLength(2);
    });
    expect(await answer).toEqual({ ok: true, value: undefined });
  });

  test('is refused by any other answer, and by this one where it was to take the place of another', async () => {
    vi.useRealTimers();
    expect(await desk(exists).client.upload(url, sent, path)).toMatchObject({ ok: false, no: 'refused', status: 412 });
    expect(await desk(refusal(400, 'BadDigest')).client.upload(url, headers, path)).toMatchObject({ ok: false, status: 400 });
    expect(await desk(refusal(403, 'Expired.')).client.upload(url, headers, path)).toMatchObject({ ok: false, no: 'lost' });
  });
});

describe('asking for work', () => {
  const request = { workerId: 'w', instance: 'i', gpuClass: 'webgpu', waitSeconds: 20 };
  const ask = (line: Line) => pull(line, 'secret', request, new AbortController().signal);

  test('204 is none; work comes with its spec', async () => {
    const none = desk(new Response(null, { status: 204 }));
    expect(await ask(none.line)).toEqual({ ok: true, value: null });
    expect(headersOf(none.calls[0])).toMatchObject({ authorization: 'Bearer secret' });
    expect(JSON.parse(none.calls[0].init.body as string)).toEqual(request);
    const some = desk(answerOf(200, { spec, externalId: 'x' }));
    expect(await ask(some.line)).toEqual({ ok: true, value: { spec, externalId: 'x' } });
  });

  test('a wrong token is told apart from a server that is away; both are one try', async () => {
    const wrong = desk(refusal(401, 'No.'));
    expect(await ask(wrong.line)).toMatchObject({ no: 'lost', status: 401 });
    const away = desk(network);
    expect(await ask(away.line)).toMatchObject({ no: 'again' });
    expect([wrong.calls.length, away.calls.length]).toEqual([1, 1]);
  });
});

test('pauses double up to half a minute, and vary by half', () => {
  expect([1, 2, 3, 7, 8, 100].map((failures) => backoffMs(failures, 1, null))).toEqual([500, 1000, 2000, 30_000, 30_000, 30_000]);
  expect([1, 2, 100].map((failures) => backoffMs(failures, 0, null))).toEqual([250, 500, 15_000]);
  expect(backoffMs(1, 0, 3_600_000)).toBe(600_000);
});
