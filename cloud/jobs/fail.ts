/**
 * The end of a job that did not work out.
 * Invariant: the person gets a Failure, the operator what is really the matter; the run at the provider is stopped.
 */
import type { Failure } from '../../src/core/job/failure.ts';
import { type Cloud, frozen } from '../cloud.ts';
import { type Job, move } from '../store/jobs.ts';
import { afterJobEnd } from './afterEnd.ts';
import { stopAsked } from './stopRun.ts';

/**
 * @param error for the operator
 * @param how `expire`: its time is over
 * @returns null when the job was over already or in another attempt
 */
export async function failJob(
  moving: Cloud,
  job: Job,
  failure: Failure,
  error: string,
  how: 'fail' | 'expire' = 'fail',
): Promise<Job | null> {
  const cloud = frozen(moving);
  const state = how === 'fail' ? 'failed' : 'expired';
  const stop = stopAsked(cloud, job, { state, attempt: job.attempt });
  const words = { failure: JSON.stringify(failure), error: error.slice(0, 2000) };
  const failed = await move(cloud, job, how, { ...words, ...(job.gpuSeconds !== null && { gpuSeconds: job.gpuSeconds }) }, stop);
  if (!failed) return null;
  await afterJobEnd(moving, failed);
  return failed;
}
