/**
 * The decoding worker's entry: fetches one splat file and hands its splats to the page as they become whole.
 * Invariant: batches are transferred, never copied; reading stops while the page is far behind.
 */
import { decodeOrigin } from '../src/core/formats/decode/decodeOrigin.ts';
import type { DecodeCommand, DecodeMessage } from '../src/core/formats/decode/messages.ts';
import type { Web } from '../src/core/formats/decode/openSource.ts';

/** Batches on their way to the page at most, while the file streams. */
const mostUnused = 4;

const post = (message: DecodeMessage, transfer: Transferable[] = []): void => self.postMessage(message, { transfer });

const web: Web = {
  fetch: (url, withCredentials) => fetch(url, { credentials: withCredentials ? 'include' : 'same-origin' }),
  resolve: (relative, base) => new URL(relative, base).href,
  onLine: () => navigator.onLine,
};

let unused = 0;
let wake: (() => void) | null = null;

async function gate(): Promise<void> {
  while (unused > mostUnused) await new Promise<void>((resolve) => (wake = resolve));
}

async function decode(command: DecodeCommand & { type: 'decode' }): Promise<void> {
  const bundled = new URL('../node_modules/@playcanvas/splat-transform/lib/webp.wasm', import.meta.url).href;
  const { maxSplats, webpWasmUrl, origin } = command;
  const result = await decodeOrigin(origin, { maxSplats, webpWasmUrl: webpWasmUrl ?? bundled, gate }, web, {
    begin: (shape, format) => post({ type: 'begin', shape, format }),
    batch(packed) {
      unused++;
      post({ type: 'batch', packed }, [packed.geometry.buffer, packed.sh.buffer]);
    },
    progress: (loadedBytes, totalBytes) => post({ type: 'progress', loadedBytes, totalBytes }),
  });
  post({ type: 'done', result }, result.ok ? [result.value.gigantic.buffer] : []);
}

self.addEventListener('message', ({ data }: MessageEvent<DecodeCommand>) => {
  if (data.type === 'decode') return void decode(data);
  unused--;
  wake?.();
  wake = null;
});
post({ type: 'ready' });
