/**
 * Reading a file for editing: all its splats, in the one order that everything agrees on. Position i here is position i of the viewer's
 * setSplatStates(), of every edit operation and of applyEdits().
 *
 * How positions come about: splats that cannot be drawn (a value that is not finite) are left out and take no position; gigantic ones keep
 * theirs and are only hidden in the viewer. Formats that keep splats in an order of their own (.sog, .spz, compressed .ply) have that
 * order. With `max-splats` the viewer shows others, in another order: an editor must not set it.
 * Invariant: the decoders are those of the viewer.
 */
import type { ByteBlob } from '../../formats/decode/openSource.ts';
import { type WholeSplats, readSplats } from '../../formats/readSplats.ts';
import type { Result } from '../../job/failure.ts';

async function* piecesOf(blob: ByteBlob): AsyncGenerator<Uint8Array> {
  const reader = blob.stream().getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      if (value) yield value;
    }
  } finally {
    if (!ended) await reader.cancel();
  }
}

/**
 * All splats of a file of any format the viewer reads. `bad-file` for what is no whole splat file, `out-of-memory` where they do not fit.
 * @param name file name: its ending is a hint
 * @param webpWasmUrl where SOG's WebP decoder lies; null where the environment finds it by itself
 */
export function decodeWhole(blob: ByteBlob, name: string, webpWasmUrl: string | null = null): Promise<Result<WholeSplats>> {
  return readSplats({ chunks: piecesOf(blob), name, totalBytes: blob.size }, webpWasmUrl);
}
