/**
 * What follows when a job has ended, however it ended.
 * Invariant: each part may be done any number of times, and none stands in another's way; whoever finds an ended job may call it again.
 */
import type { JobEvent } from '../../src/core/job/events.ts';
import type { Failure } from '../../src/core/job/failure.ts';
import type { Cloud } from '../cloud.ts';
import { priceOf } from '../policy/costPolicy.ts';
import { isFinal } from '../policy/jobMachine.ts';
import { settle } from '../store/budget.ts';
import { roomOf } from '../store/rooms.ts';
import type { Job } from '../store/jobs.ts';
import { dropLeftovers } from '../store/models.ts';
import { flushLater, outboxed } from '../store/outbox.ts';
import { orderPhotosPurges } from '../store/purgeOrders.ts';
import { planDeliveries } from './deliver.ts';

/** Turns what the present attempt has reserved into what it has used: as its trainer says, or from its start to now. */
export async function settleAttempt(cloud: Cloud, job: Job): Promise<void> {
  const end = job.finishedAt ?? cloud.now();
  const seconds = job.gpuSeconds ?? (job.startedAt === null ? 0 : Math.max(0, end - job.startedAt) / 1000);
  const price = job.provider && job.gpuClass ? priceOf(job.provider, job.gpuClass, seconds, job.spot === 1) : null;
  await settle(cloud, job, seconds, price ?? 0);
}

/** The last event of a job's stream. */
export function lastEventOf({ state, failure }: Pick<Job, 'state' | 'failure'>): JobEvent {
  if (state === 'completed') return { type: 'finished' };
  if (state === 'cancelled') return { type: 'failed', failure: { code: 'cancelled', detail: 'The job was cancelled.' } };
  const unknown: Failure = { code: 'cloud-failed', detail: 'The job has failed.' };
  return { type: 'failed', failure: failure === null ? unknown : (JSON.parse(failure) as Failure) };
}

async function tellRoom(cloud: Cloud, job: Job): Promise<void> {
  await roomOf(cloud, job.id).publish([lastEventOf(job)]);
}

async function tellPeople(cloud: Cloud, job: Job): Promise<void> {
  await planDeliveries(cloud, job);
  await outboxed(cloud, { kind: 'deliver', requestId: job.requestId }).run();
}

/** Zero days: the photos go as soon as a job has completed. */
async function dropPhotos(cloud: Cloud, job: Job): Promise<void> {
  if (job.state !== 'completed') return;
  const ordered = await orderPhotosPurges(cloud, 'p.id = ?2 AND p.photos_keep_days = 0', [job.projectId]);
  if (ordered > 0) await outboxed(cloud, { kind: 'purge', requestId: job.requestId }).run();
}

/** What attempts have left in R2 that nobody will ask for: previews, checkpoints, halves. */
const dropFiles = (cloud: Cloud, job: Job): Promise<void> => dropLeftovers(cloud, job.id, job.modelId);

/** @param job as its last move left it; nothing is done for one that is not over */
export async function afterJobEnd(cloud: Cloud, job: Job): Promise<void> {
  if (!isFinal(job.state)) return;
  // The reservation last: by it the sweeper finds a job whose Worker ended in the middle of this.
  const parts = { tellRoom, tellPeople, dropPhotos, dropFiles, settleAttempt };
  for (const [name, part] of Object.entries(parts)) {
    try {
      await part(cloud, job);
    } catch (error) {
      cloud.log.error('after-end-failed', { jobId: job.id, part: name, error: String(error) });
    }
  }
  flushLater(cloud);
}
