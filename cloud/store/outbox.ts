/**
 * The outbox: messages that the queue must get, written in the same transaction as the change that causes them.
 * Invariant: a message is marked as sent only after the queue took it; until then the sweeper finds it.
 */
import type { Cloud } from '../cloud.ts';
import type { Message } from '../jobs/message.ts';
import { newId } from '../policy/tokens.ts';

const jobOf = (message: Message): { jobId: string; attempt: number } =>
  'jobId' in message ? { jobId: message.jobId, attempt: message.attempt } : { jobId: '', attempt: 0 };

/**
 * The statement that puts a message into the outbox; for a batch with the change that causes it.
 * @param notBefore milliseconds since 1970; the queue gets it no earlier
 * @param onlyIf only when this job is now in this state of the message's attempt, changed at this moment: the effect of a move that may
 *   have come too late
 */
export function outboxed(
  cloud: Cloud,
  message: Message,
  notBefore = 0,
  onlyIf?: { state: string; updatedAt: number },
): D1PreparedStatement {
  const { jobId, attempt } = jobOf(message);
  const row = [newId('msg'), jobId, attempt, JSON.stringify(message), notBefore, cloud.now()];
  const insert = 'INSERT INTO outbox (id, job_id, attempt, body, not_before, created_at)';
  if (!onlyIf) return cloud.db.prepare(`${insert} VALUES (?1, ?2, ?3, ?4, ?5, ?6)`).bind(...row);
  const condition = 'WHERE EXISTS (SELECT 1 FROM jobs WHERE id = ?2 AND attempt = ?3 AND state = ?7 AND updated_at = ?8)';
  return cloud.db.prepare(`${insert} SELECT ?1, ?2, ?3, ?4, ?5, ?6 ${condition}`).bind(...row, onlyIf.state, onlyIf.updatedAt);
}

/** Sends what is due, oldest first, and marks it. @returns how many were sent */
export async function flushOutbox(cloud: Cloud, limit = 50): Promise<number> {
  const due = 'SELECT id, body FROM outbox WHERE sent_at IS NULL AND not_before <= ?1 ORDER BY created_at LIMIT ?2';
  const { results } = await cloud.db.prepare(due).bind(cloud.now(), limit).all<{ id: string; body: string }>();
  if (results.length === 0) return 0;
  await cloud.env.JOBS.sendBatch(results.map(({ body }) => ({ body: JSON.parse(body) as Message })));
  const mark = cloud.db.prepare('UPDATE outbox SET sent_at = ?1 WHERE id = ?2');
  await cloud.db.batch(results.map(({ id }) => mark.bind(cloud.now(), id)));
  return results.length;
}

/** Flushes after the answer; what fails is left to the sweeper. */
export function flushLater(cloud: Cloud): void {
  cloud.waitUntil(flushOutbox(cloud).catch((error: unknown) => cloud.log.warn('outbox-flush-failed', { error: String(error) })));
}
