/** The page's side of decoding: a worker when there is one, this thread when there is none, and an end in every case. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DecodeCommand, DecodeMessage } from '../../src/core/formats/decode/messages.ts';
import type { DecodedScene } from '../../src/core/formats/splatStream.ts';
import { writePly } from '../../src/core/formats/ply.ts';
import type { decodeSource as DecodeSource } from '../../src/viewer/decode/decoder.ts';
import { blobScene } from '../fixtures/splatFiles.ts';

const blob = new Blob([writePly(blobScene(64, 1)) as Uint8Array<ArrayBuffer>]);
const scene: DecodedScene = {
  ...{ format: 'ply', count: 1, shDegree: 0, antialiased: false, gigantic: new Uint32Array(0), warnings: [] },
  box: { low: [0, 0, 0], high: [1, 1, 1] },
  dropped: { notFinite: 0, overBudget: 0 },
};

/** A worker that only notes what it is told; tests speak for it. */
class FakeWorker extends EventTarget {
  static made: FakeWorker[] = [];
  posted: DecodeCommand[] = [];
  terminated = false;

  constructor() {
    super();
    FakeWorker.made.push(this);
  }

  postMessage(command: DecodeCommand): void {
    this.posted.push(command);
  }

  terminate(): void {
    this.terminated = true;
  }

  say(message: DecodeMessage): void {
    this.dispatchEvent(new MessageEvent('message', { data: message }));
  }

  fail(message: string): void {
    this.dispatchEvent(Object.assign(new Event('error', { cancelable: true }), { message }));
  }
}

let decodeSource: typeof DecodeSource;
let told: string[];
const events = {
  begin: (): void => void told.push('begin'),
  batch: ({ count }: { count: number }): void => void told.push(`batch ${count}`),
  progress: (loaded: number): void => void told.push(`progress ${loaded}`),
};

beforeEach(async () => {
  told = [];
  FakeWorker.made = [];
  vi.resetModules();
  vi.stubGlobal('document', { baseURI: 'https://example.org/page/index.html' });
  ({ decodeSource } = await import('../../src/viewer/decode/decoder.ts'));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('with a worker', () => {
  beforeEach(() => {
    vi.stubGlobal('Worker', FakeWorker);
  });

  test('it is told what to decode once it is ready, and its events come through', async () => {
    const decoding = decodeSource('../scenes/a.ply', { maxSplats: 9, withCredentials: true, assetBase: '/viewer/' }, events);
    const [worker] = FakeWorker.made;
    expect(worker.posted).toEqual([]);
    worker.say({ type: 'ready' });
    const origin = { url: 'https://example.org/scenes/a.ply', name: null, withCredentials: true };
    expect(worker.posted).toEqual([{ type: 'decode', origin, maxSplats: 9, webpWasmUrl: 'https://example.org/viewer/webp.wasm' }]);
    worker.say({ type: 'begin', shape: { shDegree: 0, antialiased: false, capacity: 1 }, format: 'ply' });
    worker.say({ type: 'batch', packed: { count: 1, shDegree: 0, geometry: new Uint32Array(8), sh: new Uint32Array(0) } });
    expect(worker.posted.at(-1)).toEqual({ type: 'used' });
    worker.say({ type: 'progress', loadedBytes: 5, totalBytes: null });
    worker.say({ type: 'done', result: { ok: true, value: scene } });
    expect(await decoding.done).toEqual({ ok: true, value: scene });
    expect(told).toEqual(['begin', 'batch 1', 'progress 5']);
    expect(worker.terminated).toBe(true);
  });

  test('cancelling ends it at once; nothing is heard afterwards', async () => {
    const decoding = decodeSource(blob, { name: 'a.ply', maxSplats: null }, events);
    const [worker] = FakeWorker.made;
    worker.say({ type: 'ready' });
    decoding.cancel();
    worker.say({ type: 'progress', loadedBytes: 5, totalBytes: null });
    expect(await decoding.done).toMatchObject({ ok: false, failure: { code: 'cancelled', file: 'a.ply' } });
    expect(told).toEqual([]);
    expect(worker.terminated).toBe(true);
  });

  test('a script that cannot be loaded is replaced by this thread, now and the next time', async () => {
    const decoding = decodeSource(blob, { name: 'a.ply', maxSplats: null }, events);
    FakeWorker.made[0].fail('');
    expect(await decoding.done).toMatchObject({ ok: true, value: { count: 64 } });
    expect(told.filter((what) => !what.startsWith('progress'))).toEqual(['begin', 'batch 64']);
    expect(FakeWorker.made[0].terminated).toBe(true);
    expect(await decodeSource(blob, { name: 'b.ply', maxSplats: null }, events).done).toMatchObject({ ok: true });
    expect(FakeWorker.made).toHaveLength(1);
  });

  test('a worker that dies at work is a failure', async () => {
    const decoding = decodeSource(blob, { name: 'a.ply', maxSplats: null }, events);
    FakeWorker.made[0].say({ type: 'ready' });
    FakeWorker.made[0].fail('out of memory');
    const detail = 'a.ply could not be read: the decoder stopped (out of memory).';
    expect(await decoding.done).toEqual({ ok: false, failure: { code: 'bad-file', detail, file: 'a.ply' } });
  });
});

describe('without a worker', () => {
  test('this thread decodes', async () => {
    const decoding = decodeSource(new File([blob], 'mine.ply'), { maxSplats: null }, events);
    expect(await decoding.done).toMatchObject({ ok: true, value: { count: 64, format: 'ply' } });
    expect(told.filter((what) => !what.startsWith('progress'))).toEqual(['begin', 'batch 64']);
  });

  test('cancelling ends it', async () => {
    const decoding = decodeSource(blob, { name: 'a.ply', maxSplats: null }, events);
    decoding.cancel();
    expect(await decoding.done).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).toEqual([]);
  });

  test('an address that is none is a failure', async () => {
    expect(await decodeSource('https://[', { maxSplats: null }, events).done).toMatchObject({ ok: false, failure: { code: 'bad-file' } });
  });
});
