/** What a trainer tells on the way: events, outputs, failures. */
import { expect, test } from 'vitest';
import type { EventsAnswer, FailAnswer, OutputsAnswer, TrainerEvent } from '../../src/core/job/trainerApi.ts';
import type { JobEvent, Stage } from '../../src/core/job/events.ts';
import { cancelJob } from '../../cloud/jobs/cancel.ts';
import { modelKey } from '../../cloud/policy/objectKeys.ts';
import { modelIdOf } from '../../cloud/store/models.ts';
import { roomOf } from '../../cloud/store/rooms.ts';
import { type Scene, bytesOf, codeOf, fileOf, givenScene, metrics, plyBytes, putBytes, submitAgain } from './trainerApp.ts';

const stage = (name: Stage): JobEvent => ({ type: 'stage-started', stage: name });
const step = (done: number): JobEvent => ({ type: 'progress', stage: 'train', done, total: 100, unit: 'steps', secondsLeft: null });
const numbered = (first: number, ...events: JobEvent[]): TrainerEvent[] => events.map((event, i) => ({ seq: first + i, t: 0, event }));
const gpuLost = { code: 'gpu-lost', detail: 'The GPU is gone.' };

async function tell({ trainer }: Scene, events: TrainerEvent[]): Promise<EventsAnswer> {
  const answer = await trainer.call('POST', 'events', { events });
  if (answer.status !== 200) throw new Error(await answer.text());
  return answer.json();
}

async function heard({ cloud, job }: Scene): Promise<JobEvent[]> {
  const { events } = await roomOf(cloud, job.id).since(0);
  return events.map(({ event }) => event);
}

test('stages move the job on, and its row keeps stage and progress', async () => {
  const scene = await givenScene();
  const steps: [JobEvent[], string][] = [
    [[stage('read')], 'claimed'],
    [[stage('features')], 'solving'],
    [[stage('photos')], 'solving'],
    [[stage('train'), step(1)], 'training'],
    [[stage('evaluate')], 'training'],
    [[stage('save')], 'exporting'],
  ];
  let seq = 1;
  for (const [events, state] of steps) {
    await tell(scene, numbered(seq, ...events));
    seq += events.length;
    expect((await scene.now()).state).toBe(state);
  }
  expect(await scene.now()).toMatchObject({ stage: 'save', progress: null, trainerSeq: 7 });
  // A stage that cannot follow changes nothing but what is shown.
  await tell(scene, numbered(8, stage('features')));
  expect(await scene.now()).toMatchObject({ state: 'exporting', stage: 'features' });
});

test('every call renews the lease, also one without events', async () => {
  const scene = await givenScene();
  scene.cloud.nowMs += 100_000;
  expect(await tell(scene, [])).toEqual({ cancel: false, leaseUntil: scene.cloud.now() + 180_000, lastSeq: 0 });
  expect(await scene.now()).toMatchObject({ leaseUntil: scene.cloud.now() + 180_000, trainerSeq: 0 });
  await tell(scene, numbered(1, stage('train'), step(5)));
  const { progress } = await scene.now();
  expect(JSON.parse(progress ?? '')).toEqual({ done: 5, total: 100, unit: 'steps', secondsLeft: null });
  // A heartbeat does not take the progress away.
  await tell(scene, []);
  expect((await scene.now()).progress).toBe(progress);
});

test('an event counts once: repeated, out of order, with gaps', async () => {
  const scene = await givenScene();
  const [one, two, three] = [stage('read'), stage('features'), stage('pairs')];
  expect((await tell(scene, numbered(1, one, two))).lastSeq).toBe(2);
  expect((await tell(scene, numbered(1, one, two))).lastSeq).toBe(2);
  const mixed = [...numbered(5, stage('photos')), ...numbered(3, three), ...numbered(2, two), ...numbered(3, three)];
  expect((await tell(scene, mixed)).lastSeq).toBe(5);
  expect((await tell(scene, numbered(4, stage('cameras')))).lastSeq).toBe(5);
  expect(await heard(scene)).toEqual([one, two, three, stage('photos')]);
  expect((await scene.now()).stage).toBe('photos');
});

test('the same delivery several times at once counts once', async () => {
  const scene = await givenScene();
  const events = numbered(1, stage('read'), stage('features'));
  const answers = await Promise.all([1, 2, 3, 4].map(() => tell(scene, events)));
  expect(answers.map(({ lastSeq }) => lastSeq)).toEqual([2, 2, 2, 2]);
  expect(await heard(scene)).toEqual([stage('read'), stage('features')]);
});

test('a call that is replayed within its five minutes does nothing, later it is refused', async () => {
  const scene = await givenScene();
  const events = numbered(1, stage('read'));
  await tell(scene, events);
  scene.cloud.nowMs += 300_000;
  expect((await scene.trainer.call('POST', 'events', { events }, { offSeconds: -300 })).status).toBe(200);
  expect(await codeOf(await scene.trainer.call('POST', 'events', { events }, { offSeconds: -301 }))).toBe('401 old-signature');
  expect(await heard(scene)).toEqual([stage('read')]);
});

test('what a trainer says of its own end is not taken from its events', async () => {
  const scene = await givenScene();
  await tell(scene, numbered(1, stage('train'), { type: 'finished' }, { type: 'failed', failure: { code: 'blurry', detail: '' } }));
  expect(await heard(scene)).toEqual([stage('train')]);
  expect(await scene.now()).toMatchObject({ state: 'training', trainerSeq: 3 });
});

test('the trainer of a cancelled job is told so, and nothing else is taken from it', async () => {
  const scene = await givenScene();
  await tell(scene, numbered(1, stage('train')));
  await cancelJob(scene.cloud, await scene.now());
  expect(await tell(scene, numbered(2, stage('save')))).toMatchObject({ cancel: true, lastSeq: 1 });
  expect(await scene.now()).toMatchObject({ state: 'cancelled', stage: 'train' });
  const outputs = [fileOf('ply', plyBytes())];
  expect(await codeOf(await scene.trainer.call('POST', 'outputs', { outputs }))).toBe('409 stale');
  expect(await codeOf(await scene.trainer.call('GET', 'manifest'))).toBe('409 stale');
  const fail = await scene.trainer.call('POST', 'fail', { failure: gpuLost, retryable: true, gpuSeconds: 1 });
  expect(await fail.json<FailAnswer>()).toEqual({ willRetry: false });
  expect((await scene.now()).state).toBe('cancelled');
});

test('who has not claimed is not listened to', async () => {
  const { trainer, now } = await givenScene({}, { isClaimed: false });
  expect(await codeOf(await trainer.call('POST', 'events', { events: numbered(1, stage('train')) }))).toBe('409 stale');
  expect(await codeOf(await trainer.call('GET', 'manifest'))).toBe('409 stale');
  expect(await codeOf(await trainer.call('POST', 'complete', { outputs: [fileOf('ply', plyBytes())], metrics }))).toBe('409 stale');
  expect(await codeOf(await trainer.call('POST', 'fail', { failure: gpuLost, retryable: false, gpuSeconds: 0 }))).toBe('409 stale');
  expect(await now()).toMatchObject({ state: 'submitted', attempt: 1 });
});

test('an output is stored under a name of the server and replaced when it is announced anew', async () => {
  const { cloud, job, trainer } = await givenScene();
  const modelId = (await modelIdOf(cloud, job)) ?? '';
  for (const text of ['first', 'second']) {
    await trainer.put('preview', bytesOf(text));
    const object = await cloud.env.BUCKET.get(modelKey(modelId, 'preview'));
    expect(new TextDecoder().decode(await object?.arrayBuffer())).toBe(text);
  }
  const { results } = await cloud.db.prepare('SELECT kind, bytes, status FROM model_files WHERE model_id = ?1').bind(modelId).all();
  expect(results).toEqual([{ kind: 'preview', bytes: 6, status: 'stored' }]);
});

test('an output with other bytes than announced is refused, and what was there stays', async () => {
  const { cloud, send, job, trainer } = await givenScene();
  const right = plyBytes('right');
  await trainer.put('ply', right);
  const other = plyBytes('wrong');
  const announce = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> => {
    const answer = await trainer.call('POST', 'outputs', { outputs: [fileOf('ply', bytes)] });
    return (await answer.json<OutputsAnswer>()).outputs[0]?.url ?? '';
  };
  const url = await announce(other);
  expect(await codeOf(await putBytes(send, url, plyBytes('wrOng')))).toBe('422 wrong-hash');
  expect(await codeOf(await putBytes(send, url, plyBytes('longer')))).toBe('400 wrong-length');
  expect(await codeOf(await putBytes(send, url, plyBytes('longer'), { 'content-length': String(other.length) }))).toBe('400 wrong-length');
  expect(await codeOf(await putBytes(send, url, bytesOf('short'), { 'content-length': String(other.length) }))).toBe('400 wrong-length');
  expect(await codeOf(await send(url, { method: 'PUT', body: other }))).toBe('411 length-required');
  const object = await cloud.env.BUCKET.get(modelKey((await modelIdOf(cloud, job)) ?? '', 'ply'));
  expect(new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer(0))).toEqual(right);
  // An address of what was announced before is not good any more.
  const next = await announce(plyBytes('a third'));
  expect(await codeOf(await putBytes(send, url, other))).toBe('403 not-wanted');
  expect((await putBytes(send, next, plyBytes('a third'))).status).toBe(200);
  expect((await putBytes(send, next, plyBytes('a third'))).status).toBe(200);
});

test('the address of an output is good for one kind, one file and a limited time, while the attempt is held', async () => {
  const { cloud, send, trainer, now } = await givenScene();
  const bytes = plyBytes();
  const answer = await trainer.call('POST', 'outputs', { outputs: [fileOf('ply', bytes), fileOf('spz', bytes)] });
  const { outputs } = await answer.json<OutputsAnswer>();
  const url = outputs[0]?.url ?? '';
  expect(await codeOf(await putBytes(send, url.replace('outputs/ply', 'outputs/spz'), bytes))).toBe('403 bad-address');
  expect(await codeOf(await putBytes(send, url.replace('attempt=1', 'attempt=2'), bytes))).toBe('403 bad-address');
  expect(await codeOf(await putBytes(send, url.replace(/bytes=\d/, 'bytes=9'), bytes))).toBe('403 bad-address');
  expect((await putBytes(send, url.replace('outputs/ply', 'outputs/exe'), bytes)).status).toBe(404);
  cloud.nowMs += 3 * 3_600_000;
  expect(await codeOf(await putBytes(send, url, bytes))).toBe('403 bad-address');
  cloud.nowMs -= 1;
  await cancelJob(cloud, await now());
  expect(await codeOf(await putBytes(send, url, bytes))).toBe('403 not-wanted');
});

test('an output that is larger than its kind may be is refused before it is sent', async () => {
  const { trainer } = await givenScene();
  const large = { kind: 'ply', bytes: 2_000_000_001, sha256: '0'.repeat(64) };
  expect(await codeOf(await trainer.call('POST', 'outputs', { outputs: [large] }))).toBe('413 too-large');
  expect((await trainer.call('POST', 'outputs', { outputs: [{ ...large, bytes: 2_000_000_000 }] })).status).toBe(200);
  const twice = fileOf('ply', plyBytes());
  expect(await codeOf(await trainer.call('POST', 'outputs', { outputs: [twice, twice] }))).toBe('400 bad-request');
  expect(await codeOf(await trainer.call('POST', 'outputs', { outputs: [{ ...twice, kind: '../x' }] }))).toBe('400 bad-request');
});

test('a failure that another attempt may mend begins another attempt', async () => {
  const { trainer, now, cloud } = await givenScene();
  const fail = await trainer.call('POST', 'fail', { failure: gpuLost, retryable: true, gpuSeconds: 7.5 });
  expect(await fail.json<FailAnswer>()).toEqual({ willRetry: true });
  expect(await now()).toMatchObject({ state: 'queued', attempt: 2, lostCount: 1, holder: null, trainerSeq: 0, stage: null });
  await submitAgain(cloud, trainer.spec.jobId);
  expect(await codeOf(await trainer.call('POST', 'complete', { outputs: [fileOf('ply', plyBytes())], metrics }))).toBe('409 stale');
});

test('attempts end: the last failure that could be mended ends the job', async () => {
  const scene = await givenScene();
  for (let attempt = 1; attempt <= 3; attempt++) {
    if (attempt > 1) await submitAgain(scene.cloud, scene.job.id);
    const trainer = await scene.nextTrainer();
    await trainer.call('POST', 'claim', { externalId: '', holder: `holder-${attempt}` });
    const fail = await trainer.call('POST', 'fail', { failure: gpuLost, retryable: true, gpuSeconds: 1 });
    expect(await fail.json<FailAnswer>()).toEqual({ willRetry: attempt < 3 });
  }
  expect((await scene.now()).state).toBe('failed');
  expect((await heard(scene)).at(-1)?.type).toBe('failed');
});

test('a failure that lies in the photos ends the job and is kept for the person', async () => {
  const scene = await givenScene();
  const failure = { code: 'blurry', detail: 'Nothing is sharp.' };
  const fail = await scene.trainer.call('POST', 'fail', { failure, retryable: false, gpuSeconds: 7.5 });
  expect(await fail.json<FailAnswer>()).toEqual({ willRetry: false });
  const job = await scene.now();
  expect(job).toMatchObject({ state: 'failed', attempt: 1, gpuSeconds: 8 });
  expect(JSON.parse(job.failure ?? '')).toEqual(failure);
  expect(await heard(scene)).toEqual([{ type: 'failed', failure }]);
  // Told again, it answers the same.
  const again = await scene.trainer.call('POST', 'fail', { failure, retryable: true, gpuSeconds: 7.5 });
  expect(await again.json<FailAnswer>()).toEqual({ willRetry: false });
});
