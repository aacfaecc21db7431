import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instanceLimits } from '../../../cloud/policy/instancePlan.ts';
import type { Instance } from '../../../cloud/providers/instanceBook.ts';
import { reapInstances } from '../../../cloud/providers/reapInstances.ts';
import { createVast } from '../../../cloud/providers/vast.ts';
import { createVastApi } from '../../../cloud/providers/vastApi.ts';
import { nowMs, options, spec, tools } from '../../fixtures/fakeProviders/spec.ts';
import { type FakeVast, memoryBook, startFakeVast, vastKey } from '../../fixtures/fakeProviders/vast.ts';

let server: FakeVast;
let book: ReturnType<typeof memoryBook>;
let started = 0;
beforeEach(async () => {
  [server, book, started] = [await startFakeVast(), memoryBook(), 0];
});
afterEach(() => server.close());

const settings = () => ({ key: vastKey, image: 'registry.test/splat@sha256:1', baseUrl: server.url });
const workerToken = (id: string): Promise<string> => Promise.resolve(`${id}.signature`);
const vast = () => createVast(settings(), tools(), { book, newInstanceId: () => `ins_${++started}`, workerToken });
const reap = (atMs = nowMs) => reapInstances(book, createVastApi(settings(), tools()), atMs);
const asks = () => server.requests.filter(({ method }) => method === 'PUT');
const instance = (): Instance => book.instances[0];

/** A job on a machine as D1 would show it after the submit. */
async function submitted(jobId: string, given: { held?: boolean; seconds?: number; spot?: boolean } = {}): Promise<string> {
  const { held = false, seconds = 600, ...how } = given;
  const answer = await vast().submit({ ...spec, jobId }, { ...options, expectedSeconds: seconds, ...how });
  if (!answer.ok) throw new Error(answer.message);
  const { externalId } = answer.value;
  book.instances.find(({ id }) => id === externalId.split('/')[0])?.jobs.push({ externalId, held, seconds });
  return externalId;
}

describe('renting', () => {
  it('takes the cheapest reliable offer and gives the machine its own worker token, nothing else', async () => {
    expect(await submitted('job_1')).toBe('ins_1/job_1-1');
    const search = server.requests.find(({ path }) => path.includes('bundles'))?.body;
    expect(search).toMatchObject({ type: 'on-demand', gpu_name: { in: ['RTX 4090'] }, verified: { eq: true }, rentable: { eq: true } });
    expect((search as { reliability2: { gte: number } }).reliability2.gte).toBeGreaterThan(0.9);
    expect(asks()[0]?.path).toBe('/api/v0/asks/101/');
    const body = asks()[0]?.body;
    expect(body).toMatchObject({ image: 'registry.test/splat@sha256:1', label: 'splat-ins_1', runtype: 'args', args: ['pull'] });
    expect(body).not.toHaveProperty('price');
    expect((body as { env: unknown }).env).toEqual({
      SPLAT_API_BASE: 'https://splat.test',
      SPLAT_WORKER_TOKEN: 'ins_1.signature',
      SPLAT_WORKER_ID: 'ins_1',
      SPLAT_GPU_CLASS: 'rtx-4090',
    });
    for (const secret of [vastKey, spec.token, spec.secret]) expect(JSON.stringify(body)).not.toContain(secret);
    expect(instance()).toMatchObject({ externalId: '1234568', status: 'starting' });
  });

  it('bids a little above the least for spot machines, and never above the price', async () => {
    await submitted('job_1', { spot: true });
    expect(server.requests.find(({ path }) => path.includes('bundles'))?.body).toMatchObject({ type: 'bid' });
    // 102 has the lowest bid though not the lowest price; 0.15 and 15 %.
    expect(asks()[0]).toMatchObject({ path: '/api/v0/asks/102/', body: { price: 0.173 } });
    server.offers.splice(0, 2);
    const answer = await vast().submit(spec, { ...options, gpuClass: 'l4' });
    expect(answer).toMatchObject({ ok: false, kind: 'retryable', retryAfterMs: 60_000 });
  });

  it('goes on to the next offer when one is gone, and leaves no machine in the book when all are', async () => {
    server.taken.add(101);
    await submitted('job_1');
    expect(asks().map(({ path }) => path)).toEqual(['/api/v0/asks/101/', '/api/v0/asks/102/']);
    server.taken.add(102);
    expect(await vast().submit(spec, { ...options, expectedSeconds: 9000 })).toMatchObject({
      kind: 'retryable',
      message: /our price.*no_such_ask/,
    });
    expect(book.instances.at(-1)?.status).toBe('gone');
  });

  it('puts small jobs on one machine and a large one on its own', async () => {
    expect(await submitted('job_1')).toBe('ins_1/job_1-1');
    expect(await submitted('job_2')).toBe('ins_1/job_2-1');
    expect(await submitted('job_3')).toBe('ins_1/job_3-1');
    expect(await submitted('job_4', { seconds: 5000 })).toBe('ins_2/job_4-1');
    expect(server.instances.size).toBe(2);
  });

  it('does not start a second machine for the same attempt', async () => {
    const first = await submitted('job_1', { seconds: 5000 });
    const again = await vast().submit({ ...spec, jobId: 'job_1' }, { ...options, expectedSeconds: 5000 });
    expect(again).toEqual({ ok: true, value: { externalId: first } });
    expect(server.instances.size).toBe(1);
  });

  it('waits when all machines are busy', async () => {
    for (let job = 1; job <= instanceLimits.machines; job++) await submitted(`job_${job}`, { seconds: 5000 });
    expect(await vast().submit(spec, { ...options, expectedSeconds: 5000 })).toMatchObject({ kind: 'retryable', message: /busy/ });
  });

  it('whose answer is lost is found by its label, and not doubled', async () => {
    server.fail({ status: 200, body: { offers: server.offers } }, 'lost-answer');
    expect(await vast().submit(spec, options)).toMatchObject({ ok: false, kind: 'retryable' });
    expect(server.instances.size).toBe(1);
    expect(instance()).toMatchObject({ externalId: '', status: 'starting' });
    // The next try uses it.
    expect(await vast().submit(spec, options)).toMatchObject({ ok: true });
    expect(await vast().status('ins_1/x')).toMatchObject({ value: { state: 'starting' } });
    await reap();
    expect(instance().externalId).toBe('1234568');
    expect(server.instances.size).toBe(1);
  });
});

describe('status', () => {
  it.each([
    [null, 'starting'],
    ['created', 'starting'],
    ['loading', 'starting'],
    ['rebooting', 'starting'],
    ['running', 'running'],
    ['unknown', 'running'],
    ['stopped', 'lost'],
    ['frozen', 'lost'],
    ['exited', 'lost'],
    ['offline', 'lost'],
  ])('of a machine that is %s is %s', async (actual, state) => {
    const externalId = await submitted('job_1', { held: true });
    Object.assign(server.instances.get(1_234_568) ?? {}, { actual_status: actual });
    expect(await vast().status(externalId)).toMatchObject({ ok: true, value: { state } });
  });

  it('tells a job that waits its turn from the one at work', async () => {
    const [first, second] = [await submitted('job_1', { held: true }), await submitted('job_2')];
    Object.assign(server.instances.get(1_234_568) ?? {}, { actual_status: 'running' });
    expect(await vast().status(first)).toMatchObject({ value: { state: 'running' } });
    expect(await vast().status(second)).toMatchObject({ value: { state: 'queued' } });
    instance().jobs.shift();
    expect(await vast().status(second)).toMatchObject({ value: { state: 'starting' } });
  });

  it('is lost when Vast.ai does not know the machine any more', async () => {
    const externalId = await submitted('job_1');
    server.instances.clear();
    expect(await vast().status(externalId)).toMatchObject({ value: { state: 'lost' } });
  });
});

describe('cancelling', () => {
  it('leaves a machine alone that has other jobs', async () => {
    const [first, second] = [await submitted('job_1', { held: true }), await submitted('job_2')];
    expect(await vast().cancel(second)).toEqual({ ok: true, value: null });
    expect(server.instances.size).toBe(1);
    instance().jobs.pop();
    expect(await vast().cancel(first)).toEqual({ ok: true, value: null });
    expect(server.instances.size).toBe(0);
    expect(instance().status).toBe('gone');
  });

  it('that Vast.ai does not hear is left to the reaper, and no job goes to the machine', async () => {
    const externalId = await submitted('job_1');
    server.fail({ status: 500 });
    expect(await vast().cancel(externalId)).toMatchObject({ ok: false, kind: 'retryable' });
    expect(instance().status).toBe('stopping');
    expect(await vast().status(externalId)).toMatchObject({ value: { state: 'lost' } });
    expect(await submitted('job_2')).toBe('ins_2/job_2-1');
    expect(await reap()).toMatchObject({ value: [{ externalId: '1234568', reason: 'stopping', destroyed: true }] });
    expect(server.instances.size).toBe(1);
  });
});

describe('the reaper', () => {
  const minutes = (number: number): number => nowMs + number * 60_000;

  it('gives an idle machine back, after a while and not if it was given work', async () => {
    await submitted('job_1');
    Object.assign(server.instances.get(1_234_568) ?? {}, { actual_status: 'running' });
    instance().jobs = [];
    expect(await reap(minutes(1))).toEqual({ ok: true, value: [] });
    expect(instance()).toMatchObject({ status: 'running', idleSinceMs: minutes(1) });
    expect(await reap(minutes(5))).toEqual({ ok: true, value: [] });
    const again = await submitted('job_2');
    expect(again).toBe('ins_1/job_2-1');
    expect(await reap(minutes(7))).toEqual({ ok: true, value: [] });
    instance().jobs = [];
    await reap(minutes(8));
    expect(await reap(minutes(14))).toMatchObject({ value: [{ reason: 'idle', destroyed: true }] });
    expect(server.instances.size).toBe(0);
    expect(instance().status).toBe('gone');
  });

  it('gives machines back that have ended by themselves', async () => {
    await submitted('job_1');
    Object.assign(server.instances.get(1_234_568) ?? {}, { actual_status: 'exited' });
    expect(await reap()).toMatchObject({ value: [{ reason: 'over', destroyed: true }] });
  });

  it('gives a machine back whose trainer never comes', async () => {
    const externalId = await submitted('job_1');
    Object.assign(server.instances.get(1_234_568) ?? {}, { actual_status: 'running' });
    expect(await reap(minutes(19))).toEqual({ ok: true, value: [] });
    expect(await reap(minutes(21))).toMatchObject({ value: [{ reason: 'broken' }] });
    expect(await vast().status(externalId)).toMatchObject({ value: { state: 'lost' } });
  });

  it('keeps one that works for hours', async () => {
    await submitted('job_1', { held: true });
    Object.assign(server.instances.get(1_234_568) ?? {}, { actual_status: 'running' });
    for (const at of [30, 60, 120]) expect(await reap(minutes(at))).toEqual({ ok: true, value: [] });
  });

  it('gives back what carries our label and is in no book, and nothing else', async () => {
    await submitted('job_1');
    server.instances.set(77, { id: 77, actual_status: 'running', label: 'splat-ins_forgotten', env: {} });
    server.instances.set(78, { id: 78, actual_status: 'running', label: 'somebody-else', env: {} });
    server.instances.set(79, { id: 79, actual_status: 'running', label: 'splat-ins_1', env: {} });
    const answer = await reap();
    expect(answer).toMatchObject({
      value: [
        { externalId: '77', reason: 'unknown' },
        { externalId: '79', reason: 'unknown' },
      ],
    });
    expect([...server.instances.keys()]).toEqual([1_234_568, 78]);
  });

  it('takes a machine out of the book that Vast.ai does not list, but not at once', async () => {
    await submitted('job_1');
    server.instances.clear();
    await reap(minutes(1));
    expect(instance().status).toBe('starting');
    await reap(minutes(4));
    expect(instance().status).toBe('gone');
  });

  it('reads all pages, and does nothing when one is missing', async () => {
    for (let id = 1; id <= 60; id++) server.instances.set(id, { id, actual_status: 'running', label: `splat-ins_old${id}`, env: {} });
    server.fail({ status: 200, body: { instances: [], next_token: '25' } }, { status: 500 });
    expect(await reap()).toMatchObject({ ok: false, kind: 'retryable' });
    expect(server.instances.size).toBe(60);
    expect(await reap()).toMatchObject({ ok: true, value: { length: 60 } });
    expect(server.instances.size).toBe(0);
  });

  it('tries again what could not be given back', async () => {
    await submitted('job_1');
    Object.assign(server.instances.get(1_234_568) ?? {}, { actual_status: 'exited' });
    const list = { instances: [...server.instances.values()], next_token: null };
    server.fail({ status: 200, body: list }, { status: 500 });
    expect(await reap()).toMatchObject({ value: [{ destroyed: false }] });
    expect(instance().status).toBe('stopping');
    expect(await reap()).toMatchObject({ value: [{ reason: 'stopping', destroyed: true }] });
  });
});

describe('health', () => {
  it('warns of an account without credit', async () => {
    server.credit = 0.2;
    expect(await vast().health()).toMatchObject({ ok: true, value: { ok: false, hint: /credit/ } });
  });
});
