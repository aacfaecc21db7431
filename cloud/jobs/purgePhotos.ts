/**
 * The photos of a project that is kept.
 * Invariant: an open job keeps its photos; from the mark on none can be begun with them.
 */
import type { Cloud } from '../cloud.ts';
import { openStates } from '../policy/jobMachine.ts';
import { removePhotos } from '../store/removal.ts';

const open = openStates.map((state) => `'${state}'`).join(', ');

export async function purgePhotos(cloud: Cloud, projectId: string): Promise<void> {
  const mark =
    'UPDATE projects SET photos_deleted_at = coalesce(photos_deleted_at, ?2) WHERE id = ?1' +
    ` AND NOT EXISTS (SELECT 1 FROM jobs WHERE project_id = ?1 AND state IN (${open})) RETURNING id`;
  if (await cloud.db.prepare(mark).bind(projectId, cloud.now()).first()) await removePhotos(cloud, projectId);
}
