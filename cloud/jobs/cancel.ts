/**
 * Cancelling a job.
 * Invariant: the state changes at once; the trainer hears of it in its next answer, its provider through the outbox.
 */
import { type Cloud, frozen } from '../cloud.ts';
import { isFinal } from '../policy/jobMachine.ts';
import { type Job, getJob, move } from '../store/jobs.ts';
import { afterJobEnd } from './afterEnd.ts';
import { stopAsked } from './stopRun.ts';

/** @returns null when the job is over already */
export async function cancelJob(cloud: Cloud, job: Job): Promise<Job | null> {
  let now: Job | null = job;
  // It may go into another attempt at the same moment; what the person wants holds for that one too.
  while (now && !isFinal(now.state)) {
    const cancelled = await cancelAttempt(cloud, now);
    if (cancelled) return cancelled;
    now = await getJob(cloud.db, job.id);
  }
  return null;
}

async function cancelAttempt(moving: Cloud, job: Job): Promise<Job | null> {
  const cloud = frozen(moving);
  const stop = stopAsked(cloud, job, { state: 'cancelled', attempt: job.attempt });
  const cancelled = await move(cloud, job, 'cancel', { cancelAskedAt: cloud.now() }, stop);
  if (!cancelled) return null;
  await afterJobEnd(moving, cancelled);
  return cancelled;
}
