/** The page's end of the worker: a run without a scene can always be ended, one with a scene never loses it to that. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTrainClient } from '../../../src/app/services/trainClient.ts';
import type { TrainCommand, TrainMessage } from '../../../workers/protocol.ts';

let worker: FakeWorker;

class FakeWorker {
  onmessage: ((event: { data: TrainMessage }) => void) | null = null;
  sent: TrainCommand[] = [];
  ended = false;
  constructor() {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    worker = this;
  }
  postMessage(command: TrainCommand): void {
    this.sent.push(command);
  }
  terminate(): void {
    this.ended = true;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('Worker', FakeWorker);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const failed: TrainMessage = { type: 'failed', failure: { code: 'cancelled', detail: 'stopped' }, keptStep: null };
const scene = { type: 'scene', scene: {} } as TrainMessage;

test('a worker that does not answer a cancel is ended within half a second, and the page told', () => {
  const said: TrainMessage[] = [];
  createTrainClient((message) => said.push(message)).cancel();
  expect(worker.sent).toEqual([{ type: 'stop' }]);
  vi.advanceTimersByTime(499);
  expect(worker.ended).toBe(true);
  expect(said).toEqual([expect.objectContaining({ type: 'failed', keptStep: null })]);
});

test.each([
  ['answers', failed],
  ['has come to a scene in the meantime', scene],
])('a worker that %s is left alone', (_, message) => {
  const said: TrainMessage[] = [];
  createTrainClient((each) => said.push(each)).cancel();
  worker.onmessage?.({ data: message });
  vi.advanceTimersByTime(5000);
  expect(worker.ended).toBe(false);
  expect(said).toEqual([message]);
});

test('every question gets its own answer, and none is left open when the run is over', async () => {
  const client = createTrainClient(() => undefined);
  const [first, second, save] = [client.photo(3), client.photo(5), client.save('ply')];
  expect(worker.sent).toEqual([
    { type: 'photo', id: 0, index: 3 },
    { type: 'photo', id: 1, index: 5 },
    { type: 'save', id: 0, format: 'ply' },
  ]);
  worker.onmessage?.({ data: { type: 'photo', id: 1, photo: { name: 'five.jpg' } } as TrainMessage });
  worker.onmessage?.({ data: { type: 'photo-failed', id: 0, failure: { code: 'gpu-lost', detail: 'gone' } } });
  expect(await second).toMatchObject({ ok: true, value: { name: 'five.jpg' } });
  expect(await first).toMatchObject({ ok: false, failure: { code: 'gpu-lost' } });
  client.dispose();
  expect(await save).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
});
