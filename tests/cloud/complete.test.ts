/** A job is completed once, with what was announced and nothing else. */
import { expect, test } from 'vitest';
import type { OutputFile, OutputKind } from '../../src/core/job/trainerApi.ts';
import { cancelJob } from '../../cloud/jobs/cancel.ts';
import { modelKey } from '../../cloud/policy/objectKeys.ts';
import { servedModel } from '../../cloud/store/modelFiles.ts';
import { modelIdOf } from '../../cloud/store/models.ts';
import { roomOf } from '../../cloud/store/rooms.ts';
import { type Scene, type Trainer, bytesOf, codeOf, fileOf, givenScene, metrics, plyBytes, submitAgain } from './trainerApp.ts';

const complete = (trainer: Trainer, outputs: OutputFile[], more: object = {}): Promise<Response> =>
  trainer.call('POST', 'complete', { outputs, metrics, ...more });

async function statusOfModel({ cloud, job }: Scene): Promise<string | undefined> {
  const row = await cloud.db
    .prepare('SELECT status FROM models WHERE job_id = ?1 AND attempt = 1')
    .bind(job.id)
    .first<{ status: string }>();
  return row?.status;
}

test('a completed job has its model, its figures and its last event, and answers the same when told again', async () => {
  const scene = await givenScene();
  const { cloud, trainer, job } = scene;
  const outputs = [await trainer.put('ply', plyBytes()), await trainer.put('metrics', bytesOf('{}'))];
  for (let time = 0; time < 3; time++) {
    const answer = await complete(trainer, outputs);
    expect([answer.status, await answer.json()]).toEqual([200, {}]);
    cloud.nowMs += 1000;
  }
  const now = await scene.now();
  const modelId = (await modelIdOf(cloud, job)) ?? '';
  // 12.25 seconds of GPU time count as 13.
  expect(now).toMatchObject({ state: 'completed', modelId, gpuSeconds: 13, finishedAt: cloud.now() - 3000, leaseUntil: null });
  expect(JSON.parse(now.metrics ?? '')).toEqual(metrics);
  expect((await servedModel(cloud, modelId))?.files.map(({ kind }) => kind).sort()).toEqual(['metrics', 'ply']);
  const { events } = await roomOf(cloud, job.id).since(0);
  expect(events.map(({ event }) => event)).toEqual([{ type: 'finished' }]);
});

test('the same completion several times at once completes once', async () => {
  const scene = await givenScene();
  const completions = async (): Promise<number> => {
    const query = "SELECT sum(count) AS count FROM counters WHERE name = 'job_transition' AND label = 'completed'";
    return (await scene.cloud.db.prepare(query).first<{ count: number | null }>())?.count ?? 0;
  };
  const outputs = [await scene.trainer.put('ply', plyBytes())];
  const before = await completions();
  const answers = await Promise.all([1, 2, 3, 4].map(() => complete(scene.trainer, outputs)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(await completions()).toBe(before + 1);
});

test('a file that is missing, unannounced or not as announced is named, and the job goes on', async () => {
  const scene = await givenScene();
  const { cloud, trainer, job } = scene;
  const ply = await trainer.put('ply', plyBytes());
  const other = fileOf('ply', plyBytes('other'));
  const message = async (outputs: OutputFile[]): Promise<string> => {
    const answer = await complete(trainer, outputs);
    expect(answer.status).toBe(422);
    return (await answer.json<{ error: { message: string } }>()).error.message;
  };
  expect(await message([other])).toBe('Not there as announced: ply (announced otherwise).');
  expect(await message([ply, fileOf('spz', bytesOf('x'))])).toBe('Not there as announced: spz (never announced).');
  await trainer.call('POST', 'outputs', { outputs: [fileOf('sog', bytesOf('PK\u0003\u0004'))] });
  expect(await message([ply, fileOf('sog', bytesOf('PK\u0003\u0004'))])).toBe('Not there as announced: sog (not there).');
  expect(await message([{ ...ply, kind: 'metrics' }])).toBe('At least one of ply, splat, spz, sog is needed.');
  expect(await statusOfModel(scene)).toBe('pending');
  expect((await scene.now()).state).toBe('claimed');

  // Behind the server's back: another object of the same length, then one of another length.
  const key = modelKey((await modelIdOf(cloud, job)) ?? '', 'ply');
  const changed = plyBytes('a scenE');
  await cloud.env.BUCKET.put(key, changed, { sha256: fileOf('ply', changed).sha256 });
  expect(await message([ply])).toBe('Not there as announced: ply (another hash).');
  await cloud.env.BUCKET.put(key, changed);
  expect(await message([ply])).toBe('Not there as announced: ply (another hash).');
  await cloud.env.BUCKET.put(key, bytesOf('ply\n'));
  expect(await message([ply])).toBe(`Not there as announced: ply (4 bytes instead of ${ply.bytes}).`);
  await cloud.env.BUCKET.put(key, plyBytes(), { sha256: ply.sha256 });
  expect((await complete(trainer, [ply])).status).toBe(200);
});

test('what is plainly not of its format is not served', async () => {
  const { trainer } = await givenScene();
  const wrong: [OutputKind, string][] = [
    ['ply', 'PLY?'],
    ['spz', 'ply\n'],
    ['sog', 'NGSP'],
    ['splat', 'x'.repeat(33)],
  ];
  for (const [kind, text] of wrong) {
    const file = await trainer.put(kind, bytesOf(text));
    const answer = await complete(trainer, [file]);
    expect((await answer.json<{ error: { message: string } }>()).error.message).toBe(
      `Not there as announced: ${kind} (not of this format).`,
    );
  }
  const right: [OutputKind, Uint8Array<ArrayBuffer>][] = [
    ['ply', bytesOf('ply\r\nformat')],
    ['spz', Uint8Array.of(0x1f, 0x8b, 8, 0)],
    ['sog', bytesOf('PK\u0003\u0004')],
    ['splat', new Uint8Array(64)],
  ];
  const outputs = [];
  for (const [kind, bytes] of right) outputs.push(await trainer.put(kind, bytes));
  expect((await complete(trainer, outputs)).status).toBe(200);
});

test('after it was cancelled, completed by another attempt or failed, a job is not completed', async () => {
  const cancelled = await givenScene();
  const ply = await cancelled.trainer.put('ply', plyBytes());
  await cancelJob(cancelled.cloud, await cancelled.now());
  expect(await codeOf(await complete(cancelled.trainer, [ply]))).toBe('409 stale');
  expect(await cancelled.now()).toMatchObject({ state: 'cancelled', modelId: null });
  expect(await statusOfModel(cancelled)).toBe('pending');

  const failed = await givenScene();
  await failed.trainer.put('ply', plyBytes());
  const failure = { code: 'blurry', detail: 'Nothing is sharp.' };
  await failed.trainer.call('POST', 'fail', { failure, retryable: false, gpuSeconds: 1 });
  expect(await codeOf(await complete(failed.trainer, [ply]))).toBe('409 stale');
  expect(await statusOfModel(failed)).toBe('pending');
});

test('an attempt that was lost cannot complete what the next one does, and leaves nothing behind', async () => {
  const scene = await givenScene();
  const { cloud, job } = scene;
  const ply = await scene.trainer.put('ply', plyBytes('of the first'));
  await scene.trainer.put('checkpoint', bytesOf('of the first'));
  const failure = { code: 'gpu-lost', detail: 'Gone.' };
  await scene.trainer.call('POST', 'fail', { failure, retryable: true, gpuSeconds: 1 });
  await submitAgain(cloud, job.id);
  const second = await scene.nextTrainer();
  await second.call('POST', 'claim', { externalId: '', holder: 'holder-2' });
  expect(await codeOf(await complete(scene.trainer, [ply]))).toBe('409 stale');
  const outputs = [await second.put('ply', plyBytes('of the second')), await second.put('checkpoint', bytesOf('of the second'))];
  expect((await complete(second, outputs)).status).toBe(200);
  const modelId = (await scene.now()).modelId ?? '';
  const { objects } = await cloud.env.BUCKET.list({ prefix: 'models/' });
  const own = (await cloud.db.prepare('SELECT id FROM models WHERE job_id = ?1').bind(job.id).all<{ id: string }>()).results.map(
    ({ id }) => id,
  );
  expect(own).toHaveLength(2);
  expect(objects.map(({ key }) => key).filter((key) => own.some((id) => key.includes(id)))).toEqual([modelKey(modelId, 'ply')]);
  expect(await codeOf(await complete(scene.trainer, [ply]))).toBe('409 stale');
});

test('a completion and a cancellation at the same moment leave one end', async () => {
  const scene = await givenScene();
  const ply = await scene.trainer.put('ply', plyBytes());
  const job = await scene.now();
  const [answer, cancelled] = await Promise.all([complete(scene.trainer, [ply]), cancelJob(scene.cloud, job)]);
  const now = await scene.now();
  expect(now.state).toBe(answer.status === 200 ? 'completed' : 'cancelled');
  expect(cancelled === null).toBe(answer.status === 200);
  expect(await statusOfModel(scene)).toBe(answer.status === 200 ? 'ready' : 'pending');
  expect((await roomOf(scene.cloud, job.id).since(0)).events).toHaveLength(1);
});
