/**
 * Taking an order: the row of a new job.
 * Invariant: an upload has one open job at most, and an owner no more jobs than allowed; the inserting statement itself counts, so that of
 * two orders at once only one finds the last place.
 */
import type { CloudPreset } from '../../src/core/job/cloudApi.ts';
import { type Cloud, frozen } from '../cloud.ts';
import { openStates } from '../policy/jobMachine.ts';
import { newId } from '../policy/tokens.ts';
import { type Job, getJob, jobOfRow } from './jobs.ts';
import { outboxed } from './outbox.ts';

export interface Order {
  ownerId: string;
  projectId: string;
  uploadId: string;
  preset: CloudPreset;
  photos: number;
  bytes: number;
  apiBase: string;
  retryOf: string | null;
}

export type OrderAnswer = { job: Job; isNew: boolean } | { refused: 'active' | 'day' | 'gone' };

const dayMs = 86_400_000;
const open = `state IN (${openStates.map((state) => `'${state}'`).join(', ')})`;
const ofUpload = `SELECT * FROM jobs WHERE upload_id = ?1 AND owner_id = ?2 AND ${open} ORDER BY created_at LIMIT 1`;

function insertOrder(cloud: Cloud, id: string, order: Order): D1PreparedStatement {
  const { ownerId, projectId, uploadId, preset, photos, bytes, apiBase, retryOf } = order;
  const { activeJobs, jobsPerDay, jobHours } = cloud.config.tuning;
  const now = cloud.now();
  const insert =
    'INSERT INTO jobs (id, project_id, owner_id, upload_id, preset, state, photos, bytes, api_base, retry_of, request_id,' +
    ' deadline_at, created_at, updated_at)' +
    " SELECT ?1, ?2, ?3, ?4, ?5, 'queued', ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12" +
    ` WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE upload_id = ?4 AND ${open})` +
    ` AND (SELECT count(*) FROM jobs WHERE owner_id = ?3 AND ${open}) < ?13` +
    ' AND (SELECT count(*) FROM jobs WHERE owner_id = ?3 AND created_at > ?14) < ?15' +
    " AND EXISTS (SELECT 1 FROM projects WHERE id = ?2 AND owner_id = ?3 AND status = 'active' AND photos_deleted_at IS NULL)" +
    " AND NOT EXISTS (SELECT 1 FROM purges WHERE kind = 'photos' AND target = ?2 AND status = 'open')";
  const row = [id, projectId, ownerId, uploadId, preset, photos, bytes, apiBase, retryOf, cloud.requestId];
  const limits = [now + jobHours * 3_600_000, now, activeJobs, now - dayMs, jobsPerDay];
  return cloud.db.prepare(insert).bind(...row, ...limits);
}

/** Writes the job and the message that it waits, in one batch. The open job of the same upload where there is one: nothing is made twice. */
export async function placeOrder(moving: Cloud, order: Order): Promise<OrderAnswer> {
  const cloud = frozen(moving);
  const id = newId('job');
  const message = { kind: 'submit', jobId: id, attempt: 1, requestId: cloud.requestId } as const;
  const touch = cloud.db.prepare('UPDATE projects SET updated_at = ?2 WHERE id = ?1 AND EXISTS (SELECT 1 FROM jobs WHERE id = ?3)');
  await cloud.db.batch([
    insertOrder(cloud, id, order),
    outboxed(cloud, message, 0, { state: 'queued', updatedAt: cloud.now() }),
    touch.bind(order.projectId, cloud.now(), id),
  ]);
  const job = await getJob(cloud.db, id);
  if (job) return { job, isNew: true };
  const there = await cloud.db.prepare(ofUpload).bind(order.uploadId, order.ownerId).first<Record<string, unknown>>();
  return there ? { job: jobOfRow(there), isNew: false } : { refused: await whyNot(cloud, order.ownerId) };
}

async function whyNot(cloud: Cloud, ownerId: string): Promise<'active' | 'day' | 'gone'> {
  const query =
    `SELECT (SELECT count(*) FROM jobs WHERE owner_id = ?1 AND ${open}) AS active,` +
    ' (SELECT count(*) FROM jobs WHERE owner_id = ?1 AND created_at > ?2) AS day';
  const has = await cloud.db
    .prepare(query)
    .bind(ownerId, cloud.now() - dayMs)
    .first<{ active: number; day: number }>();
  if ((has?.active ?? 0) >= cloud.config.tuning.activeJobs) return 'active';
  return (has?.day ?? 0) >= cloud.config.tuning.jobsPerDay ? 'day' : 'gone';
}
