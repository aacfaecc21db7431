/** The outbox against a real HTTP server: faults of every kind, and what the server got in the end. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCloudRunner } from '../../../src/app/services/cloud/cloudRunner.ts';
import { type CloudService, createCloudService } from '../../../src/app/services/cloud/cloudService.ts';
import { type OutboxEntry, isOpen } from '../../../src/app/services/cloud/outboxEntry.ts';
import { type OutboxStore, memoryOutbox } from '../../../src/app/services/cloud/outboxStore.ts';
import { preparePhoto } from '../../../src/app/services/cloud/preparePhoto.ts';
import type { JobEvent } from '../../../src/core/job/events.ts';
import { type StubCloud, completed, queued, running, startStubCloud, stubModel } from '../../fixtures/stubCloud.ts';

let stub: StubCloud;
let store: OutboxStore;
let results: { projectId: string; text: string; fileName: string }[];
const services: CloudService[] = [];

const paths = ['holiday/secret-1.jpg', 'holiday/secret-2.jpg', 'holiday/secret-3.jpg', 'holiday/secret-4.jpg'];
const photosOf = async () =>
  [...paths, 'not ordered.jpg'].map((path) => ({ path, file: new File([`\xff\xd8 picture of ${path.length} ${path.slice(-5)}`], path) }));
const order = { projectId: 'p1', projectName: 'Chair', preset: 'full', paths, compress: false } as const;
const ordered = () => ({ ...order, paths: [...paths] });

/** Waits of the outbox pass at once: its clock runs a thousand times faster. */
function open(more: { random?: number } = {}): CloudService {
  const began = performance.now();
  const service = createCloudService({
    store,
    photosOf,
    origin: stub.url,
    pollMs: 1,
    prepare: preparePhoto,
    random: () => more.random ?? 0,
    now: () => 1e12 + (performance.now() - began) * 1000,
    withLock: (work) => work(),
    onresult: async (projectId, blob, fileName) => void results.push({ projectId, text: await blob.text(), fileName }),
  });
  services.push(service);
  return service;
}

async function ended(id: string, isEnd: (entry: OutboxEntry) => boolean = (entry) => !isOpen(entry)): Promise<OutboxEntry> {
  await expect.poll(async () => store.get(id).then((entry) => entry && isEnd(entry)), { timeout: 20_000, interval: 5 }).toBe(true);
  return (await store.get(id))!;
}
const puts = () => stub.log.filter((line) => line.startsWith('PUT'));

beforeEach(async () => {
  // The page listens to these; here nothing happens on them.
  Object.assign(globalThis, { addEventListener: () => undefined, removeEventListener: () => undefined });
  Object.assign(globalThis, { document: { addEventListener: () => undefined, removeEventListener: () => undefined } });
  stub = await startStubCloud();
  store = memoryOutbox();
  results = [];
});
afterEach(async () => {
  for (const service of services.splice(0)) service.dispose();
  await stub.close();
});

test('an order is sent, built and fetched: each photo once, no file name, the model in its project', async () => {
  const { id } = await open().enqueue(ordered());
  expect((await ended(id)).state).toBe('done');
  expect(results).toEqual([{ projectId: 'p1', text: stubModel.toString(), fileName: 'Chair.ply' }]);
  expect(puts()).toHaveLength(4);
  expect(stub.photos.size).toBe(4);
  expect(stub.bodies.join()).not.toMatch(/secret|holiday/);
  expect(stub.log.join()).not.toMatch(/secret|holiday/);
});

test.each([
  ['429 with a wish', { at: /^POST \/api\/uploads$/, times: 1, answer: 429, retryAfter: '1' }],
  ['503 while photos are sent', { at: /^PUT /, times: 3, answer: 503 }],
  ['a line cut in the middle of a photo', { at: /^PUT /, times: 2, answer: 'cut-body' }],
  ['a signed address that has run out', { at: /^PUT /, times: 1, answer: 403 }],
  ['500 at the start of the job', { at: /^POST \/api\/process/, times: 2, answer: 500 }],
  ['503 while the job runs', { at: /^GET \/api\/status/, times: 2, answer: 503 }],
  ['a download that fails', { at: /^GET \/api\/model/, times: 2, answer: 502 }],
  ['a server that forgot the photos', { at: /^PUT /, times: 1, answer: 410 }],
] as const)('%s delays an order and does not end it', async (_, fault) => {
  stub.faults.push({ ...fault });
  const { id } = await open({ random: 0.01 }).enqueue(ordered());
  expect((await ended(id)).state).toBe('done');
  expect(stub.photos.size).toBe(4);
  expect(results).toHaveLength(1);
  expect(stub.jobs.size).toBe(1);
});

test('a photo whose answer got lost is not sent again', async () => {
  stub.faults.push({ at: /^PUT /, times: 4, answer: 'cut-answer' });
  const { id } = await open().enqueue(ordered());
  expect((await ended(id)).state).toBe('done');
  expect(puts()).toHaveLength(4);
});

test('a page that goes away in the middle of the upload goes on where it was', async () => {
  stub.putMs = 30;
  const first = open();
  const { id } = await first.enqueue(ordered());
  await ended(id, ({ data }) => data.photos.some(({ sent }) => sent));
  first.dispose();
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect((await store.get(id))?.state).toBe('uploading');
  open();
  expect((await ended(id)).state).toBe('done');
  expect(puts()).toHaveLength(4);
  expect(new Set(puts()).size).toBe(4);
  expect(stub.uploads.size).toBe(1);
  expect(stub.jobs.size).toBe(1);
});

test('an order waits while no cloud is connected, and goes when there is one', async () => {
  stub.hasHealth = false;
  const cloud = open({ random: 0.01 });
  expect(await cloud.available()).toBe(false);
  const { id } = await cloud.enqueue(ordered());
  const waiting = await ended(id, ({ data }) => data.attempt > 1);
  expect(waiting).toMatchObject({ state: 'waiting', data: { failure: { code: 'cloud-unreachable' } } });
  expect(stub.bodies).toEqual([]);
  stub.hasHealth = true;
  expect((await ended(id)).state).toBe('done');
});

test('what the server refuses ends the order with its reason; another try is a new order that sends nothing twice', async () => {
  stub.faults.push({ at: /^POST \/api\/process/, times: 1, answer: 402 });
  const cloud = open();
  const { id } = await cloud.enqueue(ordered());
  expect(await ended(id)).toMatchObject({
    state: 'failed',
    data: { failure: { code: 'cloud-refused', detail: 'The stub answers 402.' } },
  });
  const again = await cloud.retry(id);
  expect((await ended(again!.id)).state).toBe('done');
  expect(await store.get(id)).toBeNull();
  expect(puts()).toHaveLength(4);
});

test('a job that fails says why', async () => {
  const failure = { code: 'low-texture', detail: 'Only sky.' } as const;
  stub.statuses = [queued, { ...queued, state: 'failed', failure }];
  const { id } = await open().enqueue(ordered());
  expect(await ended(id)).toMatchObject({ state: 'failed', data: { failure } });
});

test('cancelling a running job deletes it and its photos on the server', async () => {
  stub.statuses = [running(1, 10)];
  const cloud = open();
  const { id } = await cloud.enqueue(ordered());
  await ended(id, ({ data }) => data.isRunning);
  await cloud.cancel(id);
  expect(await ended(id)).toMatchObject({ state: 'cancelled', data: { owesDelete: false } });
  expect([stub.jobs.size, stub.uploads.size]).toEqual([0, 0]);
  expect(results).toEqual([]);
  await cloud.remove(id);
  expect(await cloud.entries()).toEqual([]);
});

test('a runner tells the upload and the job as events and ends with the model', async () => {
  const step: JobEvent = { type: 'progress', stage: 'train', done: 5, total: 10, unit: 'steps', secondsLeft: 9 };
  stub.statuses = [
    queued,
    running(1, 10, [{ seq: 1, event: { type: 'stage-started', stage: 'train' } }]),
    running(5, 10, [
      { seq: 1, event: { type: 'stage-started', stage: 'train' } },
      { seq: 2, event: step },
    ]),
    completed,
  ];
  const events: JobEvent[] = [];
  const runner = createCloudRunner({ cloud: open(), modelOf: async () => ({ blob: new Blob([results[0].text]), fileName: 'Chair.ply' }) });
  const job = runner.start(ordered(), { event: (event) => events.push(event) });
  const result = await job.result;
  expect(result.ok && (await result.value.blob.text())).toBe(stubModel.toString());
  const upload = events.filter((event) => event.type === 'progress' && event.stage === 'read');
  expect(upload.at(-1)).toMatchObject({ done: 4, total: 4, unit: 'photos' });
  expect(events.filter((event) => !('stage' in event && event.stage === 'read'))).toEqual([
    { type: 'stage-started', stage: 'train' },
    step,
    { type: 'finished' },
  ]);
});
