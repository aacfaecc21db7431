/**
 * The circuit breaker of a provider: after five refusals in a row it is left alone for a while. Pure.
 * Invariant: while it is half open one job at a time tries it; every failed trial doubles the pause, up to a quarter of an hour.
 */
export interface Breaker {
  /** In a row. */
  failures: number;
  /** When the last refusal opened it; null while it is closed. */
  openedAt: number | null;
  /** Until then a trial is under way. */
  trialUntil: number | null;
}

export const failuresToOpen = 5;
const firstPauseMs = 60_000;
const longestPauseMs = 15 * 60_000;
/** Longer than a provider's answer may take. A Worker that ends in the middle of its trial blocks the next no longer than this. */
export const trialMs = 60_000;

export const closedBreaker: Breaker = { failures: 0, openedAt: null, trialUntil: null };

const pauseMs = (failures: number): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(Math.max(0, failures - failuresToOpen), 20));

/** Milliseconds since 1970 from which on a job may try the provider; 0 for at once. */
export function usableFrom({ failures, openedAt, trialUntil }: Breaker): number {
  return openedAt === null ? 0 : Math.max(openedAt + pauseMs(failures), trialUntil ?? 0);
}

export type BreakerPhase = 'closed' | 'open' | 'half-open';

/** `open` also while somebody else's trial is under way. */
export function phaseOf(breaker: Breaker, nowMs: number): BreakerPhase {
  if (breaker.openedAt === null) return 'closed';
  return usableFrom(breaker) <= nowMs ? 'half-open' : 'open';
}

export function afterFailure({ failures }: Breaker, nowMs: number): Breaker {
  const more = failures + 1;
  return { failures: more, openedAt: more >= failuresToOpen ? nowMs : null, trialUntil: null };
}
