/**
 * A project that is to go, with everything of it.
 * Invariant: the tombstone comes first; from then on nothing new can come to it. Its row goes last.
 */
import type { Cloud } from '../cloud.ts';
import { jobOfRow } from '../store/jobs.ts';
import { forgetShares, removeModels, removePhotos, removeProjectRows } from '../store/removal.ts';
import { roomOf } from '../store/rooms.ts';
import { endJob } from './purgeJob.ts';

export async function purgeProject(cloud: Cloud, projectId: string): Promise<void> {
  const bury = "UPDATE projects SET status = 'deleted' WHERE id = ?1";
  await cloud.db.prepare(bury).bind(projectId).run();
  const rows = await cloud.db.prepare('SELECT * FROM jobs WHERE project_id = ?1').bind(projectId).all<Record<string, unknown>>();
  const jobs = rows.results.map(jobOfRow);
  for (const job of jobs) await endJob(cloud, job);
  await forgetShares(cloud, projectId);
  await removePhotos(cloud, projectId);
  await removeModels(cloud, 'project_id', projectId);
  const close = (): Promise<unknown> => Promise.all(jobs.map(({ id }) => roomOf(cloud, id).close()));
  await close();
  await removeProjectRows(cloud, projectId);
  // An alarm that was under way may have written a last word meanwhile.
  await close();
}
