/** Projects and the estimate: what the owner sees, changes and deletes, and what nobody else does. */
import { beforeEach, describe, expect, test } from 'vitest';
import { estimate } from '../../src/core/job/cloudSchema.ts';
import { cloudProject, projectList } from '../../src/core/job/cloudProjectsSchema.ts';
import { modelKey } from '../../cloud/policy/objectKeys.ts';
import { newId } from '../../cloud/policy/tokens.ts';
import { getJob } from '../../cloud/store/jobs.ts';
import { givenJob, givenOwner, givenPhotos, givenProject } from './rows.ts';
import { freshPhoto } from './samplePhotos.ts';
import { type UploadApp, codeOf, uploadApp, urlOf } from './uploadApp.ts';

let app: UploadApp;
beforeEach(async () => {
  app = await uploadApp();
});

async function givenModel(projectId: string, status: 'pending' | 'ready', kinds: ('ply' | 'splat' | 'sog' | 'cameras')[]): Promise<string> {
  const id = newId('mdl');
  const { db } = app.cloud;
  await db.batch([
    db
      .prepare('INSERT INTO models (id, project_id, owner_id, job_id, attempt, status, created_at) VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6)')
      .bind(id, projectId, app.ownerId, newId('job'), status, app.cloud.nowMs),
    ...kinds.map((kind, index) =>
      db
        .prepare(
          "INSERT INTO model_files (model_id, kind, object_key, bytes, sha256, status, created_at) VALUES (?1, ?2, ?3, ?4, '', 'stored', 0)",
        )
        .bind(id, kind, modelKey(id, kind), 1000 + index),
    ),
  ]);
  return id;
}

const list = async (ownerId = app.ownerId) => projectList.parse(await (await app.ask(ownerId, 'GET', '/api/projects')).json()).projects;
const at = (id: string): string => `/api/projects/${id}`;

describe('seen', () => {
  test('newest first, with photos, jobs and finished models', async () => {
    const first = await givenProject(app.cloud, app.ownerId);
    const hashes = await givenPhotos(app.cloud, app.ownerId, first, 3);
    await app.cloud.db.prepare("UPDATE photos SET status = 'waiting' WHERE project_id = ?1 AND sha256 = ?2").bind(first, hashes[0]).run();
    const bytes = await app.cloud.db
      .prepare("SELECT sum(bytes) AS b FROM photos WHERE project_id = ?1 AND status = 'stored'")
      .bind(first)
      .first('b');
    const old = await givenJob(app.cloud, { ownerId: app.ownerId, projectId: first, state: 'expired' });
    app.cloud.nowMs += 1000;
    const job = await givenJob(app.cloud, { ownerId: app.ownerId, projectId: first, state: 'solving' });
    await givenModel(first, 'pending', ['ply']);
    const model = await givenModel(first, 'ready', ['splat', 'ply', 'cameras']);
    const second = await givenProject(app.cloud, app.ownerId, 0);

    const projects = await list();
    expect(projects.map(({ id }) => id)).toEqual([second, first]);
    expect(projects[0]).toMatchObject({ photos: 0, bytes: 0, jobs: [], models: [], photosKeepDays: 0 });
    expect(projects[1]).toEqual({
      id: first,
      name: 'A garden',
      createdAt: app.cloud.nowMs - 1000,
      updatedAt: app.cloud.nowMs - 1000,
      photos: 2,
      bytes,
      photosDeletedAt: null,
      photosKeepDays: 30,
      jobs: [
        { id: job.id, state: 'running', createdAt: job.createdAt },
        { id: old.id, state: 'failed', createdAt: old.createdAt },
      ],
      models: [{ id: model, formats: [{ format: 'ply', bytes: 1001 }, { format: 'splat', bytes: 1000 }] }], // prettier-ignore
    });
    expect(cloudProject.parse(await (await app.ask(app.ownerId, 'GET', at(first))).json())).toEqual(projects[1]);
  });

  test('an upload is a project at once', async () => {
    const photo = freshPhoto();
    const session = await app.session(app.ownerId, [photo]);
    expect(await list()).toMatchObject([{ name: 'A garden', photos: 0, bytes: 0 }]);
    await app.put(urlOf(session, photo), photo.bytes);
    expect(await list()).toMatchObject([{ photos: 1, bytes: photo.bytes.byteLength }]);
  });
});

describe('changed', () => {
  test('name and days, each alone or both', async () => {
    const id = await givenProject(app.cloud, app.ownerId);
    app.cloud.nowMs += 5000;
    const renamed = cloudProject.parse(await (await app.ask(app.ownerId, 'PATCH', at(id), { body: { name: ' The old mill ' } })).json());
    expect(renamed).toMatchObject({ name: 'The old mill', photosKeepDays: 30, updatedAt: app.cloud.nowMs });
    const kept = cloudProject.parse(await (await app.ask(app.ownerId, 'PATCH', at(id), { body: { photosKeepDays: 0 } })).json());
    expect(kept).toMatchObject({ name: 'The old mill', photosKeepDays: 0 });
    await app.ask(app.ownerId, 'PATCH', at(id), { body: { name: 'Mill', photosKeepDays: 365 } });
    expect(await list()).toMatchObject([{ name: 'Mill', photosKeepDays: 365 }]);
  });

  const wrongs = [{}, { name: '' }, { name: '   ' }, { name: 'x'.repeat(201) }, { photosKeepDays: -1 }, { photosKeepDays: 366 },
    { photosKeepDays: 1.5 }, { photosKeepDays: '7' }, { name: 'A', ownerId: 'own_x' }, { status: 'deleted' }, []]; // prettier-ignore
  for (const body of wrongs)
    test(`refused: ${JSON.stringify(body).slice(0, 60)}`, async () => {
      const id = await givenProject(app.cloud, app.ownerId);
      expect(await codeOf(await app.ask(app.ownerId, 'PATCH', at(id), { body }))).toBe('400 bad-request');
      expect(await list()).toMatchObject([{ name: 'A garden', photosKeepDays: 30 }]);
    });
});

describe('deleted', () => {
  test('with a tombstone, an order to purge, its message, its jobs cancelled and its copies at the edge dropped', async () => {
    const [id, other] = [await givenProject(app.cloud, app.ownerId), await givenProject(app.cloud, app.ownerId)];
    const running = await givenJob(app.cloud, { ownerId: app.ownerId, projectId: id, state: 'training' });
    const over = await givenJob(app.cloud, { ownerId: app.ownerId, projectId: id, state: 'completed' });
    const elsewhere = await givenJob(app.cloud, { ownerId: app.ownerId, projectId: other });
    const model = await givenModel(id, 'ready', ['ply']);
    const token = `hash-${id}`;
    await app.cloud.db
      .prepare("INSERT INTO shares (id, token_hash, project_id, owner_id, role, title, created_at) VALUES (?1, ?2, ?3, ?4, 'view', 'x', 0)")
      .bind(newId('shr'), token, id, app.ownerId)
      .run();
    const names = [`share:${token}`, `model:${model}`];
    for (const name of names) await app.cloud.env.CACHE.put(name, '{}');

    expect((await app.ask(app.ownerId, 'DELETE', at(id))).status).toBe(204);
    expect((await list()).map((project) => project.id)).toEqual([other]);
    const stateOf = async (jobId: string) => (await getJob(app.cloud.db, jobId))?.state;
    expect([await stateOf(running.id), await stateOf(over.id), await stateOf(elsewhere.id)]).toEqual(['cancelled', 'completed', 'queued']);
    const purges = await app.cloud.db.prepare('SELECT kind, status FROM purges WHERE target = ?1').bind(id).all();
    expect(purges.results).toHaveLength(1);
    expect(purges.results[0]).toMatchObject({ kind: 'project' });
    const messages = await app.cloud.db
      .prepare("SELECT body FROM outbox WHERE body LIKE '%purge%' AND created_at = ?1")
      .bind(app.cloud.nowMs)
      .all();
    expect(messages.results.length).toBeGreaterThan(0);
    for (const name of names) expect(await app.cloud.env.CACHE.get(name)).toBeNull();
    for (const [method, body] of [['GET'], ['PATCH', { name: 'B' }], ['DELETE']] as const)
      expect(await codeOf(await app.ask(app.ownerId, method, at(id), { body }))).toBe('404 not-found');
  });
});

describe('whose it is', () => {
  test("another owner's project is not there, a stranger is told so, and nothing has changed", async () => {
    const id = await givenProject(app.cloud, app.ownerId);
    const before = await list();
    const other = await givenOwner(app.cloud);
    expect(await list(other)).toEqual([]);
    for (const [method, body] of [['GET'], ['PATCH', { name: 'Mine now' }], ['DELETE']] as const) {
      expect(await codeOf(await app.ask(other, method, at(id), { body }))).toBe('404 not-found');
      expect(await codeOf(await app.ask(null, method, at(id), { body }))).toBe('401 no-owner');
      expect(await codeOf(await app.ask(app.ownerId, method, at("x' OR '1'='1"), { body }))).toBe('404 not-found');
    }
    expect(await codeOf(await app.ask(null, 'GET', '/api/projects'))).toBe('401 no-owner');
    expect(await list()).toEqual(before);
  });
});

describe('the estimate', () => {
  const question = { photos: 60, bytes: 240_000_000, preset: 'full' };
  test('a range of minutes for anybody, and no price where one computes oneself', async () => {
    const answer = await app.ask(null, 'POST', '/api/estimate', { body: question });
    const { minutes, price, currency } = estimate.parse(await answer.json());
    expect(minutes[0]).toBeGreaterThan(0);
    expect({ price, currency }).toEqual({ price: null, currency: null });
  });

  test('a price where a provider bills', async () => {
    app = await uploadApp({}, { PROVIDERS: 'runpod', RUNPOD_KEY: 'key', RUNPOD_ENDPOINTS: '{"l4":"endpoint"}' });
    const { price, currency } = estimate.parse(await (await app.ask(null, 'POST', '/api/estimate', { body: question })).json());
    expect(currency).toBe('USD');
    expect(price?.[1]).toBeGreaterThan(0);
  });

  test('not for what is no question', async () => {
    for (const body of [{}, { ...question, preset: 'best' }, { ...question, photos: -1 }, { ...question, more: 1 }])
      expect(await codeOf(await app.ask(null, 'POST', '/api/estimate', { body }))).toBe('400 bad-request');
  });
});
