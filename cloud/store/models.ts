/**
 * Models and their files in D1 and R2, as the trainer's calls see them; what is served is in modelFiles.ts.
 * Invariant: a model is of one attempt, so what a late trainer writes never reaches another's files; it becomes ready only in the
 * transaction that completes its job.
 */
import type { OutputFile, OutputKind } from '../../src/core/job/trainerApi.ts';
import type { Cloud } from '../cloud.ts';
import { heldStates } from '../policy/jobMachine.ts';
import { modelKey, servedKinds } from '../policy/objectKeys.ts';
import { newId } from '../policy/tokens.ts';
import type { Job } from './jobs.ts';

type At = Pick<Job, 'id' | 'attempt'>;

export interface ModelFileRow extends OutputFile {
  objectKey: string;
  status: 'waiting' | 'stored';
}

const columns = 'f.kind, f.object_key AS objectKey, f.bytes, f.sha256, f.status';
const held = heldStates.map((state) => `'${state}'`).join(', ');

/** The statement that begins a model, for the batch with the claim by this holder. */
export function pendingModel(cloud: Cloud, { id, attempt }: At, holder: string): D1PreparedStatement {
  const insert =
    'INSERT INTO models (id, project_id, owner_id, job_id, attempt, created_at) SELECT ?1, project_id, owner_id, id, attempt, ?4 FROM jobs' +
    " WHERE id = ?2 AND attempt = ?3 AND state = 'claimed' AND holder = ?5 ON CONFLICT (job_id, attempt) DO NOTHING";
  return cloud.db.prepare(insert).bind(newId('mdl'), id, attempt, cloud.now(), holder);
}

/** The model of an attempt; null before its claim. */
export async function modelIdOf(cloud: Cloud, { id, attempt }: At): Promise<string | null> {
  const row = await cloud.db.prepare('SELECT id FROM models WHERE job_id = ?1 AND attempt = ?2').bind(id, attempt).first<{ id: string }>();
  return row?.id ?? null;
}

/** Notes what is to be written. A file that is there already, just so, stays. */
export async function announceFiles(cloud: Cloud, modelId: string, files: readonly OutputFile[]): Promise<void> {
  const upsert =
    'INSERT INTO model_files (model_id, kind, object_key, bytes, sha256, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)' +
    ' ON CONFLICT (model_id, kind) DO UPDATE SET bytes = ?4, sha256 = ?5,' +
    " status = CASE WHEN bytes = ?4 AND sha256 = ?5 THEN status ELSE 'waiting' END";
  const statement = cloud.db.prepare(upsert);
  await cloud.db.batch(
    files.map(({ kind, bytes, sha256 }) => statement.bind(modelId, kind, modelKey(modelId, kind), bytes, sha256, cloud.now())),
  );
}

export async function filesOf(cloud: Cloud, modelId: string): Promise<ModelFileRow[]> {
  const query = `SELECT ${columns} FROM model_files f WHERE f.model_id = ?1`;
  return (await cloud.db.prepare(query).bind(modelId).all<ModelFileRow>()).results;
}

/** A file that an attempt under way was told to write; null when it is over or nothing is announced. */
export function announcedFile(cloud: Cloud, { id, attempt }: At, kind: OutputKind): Promise<(ModelFileRow & { modelId: string }) | null> {
  const query =
    `SELECT ${columns}, m.id AS modelId FROM jobs j JOIN models m ON m.job_id = j.id AND m.attempt = j.attempt` +
    ' JOIN model_files f ON f.model_id = m.id' +
    ` WHERE j.id = ?1 AND j.attempt = ?2 AND j.state IN (${held}) AND f.kind = ?3`;
  return cloud.db.prepare(query).bind(id, attempt, kind).first();
}

/** @returns false when the file was announced anew meanwhile, or its attempt is over */
export async function markFileStored(
  cloud: Cloud,
  modelId: string,
  { kind, sha256 }: Pick<OutputFile, 'kind' | 'sha256'>,
): Promise<boolean> {
  const mark =
    "UPDATE model_files SET status = 'stored' WHERE model_id = ?1 AND kind = ?2 AND sha256 = ?3 AND EXISTS (SELECT 1 FROM models m" +
    ` JOIN jobs j ON j.id = m.job_id AND j.attempt = m.attempt WHERE m.id = ?1 AND j.state IN (${held})) RETURNING 1`;
  return (await cloud.db.prepare(mark).bind(modelId, kind, sha256).first()) !== null;
}

/**
 * Removes an object that came too late, unless its model is finished.
 * A model that was finished meanwhile has this very file, or one of the same name that took its place.
 */
export async function dropLateFile(cloud: Cloud, modelId: string, kind: OutputKind): Promise<void> {
  const row = await cloud.db
    .prepare(
      'SELECT 1 FROM models m JOIN jobs j ON j.id = m.job_id AND j.attempt = m.attempt' +
        ` WHERE m.id = ?1 AND (m.status = 'ready' OR j.state IN (${held}))`,
    )
    .bind(modelId)
    .first();
  if (!row) await cloud.env.BUCKET.delete(modelKey(modelId, kind));
}

/** Statements that make a model ready, for the batch with the move that completes its job at this moment (`cloud` is frozen). */
export function readyModel(cloud: Cloud, { id, attempt }: At, modelId: string, kinds: readonly OutputKind[]): D1PreparedStatement[] {
  const completed =
    "EXISTS (SELECT 1 FROM jobs WHERE id = ?2 AND attempt = ?3 AND state = 'completed' AND model_id = ?1 AND updated_at = ?4)";
  const marks = kinds.map((_, index) => `?${index + 5}`).join(', ');
  const at = [modelId, id, attempt, cloud.now()];
  return [
    cloud.db.prepare(`UPDATE models SET status = 'ready' WHERE id = ?1 AND ${completed}`).bind(...at),
    cloud.db
      .prepare(`UPDATE model_files SET status = 'stored' WHERE model_id = ?1 AND kind IN (${marks}) AND ${completed}`)
      .bind(...at, ...kinds),
  ];
}

/** The newest checkpoint that an earlier attempt has left; null for none. */
export function lastCheckpoint(cloud: Cloud, { id, attempt }: At): Promise<(ModelFileRow & { attempt: number }) | null> {
  const query =
    `SELECT ${columns}, m.attempt FROM models m JOIN model_files f ON f.model_id = m.id` +
    " WHERE m.job_id = ?1 AND m.attempt < ?2 AND f.kind = 'checkpoint' AND f.status = 'stored' ORDER BY m.attempt DESC LIMIT 1";
  return cloud.db.prepare(query).bind(id, attempt).first();
}

/** Checkpoints that earlier attempts have announced, the newest first. */
export async function checkpointsBefore(cloud: Cloud, { id, attempt }: At): Promise<(ModelFileRow & { modelId: string })[]> {
  const query =
    `SELECT ${columns}, m.id AS modelId FROM models m JOIN model_files f ON f.model_id = m.id` +
    " WHERE m.job_id = ?1 AND m.attempt < ?2 AND f.kind = 'checkpoint' ORDER BY m.attempt DESC";
  return (await cloud.db.prepare(query).bind(id, attempt).all<ModelFileRow & { modelId: string }>()).results;
}

/** Of an attempt that is over, so nobody can announce another. */
export async function markCheckpointStored(cloud: Cloud, { modelId, sha256 }: { modelId: string; sha256: string }): Promise<void> {
  const mark = "UPDATE model_files SET status = 'stored' WHERE model_id = ?1 AND kind = 'checkpoint' AND sha256 = ?2";
  await cloud.db.prepare(mark).bind(modelId, sha256).run();
}

/** Names of the previews of a job's attempts, the newest first. */
export async function previewKeys(cloud: Cloud, jobId: string): Promise<string[]> {
  const query =
    'SELECT f.object_key AS objectKey FROM models m JOIN model_files f ON f.model_id = m.id' +
    " WHERE m.job_id = ?1 AND f.kind = 'preview' ORDER BY m.attempt DESC";
  return (await cloud.db.prepare(query).bind(jobId).all<{ objectKey: string }>()).results.map(({ objectKey }) => objectKey);
}

/**
 * Removes what a job that is over needs no more: checkpoints, what was announced and never taken, and all that its other attempts have left.
 * @param modelId of the attempt that completed it; null when none did
 */
export async function dropLeftovers(cloud: Cloud, jobId: string, modelId: string | null): Promise<void> {
  const which = `model_id IN (SELECT id FROM models WHERE job_id = ?1) AND (model_id IS NOT ?2 OR kind = 'checkpoint' OR status = 'waiting')`;
  const query = `SELECT object_key AS objectKey FROM model_files WHERE ${which}`;
  const { results } = await cloud.db.prepare(query).bind(jobId, modelId).all<{ objectKey: string }>();
  if (results.length === 0) return;
  await cloud.env.BUCKET.delete(results.map(({ objectKey }) => objectKey));
  await cloud.db.prepare(`DELETE FROM model_files WHERE ${which}`).bind(jobId, modelId).run();
}

export interface ServedOutput {
  kind: (typeof servedKinds)[number];
  bytes: number;
}

/** What people can be given of a finished model. */
export const servedOutputs = (files: readonly ModelFileRow[]): ServedOutput[] =>
  files
    .filter(({ status }) => status === 'stored')
    .flatMap(({ kind, bytes }) => servedKinds.filter((served) => served === kind).map((served) => ({ kind: served, bytes })));
