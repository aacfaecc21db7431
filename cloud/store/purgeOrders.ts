/**
 * Ordering that something be deleted for good.
 * Invariant: there is one order for each thing; one that was carried out is opened again.
 */
import type { Cloud } from '../cloud.ts';
import { openStates } from '../policy/jobMachine.ts';
import { newId } from '../policy/tokens.ts';

const open = openStates.map((state) => `'${state}'`).join(', ');

/** The statement for a batch with the change that causes it. */
export function purgeOrdered(cloud: Cloud, kind: 'owner' | 'project' | 'photos' | 'job', target: string): D1PreparedStatement {
  const insert =
    'INSERT INTO purges (id, kind, target, created_at) VALUES (?1, ?2, ?3, ?4)' +
    " ON CONFLICT (kind, target) DO UPDATE SET status = 'open', tries = 0, created_at = ?4, done_at = NULL WHERE status = 'done'";
  return cloud.db.prepare(insert).bind(newId('prg'), kind, target, cloud.now());
}

/**
 * Orders the photos of projects to be deleted, of those only that are there and that no open job needs.
 * @param where which projects `p`, with values from ?2 on
 * @returns how many
 */
export async function orderPhotosPurges(cloud: Cloud, where: string, values: readonly unknown[]): Promise<number> {
  const insert =
    "INSERT INTO purges (id, kind, target, created_at) SELECT 'prg_' || lower(hex(randomblob(16))), 'photos', p.id, ?1 FROM projects p" +
    ` WHERE p.status = 'active' AND p.photos_deleted_at IS NULL AND ${where}` +
    ` AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.project_id = p.id AND jobs.state IN (${open}))` +
    " ON CONFLICT (kind, target) DO UPDATE SET status = 'open', tries = 0, created_at = ?1, done_at = NULL WHERE status = 'done' RETURNING id";
  const { results } = await cloud.db
    .prepare(insert)
    .bind(cloud.now(), ...values)
    .all();
  return results.length;
}
