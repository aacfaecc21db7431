/** Time left: the range comes from what the trainer said lately, and the words from the range. */
import { describe, expect, test } from 'vitest';
import { timeLeft, withEstimate } from '../../../src/app/features/train/timeLeft.ts';
import { text } from '../../../src/app/i18n/en.ts';

describe('time left', () => {
  test('nothing said, nothing known', () => {
    expect(timeLeft([], 0)).toBeNull();
  });

  test('one estimate is widened by a tenth either way', () => {
    const range = timeLeft(withEstimate([], 100, 5000), 5000);
    expect(range?.lowSeconds).toBeCloseTo(90, 9);
    expect(range?.highSeconds).toBeCloseTo(110, 9);
  });

  test('estimates that disagree open the range; time that passes shortens it', () => {
    let estimates = withEstimate([], 100, 0);
    estimates = withEstimate(estimates, 200, 10_000); // ends at 100 s and at 210 s
    const range = timeLeft(estimates, 20_000);
    expect(range?.lowSeconds).toBeCloseTo(80 * 0.9, 9);
    expect(range?.highSeconds).toBeCloseTo(190 * 1.1, 9);
  });

  test('what was said more than 20 s ago is forgotten', () => {
    const estimates = withEstimate(withEstimate([], 1000, 0), 10, 20_001);
    expect(timeLeft(estimates, 20_001)?.highSeconds).toBeCloseTo(11, 9);
  });

  test('never below zero', () => {
    expect(timeLeft(withEstimate([], 1, 0), 60_000)).toEqual({ lowSeconds: 0, highSeconds: 0 });
  });

  test.each([
    [3, 4, 'about 5 s'],
    [12, 33, '10 to 35 s'],
    [50, 70, '50 s to 1 min'],
    [100, 400, '2 to 7 min'],
    [3000, 9000, '50 min to 2.5 h'],
  ])('%d to %d seconds reads "%s"', (lowSeconds, highSeconds, words) => {
    expect(text.progress.range({ lowSeconds, highSeconds })).toBe(words);
  });
});
