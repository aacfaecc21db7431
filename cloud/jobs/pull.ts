/**
 * Giving a submitted job to a worker that comes and asks.
 * Invariant: a job is with one worker at a time. A worker that was started again gets nothing under its former name: what it held then goes
 * back to the queue, and it does not count as lost, for nothing was wrong with the job.
 */
import type { PullAnswer, PullRequest } from '../../src/core/job/trainerApi.ts';
import type { Cloud } from '../cloud.ts';
import type { Job } from '../store/jobs.ts';
import { type Worker, heldBy, isPresent, present, takeJob } from '../store/workers.ts';
import { loseAttempt } from './lost.ts';
import { trainSpecOf } from './trainSpec.ts';

/** Restarts of workers that a job survives for nothing; past them it may be the job that brings them down. */
const freeRestarts = 5;

/** Attempts that were neither the first nor lost: those that a restart ended. */
const restartsOf = ({ attempt, lostCount }: Job): number => attempt - 1 - lostCount;

async function giveBack(cloud: Cloud, job: Job): Promise<void> {
  // One less than there were, so that with this one there are as many as before.
  const counted = restartsOf(job) < freeRestarts ? { ...job, lostCount: job.lostCount - 1 } : job;
  await loseAttempt(cloud, counted, 'worker-restarted', { excludeProvider: false });
}

/** Notes that the worker is there; when it was started anew, what it held before is given back. */
export async function greet(cloud: Cloud, worker: Worker): Promise<void> {
  if (!(await isPresent(cloud, worker))) for (const job of await heldBy(cloud, worker)) await giveBack(cloud, job);
  await present(cloud, worker);
}

export async function giveJob(cloud: Cloud, worker: Worker, request: PullRequest): Promise<PullAnswer | null> {
  const job = await takeJob(cloud, worker, request);
  if (!job?.externalId) return null;
  cloud.log.info('pulled', { jobId: job.id, attempt: job.attempt, provider: job.provider });
  return { spec: await trainSpecOf(cloud, job), externalId: job.externalId };
}
