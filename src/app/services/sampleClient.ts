/**
 * Sample photos for trying the app without any of one's own, drawn in a worker on this device.
 * Invariant: nothing is fetched; however it ends, the worker is gone when the answer is there.
 */
import type { PickedFile } from '../../../workers/protocol.ts';
import type { SampleMessage } from '../../../workers/sample.ts';
import { type Result, fail, ok } from '../../core/job/failure.ts';

export interface SampleHooks {
  /** Photos drawn so far. */
  progress(done: number, total: number): void;
}

/** Files without a time of their own would get the time of drawing, and one photo set would differ from the next. */
const takenMs = Date.UTC(2024, 0, 1);

/** Draws the set: sample/photo_01.jpg and so on. `cancelled` when the signal fires; `out-of-memory` when the worker cannot draw. */
export function renderSamplePhotos(hooks: SampleHooks, signal: AbortSignal): Promise<Result<PickedFile[]>> {
  const cancelled = fail('cancelled', 'The sample photos were not finished.');
  if (signal.aborted) return Promise.resolve(cancelled);
  return new Promise((resolve) => {
    const worker = new Worker(new URL('../../../workers/sample.ts', import.meta.url), { type: 'module', name: 'sample' });
    const photos: PickedFile[] = [];
    const end = (answer: Result<PickedFile[]>): void => {
      worker.terminate();
      signal.removeEventListener('abort', stop);
      resolve(answer);
    };
    const stop = (): void => end(cancelled);
    signal.addEventListener('abort', stop, { once: true });
    worker.onerror = (event) => end(fail('out-of-memory', event.message || 'The sample photos could not be drawn.'));
    worker.onmessage = ({ data }: MessageEvent<SampleMessage>) => {
      if (data.type === 'done') return end(ok(photos));
      if (data.type === 'failed') return end({ ok: false, failure: data.failure });
      const { name, blob, done, total } = data;
      photos.push({ path: `sample/${name}`, file: new File([blob], name, { type: 'image/jpeg', lastModified: takenMs }) });
      hooks.progress(done, total);
    };
  });
}
