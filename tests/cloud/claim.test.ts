/** The claim, the manifest and who may call at all. */
import { expect, test } from 'vitest';
import { sign as signJwt } from 'hono/jwt';
import type { ClaimAnswer, Manifest } from '../../src/core/job/trainerApi.ts';
import { manifest as manifestSchema, trainSpec } from '../../src/core/job/trainerSchema.ts';
import { cancelJob } from '../../cloud/jobs/cancel.ts';
import { trainSpecOf } from '../../cloud/jobs/trainSpec.ts';
import { codeOf, givenScene, putBytes, sha256, silentQueue, submitAgain, trainerApp, trainerOf } from './trainerApp.ts';
import { givenJob } from './rows.ts';
import { testCloud } from './testCloud.ts';

const claim = { externalId: 'run-1', holder: 'holder-1' };

test('what a trainer is started with is of its schema and names nothing but its own attempt', async () => {
  const { trainer, job } = await givenScene();
  expect(trainSpec.parse(trainer.spec)).toEqual(trainer.spec);
  const [, payload = ''] = trainer.spec.token.split('.');
  const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>;
  // Three hours for the attempt and one for the queue.
  expect(claims).toEqual({ sub: job.id, att: 1, aud: 'trainer', exp: Date.UTC(2026, 10, 26) / 1000 + 4 * 3600 });
});

test('a claim takes the attempt, begins its model and renews itself for the same holder', async () => {
  const { cloud, trainer, now } = await givenScene({}, { isClaimed: false });
  const first = await trainer.call('POST', 'claim', claim);
  expect(await first.json<ClaimAnswer>()).toEqual({ leaseUntil: cloud.now() + 180_000, lastSeq: 0 });
  expect(await now()).toMatchObject({ state: 'claimed', holder: 'holder-1', startedAt: cloud.now(), leaseUntil: cloud.now() + 180_000 });
  cloud.nowMs += 60_000;
  const second = await trainer.call('POST', 'claim', claim);
  expect(await second.json<ClaimAnswer>()).toEqual({ leaseUntil: cloud.now() + 180_000, lastSeq: 0 });
  expect((await now()).startedAt).toBe(cloud.now() - 60_000);
  const { results } = await cloud.db.prepare('SELECT attempt, status FROM models WHERE job_id = ?1').bind(trainer.spec.jobId).all();
  expect(results).toEqual([{ attempt: 1, status: 'pending' }]);
});

test('of two that claim at the same moment one gets the attempt', async () => {
  const { trainer, now } = await givenScene({}, { isClaimed: false });
  const answers = await Promise.all(['a', 'b', 'c'].map((holder) => trainer.call('POST', 'claim', { ...claim, holder })));
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([200, 409, 409]);
  expect((await now()).holder).toBe(['a', 'b', 'c'][answers.findIndex(({ status }) => status === 200)]);
});

test('another holder has to wait until the lease is over', async () => {
  const { cloud, trainer, now } = await givenScene();
  cloud.nowMs += 179_999;
  expect(await codeOf(await trainer.call('POST', 'claim', { ...claim, holder: 'holder-2' }))).toBe('409 held');
  cloud.nowMs += 1;
  expect((await trainer.call('POST', 'claim', { ...claim, holder: 'holder-2' })).status).toBe(200);
  expect(await now()).toMatchObject({ holder: 'holder-2', state: 'claimed', attempt: 1 });
  expect(await codeOf(await trainer.call('POST', 'claim', claim))).toBe('409 held');
});

test('a trainer that is faster than the answer of its provider may claim, and names the run', async () => {
  const { trainer, now } = await givenScene({ state: 'submitting', externalId: null }, { isClaimed: false });
  expect((await trainer.call('POST', 'claim', claim)).status).toBe(200);
  expect(await now()).toMatchObject({ state: 'claimed', externalId: 'run-1' });
});

test('a job that waits, is over or is in another attempt is not to be claimed', async () => {
  for (const state of ['queued', 'completed', 'failed', 'cancelled', 'expired'] as const) {
    const { trainer, now } = await givenScene({ state }, { isClaimed: false });
    expect(await codeOf(await trainer.call('POST', 'claim', claim))).toBe('409 held');
    expect((await now()).state).toBe(state);
  }
  const { trainer } = await givenScene({}, { isClaimed: false });
  expect(await codeOf(await trainer.call('POST', 'claim', { ...claim, attempt: 2 }))).toBe('409 stale');
});

test('calls that are not properly signed are refused', async () => {
  const { trainer, now } = await givenScene({}, { isClaimed: false });
  const ask = async (signing: object): Promise<string> => codeOf(await trainer.call('POST', 'claim', claim, signing));
  expect(await ask({ secret: '0'.repeat(64) })).toBe('401 bad-signature');
  expect(await ask({ signed: '{"attempt":1}' })).toBe('401 bad-signature');
  expect(await ask({ offSeconds: -301 })).toBe('401 old-signature');
  expect(await ask({ offSeconds: 301 })).toBe('401 old-signature');
  expect(await ask({ token: 'nonsense' })).toBe('401 bad-token');
  expect(await ask({ token: 'a.b.c' })).toBe('401 bad-token');
  expect((await now()).state).toBe('submitted');
  expect((await trainer.call('POST', 'claim', claim, { offSeconds: -300 })).status).toBe(200);
  expect((await trainer.call('POST', 'claim', claim, { offSeconds: 299 })).status).toBe(200);
});

test('a body that was changed on its way, or a path, is refused', async () => {
  const { cloud, send, trainer, job } = await givenScene();
  const { createHmac } = await import('node:crypto');
  const t = cloud.now() / 1000;
  const path = `/internal/v1/jobs/${job.id}/events`;
  const body = JSON.stringify({ attempt: 1, events: [] });
  const mac = createHmac('sha256', Buffer.from(trainer.spec.secret, 'hex')).update(`${t}.POST.${path}.${body}`).digest('hex');
  const headers = { authorization: `Bearer ${trainer.spec.token}`, 'x-splat-signature': `t=${t},v1=${mac}` };
  const ask = async (to: string, text: string): Promise<number> => (await send(to, { method: 'POST', body: text, headers })).status;
  expect(await ask(path, body)).toBe(200);
  expect(await ask(path, `${body} `)).toBe(401);
  expect(await ask(`${path}?x=1`, body)).toBe(401);
  expect(await ask(path.replace('events', 'fail'), body)).toBe(401);
  const unsigned = { authorization: headers.authorization };
  expect(await codeOf(await send(path, { method: 'POST', body, headers: unsigned }))).toBe('401 bad-signature');
});

test('a token is good for its own job only, and until it expires', async () => {
  const { cloud, send, trainer } = await givenScene();
  const other = await givenJob(cloud, { state: 'submitted' });
  const spec = await trainSpecOf(cloud, other);
  const confused = trainerOf(cloud, send, { ...trainer.spec, jobId: other.id, secret: spec.secret });
  expect(await codeOf(await confused.call('POST', 'claim', claim))).toBe('401 bad-token');
  const forged = await signJwt({ sub: other.id, att: 1, aud: 'trainer', exp: 9e9 }, 'some other key', 'HS256');
  const forger = trainerOf(cloud, send, { ...spec, token: forged });
  expect(await codeOf(await forger.call('POST', 'claim', claim))).toBe('401 bad-token');
  cloud.nowMs += 4 * 3_600_000;
  expect(await codeOf(await trainer.call('POST', 'events', { events: [] }))).toBe('401 token-expired');
});

test('a token of an earlier attempt is stale', async () => {
  const { cloud, trainer, now, nextTrainer } = await givenScene();
  const failure = { code: 'gpu-lost', detail: 'Gone.' };
  await trainer.call('POST', 'fail', { failure, retryable: true, gpuSeconds: 1 });
  await submitAgain(cloud, trainer.spec.jobId);
  for (const [name, body] of [
    ['claim', claim],
    ['events', { events: [] }],
    ['outputs', { outputs: [{ kind: 'ply', bytes: 1, sha256: '0'.repeat(64) }] }],
    ['fail', { failure, retryable: true, gpuSeconds: 1 }],
  ] as const)
    expect(await codeOf(await trainer.call('POST', name, body))).toBe('409 stale');
  expect(await codeOf(await trainer.call('GET', 'manifest'))).toBe('409 stale');
  const next = await nextTrainer();
  expect((await next.call('POST', 'claim', { ...claim, holder: 'holder-2' })).status).toBe(200);
  expect(await now()).toMatchObject({ attempt: 2, state: 'claimed', trainerSeq: 0 });
});

test('a token that was made before the master secret was changed is good until it expires', async () => {
  const { cloud, job } = await givenScene({}, { isClaimed: false });
  const spec = await trainSpecOf(cloud, job);
  const rotated = await testCloud({ env: { JOBS: silentQueue, MASTER_SECRET: '7'.repeat(64), MASTER_SECRET_BEFORE: '5'.repeat(64) } });
  const trainer = trainerOf(rotated, trainerApp(rotated), spec);
  expect((await trainer.call('POST', 'claim', claim)).status).toBe(200);
  const forgotten = await testCloud({ env: { MASTER_SECRET: '7'.repeat(64) } });
  expect(await codeOf(await trainerOf(forgotten, trainerApp(forgotten), spec).call('POST', 'claim', claim))).toBe('401 bad-token');
});

test('a body that is too large or not of its schema is refused', async () => {
  const { trainer } = await givenScene();
  const events = [{ seq: 1, t: 0, event: { type: 'warning', failure: { code: 'blurry', detail: 'x'.repeat(1_100_000) } } }];
  expect(await codeOf(await trainer.call('POST', 'events', { events }))).toBe('413 too-large');
  expect(await codeOf(await trainer.call('POST', 'events', { events: [], more: 1 }))).toBe('400 bad-request');
  expect(await codeOf(await trainer.call('POST', 'claim', { ...claim, holder: '' }))).toBe('400 bad-request');
});

test('the manifest names the photos in order, and their addresses give the bytes', async () => {
  const { cloud, send, trainer, photos } = await givenScene();
  await cloud.db.prepare("UPDATE photos SET type = 'image/png' WHERE sha256 = ?1").bind(photos[1]).run();
  const answer = await trainer.call('GET', 'manifest');
  const manifest = manifestSchema.parse(await answer.json<Manifest>());
  expect(manifest.images.map(({ name, sha256: hash }) => [name, hash])).toEqual([
    ['000001.jpg', photos[0]],
    ['000002.png', photos[1]],
    ['000003.jpg', photos[2]],
  ]);
  expect(manifest).toMatchObject({ preset: 'preview', checkpoint: null });
  for (const { url, bytes, sha256: hash } of manifest.images) {
    expect(url).toMatch(/^https:\/\/splat\.test\/internal\/v1\/photos\//);
    const photo = new Uint8Array(await (await send(url)).arrayBuffer());
    expect([photo.byteLength, sha256(photo)]).toEqual([bytes, hash]);
  }
});

test('the address of a photo is good for that photo and for a limited time, while the job is wanted', async () => {
  const { cloud, send, trainer, photos, now } = await givenScene();
  const { images } = await (await trainer.call('GET', 'manifest')).json<Manifest>();
  const url = images[0]?.url ?? '';
  expect(await codeOf(await send(url.replace(photos[0] ?? '', photos[1] ?? '')))).toBe('403 bad-address');
  expect(await codeOf(await send(url.replace('attempt=1', 'attempt=2')))).toBe('403 bad-address');
  expect(await codeOf(await send(url.replace(/exp=\d/, 'exp=9')))).toBe('403 bad-address');
  expect((await putBytes(send, url, new Uint8Array(3))).status).toBe(404);
  cloud.nowMs += 6 * 3_600_000;
  expect(await codeOf(await send(url))).toBe('403 bad-address');
  cloud.nowMs -= 1;
  expect((await send(url)).status).toBe(200);
  await cancelJob(cloud, await now());
  expect(await codeOf(await send(url))).toBe('403 bad-address');
});

test('a later attempt is given the checkpoint of an earlier one', async () => {
  const { cloud, send, trainer, nextTrainer } = await givenScene();
  const bytes = new TextEncoder().encode('a checkpoint') as Uint8Array<ArrayBuffer>;
  const file = await trainer.put('checkpoint', bytes);
  await trainer.call('POST', 'fail', { failure: { code: 'gpu-lost', detail: 'Gone.' }, retryable: true, gpuSeconds: 1 });
  await submitAgain(cloud, trainer.spec.jobId);
  const next = await nextTrainer();
  await next.call('POST', 'claim', { ...claim, holder: 'holder-2' });
  const { checkpoint } = manifestSchema.parse(await (await next.call('GET', 'manifest')).json<Manifest>());
  expect(checkpoint).toMatchObject({ bytes: file.bytes, sha256: file.sha256 });
  const url = checkpoint?.url ?? '';
  expect(await (await send(url)).text()).toBe('a checkpoint');
  expect(await codeOf(await send(url.replace(/sig=./, 'sig=_')))).toBe('403 bad-address');
});
