/** What the page is told: the state, the events after the last it has seen, the model, the preview; and nothing when nothing is new. */
import { expect, test } from 'vitest';
import type { JobStatus } from '../../src/core/job/cloudApi.ts';
import type { JobEvent } from '../../src/core/job/events.ts';
import { jobStatus } from '../../src/core/job/cloudSchema.ts';
import { cancelJob } from '../../cloud/jobs/cancel.ts';
import { failJob } from '../../cloud/jobs/fail.ts';
import { fileForPage } from '../../cloud/policy/modelChoice.ts';
import { givenOwner } from './rows.ts';
import { type Scene, bytesOf, codeOf, givenScene, metrics, plyBytes, submitAgain } from './trainerApp.ts';

const stage: JobEvent = { type: 'stage-started', stage: 'train' };
const step = (done: number): JobEvent => ({ type: 'progress', stage: 'train', done, total: 9, unit: 'steps', secondsLeft: 4 });

const ask = ({ send, job, ownerId }: Scene, query = '', headers: Record<string, string> = {}): Promise<Response> =>
  send(`/api/status/${job.id}${query}`, { headers: { 'x-test-owner': ownerId, ...headers } });
const read = async (answer: Response): Promise<JobStatus> => jobStatus.parse(await answer.json());
const tell = ({ trainer }: Scene, seq: number, ...events: JobEvent[]): Promise<Response> =>
  trainer.call('POST', 'events', { events: events.map((event, i) => ({ seq: seq + i, t: 0, event })) });

test('a job goes from waiting to its model', async () => {
  const scene = await givenScene({}, { isClaimed: false });
  const { trainer, cloud } = scene;
  const nothing = { stage: null, progress: null, model: null, failure: null, events: [] };
  expect(await read(await ask(scene))).toEqual({ state: 'queued', ...nothing });
  await trainer.call('POST', 'claim', { externalId: '', holder: 'h' });
  expect(await read(await ask(scene))).toEqual({ state: 'running', ...nothing });
  await tell(scene, 1, stage, step(3));
  const progress = { done: 3, total: 9, unit: 'steps', secondsLeft: 4 };
  const events = [
    { seq: 1, event: stage },
    { seq: 2, event: step(3) },
  ];
  expect(await read(await ask(scene))).toEqual({ state: 'running', stage: 'train', progress, model: null, failure: null, events });
  expect((await read(await ask(scene, '?since=1'))).events).toEqual(events.slice(1));
  const file = await trainer.put('ply', plyBytes());
  await trainer.put('preview', bytesOf('0'.repeat(32)));
  await trainer.call('POST', 'complete', { outputs: [file], metrics });
  cloud.nowMs += 60_000;
  const done = await read(await ask(scene, '?since=2'));
  expect(done).toMatchObject({ state: 'completed', events: [{ seq: 3, event: { type: 'finished' } }] });
  expect(done.model).toEqual({ id: (await scene.now()).modelId, format: 'ply', bytes: file.bytes });
});

test('failed, expired and cancelled jobs say so, with the reason', async () => {
  const failure = { code: 'blurry', detail: 'Nothing is sharp.' } as const;
  for (const how of ['fail', 'expire'] as const) {
    const scene = await givenScene();
    await failJob(scene.cloud, await scene.now(), failure, 'inner words', how);
    const answer = await ask(scene);
    expect(await answer.clone().text()).not.toContain('inner words');
    expect(await read(answer)).toMatchObject({ state: 'failed', failure, events: [{ seq: 1, event: { type: 'failed', failure } }] });
  }
  const scene = await givenScene();
  await cancelJob(scene.cloud, await scene.now());
  expect(await read(await ask(scene))).toMatchObject({ state: 'cancelled', failure: null, model: null });
});

test('numbers of events go on over attempts', async () => {
  const scene = await givenScene();
  await tell(scene, 1, stage, step(1));
  await scene.trainer.call('POST', 'fail', { failure: { code: 'gpu-lost', detail: '' }, retryable: true, gpuSeconds: 1 });
  expect(await read(await ask(scene, '?since=2'))).toMatchObject({ state: 'queued', stage: null, progress: null, events: [] });
  await submitAgain(scene.cloud, scene.job.id);
  const trainer = await scene.nextTrainer();
  await trainer.call('POST', 'claim', { externalId: '', holder: 'h2' });
  await tell({ ...scene, trainer }, 1, stage);
  expect((await read(await ask(scene, '?since=2'))).events).toEqual([{ seq: 3, event: stage }]);
});

test('nothing is sent again when nothing has changed', async () => {
  const scene = await givenScene();
  await tell(scene, 1, stage);
  const first = await ask(scene);
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"[^"]+"$/);
  const again = await ask(scene, '', { 'if-none-match': etag });
  expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
  await tell(scene, 2, step(1));
  const changed = await ask(scene, '', { 'if-none-match': etag });
  expect(changed.status).toBe(200);
  expect((await read(changed)).events.at(-1)).toEqual({ seq: 2, event: step(1) });
  // A move without an event is a change too.
  scene.cloud.nowMs += 1000;
  const before = changed.headers.get('etag') ?? '';
  await cancelJob(scene.cloud, await scene.now());
  expect((await ask(scene, '', { 'if-none-match': before })).status).toBe(200);
});

test('while all is quiet the row alone answers, and what the room heard late is told all the same', async () => {
  const scene = await givenScene();
  const early = (await ask(scene)).headers.get('etag') ?? '';
  // As if the call that wrote the row had told the room only after the page had asked.
  const { roomOf } = await import('../../cloud/store/rooms.ts');
  await roomOf(scene.cloud, scene.job.id).publish([stage]);
  scene.cloud.nowMs += 10_001;
  const late = await ask(scene, '', { 'if-none-match': early });
  expect((await read(late)).events).toEqual([{ seq: 1, event: stage }]);
  const quiet = late.headers.get('etag') ?? '';
  // From here on the room is not asked: it would have something new.
  await roomOf(scene.cloud, scene.job.id).publish([step(1)]);
  expect((await ask(scene, '', { 'if-none-match': `"other", W/${quiet}` })).status).toBe(304);
  await tell(scene, 1, step(2));
  expect((await ask(scene, '', { 'if-none-match': quiet })).status).toBe(200);
});

test('only the owner is told, and nobody once the project is deleted', async () => {
  const scene = await givenScene();
  const other = await givenOwner(scene.cloud);
  for (const path of ['', '/preview']) {
    expect(await codeOf(await ask(scene, path, { 'x-test-owner': other }))).toBe('404 not-found');
    expect(await codeOf(await scene.send(`/api/status/${scene.job.id}${path}`))).toBe('401 no-owner');
  }
  expect(await codeOf(await ask(scene, '?since=-1'))).toBe('400 bad-since');
  await scene.cloud.db.prepare("UPDATE projects SET status = 'deleted' WHERE id = ?1").bind(scene.projectId).run();
  expect(await codeOf(await ask(scene))).toBe('404 not-found');
});

test('the preview is the latest that arrived, of whatever attempt', async () => {
  const scene = await givenScene();
  expect(await codeOf(await ask(scene, '/preview'))).toBe('404 not-found');
  await scene.trainer.put('preview', bytesOf('one'));
  const one = await ask(scene, '/preview');
  expect(new TextDecoder().decode(await one.arrayBuffer())).toBe('one');
  expect(one.headers.get('content-type')).toBe('application/octet-stream');
  const etag = one.headers.get('etag') ?? '';
  expect((await ask(scene, '/preview', { 'if-none-match': etag })).status).toBe(304);
  await scene.trainer.put('preview', bytesOf('two'));
  // Announced and not there yet: the last one stays.
  await scene.trainer.call('POST', 'outputs', { outputs: [{ kind: 'preview', bytes: 3, sha256: '0'.repeat(64) }] });
  const two = await ask(scene, '/preview', { 'if-none-match': etag });
  expect(new TextDecoder().decode(await two.arrayBuffer())).toBe('two');
  await scene.trainer.call('POST', 'fail', { failure: { code: 'gpu-lost', detail: '' }, retryable: true, gpuSeconds: 1 });
  await submitAgain(scene.cloud, scene.job.id);
  const trainer = await scene.nextTrainer();
  await trainer.call('POST', 'claim', { externalId: '', holder: 'h2' });
  expect(new TextDecoder().decode(await (await ask(scene, '/preview')).arrayBuffer())).toBe('two');
  await trainer.put('preview', bytesOf('three'));
  expect(new TextDecoder().decode(await (await ask(scene, '/preview')).arrayBuffer())).toBe('three');
});

test('the page is given the .ply while it is not too large, else the smallest form', () => {
  const files = (ply: number) => [
    { kind: 'splat', bytes: 3 } as const,
    { kind: 'ply', bytes: ply } as const,
    { kind: 'spz', bytes: 2 } as const,
    { kind: 'sog', bytes: 1 } as const,
  ];
  expect(fileForPage(files(200_000_000))?.kind).toBe('ply');
  expect(fileForPage(files(200_000_001))?.kind).toBe('sog');
  expect(fileForPage(files(200_000_001).filter(({ kind }) => kind !== 'sog'))?.kind).toBe('spz');
  expect(fileForPage([{ kind: 'ply', bytes: 1e9 }])?.kind).toBe('ply');
  expect(fileForPage([])).toBeNull();
});
