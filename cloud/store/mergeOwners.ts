/**
 * What somebody made before they signed in goes with them to the owner they sign in as.
 * Invariant: all of it moves in one transaction, or nothing does. Only an owner that nobody can come back to is given up: one with a
 * recovery code, a passkey or a linked account stays, for it may be another person's who used this browser before.
 */
import type { Cloud } from '../cloud.ts';
import { type CachedName, forgetCached } from './kvCache.ts';

/** Tables whose rows move. Those of `sessions` do not: a token given out before must not open what is somebody else's now. */
export const movedTables = ['projects', 'uploads', 'photos', 'jobs', 'models', 'shares', 'push_subscriptions', 'deliveries'] as const;

const alive = (place: string): string => `EXISTS (SELECT 1 FROM owners WHERE id = ${place} AND deleted_at IS NULL)`;
const mayMove =
  `?1 <> ?2 AND ${alive('?1')} AND ${alive('?2')}` +
  " AND NOT EXISTS (SELECT 1 FROM sessions WHERE owner_id = ?1 AND kind = 'recovery')" +
  ' AND NOT EXISTS (SELECT 1 FROM passkeys WHERE owner_id = ?1) AND NOT EXISTS (SELECT 1 FROM identities WHERE owner_id = ?1)';

/** In this order; each is bound to (from, to). */
const statements = [
  ...movedTables.map((table) => `UPDATE ${table} SET owner_id = ?2 WHERE owner_id = ?1 AND ${mayMove}`),
  // The same key on both sides: what was answered last counts.
  `UPDATE OR REPLACE idempotency_keys SET owner_id = ?2 WHERE owner_id = ?1 AND ${mayMove}`,
  `DELETE FROM challenges WHERE owner_id = ?1 AND ${mayMove}`,
  'UPDATE owners SET webhook_secret = (SELECT webhook_secret FROM owners WHERE id = ?1),' +
    ` webhook_url = (SELECT webhook_url FROM owners WHERE id = ?1) WHERE id = ?2 AND webhook_url IS NULL AND ${mayMove}`,
  // With it go its sessions; what is now empty leads nowhere.
  `DELETE FROM owners WHERE id = ?1 AND ${mayMove} RETURNING id`,
];

/** @returns false when the one stays as it is */
export async function mergeOwners(cloud: Cloud, from: string, to: string): Promise<boolean> {
  const { db } = cloud;
  const models = await db.prepare('SELECT id FROM models WHERE owner_id = ?1').bind(from).all<{ id: string }>();
  const results = await db.batch(statements.map((statement) => db.prepare(statement).bind(from, to)));
  if (results.at(-1)?.results.length !== 1) return false;
  // Copies at the edge say whose a model is.
  await forgetCached(cloud, models.results.map(({ id }): CachedName => `model:${id}`)); // prettier-ignore
  return true;
}
