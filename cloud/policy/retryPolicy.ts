/**
 * When something that went wrong is tried again, and when no more. Pure.
 * Invariant: tries end, and between two of them is a random wait whose longest possible value doubles up to a quarter of an hour.
 */
const firstMs = 5000;
export const longestBackoffMs = 15 * 60_000;

/**
 * Exponential backoff with full jitter: anything from nothing to 5 s, 10 s, 20 s ... 15 min, so that what failed together does not come back
 * together (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015). What the other side asks for is kept where it is longer.
 * @param tries that failed so far, from 1
 * @param random in [0, 1)
 * @param askedMs Retry-After, in milliseconds
 * @returns milliseconds
 */
export function backoffMs(tries: number, random: number, askedMs: number | null = null): number {
  const most = Math.min(longestBackoffMs, firstMs * 2 ** Math.min(tries - 1, 30));
  return Math.round(Math.max(random * most, Math.min(askedMs ?? 0, longestBackoffMs)));
}

/** @param lostCount attempts lost before this one */
export const mayLoseAnother = (lostCount: number, { lostRetries }: { lostRetries: number }): boolean => lostCount < lostRetries;

/** @param tries rounds of an attempt in which no provider took the job, this one counted */
export const maySubmitAgain = (tries: number, { submitRetries }: { submitRetries: number }): boolean => tries <= submitRetries;
