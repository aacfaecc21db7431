/**
 * Removing objects and rows for good; the parts of which purges are made (jobs/purge*.ts).
 * Invariant: objects go before the rows that name them, so that what ends in the middle is found again; and an object that a project which
 * is there still uses stays.
 */
import type { Cloud } from '../cloud.ts';
import { modelPrefix, projectPrefix } from '../policy/objectKeys.ts';
import { type CachedName, forgetCached } from './kvCache.ts';
import { sizesUnder } from './objects.ts';

/** The most that R2 takes at once. */
const objectsAtOnce = 1000;

async function deleteObjects(bucket: R2Bucket, keys: Iterable<string>): Promise<void> {
  const all = [...keys];
  for (let at = 0; at < all.length; at += objectsAtOnce) await bucket.delete(all.slice(at, at + objectsAtOnce));
}

/** The first name after all that begin with a prefix which ends in "/". */
const after = (prefix: string): string => `${prefix.slice(0, -1)}0`;

/** Names that photos of projects that are there hold: of this project's own objects, or the same as its rows hold. */
const usedElsewhere =
  'SELECT DISTINCT k.object_key AS key FROM photos k JOIN projects o ON o.id = k.project_id' +
  " WHERE k.project_id <> ?1 AND o.status = 'active' AND o.photos_deleted_at IS NULL AND" +
  ' ((k.object_key >= ?2 AND k.object_key < ?3) OR k.object_key IN (SELECT object_key FROM photos WHERE project_id = ?1))';

/**
 * Removes the photos of a project that is deleted or whose photos are (`photos_deleted_at`): before that is written another project may
 * begin to use them.
 */
export async function removePhotos(cloud: Cloud, projectId: string): Promise<void> {
  const { db, env } = cloud;
  const prefix = projectPrefix(projectId);
  const [rows, used] = await db.batch<{ key: string }>([
    db.prepare('SELECT object_key AS key FROM photos WHERE project_id = ?1').bind(projectId),
    db.prepare(usedElsewhere).bind(projectId, prefix, after(prefix)),
  ]);
  const keys = new Set([...rows.results.map(({ key }) => key), ...(await sizesUnder(env.BUCKET, prefix)).keys()]);
  for (const { key } of used.results) keys.delete(key);
  await deleteObjects(env.BUCKET, keys);
  await db.prepare('DELETE FROM photos WHERE project_id = ?1').bind(projectId).run();
}

/** Removes models with their files and the copies at the edge. */
export async function removeModels(cloud: Cloud, which: 'project_id' | 'job_id', id: string): Promise<void> {
  const { db, env } = cloud;
  const models = await db.prepare(`SELECT id FROM models WHERE ${which} = ?1`).bind(id).all<{ id: string }>();
  for (const model of models.results) await deleteObjects(env.BUCKET, (await sizesUnder(env.BUCKET, modelPrefix(model.id))).keys());
  // Their files' rows go with them.
  await db.prepare(`DELETE FROM models WHERE ${which} = ?1`).bind(id).run();
  await forgetCached(cloud, models.results.map(({ id: model }): CachedName => `model:${model}`)); // prettier-ignore
}

export async function forgetShares(cloud: Cloud, projectId: string): Promise<void> {
  const query = 'SELECT token_hash AS hash FROM shares WHERE project_id = ?1';
  const { results } = await cloud.db.prepare(query).bind(projectId).all<{ hash: string }>();
  await forgetCached(cloud, results.map(({ hash }): CachedName => `share:${hash}`)); // prettier-ignore
}

/** Statements that remove all that is written of jobs, which are given as a query with ?1. */
function jobRowsRemoved(db: D1Database, jobs: string, id: string): D1PreparedStatement[] {
  const queries = [
    `DELETE FROM deliveries WHERE job_id IN (${jobs})`,
    `DELETE FROM outbox WHERE job_id IN (${jobs})`,
    `DELETE FROM dead_letters WHERE job_id IN (${jobs})`,
    // An answer that is kept names the job.
    'DELETE FROM idempotency_keys WHERE response IS NOT NULL' +
      ` AND EXISTS (SELECT 1 FROM jobs j WHERE j.id IN (${jobs}) AND j.owner_id = idempotency_keys.owner_id AND instr(response, j.id) > 0)`,
    `UPDATE jobs SET retry_of = NULL WHERE retry_of IN (${jobs})`,
    `DELETE FROM purges WHERE kind = 'job' AND target IN (${jobs})`,
    `DELETE FROM jobs WHERE id IN (${jobs})`,
  ];
  return queries.map((query) => db.prepare(query).bind(id));
}

/** Removes a job, and its upload where no other job is of it. Its models and its room are gone already. */
export async function removeJobRows({ db }: Cloud, jobId: string): Promise<void> {
  const query = 'SELECT upload_id AS uploadId, owner_id AS ownerId FROM jobs WHERE id = ?1';
  const job = await db.prepare(query).bind(jobId).first<{ uploadId: string; ownerId: string }>();
  const isUnused = 'NOT EXISTS (SELECT 1 FROM jobs WHERE upload_id = ?1)';
  const upload = job && [
    db.prepare(`DELETE FROM uploads WHERE id = ?1 AND ${isUnused}`).bind(job.uploadId),
    db
      .prepare(`DELETE FROM idempotency_keys WHERE owner_id = ?2 AND instr(response, ?1) > 0 AND ${isUnused}`)
      .bind(job.uploadId, job.ownerId),
  ];
  await db.batch([...jobRowsRemoved(db, 'SELECT ?1', jobId), ...(upload ?? [])]);
}

/** Removes a project and every row that names it. Objects, models and rooms are gone already. */
export async function removeProjectRows({ db }: Cloud, projectId: string): Promise<void> {
  const uploads = 'SELECT u.id FROM uploads u WHERE u.project_id = ?1 AND u.owner_id = idempotency_keys.owner_id';
  const queries = [
    `DELETE FROM idempotency_keys WHERE EXISTS (${uploads} AND instr(response, u.id) > 0)`,
    "DELETE FROM purges WHERE kind IN ('project', 'photos') AND target = ?1",
    'DELETE FROM shares WHERE project_id = ?1',
    'DELETE FROM uploads WHERE project_id = ?1',
    'DELETE FROM photos WHERE project_id = ?1',
    'DELETE FROM projects WHERE id = ?1',
  ];
  await db.batch([
    ...jobRowsRemoved(db, 'SELECT id FROM jobs WHERE project_id = ?1', projectId),
    ...queries.map((query) => db.prepare(query).bind(projectId)),
  ]);
}

/** Tables with rows of an owner; the owner's own row last. */
export const ownerTables = [
  'deliveries',
  'shares',
  'push_subscriptions',
  'idempotency_keys',
  'challenges',
  'sessions',
  'passkeys',
  'identities',
] as const;

/** Removes an owner who has no project any more. @throws when a project is there after all: then the purge begins again */
export async function removeOwnerRows({ db }: Cloud, ownerId: string): Promise<void> {
  await db.batch([
    ...ownerTables.map((table) => db.prepare(`DELETE FROM ${table} WHERE owner_id = ?1`).bind(ownerId)),
    db.prepare("DELETE FROM purges WHERE kind = 'owner' AND target = ?1").bind(ownerId),
    db.prepare('DELETE FROM owners WHERE id = ?1').bind(ownerId),
  ]);
}
