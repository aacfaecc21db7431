/**
 * How long to wait before the next try: exponential backoff with full jitter, so that many clients do not come back at the same moment
 * (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015).
 * Invariant: never sooner than the server asked for, and without such a wish never longer than five minutes.
 */
export const firstWaitMs = 2_000;
export const longestWaitMs = 5 * 60_000;
/** A server that asks for more than a day is misunderstood. */
const longestWishMs = 24 * 3_600_000;

/** `attempt` counts from 1; `random` in 0..1; `retryAfterMs` as the server wished, or null. */
export function backoffMs(attempt: number, random: number, retryAfterMs: number | null): number {
  const ceilingMs = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(30, attempt - 1));
  const jittered = random * ceilingMs;
  // On top of a wish comes a little jitter too: everybody who was turned away has got the same one.
  return retryAfterMs === null ? jittered : Math.min(longestWishMs, retryAfterMs) + random * firstWaitMs;
}
