/**
 * Deletions under way, in D1; ordered by store/purgeOrders.ts.
 * Invariant: an order stays open until all it names is gone, however often that has to be tried; then it goes too, because the name of what
 * was deleted is a trace of it. Only of photos a mark stays, with their project.
 */
import type { Cloud } from '../cloud.ts';
import { sessionSeconds } from './sessions.ts';

export type PurgeKind = 'owner' | 'project' | 'photos' | 'job';

export interface Purge {
  id: string;
  kind: PurgeKind;
  target: string;
  tries: number;
}

/** Those tried least first, so that one that fails again and again keeps no other waiting. */
export async function openPurges(cloud: Cloud, limit: number): Promise<Purge[]> {
  const query = "SELECT id, kind, target, tries FROM purges WHERE status = 'open' ORDER BY tries, created_at LIMIT ?1";
  return (await cloud.db.prepare(query).bind(limit).all<Purge>()).results;
}

export async function closePurge(cloud: Cloud, { id, kind }: Purge): Promise<void> {
  const close =
    kind === 'photos'
      ? cloud.db.prepare("UPDATE purges SET status = 'done', done_at = ?2, last_error = NULL WHERE id = ?1").bind(id, cloud.now())
      : cloud.db.prepare('DELETE FROM purges WHERE id = ?1').bind(id);
  await close.run();
}

export async function notePurgeFailure(cloud: Cloud, { id }: Purge, error: string): Promise<void> {
  await cloud.db.prepare('UPDATE purges SET tries = tries + 1, last_error = ?2 WHERE id = ?1').bind(id, error.slice(0, 1000)).run();
}

/**
 * Orders everything of owners to be deleted whom nobody has been for a year and nobody can be again: no session that is good, no recovery
 * code, no passkey, no account elsewhere.
 * @returns how many
 */
export async function orderForgottenOwners(cloud: Cloud): Promise<number> {
  const insert =
    "INSERT INTO purges (id, kind, target, created_at) SELECT 'prg_' || lower(hex(randomblob(16))), 'owner', o.id, ?1 FROM owners o" +
    ' WHERE o.seen_at <= ?2 AND NOT EXISTS (SELECT 1 FROM sessions WHERE owner_id = o.id AND expires_at > ?1)' +
    ' AND NOT EXISTS (SELECT 1 FROM passkeys WHERE owner_id = o.id) AND NOT EXISTS (SELECT 1 FROM identities WHERE owner_id = o.id)' +
    ' ON CONFLICT (kind, target) DO NOTHING RETURNING id';
  const { results } = await cloud.db
    .prepare(insert)
    .bind(cloud.now(), cloud.now() - sessionSeconds * 1000)
    .all();
  return results.length;
}
