/**
 * About how large photos are when they are compressed, from a few of them.
 * Invariant: never more than before.
 */
import { compressed } from './preparePhoto.ts';

const samples = 4;

/** `photos` in any order; spread samples of them are compressed. Bytes; stops early when the signal fires. */
export async function sizeWhenCompressed(photos: Blob[], signal: AbortSignal): Promise<number> {
  const total = photos.reduce((sum, { size }) => sum + size, 0);
  const step = Math.max(1, Math.floor(photos.length / samples));
  let before = 0;
  let after = 0;
  for (let at = 0; at < photos.length && at < step * samples && !signal.aborted; at += step) {
    before += photos[at].size;
    after += (await compressed(photos[at]))?.size ?? photos[at].size;
  }
  return before === 0 ? total : Math.round((total * after) / before);
}
