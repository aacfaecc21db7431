/**
 * The time left as a range. A run grows its splats and its resolution, so one number would promise too much.
 * Invariant: low <= high, and the range is never narrower than a tenth either way.
 */

export interface TimeLeft {
  lowSeconds: number;
  highSeconds: number;
}

/** What the trainer said at one moment: when it expects to end. Milliseconds on one clock. */
export interface EndEstimate {
  atMs: number;
  endMs: number;
}

const rememberForMs = 20_000;
const margin = 0.1;

/** Adds what the trainer just said and forgets what is too old to matter. */
export function withEstimate(estimates: EndEstimate[], secondsLeft: number, nowMs: number): EndEstimate[] {
  const recent = estimates.filter(({ atMs }) => nowMs - atMs <= rememberForMs);
  return [...recent, { atMs: nowMs, endMs: nowMs + secondsLeft * 1000 }];
}

/** The range of the recent estimates, seen from now; null when there is none. */
export function timeLeft(estimates: EndEstimate[], nowMs: number): TimeLeft | null {
  if (estimates.length === 0) return null;
  const left = estimates.map(({ endMs }) => Math.max(0, (endMs - nowMs) / 1000));
  return { lowSeconds: Math.min(...left) * (1 - margin), highSeconds: Math.max(...left) * (1 + margin) };
}
