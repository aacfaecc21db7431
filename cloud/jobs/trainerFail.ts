/**
 * The trainer says that it cannot go on.
 * Invariant: it ends its own attempt and no other; whether another begins is decided here, not by the trainer.
 */
import type { FailAnswer, FailRequest } from '../../src/core/job/trainerApi.ts';
import type { FailureCode } from '../../src/core/job/failure.ts';
import type { Cloud } from '../cloud.ts';
import { type JobState, heldStates, isFinal } from '../policy/jobMachine.ts';
import { type Job, getJob } from '../store/jobs.ts';
import { failJob } from './fail.ts';
import { loseAttempt } from './lost.ts';

/** The machine was not up to it, so the next attempt is better made elsewhere. */
const machineAtFault: FailureCode[] = ['gpu-missing', 'gpu-lost', 'out-of-memory', 'storage-full'];

/** @returns null when nobody holds the attempt */
export async function failAttempt(cloud: Cloud, job: Job, { failure, retryable, gpuSeconds }: FailRequest): Promise<FailAnswer | null> {
  if (isFinal(job.state)) return { willRetry: false };
  if (!(heldStates as readonly JobState[]).includes(job.state)) return null;
  const seconds = Math.ceil(gpuSeconds);
  const why = `The trainer: ${failure.code}: ${failure.detail}`;
  const ended = retryable
    ? await loseAttempt(cloud, job, why, { excludeProvider: machineAtFault.includes(failure.code), gpuSeconds: seconds })
    : await failJob(cloud, { ...job, gpuSeconds: seconds }, failure, why);
  const now = ended ?? (await getJob(cloud.db, job.id));
  return { willRetry: now !== null && !isFinal(now.state) };
}
