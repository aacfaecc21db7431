/**
 * Deleting for good what was ordered to be deleted.
 * Invariant: every step can be done again and again, and two at once do no harm; an order that fails is counted and tried again with the
 * next sweep.
 */
import type { Cloud } from '../cloud.ts';
import { count } from '../store/counters.ts';
import { type Purge, type PurgeKind, closePurge, notePurgeFailure, openPurges } from '../store/purges.ts';
import { removeOwnerRows } from '../store/removal.ts';
import { purgeJob } from './purgeJob.ts';
import { purgePhotos } from './purgePhotos.ts';
import { purgeProject } from './purgeProject.ts';

async function purgeOwner(cloud: Cloud, ownerId: string): Promise<void> {
  const bury = 'UPDATE owners SET deleted_at = coalesce(deleted_at, ?2) WHERE id = ?1';
  await cloud.db.prepare(bury).bind(ownerId, cloud.now()).run();
  const { results } = await cloud.db.prepare('SELECT id FROM projects WHERE owner_id = ?1').bind(ownerId).all<{ id: string }>();
  for (const { id } of results) await purgeProject(cloud, id);
  await removeOwnerRows(cloud, ownerId);
}

const work: Record<PurgeKind, (cloud: Cloud, target: string) => Promise<void>> = {
  owner: purgeOwner,
  project: purgeProject,
  photos: purgePhotos,
  job: purgeJob,
};

async function carryOut(cloud: Cloud, purge: Purge): Promise<boolean> {
  try {
    await work[purge.kind](cloud, purge.target);
    await closePurge(cloud, purge);
    count(cloud, 'purge', purge.kind);
    return true;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    cloud.log.error('purge-failed', { kind: purge.kind, target: purge.target, tries: purge.tries + 1, error: text });
    await notePurgeFailure(cloud, purge, text);
    return false;
  }
}

/** Carries out open orders. @returns how many are done with */
export async function purgeDue(cloud: Cloud, limit = 20): Promise<number> {
  let done = 0;
  for (const purge of await openPurges(cloud, limit)) if (await carryOut(cloud, purge)) done++;
  return done;
}
