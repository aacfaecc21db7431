/** The latest-value slot for progress: few messages, the newest figures, the order of everything else. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TrainMessage } from '../../../workers/protocol.ts';
import { createMessageOutlet } from '../../../workers/train/messageOutlet.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const step = (done: number): TrainMessage => ({
  type: 'event',
  event: { type: 'progress', stage: 'train', done, total: 1000, unit: 'steps', secondsLeft: null },
});
const paused: TrainMessage = { type: 'state', state: 'paused', step: 2, totalSteps: 1000 };
const inShort = (messages: TrainMessage[]): (number | string)[] =>
  messages.map((message) => (message.type === 'event' && message.event.type === 'progress' ? message.event.done : message.type));

test('a burst of progress becomes one message with the newest value', () => {
  const sent: TrainMessage[] = [];
  const post = createMessageOutlet((message) => sent.push(message), 100);
  for (let i = 1; i <= 300; i++) post(step(i));
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(inShort(sent)).toEqual([300]);
  vi.advanceTimersByTime(1000);
  expect(sent).toHaveLength(1);
});

test('a second of steps costs ten messages', () => {
  const sent: TrainMessage[] = [];
  const post = createMessageOutlet((message) => sent.push(message), 100);
  for (let i = 0; i < 1000; i++) {
    post(step(i));
    vi.advanceTimersByTime(1);
  }
  expect(sent.length).toBeGreaterThan(5);
  expect(sent.length).toBeLessThanOrEqual(10);
});

test('other messages pass at once, after the progress that came before them', () => {
  const sent: TrainMessage[] = [];
  const post = createMessageOutlet((message) => sent.push(message), 100);
  post(step(1));
  post(step(2));
  post(paused);
  post(step(3));
  vi.advanceTimersByTime(100);
  expect(inShort(sent)).toEqual([2, 'state', 3]);
});
