/**
 * What an answer to a delivery means, and when to try again.
 * Invariant: a delivery ends: delivered, or given up after the last try; between two tries the wait grows, and never past a day.
 */
export type Outcome = 'delivered' | 'gone' | 'retry' | 'given-up';

const shortestMs = 15_000;
const longestMs = 6 * 3_600_000;
const longestAskedMs = 24 * 3_600_000;

/** @param status of the answer; null when there was none */
export function pushOutcome(status: number | null): Outcome {
  if (status === null || status === 408 || status === 429 || status >= 500) return 'retry';
  if (status === 404 || status === 410) return 'gone';
  return status >= 200 && status < 300 ? 'delivered' : 'given-up';
}

/** People's own servers answer 404 or 401 while they are being set up, so only 410 is taken as final (Standard Webhooks). */
export function webhookOutcome(status: number | null): Outcome {
  if (status === 410) return 'gone';
  return status !== null && status >= 200 && status < 300 ? 'delivered' : 'retry';
}

/**
 * Milliseconds until the next try: 15 s, 1 min, 4 min, 16 min, 1 h, 4 h, 6 h, each cut at random by up to a half, so that what failed
 * together does not come back together. What the server asks for is kept to where it is longer.
 * @param tries made so far, from 1
 * @param random in [0, 1)
 */
export function retryDelayMs(tries: number, random: number, askedMs: number | null): number {
  const backoff = Math.min(shortestMs * 4 ** (tries - 1), longestMs) * (0.5 + 0.5 * random);
  return Math.round(Math.max(backoff, Math.min(askedMs ?? 0, longestAskedMs)));
}
