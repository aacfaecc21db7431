/**
 * Decodes a splat file for the viewer: in a worker, or on the page's own thread where a worker cannot be made.
 * Invariant: exactly one of worker and page decodes; no event comes after `done` has resolved or cancel() was called.
 */
import type { DecodeCommand, DecodeMessage } from '../../core/formats/decode/messages.ts';
import { type SplatOrigin, nameOfUrl } from '../../core/formats/decode/openSource.ts';
import type { DecodeEvents, DecodedScene } from '../../core/formats/splatStream.ts';
import { type Result, fail } from '../../core/job/failure.ts';

export interface Decoding {
  done: Promise<Result<DecodedScene>>;
  cancel(): void;
}

export interface DecodeSourceOptions {
  /** Stands in for the URL's or File's name where that has no telling ending. */
  name?: string;
  maxSplats: number | null;
  /** Sends cookies to other origins too. */
  withCredentials?: boolean;
  /** Folder where webp.wasm lies when it is not beside the viewer's own files. Absolute or relative to the page. */
  assetBase?: string;
}

function originOf(source: string | Blob, options: DecodeSourceOptions): SplatOrigin {
  if (typeof source === 'string') {
    // The worker's own address is another base; the page's is meant.
    const url = new URL(source, document.baseURI).href;
    return { url, name: options.name ?? null, withCredentials: options.withCredentials ?? false };
  }
  return { blob: source, name: options.name ?? (source instanceof File ? source.name : 'The file') };
}

/** Set once this page was refused a worker: it will be refused the next one too, with an error in its console each time. */
let withoutWorkers = false;

/** A worker, or null where the browser refuses one outright. */
function makeWorker(): Worker | null {
  if (withoutWorkers) return null;
  try {
    return new Worker(new URL('../../../workers/splatFile.ts', import.meta.url), { type: 'module' });
  } catch {
    withoutWorkers = true;
    return null;
  }
}

/** Starts decoding a URL (relative to the page) or Blob at once. `cancelled` once cancel() was called; never rejects. */
export function decodeSource(source: string | Blob, options: DecodeSourceOptions, events: DecodeEvents): Decoding {
  let resolve!: (result: Result<DecodedScene>) => void;
  const done = new Promise<Result<DecodedScene>>((whenSettled) => (resolve = whenSettled));
  const abort = new AbortController();
  let worker: Worker | null = null;
  let settled = false;
  let name = options.name ?? (typeof source === 'string' ? nameOfUrl(source) : 'The file');

  function settle(result: Result<DecodedScene>): void {
    if (settled) return;
    settled = true;
    worker?.terminate();
    worker = null;
    resolve(result);
  }

  const listening: DecodeEvents = {
    begin: (shape, format) => void (settled || events.begin(shape, format)),
    batch: (packed) => void (settled || events.batch(packed)),
    progress: (loaded, total) => void (settled || events.progress(loaded, total)),
  };

  function listen(message: DecodeMessage, to: Worker): void {
    switch (message.type) {
      case 'begin':
        return listening.begin(message.shape, message.format);
      case 'batch':
        // First, so that a listener that throws does not leave the worker waiting.
        to.postMessage({ type: 'used' } satisfies DecodeCommand);
        return listening.batch(message.packed);
      case 'progress':
        return listening.progress(message.loadedBytes, message.totalBytes);
      case 'done':
        return settle(message.result);
    }
  }

  const stopped = (why: string): void =>
    settle(fail('bad-file', `${name} could not be read: the decoder stopped (${why}).`, { file: name }));

  async function decodeHere(origin: SplatOrigin, webpWasmUrl: string | null): Promise<void> {
    try {
      const { decodeInline } = await import('./inline.ts');
      settle(await decodeInline(origin, { maxSplats: options.maxSplats, webpWasmUrl }, listening, abort.signal));
    } catch (error) {
      stopped(error instanceof Error ? error.message : String(error));
    }
  }

  function begin(origin: SplatOrigin, webpWasmUrl: string | null): void {
    worker = makeWorker();
    if (!worker) return void decodeHere(origin, webpWasmUrl);
    const own = worker;
    let ready = false;
    own.addEventListener('error', (event) => {
      event.preventDefault();
      if (settled) return;
      if (ready) return stopped(event.message || 'unknown reason');
      // Its script could not be loaded or run here: the same code on this thread can.
      own.terminate();
      worker = null;
      withoutWorkers = true;
      void decodeHere(origin, webpWasmUrl);
    });
    own.addEventListener('messageerror', () => stopped('a message could not be read'));
    own.addEventListener('message', ({ data }: MessageEvent<DecodeMessage>) => {
      if (settled) return;
      if (data.type !== 'ready') return listen(data, own);
      ready = true;
      own.postMessage({ type: 'decode', origin, maxSplats: options.maxSplats, webpWasmUrl } satisfies DecodeCommand);
    });
  }

  try {
    const origin = originOf(source, options);
    if ('blob' in origin) name = origin.name;
    begin(origin, options.assetBase === undefined ? null : new URL('webp.wasm', new URL(options.assetBase, document.baseURI)).href);
  } catch (error) {
    stopped(error instanceof Error ? error.message : String(error));
  }

  return {
    done,
    cancel() {
      abort.abort();
      settle(fail('cancelled', `${name} was not read to its end: it was cancelled.`, { file: name }));
    },
  };
}
