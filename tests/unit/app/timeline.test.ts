/** The row of steps on the way to a scene: what each says at each stage. */
import { expect, test } from 'vitest';
import { timelineOf } from '../../../src/app/features/solve/timeline.ts';
import { type JobView, newJob } from '../../../src/app/features/train/jobView.ts';

const inShort = (job: Partial<JobView>): string[] =>
  timelineOf({ ...newJob, ...job }).map(
    ({ step, state, counted }) => `${step} ${state}${counted ? ` ${counted.done}/${counted.total}` : ''}`,
  );
const photos = { done: 40, total: 40, unit: 'photos' } as const;
const pairs = { done: 310, total: 780, unit: 'pairs' } as const;

test('steps before the stage are done with their counts, those after it wait', () => {
  expect(inShort({ stage: 'pairs', counts: { features: photos, pairs } })).toEqual([
    'photos done 40/40',
    'matches now 310/780',
    'cameras waiting',
    'training waiting',
  ]);
});

test('while a video is looked through, the first step counts its frames', () => {
  expect(inShort({ stage: 'read', counts: { read: { done: 90, total: 300, unit: 'frames' } } })[0]).toBe('photos now 90/300');
});

test('loading photos is part of training, which then counts steps', () => {
  const counts = { features: photos, pairs, photos: { done: 5, total: 40, unit: 'photos' } } as const;
  expect(inShort({ stage: 'photos', counts })[3]).toBe('training now');
  expect(inShort({ stage: 'train', counts: { ...counts, train: { done: 7, total: 90, unit: 'steps' } } })[3]).toBe('training now 7/90');
});

test('at the end every step is done', () => {
  for (const step of timelineOf({ ...newJob, stage: 'train', state: 'finished' })) expect(step.state).toBe('done');
});
