/**
 * Telling people that a job has ended: by push and by their webhook.
 * Invariant: planning is idempotent, sending is at least once, and neither ever changes the job. An address is checked again before each
 * try, because a row may be older than the rules.
 */
import { retryAfterMs } from '../../src/core/job/retryAfter.ts';
import type { Cloud } from '../cloud.ts';
import { type Outcome, retryDelayMs } from '../policy/deliveryRetry.ts';
import { isFinal } from '../policy/jobMachine.ts';
import { count } from '../store/counters.ts';
import { type Delivery, claimRow, dueRows, planRows, settleRow, targetsOf } from '../store/deliveries.ts';
import { type Job, getJob } from '../store/jobs.ts';
import { type Attempt, sendPush, sendWebhook } from './send.ts';

/** Far longer than a try can take (send.ts), so that a claim ends only when its Worker has. */
const claimMs = 120_000;
/** A Worker has six connections at a time; more would wait and use up their time limit. */
const atOnce = 5;

/** Writes what has to be told about a job that has ended. May be called any number of times. */
export async function planDeliveries(cloud: Cloud, job: Job): Promise<void> {
  if (!isFinal(job.state)) return;
  const targets = await targetsOf(cloud, job.ownerId);
  // Whoever cancelled sits at the screen; a program behind a webhook does not.
  const told = job.state === 'cancelled' ? targets.filter(({ kind }) => kind === 'webhook') : targets;
  await planRows(
    cloud,
    told.map((target) => ({ ...target, ownerId: job.ownerId, jobId: job.id })),
  );
}

/** Sends what is due. @returns how many tries were made */
export async function deliverDue(cloud: Cloud, limit: number): Promise<number> {
  const due = await dueRows(cloud, limit);
  let tries = 0;
  for (let first = 0; first < due.length; first += atOnce) {
    const made = await Promise.all(due.slice(first, first + atOnce).map((row) => deliver(cloud, row)));
    tries += made.filter(Boolean).length;
  }
  return tries;
}

const nothing = { status: null, retryAfter: null };

/** @returns false when somebody else has it */
async function deliver(cloud: Cloud, row: Delivery): Promise<boolean> {
  const claimed = await claimRow(cloud, row, claimMs);
  if (!claimed) return false;
  const attempt = await attemptOf(cloud, claimed).catch((error: unknown): Attempt => {
    cloud.log.error('delivery-error', { deliveryId: claimed.id, error: String(error) });
    return { ...nothing, outcome: 'retry', error: 'The server could not send it.' };
  });
  await settle(cloud, claimed, attempt);
  return true;
}

async function attemptOf(cloud: Cloud, claimed: Delivery): Promise<Attempt> {
  // Tries that ended with their Worker were never settled, but count: one that kills every Worker comes to an end too.
  if (claimed.tries > cloud.config.tuning.deliveryTries) return { ...nothing, outcome: 'given-up', error: 'Every try broke off.' };
  const job = await getJob(cloud.db, claimed.jobId);
  if (!job) return { ...nothing, outcome: 'gone', error: 'The job has been deleted.' };
  return claimed.kind === 'push' ? sendPush(cloud, claimed, job) : sendWebhook(cloud, claimed, job);
}

async function settle(cloud: Cloud, claimed: Delivery, attempt: Attempt): Promise<void> {
  const isLast = claimed.tries >= cloud.config.tuning.deliveryTries;
  const outcome: Outcome = attempt.outcome === 'retry' && isLast ? 'given-up' : attempt.outcome;
  const waitMs = retryDelayMs(claimed.tries, cloud.random(), retryAfterMs(attempt.retryAfter, cloud.now()));
  await settleRow(cloud, claimed, {
    status: outcome === 'delivered' ? 'delivered' : outcome === 'retry' ? 'open' : 'given-up',
    lastStatus: attempt.status,
    lastError: attempt.error,
    notBefore: cloud.now() + (outcome === 'retry' ? waitMs : 0),
  });
  count(cloud, claimed.kind === 'push' ? 'push_result' : 'webhook_out', outcome);
  cloud.log.info('delivery', { deliveryId: claimed.id, kind: claimed.kind, jobId: claimed.jobId, outcome, status: attempt.status });
}
