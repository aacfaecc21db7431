/**
 * An attempt that is lost: the machine was taken away, the trainer fell silent, the run ended without a result.
 * Invariant: the next attempt begins in the same transaction that ends this one, so a job is never between two; attempts end.
 */
import { type Cloud, frozen } from '../cloud.ts';
import { backoffMs, mayLoseAnother } from '../policy/retryPolicy.ts';
import type { ProviderId } from '../providers/adapter.ts';
import { type Job, move } from '../store/jobs.ts';
import { flushLater } from '../store/outbox.ts';
import { askAgain } from '../store/submitMessages.ts';
import { settleAttempt } from './afterEnd.ts';
import { failJob } from './fail.ts';
import { stopAsked } from './stopRun.ts';

export const triedOf = ({ triedProviders }: Pick<Job, 'triedProviders'>): ProviderId[] => JSON.parse(triedProviders) as ProviderId[];

export interface LostOptions {
  /** The next attempt goes to another provider where there is one. */
  excludeProvider: boolean;
  /** What the trainer says it has used; reckoned from its times where it says nothing. */
  gpuSeconds?: number;
}

/** What a new attempt begins with. */
const fresh = {
  provider: null,
  gpuClass: null,
  externalId: null,
  webhookHash: null,
  holder: null,
  leaseUntil: null,
  startedAt: null,
  stage: null,
  progress: null,
  trainerSeq: 0,
} as const;

/**
 * Ends the attempt and begins another after a while; past the last, the job has failed.
 * @param why for the operator
 * @returns the job, queued or failed; null when it was over or in another attempt already
 */
export async function loseAttempt(moving: Cloud, job: Job, why: string, { excludeProvider, gpuSeconds }: LostOptions): Promise<Job | null> {
  const { tuning } = moving.config;
  const used = gpuSeconds === undefined ? job : { ...job, gpuSeconds };
  if (!mayLoseAnother(job.lostCount, tuning)) {
    const detail = `The work was begun ${job.lostCount + 1} times and did not come to an end.`;
    return failJob(moving, used, { code: 'cloud-failed', detail }, why);
  }
  await settleAttempt(moving, used);
  const cloud = frozen(moving);
  const [attempt, lostCount] = [job.attempt + 1, job.lostCount + 1];
  const notBefore = cloud.now() + backoffMs(lostCount, cloud.random());
  const tried = excludeProvider && job.provider ? [...new Set([...triedOf(job), job.provider])] : triedOf(job);
  const change = { ...fresh, attempt, lostCount, notBefore, triedProviders: JSON.stringify(tried), error: why.slice(0, 2000) };
  const again = askAgain(cloud, { ...job, attempt }, notBefore, true);
  const queued = await move(cloud, job, 'retry', change, [...again, ...stopAsked(cloud, job, { state: 'queued', attempt })]);
  if (!queued) return null;
  cloud.log.warn('attempt-lost', { jobId: job.id, attempt: job.attempt, provider: job.provider, why });
  flushLater(moving);
  return queued;
}
