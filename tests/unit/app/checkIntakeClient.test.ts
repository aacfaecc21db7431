/** The page's end of the intake worker: its messages reach the hooks, one at a time, and cancelling ends it at once. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createIntake } from '../../../src/app/services/intakeClient.ts';
import type { IntakeCommand, IntakeMessage, IntakeResult } from '../../../workers/intake/messages.ts';

let worker: FakeWorker;

class FakeWorker {
  onmessage: ((event: { data: IntakeMessage }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  sent: IntakeCommand[] = [];
  ended = false;
  constructor() {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    worker = this;
  }
  postMessage(command: IntakeCommand): void {
    this.sent.push(command);
  }
  terminate(): void {
    this.ended = true;
  }
}

beforeEach(() => void vi.stubGlobal('Worker', FakeWorker));
afterEach(() => void vi.unstubAllGlobals());

const result: IntakeResult = { source: 'photos', photos: [], files: [], splatFile: null, warnings: [], bytes: 5 };
const hooks = () => ({ progress: vi.fn(), photo: vi.fn(), unkept: vi.fn() });

test('progress, photos and the result arrive; the worker is gone afterwards', async () => {
  const told = hooks();
  const files = [{ path: 'a/1.jpg', file: new File(['x'], '1.jpg') }];
  const taken = createIntake().take('p', files, [], told);
  expect(worker.sent).toEqual([{ projectId: 'p', picked: files, photosBefore: [] }]);
  const photo = { id: 'x' } as IntakeResult['photos'][0];
  worker.onmessage!({ data: { type: 'progress', done: 1, total: 2, unit: 'photos' } });
  worker.onmessage!({ data: { type: 'photo', photo, thumbnail: null, bytes: null } });
  worker.onmessage!({ data: { type: 'done', result: { ok: true, value: result } } });
  expect(await taken).toEqual({ ok: true, value: result });
  expect(told.progress).toHaveBeenCalledExactlyOnceWith({ done: 1, total: 2, unit: 'photos' });
  expect(told.photo).toHaveBeenCalledExactlyOnceWith(photo, null, null);
  expect(worker.ended).toBe(true);
});

test('cancelling ends the worker and says so; another intake may follow', async () => {
  const intake = createIntake();
  const taken = intake.take('p', [], [], hooks());
  const first = worker;
  await expect(intake.take('p', [], [], hooks())).rejects.toThrow('under way');
  intake.cancel();
  expect(await taken).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
  expect(first.ended).toBe(true);
  const again = intake.take('p', [], [], hooks());
  expect(worker).not.toBe(first);
  worker.onmessage!({ data: { type: 'done', result: { ok: true, value: result } } });
  expect((await again).ok).toBe(true);
  intake.cancel();
  intake.dispose();
});

test('a worker that breaks down is a bug, and is ended', async () => {
  const taken = createIntake().take('p', [], [], hooks());
  worker.onerror!({ message: 'boom' });
  await expect(taken).rejects.toThrow('boom');
  expect(worker.ended).toBe(true);
});
