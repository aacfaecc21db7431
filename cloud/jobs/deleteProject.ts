/**
 * Deleting a project, by itself or with its upload.
 * Invariant: the tombstone comes first, so that nothing can be begun with the project while its jobs are being cancelled; a Worker that ends
 * in the middle leaves the rest to the purge.
 */
import type { Cloud } from '../cloud.ts';
import { flushLater } from '../store/outbox.ts';
import { buryProject } from '../store/projects.ts';
import { cancelJob } from './cancel.ts';

/** @returns false when there is no such project or it is somebody else's */
export async function deleteProject(cloud: Cloud, ownerId: string, projectId: string): Promise<boolean> {
  const running = await buryProject(cloud, ownerId, projectId);
  if (!running) return false;
  for (const job of running) await cancelJob(cloud, job);
  flushLater(cloud);
  return true;
}
