/** What the screen shows, folded from messages as a worker sends them. */
import { describe, expect, test } from 'vitest';
import { type JobView, newJob, reduceJob } from '../../../src/app/features/train/jobView.ts';
import type { Failure } from '../../../src/core/job/failure.ts';
import type { TrainMessage } from '../../../workers/protocol.ts';

const after = (...messages: TrainMessage[]): JobView => messages.reduce((job, message, i) => reduceJob(job, message, i * 1000), newJob);
const event = (inner: Extract<TrainMessage, { type: 'event' }>['event']): TrainMessage => ({ type: 'event', event: inner });
const figures = { splats: 5, widthPx: 8, heightPx: 6, loss: null, trainPsnrDb: 20, heldOutPsnrDb: null, stepsPerSecond: 2 };
const lost: Failure = { code: 'gpu-lost', detail: 'reset' };

describe('job view', () => {
  test('a new stage clears the bar of the one before and keeps the figures', () => {
    const job = after(
      event({ type: 'progress', stage: 'train', done: 3, total: 9, unit: 'steps', secondsLeft: 6, figures }),
      event({ type: 'stage-started', stage: 'evaluate' }),
    );
    expect(job).toMatchObject({ stage: 'evaluate', progress: null, endEstimates: [], figures });
  });

  test('progress brings done, total, unit and an estimate of the end', () => {
    const job = after(event({ type: 'progress', stage: 'photos', done: 34, total: 50, unit: 'photos', secondsLeft: 8 }));
    expect(job.progress).toEqual({ stage: 'photos', done: 34, total: 50, unit: 'photos' });
    expect(job.endEstimates).toEqual([{ atMs: 0, endMs: 8000 }]);
  });

  test('pausing drops the estimates: the clock they ran on has stopped', () => {
    const job = after(event({ type: 'progress', stage: 'train', done: 3, total: 9, unit: 'steps', secondsLeft: 6 }), {
      type: 'state',
      state: 'paused',
      step: 3,
      totalSteps: 9,
    });
    expect(job).toMatchObject({ state: 'paused', progress: { stage: 'train', done: 3, total: 9, unit: 'steps' }, endEstimates: [] });
  });

  test('warnings pile up in order', () => {
    const warning = (file: string): TrainMessage => event({ type: 'warning', failure: { code: 'bad-file', detail: 'broken', file } });
    expect(after(warning('a'), warning('b')).warnings.map(({ file }) => file)).toEqual(['a', 'b']);
  });

  test('a failure stays, with what was kept, whatever comes after', () => {
    const job = after({ type: 'failed', failure: lost, keptStep: 40 }, { type: 'state', state: 'running', step: 50, totalSteps: 90 });
    expect(job.state).toBe('failed');
    expect(job.trouble).toEqual({ failure: lost, keptStep: 40 });
  });

  test('an exception is shown as our mistake', () => {
    expect(after({ type: 'crashed', detail: 'x is undefined' })).toMatchObject({ state: 'failed', trouble: { bug: 'x is undefined' } });
  });

  test('a run that was given its cameras has no steps of solving; the first stage of solving or a video brings them', () => {
    expect(after(event({ type: 'stage-started', stage: 'read' }), event({ type: 'stage-started', stage: 'photos' })).solves).toBe(false);
    expect(after(event({ type: 'stage-started', stage: 'features' })).solves).toBe(true);
    const frames = event({ type: 'progress', stage: 'read', done: 1, total: 9, unit: 'frames', secondsLeft: null });
    expect(after(frames, event({ type: 'stage-started', stage: 'photos' })).solves).toBe(true);
  });

  test('how far each stage came is kept when the next begins', () => {
    const job = after(
      event({ type: 'progress', stage: 'features', done: 40, total: 40, unit: 'photos', secondsLeft: 0 }),
      event({ type: 'stage-started', stage: 'pairs' }),
      event({ type: 'progress', stage: 'pairs', done: 310, total: 780, unit: 'pairs', secondsLeft: 3 }),
    );
    expect(job.counts).toEqual({
      features: { done: 40, total: 40, unit: 'photos' },
      pairs: { done: 310, total: 780, unit: 'pairs' },
    });
  });

  test('of the sketches the newest is kept', () => {
    const sketch = (points: number): TrainMessage => ({
      type: 'solve-snapshot',
      sketch: {
        ...{ xyz: new Float32Array(0), rgb: new Uint8Array(0), points, names: [], photos: 3, up: [0, -1, 0] },
        ...{ poses: new Float32Array(0), reach: new Float32Array(0) },
      },
    });
    expect(after(sketch(1), sketch(2)).sketch?.points).toBe(2);
  });
});
