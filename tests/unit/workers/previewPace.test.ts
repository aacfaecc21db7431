/** The preview's pace, on a simulated GPU that does steps and frames one after another. */
import { describe, expect, test } from 'vitest';
import { createPreviewPace, nextScale } from '../../../workers/train/previewPace.ts';

interface Gpu {
  /** Time of one training step. */
  stepMs: number;
  /** Time of a frame at full resolution; it goes with the number of pixels. */
  frameMs: number;
  /** Steps in one submission. */
  batch: number;
}

/** Trains for a minute, drawing whenever the pace allows it; the measurements jitter by a tenth. */
function simulate({ stepMs, frameMs, batch }: Gpu, moving: boolean): { frameShare: number; framesPerSecond: number; scales: number[] } {
  const pace = createPreviewPace();
  let [nowMs, step, drawnMs, frames] = [0, 0, 0, 0];
  const scales: number[] = [];
  const settledMs = 20_000;
  while (nowMs < 80_000) {
    let ms = batch * stepMs * (1 + 0.1 * Math.sin(step));
    if (pace.mayDraw(nowMs)) {
      const costMs = frameMs * pace.scale ** 2;
      pace.drew(moving);
      ms += costMs;
      if (nowMs > settledMs) [drawnMs, frames] = [drawnMs + costMs, frames + 1];
      if (nowMs > settledMs) scales.push(pace.scale);
    }
    nowMs += ms;
    step += batch;
    pace.submissionsDone(step, nowMs);
  }
  const measuredMs = nowMs - settledMs;
  return { frameShare: drawnMs / measuredMs, framesPerSecond: (1000 * frames) / measuredMs, scales };
}

const gpus: [name: string, gpu: Gpu][] = [
  ['a fast GPU', { stepMs: 2, frameMs: 4, batch: 20 }],
  ['a laptop', { stepMs: 20, frameMs: 40, batch: 5 }],
  ['a phone', { stepMs: 100, frameMs: 300, batch: 1 }],
  ['a software GPU', { stepMs: 350, frameMs: 2100, batch: 1 }],
];

describe('preview pace', () => {
  test.each(gpus)('%s: training keeps its share', (_, gpu) => {
    expect(simulate(gpu, false).frameShare).toBeLessThan(0.28);
    expect(simulate(gpu, true).frameShare).toBeLessThan(0.53);
  });

  test.each(gpus)('%s: the picture does move, at most 20 times a second', (_, gpu) => {
    const { framesPerSecond } = simulate(gpu, false);
    expect(framesPerSecond).toBeGreaterThan(0.4);
    expect(framesPerSecond).toBeLessThanOrEqual(20);
  });

  test('a fast GPU draws at full resolution, a slow one at less', () => {
    expect(new Set(simulate(gpus[0][1], false).scales)).toEqual(new Set([1]));
    expect(Math.max(...simulate(gpus[3][1], false).scales)).toBeLessThan(0.5);
  });

  test('a pause is not taken for slow steps', () => {
    const pace = createPreviewPace();
    pace.submissionsDone(10, 100);
    pace.submissionsDone(20, 200); // 10 ms a step
    pace.restart();
    pace.submissionsDone(30, 60_200);
    pace.drew(false);
    pace.submissionsDone(40, 60_330); // 100 ms of steps and a frame of 30 ms
    expect(pace.mayDraw(60_330 + 89)).toBe(false);
    expect(pace.mayDraw(60_330 + 91)).toBe(true);
  });
});

describe('preview resolution', () => {
  test.each([5, 60, 119, 130, 300, 700, 5000])('a GPU that needs %d ms for a full frame settles on one scale', (fullMs) => {
    let scale = 1;
    const seen = Array.from({ length: 12 }, () => (scale = nextScale(scale, fullMs * scale ** 2)));
    expect(new Set(seen.slice(-6)).size).toBe(1);
  });

  test('goes down at once to what is fast enough, and comes back up step by step', () => {
    expect(nextScale(1, 2000)).toBe(0.25); // 2000 / 16 is 125 ms: the smallest there is
    expect(nextScale(1, 400)).toBe(0.5); // 100 ms
    expect(nextScale(0.5, 3)).toBe(0.7);
    expect(nextScale(1, 3)).toBe(1);
  });
});
