/** Sample photos from worker to page: what the worker says and what the page makes of it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { renderSamplePhotos } from '../../src/app/services/sampleClient.ts';
import type { SampleMessage } from '../../workers/sample.ts';

let worker: FakeWorker;

class FakeWorker {
  onmessage: ((event: { data: SampleMessage }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  ended = false;
  constructor() {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    worker = this;
  }
  say(data: SampleMessage): void {
    this.onmessage?.({ data });
  }
  terminate(): void {
    this.ended = true;
  }
}

beforeEach(() => void vi.stubGlobal('Worker', FakeWorker));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

const photo = (done: number): SampleMessage => ({ type: 'photo', name: `photo_0${done}.jpg`, blob: new Blob([`${done}`]), done, total: 2 });

test('photos become files of a folder, in order, and the worker goes', async () => {
  const progress = vi.fn();
  const answer = renderSamplePhotos({ progress }, new AbortController().signal);
  worker.say(photo(1));
  worker.say(photo(2));
  worker.say({ type: 'done' });
  const result = await answer;
  if (!result.ok) throw new Error(result.failure.detail);
  expect(result.value.map(({ path }) => path)).toEqual(['sample/photo_01.jpg', 'sample/photo_02.jpg']);
  expect(await result.value[1].file.text()).toBe('2');
  expect(result.value[0].file.type).toBe('image/jpeg');
  expect(progress.mock.calls).toEqual([
    [1, 2],
    [2, 2],
  ]);
  expect(worker.ended).toBe(true);
});

test('stopping ends the worker and says so', async () => {
  const abort = new AbortController();
  const answer = renderSamplePhotos({ progress: () => {} }, abort.signal);
  worker.say(photo(1));
  abort.abort();
  expect(await answer).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
  expect(worker.ended).toBe(true);
  expect(await renderSamplePhotos({ progress: () => {} }, abort.signal)).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
});

test('a worker that fails or does not load is a failure', async () => {
  const never = new AbortController().signal;
  const first = renderSamplePhotos({ progress: () => {} }, never);
  worker.say({ type: 'failed', failure: { code: 'out-of-memory', detail: 'No canvas.' } });
  expect(await first).toEqual({ ok: false, failure: { code: 'out-of-memory', detail: 'No canvas.' } });
  const second = renderSamplePhotos({ progress: () => {} }, never);
  worker.onerror?.({ message: '' });
  expect(await second).toMatchObject({ ok: false, failure: { code: 'out-of-memory' } });
  expect(worker.ended).toBe(true);
});

/** The worker itself, with a canvas that notes what it is given and a scene of two small photos. */
async function runWorker(context: unknown): Promise<{ said: SampleMessage[]; encoded: unknown[] }> {
  const said: SampleMessage[] = [];
  const encoded: unknown[] = [];
  const ended = new Promise<void>((resolve) => {
    vi.stubGlobal('self', {
      postMessage: (message: SampleMessage) => {
        said.push(message);
        if (message.type !== 'photo') resolve();
      },
    });
  });
  vi.stubGlobal('ImageData', class {});
  vi.stubGlobal(
    'OffscreenCanvas',
    class {
      getContext = () => context;
      convertToBlob = async (options: unknown) => {
        encoded.push(options);
        return new Blob(['x']);
      };
    },
  );
  vi.doMock('../../src/core/sample/sampleScene.ts', () => ({
    sampleScene: () => ({
      reconstruction: { views: [{ photoName: 'photo_01.jpg' }, { photoName: 'photo_02.jpg' }] },
      photo: () => ({ widthPx: 2, heightPx: 1, rgba: new Uint8Array(8) }),
    }),
  }));
  await import('../../workers/sample.ts');
  await ended;
  return { said, encoded };
}

test('the worker draws, encodes and posts photo after photo', async () => {
  const { said, encoded } = await runWorker({ putImageData: () => {} });
  expect(said).toMatchObject([
    { type: 'photo', name: 'photo_01.jpg', done: 1, total: 2 },
    { type: 'photo', name: 'photo_02.jpg', done: 2, total: 2 },
    { type: 'done' },
  ]);
  expect(encoded).toEqual([
    { type: 'image/jpeg', quality: 0.92 },
    { type: 'image/jpeg', quality: 0.92 },
  ]);
});

test('a worker without a canvas says so', async () => {
  expect((await runWorker(null)).said).toMatchObject([{ type: 'failed', failure: { code: 'out-of-memory' } }]);
});
