/**
 * The job's state machine: which state may follow which.
 * Invariant: a final state is never left. Every change in the database names the states it may come from and is made only from those
 * (compare-and-set); whatever comes too late changes nothing.
 */
import type { CloudJobState } from '../../src/core/job/cloudApi.ts';
import type { Stage } from '../../src/core/job/events.ts';

export const jobStates = [
  'queued',
  'submitting',
  'submitted',
  'claimed',
  'solving',
  'training',
  'exporting',
  'completed',
  'failed',
  'cancelled',
  'expired',
] as const;
export type JobState = (typeof jobStates)[number];

export const finalStates = ['completed', 'failed', 'cancelled', 'expired'] as const satisfies JobState[];
/** A trainer holds the job. */
export const heldStates = ['claimed', 'solving', 'training', 'exporting'] as const satisfies JobState[];
export const openStates = ['queued', 'submitting', 'submitted', ...heldStates] as const satisfies JobState[];

export const isFinal = (state: JobState): boolean => (finalStates as readonly JobState[]).includes(state);

/**
 * What may happen to a job, and the states it may happen in. `to` is where it leads.
 * - submit: the queue's consumer takes it; unsubmit: the provider was not to be had, it waits again.
 * - submitted: the provider took it. A trainer may be faster than the provider's answer, hence claim from `submitting`.
 * - retry: the attempt is lost and another begins.
 */
export const jobMoves = {
  submit: { from: ['queued'], to: 'submitting' },
  unsubmit: { from: ['submitting'], to: 'queued' },
  submitted: { from: ['submitting'], to: 'submitted' },
  claim: { from: ['submitting', 'submitted'], to: 'claimed' },
  solve: { from: ['claimed'], to: 'solving' },
  train: { from: ['claimed', 'solving'], to: 'training' },
  export: { from: ['claimed', 'solving', 'training'], to: 'exporting' },
  complete: { from: heldStates, to: 'completed' },
  retry: { from: ['submitting', 'submitted', ...heldStates], to: 'queued' },
  fail: { from: openStates, to: 'failed' },
  cancel: { from: openStates, to: 'cancelled' },
  expire: { from: openStates, to: 'expired' },
} as const satisfies Record<string, { from: readonly JobState[]; to: JobState }>;
export type JobMove = keyof typeof jobMoves;

/** The move that a stage of the trainer means; null when it changes nothing. */
export function moveOfStage(stage: Stage): JobMove | null {
  if (stage === 'train' || stage === 'evaluate') return 'train';
  if (stage === 'save') return 'export';
  return stage === 'photos' || stage === 'read' ? null : 'solve';
}

/** How the person's page calls a state. */
export function publicState(state: JobState): CloudJobState {
  if (state === 'queued' || state === 'submitting' || state === 'submitted') return 'queued';
  if (state === 'expired') return 'failed';
  return state === 'completed' || state === 'failed' || state === 'cancelled' ? state : 'running';
}
