/**
 * Deliveries: what has to be told to somebody because a job has ended, and what became of it.
 * Invariant: (kind, job, target) is told once, however often it is planned. Who sends a row has claimed it by a compare-and-set on
 * (id, status, not_before); the claim ends by itself, so that a Worker that dies loses nothing, and the same may be sent twice.
 */
import type { Cloud } from '../cloud.ts';
import { newId } from '../policy/tokens.ts';

export type DeliveryKind = 'push' | 'webhook';
export type DeliveryStatus = 'open' | 'delivered' | 'given-up';

export interface Delivery {
  id: string;
  kind: DeliveryKind;
  ownerId: string;
  jobId: string;
  /** push_subscriptions.id, or the address. */
  target: string;
  status: DeliveryStatus;
  /** Begun so far. */
  tries: number;
  /** HTTP status of the last answer; null when none came. */
  lastStatus: number | null;
  lastError: string | null;
  notBefore: number;
  createdAt: number;
}

const columns =
  'id, kind, owner_id AS ownerId, job_id AS jobId, target, status, tries, last_status AS lastStatus, last_error AS lastError,' +
  ' not_before AS notBefore, created_at AS createdAt';

/** Where an owner is told: the webhook and every browser that asked for it. Nowhere when the owner is being deleted. */
export async function targetsOf(cloud: Cloud, ownerId: string): Promise<Pick<Delivery, 'kind' | 'target'>[]> {
  const query =
    "SELECT 'webhook' AS kind, webhook_url AS target FROM owners WHERE id = ?1 AND webhook_url IS NOT NULL AND deleted_at IS NULL" +
    " UNION ALL SELECT 'push', push.id FROM push_subscriptions push JOIN owners ON owners.id = push.owner_id" +
    ' WHERE push.owner_id = ?1 AND owners.deleted_at IS NULL';
  return (await cloud.db.prepare(query).bind(ownerId).all<Pick<Delivery, 'kind' | 'target'>>()).results;
}

/** Writes rows that are due now; those that are there already stay as they are. */
export async function planRows(cloud: Cloud, rows: Pick<Delivery, 'kind' | 'target' | 'ownerId' | 'jobId'>[]): Promise<void> {
  if (rows.length === 0) return;
  const insert = cloud.db.prepare(
    'INSERT INTO deliveries (id, kind, owner_id, job_id, target, not_before, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)' +
      ' ON CONFLICT (kind, job_id, target) DO NOTHING',
  );
  await cloud.db.batch(rows.map((row) => insert.bind(newId('dlv'), row.kind, row.ownerId, row.jobId, row.target, cloud.now())));
}

/** Rows that are due, the longest due first; not yet claimed. */
export async function dueRows(cloud: Cloud, limit: number): Promise<Delivery[]> {
  const query = `SELECT ${columns} FROM deliveries WHERE status = 'open' AND not_before <= ?1 ORDER BY not_before LIMIT ?2`;
  return (await cloud.db.prepare(query).bind(cloud.now(), limit).all<Delivery>()).results;
}

/** Counts a try and keeps others away until the claim ends. @returns null when somebody else has it */
export async function claimRow(cloud: Cloud, { id, notBefore }: Delivery, claimMs: number): Promise<Delivery | null> {
  const claim =
    'UPDATE deliveries SET tries = tries + 1, not_before = ?3' +
    ` WHERE id = ?1 AND status = 'open' AND not_before = ?2 RETURNING ${columns}`;
  return cloud.db
    .prepare(claim)
    .bind(id, notBefore, cloud.now() + claimMs)
    .first<Delivery>();
}

/** Writes what came of a claimed try. Changes nothing when the claim has passed to somebody else. */
export async function settleRow(
  cloud: Cloud,
  claimed: Delivery,
  set: Pick<Delivery, 'status' | 'lastStatus' | 'lastError' | 'notBefore'>,
): Promise<void> {
  const settle =
    'UPDATE deliveries SET status = ?3, last_status = ?4, last_error = ?5, not_before = ?6' +
    " WHERE id = ?1 AND status = 'open' AND not_before = ?2";
  const values = [claimed.id, claimed.notBefore, set.status, set.lastStatus, set.lastError, set.notBefore];
  await cloud.db
    .prepare(settle)
    .bind(...values)
    .run();
}

/** The newest of an owner, with the host of the push service where the subscription is still there. */
export async function listDeliveries(cloud: Cloud, ownerId: string, limit: number): Promise<(Delivery & { endpoint: string | null })[]> {
  const query =
    `SELECT ${columns}, (SELECT endpoint FROM push_subscriptions push WHERE push.id = target AND kind = 'push') AS endpoint` +
    ' FROM deliveries WHERE owner_id = ?1 ORDER BY created_at DESC, rowid DESC LIMIT ?2';
  return (await cloud.db.prepare(query).bind(ownerId, limit).all<Delivery & { endpoint: string | null }>()).results;
}

/** Begins anew with all tries. @returns 'missing' when this owner has no such row, 'delivered' when there is nothing to repeat */
export async function reopenRow(cloud: Cloud, ownerId: string, id: string): Promise<'open' | 'delivered' | 'missing'> {
  const reopen =
    "UPDATE deliveries SET status = 'open', tries = 0, not_before = ?3 WHERE id = ?1 AND owner_id = ?2 AND status <> 'delivered' RETURNING id";
  if (await cloud.db.prepare(reopen).bind(id, ownerId, cloud.now()).first()) return 'open';
  const there = await cloud.db.prepare('SELECT 1 FROM deliveries WHERE id = ?1 AND owner_id = ?2').bind(id, ownerId).first();
  return there ? 'delivered' : 'missing';
}

/** Removes the log of what ended long ago. @returns how many */
export async function dropOldDeliveries(cloud: Cloud, olderThanMs: number): Promise<number> {
  const drop = "DELETE FROM deliveries WHERE status <> 'open' AND created_at < ?1";
  const { meta } = await cloud.db
    .prepare(drop)
    .bind(cloud.now() - olderThanMs)
    .run();
  return meta.changes;
}
