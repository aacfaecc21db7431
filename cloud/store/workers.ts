/**
 * Workers that come and ask, and the jobs that are with them.
 * Invariant: a run is named "worker/job-attempt" by whoever has it; of two workers that ask at once one gets the job, and a request of a
 * worker that has been started again since gets none.
 */
import type { PullRequest } from '../../src/core/job/trainerApi.ts';
import type { Cloud } from '../cloud.ts';
import { ownClass } from '../policy/gpuClasses.ts';
import { heldStates } from '../policy/jobMachine.ts';
import { sha256Hex } from '../policy/tokens.ts';
import { leaseFrom } from './claims.ts';
import { type Job, jobOfRow } from './jobs.ts';
import { getSetting, putSetting } from './settings.ts';

export interface Worker {
  /** Ours: of a rented machine its id, of others made from the name they give themselves. */
  key: string;
  /** Another one for every start. */
  instance: string;
  /** Only jobs that were placed on this machine; others take what nobody has yet. */
  isRented: boolean;
}

/** Workers name themselves; what they say is in no key and no query as it is. */
export const workerKey = async (workerId: string): Promise<string> => `wrk_${(await sha256Hex(workerId)).slice(0, 32)}`;

const seenKey = ({ key }: Worker): string => `worker-seen:${key}`;

/** It is the one that asked last under this name. */
export async function isPresent(cloud: Cloud, worker: Worker): Promise<boolean> {
  const before = await getSetting(cloud, seenKey(worker));
  return before === null || before === worker.instance;
}

/** Notes the start and, by the row's time, when it was last seen; health looks at that. */
export const present = (cloud: Cloud, worker: Worker): Promise<void> => putSetting(cloud, seenKey(worker), worker.instance);

const mine = 'substr(external_id, 1, length(?1) + 1) = ?1 || ?2';
const held = heldStates.map((state) => `'${state}'`).join(', ');

/** Jobs that a worker has claimed. One that it was given and has not claimed yet it is simply given again. */
export async function heldBy(cloud: Cloud, { key }: Worker): Promise<Job[]> {
  const query = `SELECT * FROM jobs WHERE ${mine} AND state IN (${held})`;
  return (await cloud.db.prepare(query).bind(key, '/').all<Record<string, unknown>>()).results.map(jobOfRow);
}

/**
 * Gives the oldest job that fits to this worker, for as long as a lease lasts; then another may have it. Asked again before it was claimed,
 * the answer having been lost, the worker gets the same.
 */
export async function takeJob(cloud: Cloud, worker: Worker, { gpuClass, maxImages }: PullRequest): Promise<Job | null> {
  const now = cloud.now();
  const which = worker.isRented
    ? `provider = 'vast' AND ${mine}`
    : `provider IN ('local', 'pull') AND (${mine} OR lease_until IS NULL OR lease_until <= ?5)` +
      ' AND (gpu_class IS NULL OR gpu_class IN (?6, ?7))';
  const name = worker.isRented ? 'external_id' : "?1 || ?2 || id || '-' || attempt";
  const take =
    `UPDATE jobs SET external_id = ${name}, lease_until = ?4, updated_at = ?5 WHERE id = (SELECT id FROM jobs` +
    ` WHERE state = 'submitted' AND ${which} AND photos <= ?3 ORDER BY created_at, id LIMIT 1) AND state = 'submitted'` +
    ' AND EXISTS (SELECT 1 FROM settings WHERE key = ?8 AND value = ?9) RETURNING *';
  const most = maxImages ?? Number.MAX_SAFE_INTEGER;
  const values = [worker.key, '/', most, leaseFrom(cloud, now), now, ownClass, gpuClass, seenKey(worker), worker.instance];
  const row = await cloud.db
    .prepare(take)
    .bind(...values)
    .first<Record<string, unknown>>();
  return row && jobOfRow(row);
}
