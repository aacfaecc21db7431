/**
 * Pacing: how many steps go into one submission, so that the GPU stays busy, no submission runs long enough to trip a watchdog, and a
 * preview or a stop is served soon.
 */
export interface Pacing {
  /** Steps for the next submission. */
  batch: number;
  /** Tells how long a submission of `steps` steps took. */
  took(steps: number, ms: number): void;
  /** Smoothed milliseconds a step; null before the first measurement. */
  msPerStep: number | null;
}

const targetMs = 100;

export function createPacing(maxBatch: number): Pacing {
  const pacing: Pacing = {
    batch: 1,
    msPerStep: null,
    took(steps, ms) {
      const each = ms / steps;
      pacing.msPerStep = pacing.msPerStep === null ? each : 0.8 * pacing.msPerStep + 0.2 * each;
      pacing.batch = Math.max(1, Math.min(maxBatch, 2 * pacing.batch, Math.floor(targetMs / pacing.msPerStep)));
    },
  };
  return pacing;
}
