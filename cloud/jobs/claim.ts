/**
 * The claim: one trainer holds an attempt.
 * Invariant: of any number of trainers that were started for an attempt one goes on; the others hear so at once.
 */
import type { ClaimAnswer, ClaimRequest } from '../../src/core/job/trainerApi.ts';
import { type Cloud, frozen } from '../cloud.ts';
import { leaseFrom, renewClaim } from '../store/claims.ts';
import { type Job, move } from '../store/jobs.ts';
import { pendingModel } from '../store/models.ts';

const answerOf = (job: Job): ClaimAnswer => ({ leaseUntil: job.leaseUntil ?? 0, lastSeq: job.trainerSeq });

/**
 * @returns null when somebody else holds the attempt, or it is over. The same holder may claim again; another one once the lease has run
 *   out, for a provider may have started the trainer anew after its machine was taken away
 */
export async function claimJob(moving: Cloud, job: Job, { holder, externalId }: ClaimRequest): Promise<ClaimAnswer | null> {
  const cloud = frozen(moving);
  const now = cloud.now();
  const change = {
    holder,
    leaseUntil: leaseFrom(cloud, now),
    startedAt: now,
    // A trainer may be faster than the provider's answer.
    ...(job.externalId === null && externalId !== '' && { externalId }),
  };
  const isFirst = job.state === 'submitting' || job.state === 'submitted';
  const claimed = isFirst ? await move(cloud, job, 'claim', change, [pendingModel(cloud, job, holder)]) : null;
  const held = claimed ?? (await renewClaim(cloud, job, holder));
  return held && answerOf(held);
}
