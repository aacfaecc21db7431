/**
 * What the operator is shown, as plain types: how the service is, and the rows of the lists.
 * Invariant: nothing by which somebody could act as an owner, a trainer or a visitor is in any of it.
 */
import type { JobState } from './jobMachine.ts';
import type { BreakerPhase } from './breaker.ts';

export interface Reach {
  ok: boolean;
  /** How long the answer took, milliseconds. */
  ms: number;
}

/** A day or a month, UTC. */
export interface PeriodSpend {
  usedSeconds: number;
  /** Of attempts under way. */
  reservedSeconds: number;
  /** Null: no limit. */
  limitSeconds: number | null;
  /** Millionths of a US dollar. */
  costMicros: number;
}

export interface ProviderView {
  id: string;
  breaker: BreakerPhase;
  /** Refusals in a row. */
  failures: number;
  /** When the breaker opened, milliseconds since 1970; null while it is closed. */
  openedAt: number | null;
  lastError: string | null;
  /** As the provider itself says; null when it was not asked. */
  health: { ok: boolean; hint: string | null } | null;
}

/** Moments are milliseconds since 1970, UTC; null where there is none. */
export interface Figures {
  jobs: Record<JobState, number>;
  queue: {
    /** Messages that the queue should have by now, and those whose time has not come. */
    unsent: number;
    delayed: number;
    oldestUnsentAt: number | null;
    /** When the job was ordered that has waited longest for a trainer. */
    oldestWaitingAt: number | null;
  };
  /** Jobs that ended in the last 24 hours; a job whose time was over counts as failed. The rate is null when none ended. */
  lastDay: { completed: number; failed: number; errorRate: number | null };
  budget: { day: PeriodSpend; month: PeriodSpend };
  killSwitch: { on: boolean; since: number | null };
  deadLetters: { open: number; oldestAt: number | null };
  purges: { open: number; oldestAt: number | null };
  /** Those seen in the last day, newest first. */
  workers: { name: string; seenAt: number }[];
  /** When the last sweep began. */
  sweptAt: number | null;
  providers: ProviderView[];
}

/** What was found out, before it is judged. */
export interface Findings {
  at: number;
  d1: Reach;
  r2: Reach;
  /** Null when D1 does not answer. */
  figures: Figures | null;
}

export interface Alert {
  name: string;
  /** Which one, where there may be several: a provider. */
  about: string | null;
  /** One English sentence. */
  what: string;
  value: number;
  /** It is an alert from this value on. */
  threshold: number;
  unit: 'seconds' | 'share' | 'count';
  /** Milliseconds since 1970; null when it is not known. */
  since: number | null;
}

export interface Health extends Findings {
  ok: boolean;
  alerts: Alert[];
}

export interface AdminJob {
  id: string;
  ownerId: string;
  projectId: string;
  state: JobState;
  attempt: number;
  lostCount: number;
  preset: string;
  photos: number;
  bytes: number;
  provider: string | null;
  gpuClass: string | null;
  externalId: string | null;
  stage: string | null;
  /** For the operator. */
  error: string | null;
  gpuSecondsReserved: number;
  gpuSeconds: number | null;
  costMicros: number | null;
  requestId: string;
  createdAt: number;
  startedAt: number | null;
  updatedAt: number;
  deadlineAt: number;
  finishedAt: number | null;
}

export interface Counter {
  name: string;
  label: string;
  count: number;
}
