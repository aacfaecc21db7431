/** What a run's messages mean for the record: it never says more than what was written. */
import { describe, expect, test } from 'vitest';
import { type JobView, newJob, reduceJob } from '../../../src/app/features/train/jobView.ts';
import { newsOf } from '../../../src/app/journey/projectNews.ts';
import type { TrainMessage } from '../../../workers/protocol.ts';

const at = { step: 120, totalSteps: 3000, splats: 480 };
const checkpoint: TrainMessage = { type: 'kept', what: 'checkpoint', at };
const trained: TrainMessage = { type: 'kept', what: 'trained', at };
const state = (now: 'running' | 'paused' | 'finished' | 'stopped'): TrainMessage => ({
  type: 'state',
  state: now,
  step: 120,
  totalSteps: 3000,
});
const figures = { splats: 480, widthPx: 64, heightPx: 48, loss: 0.1, trainPsnrDb: 21, heldOutPsnrDb: 18.5, stepsPerSecond: 3 };
const progress: TrainMessage = {
  type: 'event',
  event: { type: 'progress', stage: 'train', done: 120, total: 3000, unit: 'steps', secondsLeft: 9, figures },
};

/** The news of the last message, as the page folds them. */
function newsAfter(...messages: TrainMessage[]): ReturnType<typeof newsOf> {
  let job: JobView = newJob;
  for (const message of messages) job = reduceJob(job, message, 0);
  return newsOf(messages[messages.length - 1], job);
}

describe('news of a run', () => {
  test('what is only under way changes nothing', () => {
    for (const message of [progress, state('running'), state('finished')]) expect(newsAfter(message)).toBeNull();
    expect(newsAfter({ type: 'failed', failure: { code: 'gpu-lost', detail: 'x' }, keptStep: 4 })).toBeNull();
    expect(newsAfter({ type: 'crashed', detail: 'x' })).toBeNull();
  });

  test('cameras are placed when their file is written, not when they are found', () => {
    const summary = { photos: 12, registered: 11, points: 900, meanReprojectionErrorPx: 0.4, leftOut: [] };
    expect(newsAfter({ type: 'solved', summary })).toEqual({ solve: summary });
    expect(newsAfter({ type: 'kept', what: 'solved', at: null })).toEqual({ state: 'solved', training: null });
  });

  test('a checkpoint: training, with its step and the figures of the moment', () => {
    expect(newsAfter(progress, state('running'), checkpoint)).toEqual({
      state: 'training',
      training: { ...at, heldOutPsnrDb: 18.5, widthPx: 64, heightPx: 48, adapterName: '' },
    });
  });

  test('a checkpoint before the first figures', () => {
    expect(newsAfter(checkpoint)).toMatchObject({ training: { ...at, heldOutPsnrDb: null, widthPx: 0, heightPx: 0 } });
  });

  test.each([
    ['finished', 'trained'],
    ['stopped', 'trained'],
    ['paused', 'training'],
    ['running', 'training'],
  ] as const)('splats written while %s: %s', (now, then) => {
    expect(newsAfter(progress, state(now), trained)).toMatchObject({ state: then, splatFile: null, training: at });
  });

  test('splats written after the GPU was lost are no end: there is something to go on with', () => {
    const lost: TrainMessage = { type: 'failed', failure: { code: 'gpu-lost', detail: 'x' }, keptStep: 120 };
    expect(newsAfter(progress, state('running'), lost, trained)).toMatchObject({ state: 'training' });
  });
});
