/** Workers that come and ask: who gets what, once, and what becomes of it when a worker falls over. */
import { expect, test } from 'vitest';
import type { PullAnswer } from '../../src/core/job/trainerApi.ts';
import { pullAnswer } from '../../src/core/job/trainerSchema.ts';
import { instanceToken } from '../../cloud/policy/instanceToken.ts';
import { newId } from '../../cloud/policy/tokens.ts';
import { createInstanceBook } from '../../cloud/store/instances.ts';
import { type Job, getJob } from '../../cloud/store/jobs.ts';
import { givenJob } from './rows.ts';
import { type Send, codeOf, silentQueue, trainerApp, trainerOf } from './trainerApp.ts';
import { type TestCloud, testCloud } from './testCloud.ts';

const workerToken = 'worker-token-of-the-tests';

interface Place {
  cloud: TestCloud;
  send: Send;
  pull(body?: object, token?: string): Promise<Response>;
  /** The id of the job that was given; null for none. */
  take(body?: object, token?: string): Promise<string | null>;
}

async function givenPlace(): Promise<Place> {
  const cloud = await testCloud({ env: { JOBS: silentQueue } });
  const send = trainerApp(cloud);
  // Tests of one file share a database.
  await cloud.db.prepare("UPDATE jobs SET state = 'failed'").run();
  const pull = (body: object = {}, token = workerToken): Promise<Response> => {
    const asked = { workerId: 'worker', instance: 'start-1', gpuClass: 'webgpu', ...body };
    return send('/internal/v1/worker/claim', {
      method: 'POST',
      body: JSON.stringify(asked),
      headers: { authorization: `Bearer ${token}` },
    });
  };
  const take = async (body: object = {}, token = workerToken): Promise<string | null> => {
    const answer = await pull(body, token);
    if (answer.status === 204) return null;
    if (answer.status !== 200) throw new Error(await answer.text());
    return pullAnswer.parse(await answer.json()).spec.jobId;
  };
  return { cloud, send, pull, take };
}

async function waiting(cloud: TestCloud, given: Partial<Job> = {}): Promise<Job> {
  cloud.nowMs += 1000;
  return givenJob(cloud, { state: 'submitted', provider: 'local', externalId: 'pull-1', gpuClass: 'own', ...given });
}

test('a worker is given the oldest job, with all that it needs to claim it', async () => {
  const { cloud, send, pull, take } = await givenPlace();
  expect((await pull()).status).toBe(204);
  const [first, second] = [await waiting(cloud), await waiting(cloud, { provider: 'pull' })];
  const given = pullAnswer.parse(await (await pull()).json<PullAnswer>());
  expect(given).toMatchObject({ spec: { jobId: first.id, attempt: 1, apiBase: 'https://splat.test' } });
  expect(given.externalId).toMatch(new RegExp(`^wrk_[0-9a-f]{32}/${first.id}-1$`));
  const trainer = trainerOf(cloud, send, given.spec);
  expect((await trainer.call('POST', 'claim', { externalId: given.externalId, holder: 'start-1' })).status).toBe(200);
  expect(await getJob(cloud.db, first.id)).toMatchObject({ state: 'claimed', externalId: given.externalId });
  expect(await take()).toBe(second.id);
});

test('a job is given to one worker, however many ask at once', async () => {
  const { cloud, take } = await givenPlace();
  const jobs = [await waiting(cloud), await waiting(cloud)].map(({ id }) => id);
  const given = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((workerId) => take({ workerId })));
  expect(given.filter((id) => id !== null).sort()).toEqual([...jobs].sort());
});

test('only jobs that wait for a worker and fit it are given', async () => {
  const { cloud, take } = await givenPlace();
  for (const state of ['queued', 'submitting', 'claimed', 'training', 'completed', 'cancelled'] as const) await waiting(cloud, { state });
  await waiting(cloud, { provider: 'runpod' });
  await waiting(cloud, { gpuClass: 'l4' });
  await waiting(cloud, { photos: 51 });
  expect(await take({ maxImages: 50 })).toBeNull();
  const small = await waiting(cloud, { photos: 50 });
  expect(await take({ maxImages: 50 })).toBe(small.id);
  const ofClass = await waiting(cloud, { gpuClass: 'a10', photos: 1 });
  expect(await take({ maxImages: 50, gpuClass: 'webgpu', workerId: 'other' })).toBeNull();
  expect(await take({ maxImages: 50, gpuClass: 'a10', workerId: 'other' })).toBe(ofClass.id);
});

test('an answer that was lost is given again; another worker gets the job when its time is over', async () => {
  const { cloud, take } = await givenPlace();
  const { id } = await waiting(cloud);
  expect([await take(), await take()]).toEqual([id, id]);
  expect(await take({ workerId: 'other' })).toBeNull();
  cloud.nowMs += 180_000;
  expect(await take({ workerId: 'other' })).toBe(id);
  expect(await take()).toBeNull();
});

test('what a worker held before it was started again goes back to the queue and does not count as lost', async () => {
  const { cloud, send, pull, take } = await givenPlace();
  const { id } = await waiting(cloud);
  for (let start = 1; start <= 6; start++) {
    const given = pullAnswer.parse(await (await pull({ instance: `start-${start}` })).json<PullAnswer>());
    expect(given.spec).toMatchObject({ jobId: id, attempt: start });
    const trainer = trainerOf(cloud, send, given.spec);
    await trainer.call('POST', 'claim', { externalId: given.externalId, holder: `start-${start}` });
    // Another worker's restart is no matter to it, nor is another question of the same start.
    expect(await take({ workerId: 'other', instance: `other-${start}` })).toBeNull();
    expect(await take({ instance: `start-${start}` })).toBeNull();
    expect((await getJob(cloud.db, id))?.state).toBe('claimed');
    expect(await take({ instance: `start-${start + 1}` })).toBeNull();
    const lostCount = start <= 5 ? 0 : 1;
    expect(await getJob(cloud.db, id)).toMatchObject({ state: 'queued', attempt: start + 1, lostCount, error: 'worker-restarted' });
    expect(await codeOf(await trainer.call('POST', 'events', { events: [] }))).toBe('409 stale');
    await cloud.db
      .prepare("UPDATE jobs SET state = 'submitted', provider = 'local', gpu_class = 'own', external_id = 'pull-1' WHERE id = ?1")
      .bind(id)
      .run();
  }
});

/** Resolves when the question of this start has been taken in. */
const hasAsked = (cloud: TestCloud, instance: string): Promise<void> =>
  expect
    .poll(() => cloud.db.prepare("SELECT 1 FROM settings WHERE value = ?1 AND key LIKE 'worker-seen:%'").bind(instance).first())
    .not.toBeNull();

test('a question of a former start that still waits gets nothing', async () => {
  const { cloud, pull, take } = await givenPlace();
  const former = pull({ instance: 'former', waitSeconds: 2 });
  await hasAsked(cloud, 'former');
  expect(await take({ instance: 'latter' })).toBeNull();
  await waiting(cloud);
  expect((await former).status).toBe(204);
});

test('a worker that waits gets the job that comes in the meantime', async () => {
  const { cloud, take } = await givenPlace();
  const taken = take({ instance: 'patient', waitSeconds: 20 });
  await hasAsked(cloud, 'patient');
  const { id } = await waiting(cloud);
  expect(await taken).toBe(id);
});

test('a wrong token is refused, and a question that is not of its schema', async () => {
  const { pull } = await givenPlace();
  for (const token of ['', 'wrong', `${workerToken}x`, await instanceToken({ MASTER_SECRET: '6'.repeat(64) }, newId('ins'))])
    expect(await codeOf(await pull({}, token))).toBe('401 bad-token');
  expect(await codeOf(await pull({ waitSeconds: 21 }))).toBe('400 bad-request');
  expect(await codeOf(await pull({ workerId: '' }))).toBe('400 bad-request');
});

test('a rented machine is given what was placed on it and nothing else, while it is wanted', async () => {
  const { cloud, take, pull } = await givenPlace();
  const book = createInstanceBook(cloud.db);
  const [mine, other] = [newId('ins'), newId('ins')];
  for (const id of [mine, other]) await book.add({ id, gpuClass: 'rtx-4090', spot: false, createdAtMs: cloud.now() });
  const token = await instanceToken(cloud.env, mine);
  await waiting(cloud);
  await waiting(cloud, { provider: 'vast', externalId: `${other}/job-1`, gpuClass: 'rtx-4090' });
  expect(await take({}, token)).toBeNull();
  const job = await waiting(cloud, { provider: 'vast', externalId: `${mine}/job-2`, gpuClass: 'rtx-4090' });
  // Whatever it calls itself.
  expect(await take({ workerId: 'whatever' }, token)).toBe(job.id);
  expect(await getJob(cloud.db, job.id)).toMatchObject({ externalId: `${mine}/job-2`, state: 'submitted' });
  await book.stop(mine);
  expect(await codeOf(await pull({}, token))).toBe('401 bad-token');
});

test('health can see when a worker was there last', async () => {
  const { cloud, pull } = await givenPlace();
  cloud.nowMs += 3_600_000;
  await pull({ workerId: 'the one' });
  const seen = "SELECT max(updated_at) AS at FROM settings WHERE key LIKE 'worker-seen%'";
  expect(await cloud.db.prepare(seen).first()).toEqual({ at: cloud.now() });
});
