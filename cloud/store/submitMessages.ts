/**
 * The outbox messages by which a job asks to be submitted.
 * Invariant: an attempt has one such row for every round in which providers refused it, and one for the round to come; sending one again
 * puts a new row in the place of the last. So the rows count the tries.
 */
import type { Cloud } from '../cloud.ts';
import type { Job } from './jobs.ts';
import { outboxed } from './outbox.ts';

type At = Pick<Job, 'id' | 'attempt' | 'requestId'>;
const own = `job_id = ?1 AND attempt = ?2 AND body LIKE '{"kind":"submit"%'`;

/**
 * Statements for the batch with a change that leads to `queued` at this moment (`cloud` is frozen).
 * @param counts a round has failed; false: the same round again, later
 */
export function askAgain(cloud: Cloud, job: At, notBefore: number, counts: boolean): D1PreparedStatement[] {
  const message = { kind: 'submit', jobId: job.id, attempt: job.attempt, requestId: job.requestId } as const;
  const insert = outboxed(cloud, message, notBefore, { state: 'queued', updatedAt: cloud.now() });
  if (counts) return [insert];
  const drop =
    `DELETE FROM outbox WHERE rowid = (SELECT rowid FROM outbox WHERE ${own} ORDER BY rowid DESC LIMIT 1 OFFSET 1)` +
    " AND EXISTS (SELECT 1 FROM jobs WHERE id = ?1 AND attempt = ?2 AND state = 'queued' AND updated_at = ?3)";
  return [insert, cloud.db.prepare(drop).bind(job.id, job.attempt, cloud.now())];
}

/** Rounds of this attempt so far, the present one counted. */
export async function submitTries(cloud: Cloud, job: At): Promise<number> {
  const query = `SELECT count(*) AS tries FROM outbox WHERE ${own}`;
  const row = await cloud.db.prepare(query).bind(job.id, job.attempt).first<{ tries: number }>();
  return Math.max(1, row?.tries ?? 1);
}
