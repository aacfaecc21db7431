/**
 * Idempotency keys in D1: which request of an owner was answered how.
 * Invariant: of any number of requests with the same key one at a time is under way, and once one has been answered none ever is again.
 */
import type { Cloud } from '../cloud.ts';

const keptMs = 24 * 3_600_000;
/** After this a request that was not answered is taken to have died with its Worker. */
const takeOverMs = 60_000;

export interface Claim {
  ownerId: string;
  key: string;
  /** Of what is asked: another one under the same key is a mistake of the client. */
  requestHash: string;
}

export type Claimed =
  /** Ours to do; `at` tells this claim from a later one. */
  | { kind: 'begun'; at: number }
  | { kind: 'under-way' }
  | { kind: 'other-request' }
  | { kind: 'answered'; status: number; response: string };

/** One statement inserts the row or takes over one that was left, so that two requests at once cannot both begin. */
export async function claimKey(cloud: Cloud, { ownerId, key, requestHash }: Claim): Promise<Claimed> {
  const now = cloud.now();
  const begun = await cloud.db
    .prepare(
      'INSERT INTO idempotency_keys (owner_id, key, request_hash, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)' +
        ' ON CONFLICT (owner_id, key) DO UPDATE' +
        ' SET request_hash = ?3, status = NULL, response = NULL, created_at = ?4, expires_at = ?5' +
        ' WHERE expires_at <= ?4 OR (status IS NULL AND request_hash = ?3 AND created_at <= ?6) RETURNING created_at AS at',
    )
    .bind(ownerId, key, requestHash, now, now + keptMs, now - takeOverMs)
    .first<{ at: number }>();
  if (begun) return { kind: 'begun', at: begun.at };
  const row = await cloud.db
    .prepare('SELECT request_hash AS requestHash, status, response FROM idempotency_keys WHERE owner_id = ?1 AND key = ?2')
    .bind(ownerId, key)
    .first<{ requestHash: string; status: number | null; response: string }>();
  // Gone between the two statements: the other one has failed just now, and the client may try again.
  if (!row) return { kind: 'under-way' };
  if (row.requestHash !== requestHash) return { kind: 'other-request' };
  return row.status === null ? { kind: 'under-way' } : { kind: 'answered', status: row.status, response: row.response };
}

const ours = 'WHERE owner_id = ?1 AND key = ?2 AND created_at = ?3 AND status IS NULL';

/** Keeps the answer of a claim, unless the claim was taken over. */
export async function keepAnswer(cloud: Cloud, { ownerId, key }: Claim, at: number, status: number, response: string): Promise<void> {
  const keep = `UPDATE idempotency_keys SET status = ?4, response = ?5 ${ours}`;
  await cloud.db.prepare(keep).bind(ownerId, key, at, status, response).run();
}

/** Nothing came of it: the next request with this key begins anew. */
export async function releaseKey(cloud: Cloud, { ownerId, key }: Claim, at: number): Promise<void> {
  await cloud.db.prepare(`DELETE FROM idempotency_keys ${ours}`).bind(ownerId, key, at).run();
}
