/**
 * Claims in D1: who holds an attempt, until when, and how much of its events was taken.
 * Invariant: each change is one statement that names the attempt and what it was changed from; of two at once the second finds nothing.
 */
import type { CloudProgress } from '../../src/core/job/cloudApi.ts';
import type { Stage } from '../../src/core/job/events.ts';
import type { Cloud } from '../cloud.ts';
import { heldStates } from '../policy/jobMachine.ts';
import { type Job, jobOfRow } from './jobs.ts';

type At = Pick<Job, 'id' | 'attempt'>;
const held = `state IN (${heldStates.map((state) => `'${state}'`).join(', ')})`;

export const leaseFrom = ({ config }: Cloud, nowMs: number): number => nowMs + config.tuning.leaseSeconds * 1000;

/** The holder again, or another one after the lease has run out. Null: the attempt is another's or over. */
export async function renewClaim(cloud: Cloud, { id, attempt }: At, holder: string): Promise<Job | null> {
  const now = cloud.now();
  const row = await cloud.db
    .prepare(
      `UPDATE jobs SET holder = ?3, lease_until = ?4, updated_at = ?5 WHERE id = ?1 AND attempt = ?2 AND ${held}` +
        ' AND (holder = ?3 OR lease_until <= ?5) RETURNING *',
    )
    .bind(id, attempt, holder, leaseFrom(cloud, now), now)
    .first<Record<string, unknown>>();
  return row && jobOfRow(row);
}

export interface Taken {
  /** The highest sequence number up to now, and with these events. */
  seq: { from: number; to: number };
  stage: Stage | null;
  progress: CloudProgress | null;
}

/** Renews the lease and notes what was taken. Null: other events were taken meanwhile, or the attempt is over. */
export async function noteTaken(cloud: Cloud, { id, attempt }: At, { seq, stage, progress }: Taken): Promise<Job | null> {
  const now = cloud.now();
  const row = await cloud.db
    .prepare(
      `UPDATE jobs SET trainer_seq = ?4, stage = ?5, progress = ?6, lease_until = ?7, updated_at = ?8 WHERE id = ?1 AND attempt = ?2 AND ${held}` +
        ' AND trainer_seq = ?3 RETURNING *',
    )
    .bind(id, attempt, seq.from, seq.to, stage, progress && JSON.stringify(progress), leaseFrom(cloud, now), now)
    .first<Record<string, unknown>>();
  return row && jobOfRow(row);
}
