/**
 * How a splat's state looks: hidden ones let all light through, marked ones take on a colour of their own.
 * Invariant: a row painted as normal has exactly the words it came with.
 */
import { fromHalf, geometryWords, toHalf } from '../../../core/view/packedSplats.ts';

/** As in splatStates of workers/edit/messages.ts. */
export const normal = 0;
export const marked = 1;
export const hidden = 2;

/** Zeroth SH basis function: colour = 0.5 + sh0 * coefficient. */
const sh0 = 0.28209479177387814;
/** A magenta, which next to no scene has, a little brighter than white in its red, so that it stands out from bright things too. */
const markColour = [1.15, 0.3, 0.85];
const markShare = 0.72;
const keptWords = 3;

/** Words 4, 5 and 6 of every row: what painting changes. */
export function pristineWords(geometry: Uint32Array): Uint32Array {
  const count = geometry.length / geometryWords;
  const words = new Uint32Array(keptWords * count);
  for (let i = 0; i < count; i++) for (let k = 0; k < keptWords; k++) words[keptWords * i + k] = geometry[geometryWords * i + 4 + k];
  return words;
}

/** A colour coefficient, moved towards the mark's. */
const tinted = (half: number, channel: number): number =>
  toHalf((1 - markShare) * fromHalf(half) + (markShare * (markColour[channel] - 0.5)) / sh0);

/** Writes the row of splat i for a state. */
export function paintRow(geometry: Uint32Array, pristine: Uint32Array, i: number, state: number): void {
  const at = geometryWords * i;
  const [shape, redGreen, blue] = [pristine[keptWords * i], pristine[keptWords * i + 1], pristine[keptWords * i + 2]];
  geometry[at + 4] = state === hidden ? shape & 0xffff : shape;
  if (state === marked) {
    geometry[at + 5] = (tinted(redGreen & 0xffff, 0) | (tinted(redGreen >>> 16, 1) << 16)) >>> 0;
    geometry[at + 6] = ((blue & 0xffff0000) | tinted(blue & 0xffff, 2)) >>> 0;
  } else {
    geometry[at + 5] = redGreen;
    geometry[at + 6] = blue;
  }
}
