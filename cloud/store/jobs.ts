/**
 * Jobs in D1.
 * Invariant: the state changes only through move(): one statement that names the attempt and the states it may come from
 * (policy/jobMachine.ts). Whoever comes too late gets null and has changed nothing.
 */
import type { CloudPreset, CloudProgress } from '../../src/core/job/cloudApi.ts';
import type { Stage } from '../../src/core/job/events.ts';
import type { Cloud } from '../cloud.ts';
import { type JobMove, type JobState, isFinal, jobMoves } from '../policy/jobMachine.ts';
import type { ProviderId } from '../providers/adapter.ts';
import { count } from './counters.ts';

/** A row of `jobs`; the migration says what each column means. JSON columns are texts here. */
export interface Job {
  id: string;
  projectId: string;
  ownerId: string;
  uploadId: string;
  preset: CloudPreset;
  state: JobState;
  attempt: number;
  lostCount: number;
  photos: number;
  bytes: number;
  provider: ProviderId | null;
  gpuClass: string | null;
  /** 1: on capacity that may be taken away. */
  spot: number;
  externalId: string | null;
  /** JSON: ProviderId[]. */
  triedProviders: string;
  webhookHash: string | null;
  holder: string | null;
  leaseUntil: number | null;
  notBefore: number;
  submittedAt: number | null;
  startedAt: number | null;
  deadlineAt: number;
  stage: Stage | null;
  /** JSON: CloudProgress. */
  progress: string | null;
  trainerSeq: number;
  cancelAskedAt: number | null;
  modelId: string | null;
  /** JSON: Failure. */
  failure: string | null;
  error: string | null;
  /** JSON: TrainerMetrics. */
  metrics: string | null;
  gpuSecondsReserved: number;
  gpuSeconds: number | null;
  costMicros: number | null;
  retryOf: string | null;
  apiBase: string;
  requestId: string;
  createdAt: number;
  updatedAt: number;
  finishedAt: number | null;
}

/** What may be written along with a move. */
export type JobChange = Partial<Omit<Job, 'id' | 'projectId' | 'ownerId' | 'state' | 'createdAt' | 'updatedAt' | 'finishedAt'>>;

export const progressOf = ({ progress }: Pick<Job, 'progress'>): CloudProgress | null =>
  progress === null ? null : (JSON.parse(progress) as CloudProgress);

export const columnOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const nameOf = (column: string): string => column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** A row with its columns' names in camel case. */
export const jobOfRow = (row: Record<string, unknown>): Job =>
  Object.fromEntries(Object.entries(row).map(([column, value]) => [nameOf(column), value])) as unknown as Job;

export async function getJob(db: D1Database, id: string): Promise<Job | null> {
  const row = await db.prepare('SELECT * FROM jobs WHERE id = ?1').bind(id).first<Record<string, unknown>>();
  return row && jobOfRow(row);
}

/** The job if it is this owner's; null also when it is somebody else's. */
export async function getOwnJob(db: D1Database, ownerId: string, id: string): Promise<Job | null> {
  const job = await getJob(db, id);
  return job?.ownerId === ownerId ? job : null;
}

function changeStatement(cloud: Cloud, at: { id: string; attempt: number }, states: readonly JobState[], set: Record<string, unknown>) {
  const values: unknown[] = [];
  const put = (value: unknown): string => `?${values.push(value)}`;
  const sets = Object.entries(set).map(([name, value]) => `${columnOf(name)} = ${put(value)}`);
  const from = states.map(put).join(', ');
  const where = `id = ${put(at.id)} AND attempt = ${put(at.attempt)} AND state IN (${from})`;
  return cloud.db.prepare(`UPDATE jobs SET ${sets.join(', ')} WHERE ${where} RETURNING *`).bind(...values);
}

/**
 * Makes a move and writes the changes with it, all or nothing.
 * @param also statements of the same transaction; they run whether or not the move was made, so each must itself depend on it, e.g. by
 *   `WHERE EXISTS (SELECT 1 FROM jobs WHERE id = ? AND attempt = ? AND state = ? AND updated_at = ?)`; `cloud.now()` is the updated_at.
 * @returns the job as it is now; null when it was not in a state (or attempt) that this move leaves from
 */
export async function move(
  cloud: Cloud,
  at: Pick<Job, 'id' | 'attempt'>,
  kind: JobMove,
  change: JobChange = {},
  also: D1PreparedStatement[] = [],
): Promise<Job | null> {
  const { from, to } = jobMoves[kind];
  const now = cloud.now();
  const set = { ...change, state: to, updatedAt: now, ...(isFinal(to) && { finishedAt: now, leaseUntil: null }) };
  const [first] = await cloud.db.batch<Record<string, unknown>>([changeStatement(cloud, at, from, set), ...also]);
  const row = first.results.at(0);
  if (row === undefined) {
    count(cloud, 'job_stale', kind);
    cloud.log.info('job-stale', { jobId: at.id, attempt: at.attempt, move: kind });
    return null;
  }
  const job = jobOfRow(row);
  count(cloud, 'job_transition', to);
  cloud.log.info('job', { jobId: job.id, attempt: job.attempt, state: to, provider: job.provider });
  return job;
}

/** Writes without changing the state, while the job is in one of the states and in this attempt. Null when it is not. */
export async function note(
  cloud: Cloud,
  at: Pick<Job, 'id' | 'attempt'>,
  states: readonly JobState[],
  change: JobChange,
): Promise<Job | null> {
  const row = await changeStatement(cloud, at, states, { ...change, updatedAt: cloud.now() }).first<Record<string, unknown>>();
  return row && jobOfRow(row);
}
