/**
 * Messages that the queue has given up.
 * Invariant: one is replayed or discarded once.
 */
import type { Cloud } from '../cloud.ts';
import { newId } from '../policy/tokens.ts';

export interface DeadLetter {
  id: string;
  jobId: string | null;
  attempt: number | null;
  /** The message, JSON. */
  body: string;
  error: string;
  deliveries: number;
  status: 'open' | 'replayed' | 'discarded';
  createdAt: number;
  settledAt: number | null;
}

const columns = 'id, job_id AS jobId, attempt, body, error, deliveries, status, created_at AS createdAt, settled_at AS settledAt';

export async function addDeadLetter(
  cloud: Cloud,
  letter: Pick<DeadLetter, 'jobId' | 'attempt' | 'body' | 'error' | 'deliveries'>,
): Promise<string> {
  const id = newId('ded');
  const insert = 'INSERT INTO dead_letters (id, job_id, attempt, body, error, deliveries, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)';
  const { jobId, attempt, body, error, deliveries } = letter;
  await cloud.db.prepare(insert).bind(id, jobId, attempt, body, error, deliveries, cloud.now()).run();
  return id;
}

/** Newest first; all, or those of a status. */
export async function listDeadLetters(cloud: Cloud, status: DeadLetter['status'] | null = null, limit = 100): Promise<DeadLetter[]> {
  const query = `SELECT ${columns} FROM dead_letters WHERE ?1 IS NULL OR status = ?1 ORDER BY created_at DESC, rowid DESC LIMIT ?2`;
  return (await cloud.db.prepare(query).bind(status, limit).all<DeadLetter>()).results;
}

export function getDeadLetter(cloud: Cloud, id: string): Promise<DeadLetter | null> {
  return cloud.db.prepare(`SELECT ${columns} FROM dead_letters WHERE id = ?1`).bind(id).first<DeadLetter>();
}

/**
 * The statement that settles an open one; for a batch whose other statements come after it and ask for `changes() = 1`, or by itself.
 * It gives the row's id when it did.
 */
export function settleDeadLetter(cloud: Cloud, id: string, status: 'replayed' | 'discarded'): D1PreparedStatement {
  const update = "UPDATE dead_letters SET status = ?2, settled_at = ?3 WHERE id = ?1 AND status = 'open' RETURNING id";
  return cloud.db.prepare(update).bind(id, status, cloud.now());
}
