/**
 * A job that is to go: ended first, then removed with its model and its room.
 * Invariant: nobody goes on paying for it: its run is asked to stop and its GPU time is accounted for before its row goes.
 */
import type { Cloud } from '../cloud.ts';
import { isFinal } from '../policy/jobMachine.ts';
import { type Job, getJob } from '../store/jobs.ts';
import { flushOutbox } from '../store/outbox.ts';
import { removeJobRows, removeModels } from '../store/removal.ts';
import { roomOf } from '../store/rooms.ts';
import { settleAttempt } from './afterEnd.ts';
import { cancelJob } from './cancel.ts';
import { purgePhotos } from './purgePhotos.ts';
import { purgeProject } from './purgeProject.ts';

async function hasRunToStop({ db }: Cloud, jobId: string): Promise<boolean> {
  const query = `SELECT 1 FROM outbox WHERE job_id = ?1 AND sent_at IS NULL AND body LIKE '{"kind":"stop-run"%'`;
  return (await db.prepare(query).bind(jobId).first()) !== null;
}

/** @throws when it cannot be ended now; the purge tries again */
export async function endJob(cloud: Cloud, job: Job): Promise<void> {
  if (!isFinal(job.state)) await cancelJob(cloud, job);
  const ended = await getJob(cloud.db, job.id);
  if (ended && ended.gpuSecondsReserved > 0) await settleAttempt(cloud, ended);
  if (!(await hasRunToStop(cloud, job.id))) return;
  await flushOutbox(cloud);
  if (await hasRunToStop(cloud, job.id)) throw new Error('A run of the job is still to be stopped.');
}

/** The last job takes its project along: photos that nothing is made of any more, and a name. */
async function buryIfLast(cloud: Cloud, { id, projectId }: Job): Promise<boolean> {
  const bury =
    "UPDATE projects SET status = 'deleted', updated_at = ?3 WHERE id = ?1" +
    ' AND NOT EXISTS (SELECT 1 FROM jobs WHERE project_id = ?1 AND id <> ?2) RETURNING id';
  return (await cloud.db.prepare(bury).bind(projectId, id, cloud.now()).first()) !== null;
}

export async function purgeJob(cloud: Cloud, jobId: string): Promise<void> {
  const job = await getJob(cloud.db, jobId);
  if (job) await endJob(cloud, job);
  if (job && (await buryIfLast(cloud, job))) return purgeProject(cloud, job.projectId);
  await removeModels(cloud, 'job_id', jobId);
  await roomOf(cloud, jobId).close();
  await removeJobRows(cloud, jobId);
  // An alarm that was under way may have written a last word meanwhile.
  await roomOf(cloud, jobId).close();
  if (job) await purgePhotos(cloud, job.projectId);
}
