/** Deleting for good: what has to be gone is gone everywhere, what is still needed stays, and what fails is done later. */
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { deleteProject } from '../../cloud/jobs/deleteProject.ts';
import { purgeDue } from '../../cloud/jobs/purge.ts';
import { modelKey, photoKey } from '../../cloud/policy/objectKeys.ts';
import { randomToken } from '../../cloud/policy/tokens.ts';
import type { Job } from '../../cloud/store/jobs.ts';
import { orderForgottenOwners } from '../../cloud/store/purges.ts';
import { purgeOrdered } from '../../cloud/store/purgeOrders.ts';
import { roomOf } from '../../cloud/store/rooms.ts';
import { addShare, openShare } from '../../cloud/store/shares.ts';
import { type IdentityApp, codeOf, identityApp } from './identityApp.ts';
import { givenJob, givenOwner, givenPhotos, givenProject } from './rows.ts';
import { rowsWith } from './tables.ts';
import { type TestCloud, testCloud } from './testCloud.ts';

const run = (cloud: TestCloud, sql: string, ...values: unknown[]): Promise<unknown> => cloud.db.prepare(sql).bind(...values).run(); // prettier-ignore
const order = (cloud: TestCloud, kind: 'owner' | 'project' | 'photos' | 'job', target: string): Promise<unknown> =>
  purgeOrdered(cloud, kind, target).run();
const keysUnder = async (prefix: string): Promise<string[]> => (await env.BUCKET.list({ prefix })).objects.map(({ key }) => key);

interface Given {
  ownerId: string;
  projectId: string;
  job: Job;
  modelId: string;
  hashes: string[];
}

/** A project with photos, an upload, a job with its room, a model with files, a share, and all that is written about them. */
async function givenAll(cloud: TestCloud, given: Partial<Job> & { ownerId: string }): Promise<Given> {
  const { ownerId } = given;
  const projectId = given.projectId ?? (await givenProject(cloud, ownerId));
  const hashes = given.projectId ? [] : await givenPhotos(cloud, ownerId, projectId, 3);
  const uploadId = `upl_${randomToken(16)}`;
  await run(cloud, "INSERT INTO uploads VALUES (?1, ?2, ?3, 'full', 'complete', 1, 2)", uploadId, projectId, ownerId);
  const job = await givenJob(cloud, { state: 'completed', uploadId, ...given, projectId });
  const modelId = `mdl_${randomToken(16)}`;
  await run(cloud, "INSERT INTO models VALUES (?1, ?2, ?3, ?4, 1, 'ready', 1)", modelId, projectId, ownerId, job.id);
  for (const kind of ['ply', 'spz', 'checkpoint', 'preview'] as const) {
    const key = modelKey(modelId, kind);
    await env.BUCKET.put(key, kind);
    await run(cloud, "INSERT INTO model_files VALUES (?1, ?2, ?3, 3, 'x', 'stored', 1)", modelId, kind, key);
  }
  await roomOf(cloud, job.id).publish([{ type: 'stage-started', stage: 'train' }]);
  await roomOf(cloud, job.id).watch(Date.now() + 3_600_000);
  await run(cloud, "INSERT INTO deliveries (id, kind, owner_id, job_id, target, not_before, created_at) VALUES (?1, 'webhook', ?2, ?3, 'x', 1, 1)", `dlv_${randomToken(16)}`, ownerId, job.id); // prettier-ignore
  await run(cloud, "INSERT INTO outbox VALUES (?1, ?2, 1, json_object('kind', 'submit', 'jobId', ?2), 0, 1, 1)", `msg_${randomToken(16)}`, job.id); // prettier-ignore
  await run(cloud, "INSERT INTO dead_letters VALUES (?1, ?2, 1, json_object('jobId', ?2), 'x', 5, 'open', 1, NULL)", `ded_${randomToken(16)}`, job.id); // prettier-ignore
  for (const [key, id] of [['job', job.id], ['upload', uploadId]] as const) // prettier-ignore
    await run(cloud, 'INSERT INTO idempotency_keys VALUES (?1, ?2, ?3, 200, json_object(?2, ?4), 1, 2)', ownerId, `${key}-${id.slice(-8)}`, 'hash', id); // prettier-ignore
  return { ownerId, projectId, job, modelId, hashes };
}

/** Names of tables in a job's room, and when its alarm is. */
const roomHolds = (cloud: TestCloud, jobId: string): Promise<unknown> =>
  runInDurableObject(roomOf(cloud, jobId), async (_, state) => ({
    tables: state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'").toArray(),
    values: (await state.storage.list()).size,
    alarm: await state.storage.getAlarm(),
  }));
const nothing = { tables: [], values: 0, alarm: null };

async function expectGone(cloud: TestCloud, { projectId, job, modelId }: Given): Promise<void> {
  expect(await rowsWith(cloud.db, [projectId, job.id, modelId, job.uploadId])).toEqual([]);
  expect(await keysUnder(`projects/${projectId}/`)).toEqual([]);
  expect(await keysUnder(`models/${modelId}`)).toEqual([]);
  expect(await roomHolds(cloud, job.id)).toEqual(nothing);
}

async function expectThere(cloud: TestCloud, { projectId, job, modelId, hashes }: Given): Promise<void> {
  expect(await cloud.db.prepare('SELECT status FROM projects WHERE id = ?1').bind(projectId).first()).toEqual({ status: 'active' });
  expect(await cloud.db.prepare('SELECT count(*) AS n FROM photos WHERE project_id = ?1').bind(projectId).first()).toEqual({
    n: hashes.length,
  });
  expect((await keysUnder(`projects/${projectId}/`)).length).toBe(hashes.length);
  expect((await keysUnder(`models/${modelId}`)).length).toBe(4);
  expect(await cloud.db.prepare('SELECT id FROM jobs WHERE id = ?1').bind(job.id).first()).toEqual({ id: job.id });
  expect(await roomHolds(cloud, job.id)).not.toEqual(nothing);
}

const openOrders = (cloud: TestCloud): Promise<unknown> =>
  cloud.db.prepare("SELECT kind, tries, last_error FROM purges WHERE status = 'open'").all().then(({ results }) => results); // prettier-ignore

async function signedIn(): Promise<{ app: IdentityApp; cloud: TestCloud; page: ReturnType<IdentityApp['browser']>; ownerId: string }> {
  const app = await identityApp();
  const page = app.browser();
  return { app, cloud: app.cloud, page, ownerId: (await page.owner()).id };
}

test('DELETE /api/me leaves nothing behind: no row, no object, no room, no copy at the edge', async () => {
  const { app, cloud, page, ownerId } = await signedIn();
  const [first, second] = [await givenAll(cloud, { ownerId }), await givenAll(cloud, { ownerId, state: 'training' })];
  const others = await givenAll(cloud, { ownerId: await givenOwner(cloud) });
  const { token } = await addShare(cloud, { projectId: first.projectId, ownerId, role: 'view', title: 'A garden', passwordHash: null, expiresAt: null }); // prettier-ignore
  expect(await openShare(cloud, token)).not.toBeNull();
  await page.ask('POST', '/api/session/recovery-code');
  const { refreshToken } = await (await page.ask('POST', '/api/tokens', { label: 'script' })).json<{ refreshToken: string }>();
  await page.ask('POST', '/api/passkeys/options');
  await run(cloud, "INSERT INTO passkeys VALUES (?1, ?2, 'key', 1, '[]', 1)", `cred-${ownerId}`, ownerId);
  await run(cloud, "INSERT INTO identities VALUES ('github', ?1, ?2, 1)", ownerId, ownerId);
  await run(cloud, "INSERT INTO push_subscriptions VALUES (?1, ?2, ?3, 'p', 'a', 'en', 1)", `psh-${ownerId}`, ownerId, `https://push.example/${ownerId}`); // prettier-ignore
  await order(cloud, 'photos', second.projectId);

  const answer = await page.ask('DELETE', '/api/me');
  expect(answer.status).toBe(202);
  expect([...page.cookies.keys()].filter((name) => name.includes('owner'))).toEqual([]);
  // At once, before anything is purged: nobody is this owner, nothing runs, nothing is served.
  expect(await codeOf(await app.program('POST', '/api/token', { refreshToken }))).toBe('401 bad-refresh-token');
  expect(await openShare(cloud, token)).toBeNull();
  expect(await cloud.db.prepare('SELECT state FROM jobs WHERE id = ?1').bind(second.job.id).first()).toEqual({ state: 'cancelled' });

  expect(await purgeDue(cloud)).toBeGreaterThan(0);
  await cloud.settled();
  expect(await rowsWith(cloud.db, [ownerId])).toEqual([]);
  for (const given of [first, second]) await expectGone(cloud, given);
  expect((await env.CACHE.list()).keys).toEqual([]);
  expect(await openOrders(cloud)).toEqual([]);
  await expectThere(cloud, others);
});

test('with the last owner the whole store is empty', async () => {
  const { cloud, page, ownerId } = await signedIn();
  for (const { id } of (await cloud.db.prepare('SELECT id FROM owners').all<{ id: string }>()).results) await order(cloud, 'owner', id);
  await givenAll(cloud, { ownerId });
  await page.ask('DELETE', '/api/me');
  await purgeDue(cloud);
  expect((await env.BUCKET.list()).objects).toEqual([]);
});

test('a project goes with its jobs, models, shares and rooms; the owner and other projects stay', async () => {
  const cloud = await testCloud();
  const ownerId = await givenOwner(cloud);
  const [gone, kept] = [await givenAll(cloud, { ownerId }), await givenAll(cloud, { ownerId })];
  const again = await givenAll(cloud, { ownerId, projectId: gone.projectId, retryOf: gone.job.id, state: 'queued' });
  const late = `${photoKey(gone.projectId, 'f'.repeat(64))}`;
  await env.BUCKET.put(late, 'bytes that no row names');
  await deleteProject(cloud, ownerId, gone.projectId);
  await purgeDue(cloud);
  for (const given of [gone, again]) await expectGone(cloud, given);
  await expectThere(cloud, kept);
  expect(await purgeDue(cloud)).toBe(0);
});

test('bytes that another project uses stay until that one goes too', async () => {
  const cloud = await testCloud();
  const ownerId = await givenOwner(cloud);
  const [first, second] = [await givenProject(cloud, ownerId), await givenProject(cloud, ownerId)];
  const [shared = '', only = ''] = await givenPhotos(cloud, ownerId, first, 2);
  await run(cloud, 'INSERT INTO photos SELECT ?2, sha256, owner_id, position, bytes, type, width_px, height_px, status, object_key, created_at FROM photos WHERE project_id = ?1 AND sha256 = ?3', first, second, shared); // prettier-ignore
  await order(cloud, 'project', first);
  await purgeDue(cloud);
  expect(await keysUnder(`projects/${first}/`)).toEqual([photoKey(first, shared)]);
  expect(await env.BUCKET.head(photoKey(first, only))).toBeNull();
  await order(cloud, 'photos', second);
  await purgeDue(cloud);
  expect(await keysUnder(`projects/${first}/`)).toEqual([]);
  const row = await cloud.db.prepare('SELECT photos_deleted_at, status FROM projects WHERE id = ?1').bind(second).first();
  expect(row).toEqual({ photos_deleted_at: cloud.nowMs, status: 'active' });
});

test('two projects that use the same bytes and go at the same moment leave none', async () => {
  const cloud = await testCloud();
  const ownerId = await givenOwner(cloud);
  const [first, second] = [await givenProject(cloud, ownerId), await givenProject(cloud, ownerId)];
  await givenPhotos(cloud, ownerId, first, 2);
  await run(cloud, 'INSERT INTO photos SELECT ?2, sha256, owner_id, position, bytes, type, width_px, height_px, status, object_key, created_at FROM photos WHERE project_id = ?1', first, second); // prettier-ignore
  await deleteProject(cloud, ownerId, first);
  await deleteProject(cloud, ownerId, second);
  await Promise.all([purgeDue(cloud), purgeDue(cloud)]);
  expect(await keysUnder(`projects/${first}/`)).toEqual([]);
  expect(await rowsWith(cloud.db, [first, second])).toEqual([]);
});

test('photos alone: the model stays, the order leaves its mark, and an open job keeps them', async () => {
  const cloud = await testCloud();
  const given = await givenAll(cloud, { ownerId: await givenOwner(cloud), state: 'training' });
  await order(cloud, 'photos', given.projectId);
  await purgeDue(cloud);
  await expectThere(cloud, given);
  await run(cloud, "UPDATE jobs SET state = 'completed' WHERE id = ?1", given.job.id);
  await order(cloud, 'photos', given.projectId);
  await purgeDue(cloud);
  expect(await keysUnder(`projects/${given.projectId}/`)).toEqual([]);
  expect(await cloud.db.prepare('SELECT count(*) AS n FROM photos WHERE project_id = ?1').bind(given.projectId).first()).toEqual({ n: 0 });
  expect((await keysUnder(`models/${given.modelId}`)).length).toBe(4);
  const mark = await cloud.db
    .prepare("SELECT status, done_at FROM purges WHERE kind = 'photos' AND target = ?1")
    .bind(given.projectId)
    .first();
  expect(mark).toEqual({ status: 'done', done_at: cloud.nowMs });
});

test('a job goes with its model; the photos stay for another open job, and go with the last', async () => {
  const cloud = await testCloud();
  const ownerId = await givenOwner(cloud);
  const first = await givenAll(cloud, { ownerId });
  const second = await givenAll(cloud, { ownerId, projectId: first.projectId, retryOf: first.job.id, state: 'solving' });
  await order(cloud, 'job', first.job.id);
  await purgeDue(cloud);
  expect(await rowsWith(cloud.db, [first.job.id, first.modelId, first.job.uploadId])).toEqual([]);
  expect(await keysUnder(`models/${first.modelId}`)).toEqual([]);
  expect(await roomHolds(cloud, first.job.id)).toEqual(nothing);
  expect((await keysUnder(`projects/${first.projectId}/`)).length).toBe(3);
  expect(await cloud.db.prepare('SELECT state FROM jobs WHERE id = ?1').bind(second.job.id).first()).toEqual({ state: 'solving' });
  // The last one is still under way: it is cancelled, and takes the project along.
  await order(cloud, 'job', second.job.id);
  await purgeDue(cloud);
  await expectGone(cloud, second);
});

test('of a job with finished ones beside it the photos go, the others’ models stay', async () => {
  const cloud = await testCloud();
  const ownerId = await givenOwner(cloud);
  const first = await givenAll(cloud, { ownerId });
  const second = await givenAll(cloud, { ownerId, projectId: first.projectId });
  await order(cloud, 'job', second.job.id);
  await purgeDue(cloud);
  expect(await keysUnder(`projects/${first.projectId}/`)).toEqual([]);
  expect((await keysUnder(`models/${first.modelId}`)).length).toBe(4);
});

test('an order whose run cannot be stopped yet stays open, is counted, and is carried out later; others are not kept waiting', async () => {
  const cloud = await testCloud();
  const ownerId = await givenOwner(cloud);
  const stuck = await givenAll(cloud, { ownerId, state: 'training', provider: 'runpod', externalId: 'run-1' });
  const easy = await givenAll(cloud, { ownerId });
  const isDown = { ...cloud.env.JOBS, sendBatch: () => Promise.reject(new Error('The queue is down.')) } as unknown as Queue;
  const broken = { ...cloud, env: { ...cloud.env, JOBS: isDown } };
  await order(cloud, 'project', stuck.projectId);
  await order(cloud, 'project', easy.projectId);
  expect(await purgeDue(broken)).toBe(1);
  expect(await openOrders(cloud)).toEqual([{ kind: 'project', tries: 1, last_error: 'The queue is down.' }]);
  await expectGone(cloud, easy);
  expect(await cloud.db.prepare('SELECT state FROM jobs WHERE id = ?1').bind(stuck.job.id).first()).toEqual({ state: 'cancelled' });
  const sent = await cloud.db.prepare("SELECT sent_at FROM outbox WHERE job_id = ?1 AND body LIKE '%stop-run%'").bind(stuck.job.id).first();
  expect(sent).toEqual({ sent_at: null });
  expect(await purgeDue(cloud)).toBe(1);
  await cloud.settled();
  await expectGone(cloud, stuck);
});

test('what ends in the middle goes on where it was: a bucket that fails after any number of calls', async () => {
  const cloud = await testCloud();
  const ownerId = await givenOwner(cloud);
  const given = await givenAll(cloud, { ownerId });
  await deleteProject(cloud, ownerId, given.projectId);
  let rounds = 0;
  for (let calls = 0, done = 0; done === 0; calls++, rounds++) {
    let left = calls;
    const failing = new Proxy(cloud.env.BUCKET, {
      get(bucket, name: keyof R2Bucket) {
        if (name !== 'delete' && name !== 'list') return bucket[name];
        return (argument: never): unknown => {
          if (left-- <= 0) throw new Error('The bucket is down.');
          return bucket[name](argument);
        };
      },
    });
    done = await purgeDue({ ...cloud, env: { ...cloud.env, BUCKET: failing } });
    if (rounds > 20) throw new Error('It never ends.');
  }
  expect(rounds).toBeGreaterThan(2);
  await expectGone(cloud, given);
});

test('GPU time that was reserved is given back before the job is forgotten', async () => {
  const cloud = await testCloud();
  const ownerId = await givenOwner(cloud);
  await run(cloud, "INSERT INTO budget_days (day, reserved_seconds) VALUES ('2026-11-26', 900) ON CONFLICT (day) DO UPDATE SET reserved_seconds = 900, used_seconds = 0"); // prettier-ignore
  const job = await givenJob(cloud, {
    ownerId,
    state: 'cancelled',
    gpuSecondsReserved: 900,
    submittedAt: cloud.nowMs,
    finishedAt: cloud.nowMs,
  });
  await order(cloud, 'job', job.id);
  await purgeDue(cloud);
  const day = await cloud.db
    .prepare("SELECT reserved_seconds AS reserved, used_seconds AS used FROM budget_days WHERE day = '2026-11-26'")
    .first();
  expect(day).toEqual({ reserved: 0, used: 0 });
});

test('R2 is asked to delete a thousand objects at a time at most', async () => {
  const cloud = await testCloud();
  const projectId = await givenProject(cloud, await givenOwner(cloud));
  const objects = Array.from({ length: 2500 }, (_, i) => ({ key: photoKey(projectId, `${i}`), size: 1 }));
  const deleted: string[][] = [];
  const full = {
    list: ({ cursor = '0' }: R2ListOptions) => {
      const [from, to] = [Number(cursor), Number(cursor) + 1000];
      const page = objects.slice(from, to);
      return Promise.resolve(
        to < objects.length ? { objects: page, truncated: true, cursor: `${to}` } : { objects: page, truncated: false },
      );
    },
    delete: (keys: string[]) => Promise.resolve(void deleted.push(keys)),
  } as unknown as R2Bucket;
  await order(cloud, 'project', projectId);
  expect(await purgeDue({ ...cloud, env: { ...cloud.env, BUCKET: full } })).toBe(1);
  expect(deleted.map(({ length }) => length)).toEqual([1000, 1000, 500]);
  expect(new Set(deleted.flat())).toEqual(new Set(objects.map(({ key }) => key)));
});

test('an order for what is not there is done with at once, also the second time', async () => {
  const cloud = await testCloud();
  for (const kind of ['owner', 'project', 'photos', 'job'] as const) await order(cloud, kind, `${kind}-of-nobody`);
  expect(await purgeDue(cloud)).toBe(4);
  for (const kind of ['owner', 'project', 'photos', 'job'] as const) await order(cloud, kind, `${kind}-of-nobody`);
  expect(await purgeDue(cloud)).toBe(4);
});

test('an owner whom nobody can be any more goes after a year; one with a way back, or one who was seen, stays', async () => {
  const { cloud, page, ownerId: seen } = await signedIn();
  const gone = await givenAll(cloud, { ownerId: await givenOwner(cloud) });
  const [code, passkey, account] = [await givenOwner(cloud), await givenOwner(cloud), await givenOwner(cloud)];
  await run(cloud, "INSERT INTO sessions VALUES (?1, ?1, 'recovery', '', 1, 1, ?2)", code, Number.MAX_SAFE_INTEGER);
  await run(cloud, "INSERT INTO passkeys VALUES (?1, ?1, 'key', 1, '[]', 1)", passkey);
  await run(cloud, "INSERT INTO identities VALUES ('google', ?1, ?1, 1)", account);
  cloud.nowMs += 365 * 86_400_000 - 1;
  await page.ask('GET', '/api/session');
  await cloud.db.prepare('DELETE FROM purges').run();
  await orderForgottenOwners(cloud);
  const ordered = async (): Promise<unknown[]> => {
    const mine = [gone.ownerId, code, passkey, account, seen];
    const { results } = await cloud.db.prepare("SELECT target FROM purges WHERE kind = 'owner'").all<{ target: string }>();
    return results.map(({ target }) => target).filter((target) => mine.includes(target));
  };
  expect(await ordered()).toEqual([]);
  cloud.nowMs += 1;
  await orderForgottenOwners(cloud);
  expect(await orderForgottenOwners(cloud)).toBe(0);
  expect(await ordered()).toEqual([gone.ownerId]);
  await purgeDue(cloud);
  expect(await rowsWith(cloud.db, [gone.ownerId])).toEqual([]);
  await expectGone(cloud, gone);
  expect(await (await page.ask('GET', '/api/session')).json()).toMatchObject({ owner: { id: seen } });
});
