/** Pacing: submissions grow to a fraction of a second, shrink when steps get slow, and never leave 1..max. */
import { describe, expect, test } from 'vitest';
import { createPacing } from '../../src/core/train/pacing.ts';

/** Batch sizes while every step takes `ms`. */
function paced(ms: number, rounds: number, maxBatch = 64): number[] {
  const pacing = createPacing(maxBatch);
  return Array.from({ length: rounds }, () => {
    const { batch } = pacing;
    pacing.took(batch, batch * ms);
    return batch;
  });
}

describe('pacing', () => {
  test('starts with one step and at most doubles', () => {
    const batches = paced(0.1, 10);
    expect(batches[0]).toBe(1);
    batches.forEach((batch, k) => k > 0 && expect(batch).toBeLessThanOrEqual(2 * batches[k - 1]));
    expect(batches.at(-1)).toBe(64);
  });

  test('submissions of fast steps last between 50 and 150 ms', () => {
    for (const ms of [2, 5, 12, 30]) {
      const duration = paced(ms, 20).at(-1)! * ms;
      expect(duration).toBeGreaterThan(50);
      expect(duration).toBeLessThan(150);
    }
  });

  test('slow steps go one by one', () => {
    expect(paced(2000, 5)).toEqual([1, 1, 1, 1, 1]);
  });

  test('adapts when steps become slower', () => {
    const pacing = createPacing(64);
    for (let k = 0; k < 10; k++) pacing.took(pacing.batch, pacing.batch);
    expect(pacing.batch).toBe(64);
    for (let k = 0; k < 20; k++) pacing.took(pacing.batch, pacing.batch * 100);
    expect(pacing.batch).toBe(1);
  });

  test('a clock that stands still does no harm', () => {
    const pacing = createPacing(64);
    expect(pacing.msPerStep).toBeNull();
    for (let k = 0; k < 10; k++) pacing.took(pacing.batch, 0);
    expect(pacing.batch).toBe(64);
    expect(pacing.msPerStep).toBe(0);
  });
});
