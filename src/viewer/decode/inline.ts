/**
 * Decoding on the page's own thread, for pages that cannot have our worker: the script comes from another origin, or the frame is
 * sandboxed. Events get their turn between batches.
 * Invariant: loaded only when it is needed.
 */
import { decodeOrigin } from '../../core/formats/decode/decodeOrigin.ts';
import type { SplatOrigin } from '../../core/formats/decode/openSource.ts';
import type { DecodeEvents, DecodedScene } from '../../core/formats/splatStream.ts';
import type { Result } from '../../core/job/failure.ts';

export function decodeInline(
  origin: SplatOrigin,
  options: { maxSplats: number | null; webpWasmUrl: string | null },
  events: DecodeEvents,
  signal: AbortSignal,
): Promise<Result<DecodedScene>> {
  const bundled = new URL('../../../node_modules/@playcanvas/splat-transform/lib/webp.wasm', import.meta.url).href;
  const web = {
    fetch: (url: string, withCredentials: boolean) => fetch(url, { credentials: withCredentials ? 'include' : 'same-origin', signal }),
    resolve: (relative: string, base: string) => new URL(relative, base).href,
    onLine: () => navigator.onLine,
  };
  return decodeOrigin(origin, { ...options, webpWasmUrl: options.webpWasmUrl ?? bundled }, web, events, signal);
}
