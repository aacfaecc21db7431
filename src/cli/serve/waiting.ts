/**
 * Waiting: pauses that a signal cuts short, and how long to pause before the next try.
 * Invariant: a pause never rejects, and leaves neither timer nor listener behind.
 */
const firstMs = 500;
const longestMs = 30_000;
/** A server that asks for more is misunderstood. */
const longestWishMs = 10 * 60_000;

/** Ends after `ms`, or as soon as the signal fires. */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}

/**
 * Exponential backoff with jitter over the upper half. `failures` counts from 1; `random` in 0..1; `wishMs` is what the server asked for,
 * or null.
 */
export function backoffMs(failures: number, random: number, wishMs: number | null): number {
  const ceilingMs = Math.min(longestMs, firstMs * 2 ** Math.min(20, failures - 1));
  const jittered = (ceilingMs * (1 + random)) / 2;
  return wishMs === null ? jittered : Math.min(longestWishMs, wishMs) + random * firstMs;
}
