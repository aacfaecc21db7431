/**
 * Splats from one file format to another in a worker, with the library's WebP codec, which .sog files need, found where the bundler put it.
 * Invariant: what comes back is a Blob made here in the worker, so that the page never copies its bytes.
 */
import { WebPCodec } from '@playcanvas/splat-transform';
import { type SplatFile, convertSplats } from '../src/core/formats/convert.ts';
import { type Result, fail, ok } from '../src/core/job/failure.ts';
import type { SaveFormat } from './protocol.ts';

WebPCodec.wasmUrl = new URL('../node_modules/@playcanvas/splat-transform/lib/webp.wasm', import.meta.url).href;

/** Turns a splat file into another format. `bad-file` when it cannot be read. Large: import it when it is needed. */
export async function convertToBlob(input: SplatFile, format: SaveFormat): Promise<Result<Blob>> {
  const files = await convertSplats(input, `scene.${format}`);
  if (!files.ok) return files;
  const [written] = files.value;
  if (!written) return fail('bad-file', `Nothing was written as .${format}.`, { file: input.name });
  return ok(new Blob([written.bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }));
}
