/**
 * Deleting everything of an owner, because they asked for it.
 * Invariant: with one transaction nobody is this owner any more and nothing of theirs is served; the rest is the purge's, also where a
 * Worker ends in the middle.
 */
import { type Cloud, frozen } from '../cloud.ts';
import { openStates } from '../policy/jobMachine.ts';
import { jobOfRow } from '../store/jobs.ts';
import { type CachedName, forgetCached } from '../store/kvCache.ts';
import { flushLater, outboxed } from '../store/outbox.ts';
import { purgeOrdered } from '../store/purgeOrders.ts';
import { cancelJob } from './cancel.ts';

async function cachedNames({ db }: Cloud, ownerId: string): Promise<CachedName[]> {
  const query =
    "SELECT 'share:' || token_hash AS name FROM shares WHERE owner_id = ?1 UNION ALL SELECT 'model:' || id FROM models WHERE owner_id = ?1";
  return (await db.prepare(query).bind(ownerId).all<{ name: CachedName }>()).results.map(({ name }) => name);
}

export async function deleteOwner(moving: Cloud, ownerId: string): Promise<void> {
  const cloud = frozen(moving);
  const { db } = cloud;
  const marks = openStates.map((_, index) => `?${index + 2}`).join(', ');
  const [running] = await db.batch<Record<string, unknown>>([
    db.prepare(`SELECT * FROM jobs WHERE owner_id = ?1 AND state IN (${marks})`).bind(ownerId, ...openStates),
    db.prepare('UPDATE owners SET deleted_at = ?2, webhook_url = NULL, webhook_secret = NULL WHERE id = ?1').bind(ownerId, cloud.now()),
    db.prepare("UPDATE projects SET status = 'deleted', updated_at = ?2 WHERE owner_id = ?1").bind(ownerId, cloud.now()),
    db.prepare("UPDATE uploads SET status = 'removed' WHERE owner_id = ?1").bind(ownerId),
    ...['sessions', 'passkeys', 'identities', 'push_subscriptions'].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE owner_id = ?1`).bind(ownerId),
    ),
    purgeOrdered(cloud, 'owner', ownerId),
    outboxed(cloud, { kind: 'purge', requestId: cloud.requestId }),
  ]);
  await forgetCached(cloud, await cachedNames(cloud, ownerId));
  for (const row of running.results) await cancelJob(moving, jobOfRow(row));
  flushLater(moving);
}
