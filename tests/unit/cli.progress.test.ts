/** Progress: bars that fit their terminal, lines for logs, and numbers in words. */
import { describe, expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration } from '../../src/cli/numbersInWords.ts';
import { type ProgressEvent, formatProgressBar, formatProgressLine } from '../../src/cli/progress.ts';

const training: ProgressEvent = {
  type: 'progress',
  stage: 'train',
  done: 1260,
  total: 3000,
  unit: 'steps',
  secondsLeft: 80,
  figures: { splats: 48211, widthPx: 270, heightPx: 480, loss: 0.03119, trainPsnrDb: 27.84, heldOutPsnrDb: null, stepsPerSecond: 31.2 },
};
const reading: ProgressEvent = { type: 'progress', stage: 'photos', done: 3, total: 50, unit: 'photos', secondsLeft: null };

describe('bar', () => {
  test('on a wide terminal shows everything', () => {
    expect(formatProgressBar(training, 140)).toBe(
      'Training  [████████░░░░░░░░░░░░]  42 %  1,260/3,000 steps  48,211 splats  PSNR 27.8 dB  loss 0.0312  31 steps/s  1 min 20 s left',
    );
  });

  test.each([200, 120, 100, 80, 60, 40, 20, 10, 5, 1, 0])('never reaches the last of %i columns', (columns) => {
    for (const event of [training, reading]) expect(formatProgressBar(event, columns).length).toBeLessThanOrEqual(Math.max(0, columns - 1));
  });

  test('keeps the stage, percentage and time left longest', () => {
    expect(formatProgressBar(training, 40)).toBe('Training  42 %  1 min 20 s left');
    expect(formatProgressBar(training, 20)).toBe('Training  42 %');
  });

  test('is empty at nothing, full at the end, and not broken by a total of zero or a step too many', () => {
    const cells = (event: ProgressEvent): number => formatProgressBar(event, 200).split('█').length - 1;
    expect([0, 2999, 3000, 3001].map((done) => cells({ ...training, done }))).toEqual([0, 19, 20, 20]);
    expect(cells({ ...reading, done: 0, total: 0 })).toBe(0);
    expect(formatProgressBar({ ...training, done: 2999 }, 200)).toContain('99 %');
  });
});

describe('line', () => {
  test('has all figures that are known', () => {
    expect(formatProgressLine(training)).toBe(
      'Training: 1,260/3,000 steps (42 %), 48,211 splats, PSNR 27.8 dB, loss 0.0312, 31 steps/s, 1 min 20 s left',
    );
  });

  test('leaves out what is not known yet', () => {
    const early = { splats: 100, widthPx: 67, heightPx: 120, loss: null, trainPsnrDb: null, heldOutPsnrDb: null, stepsPerSecond: 0 };
    expect(formatProgressLine({ ...training, secondsLeft: null, figures: early })).toBe('Training: 1,260/3,000 steps (42 %), 100 splats');
    expect(formatProgressLine(reading)).toBe('Preparing photos: 3/50 photos (6 %)');
  });

  test('says no time left once it is done', () => {
    expect(formatProgressLine({ ...training, done: 3000, secondsLeft: 0 })).not.toContain('left');
  });

  test('tells held-out and training PSNR apart', () => {
    expect(formatProgressLine({ ...training, figures: { ...training.figures!, heldOutPsnrDb: 25 } })).toContain(
      'held-out PSNR 25.0 dB, PSNR 27.8 dB',
    );
  });
});

test('counts, bytes and durations in words', () => {
  expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([0, 999, 1000, 1.5e6, 312e6, 999.6e6, 2.5e9, 3e15].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.5 MB',
    '312 MB',
    '1.0 GB',
    '2.5 GB',
    '3000 TB',
  ]);
  expect([-3, 0, 45, 59.6, 200, 3599, 3900, 90000].map(formatDuration)).toEqual([
    '0 s',
    '0 s',
    '45 s',
    '1 min 00 s',
    '3 min 20 s',
    '59 min 59 s',
    '1 h 05 min',
    '25 h 00 min',
  ]);
});
