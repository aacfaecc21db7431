/**
 * The watchdog: what is to be done about a job that nothing is heard of. Pure.
 * Invariant: every open job has a moment at which something is done, whatever was lost; the deadline is the last of them.
 */
import type { Tuning } from '../config.ts';
import type { ProviderState } from '../providers/adapter.ts';
import type { Job } from '../store/jobs.ts';
import { isFinal } from './jobMachine.ts';

/**
 * - wait: nothing yet. `at` is when something will be, in milliseconds since 1970, should nothing change.
 * - resend: its message seems to be lost.
 * - ask: the provider has to say how it goes.
 * - lose: the attempt is over and another begins.
 * - expire: its time is over.
 */
export type Action = { do: 'none' | 'resend' | 'ask' | 'expire' } | { do: 'wait'; at: number } | { do: 'lose'; why: string };

export type WatchedJob = Pick<
  Job,
  'state' | 'updatedAt' | 'notBefore' | 'submittedAt' | 'startedAt' | 'leaseUntil' | 'deadlineAt' | 'createdAt'
>;
type WatchTuning = Pick<Tuning, 'resendSeconds' | 'unclaimedSeconds' | 'watchSeconds' | 'leaseSeconds' | 'lostSeconds' | 'attemptSeconds'>;

/** When a submitted job is taken to be unclaimed for too long. */
const unclaimedAt = (job: WatchedJob, { unclaimedSeconds }: WatchTuning): number =>
  (job.submittedAt ?? job.updatedAt) + unclaimedSeconds * 1000;

const leaseEnd = (job: WatchedJob, { leaseSeconds }: WatchTuning): number =>
  job.leaseUntil ?? (job.startedAt ?? job.updatedAt) + leaseSeconds * 1000;

/** A provider is asked once in a watch interval; every asking is noted in updated_at. */
const askOrWait = (job: WatchedJob, from: number, nowMs: number, { watchSeconds }: WatchTuning): Action => {
  const at = Math.max(from, job.updatedAt + watchSeconds * 1000);
  return nowMs >= at ? { do: 'ask' } : { do: 'wait', at };
};

function aboutHeld(job: WatchedJob, nowMs: number, tuning: WatchTuning): Action {
  const end = leaseEnd(job, tuning);
  if (nowMs >= end + tuning.lostSeconds * 1000) return { do: 'lose', why: 'The trainer has not been heard of for too long.' };
  const attemptEnd = (job.startedAt ?? job.updatedAt) + tuning.attemptSeconds * 1000;
  if (nowMs >= attemptEnd) return { do: 'lose', why: 'The attempt has taken too long.' };
  const action = askOrWait(job, end, nowMs, tuning);
  return action.do === 'wait' ? { do: 'wait', at: Math.min(action.at, attemptEnd) } : action;
}

export function whatToDo(job: WatchedJob, nowMs: number, tuning: WatchTuning): Action {
  if (isFinal(job.state)) return { do: 'none' };
  if (nowMs >= job.deadlineAt) return { do: 'expire' };
  const action = beforeDeadline(job, nowMs, tuning);
  return action.do === 'wait' ? { do: 'wait', at: Math.min(action.at, job.deadlineAt) } : action;
}

function beforeDeadline(job: WatchedJob, nowMs: number, tuning: WatchTuning): Action {
  if (job.state === 'queued' || job.state === 'submitting') {
    const at = Math.max(job.updatedAt, job.notBefore) + tuning.resendSeconds * 1000;
    return nowMs >= at ? { do: 'resend' } : { do: 'wait', at };
  }
  return job.state === 'submitted' ? askOrWait(job, unclaimedAt(job, tuning), nowMs, tuning) : aboutHeld(job, nowMs, tuning);
}

/**
 * What a provider's word leads to. A trainer that is heard of is believed more than its provider; only a plain "it has ended" counts at once.
 * @param said of the run; `lost`: the provider does not know it
 */
export function afterAsking(job: WatchedJob, said: ProviderState, nowMs: number, tuning: WatchTuning): Action {
  const wait: Action = { do: 'wait', at: nowMs + tuning.watchSeconds * 1000 };
  if (said === 'queued' || said === 'starting' || said === 'running') return wait;
  const silentFrom = job.state === 'submitted' ? unclaimedAt(job, tuning) : leaseEnd(job, tuning);
  if (said === 'succeeded') {
    // Its last call may still be under way.
    const isSilent = nowMs >= silentFrom + tuning.leaseSeconds * 1000;
    return isSilent ? { do: 'lose', why: 'The run has ended at its provider without a result.' } : wait;
  }
  if (said === 'lost' && nowMs < silentFrom) return wait;
  return { do: 'lose', why: `The provider says of the run: ${said}.` };
}
