/**
 * Once more, of the photos that are still there.
 * Invariant: a job that is over stays as it is; another try is another job.
 */
import type { CloudPreset } from '../../src/core/job/cloudApi.ts';
import type { Cloud } from '../cloud.ts';
import { Refusal } from '../http/refusal.ts';
import { isFinal } from '../policy/jobMachine.ts';
import type { Job } from '../store/jobs.ts';
import { type OrderedJob, orderJob } from './order.ts';

/** @throws Refusal 409 when there is nothing to try again, and those of an order */
export async function retryJob(cloud: Cloud, job: Job, preset: CloudPreset, apiBase: string): Promise<OrderedJob> {
  if (!isFinal(job.state)) throw new Refusal(409, 'job-open', 'This job is still under way.');
  if (job.state === 'completed' && preset === job.preset)
    throw new Refusal(409, 'job-completed', 'This job has its model already; choose another preset to make another.');
  return orderJob(cloud, { ownerId: job.ownerId, uploadId: job.uploadId, preset, apiBase, retryOf: job.id });
}
