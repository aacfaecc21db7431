/**
 * Applying edits: the splats as they go out.
 * Invariant: what is written opens in every viewer, without an orientation, as the edits showed it: splats that are gone are not in it, and
 * an orientation is in the means, the axes and the spherical harmonics.
 */
import { matrixOfQuaternion, rotateVector } from '../../math/rotation.ts';
import { type Affine, moveSplats } from '../../formats/decode/moveSplats.ts';
import { type Splats, emptySplats, shBasisCount } from '../splats.ts';
import { type Placement, editedState } from './editedState.ts';
import type { EditOperation } from './operations.ts';
import { inverseOf, productOf, uprightFromFile } from './orientation.ts';

/** The splats whose byte is 0, in their order, in arrays of their own. */
export function withoutHidden(splats: Splats, hidden: Uint8Array): Splats {
  const { count, shDegree, antialiased } = splats;
  let kept = 0;
  for (let i = 0; i < count; i++) if (!hidden[i]) kept++;
  const out = emptySplats(kept, shDegree, antialiased);
  const columns = [['means', 3], ['logScales', 3], ['quats', 4], ['opacityLogits', 1], ['sh', 3 * shBasisCount(shDegree)]] as const; // prettier-ignore
  for (const [name, stride] of columns) {
    let to = 0;
    for (let from = 0; from < count;) {
      // Whole runs at once: most of a scene stays.
      let end = from;
      while (end < count && !hidden[end]) end++;
      if (end > from) out[name].set(splats[name].subarray(stride * from, stride * end), stride * to);
      to += end - from;
      from = end + 1;
    }
  }
  return out;
}

/** File to baked file: viewers turn every file by half a turn, so that is taken back after the placement. */
function bakedFrom({ rotation, offset }: Placement): Affine {
  const back = inverseOf(uprightFromFile);
  return { linear: matrixOfQuaternion(productOf(back, rotation)), offset: rotateVector(matrixOfQuaternion(back), offset) };
}

/** True for a placement that is the one viewers give every file. */
function isNothing({ linear, offset }: Affine): boolean {
  return linear.every((value, k) => Math.abs(value - (k % 4 === 0 ? 1 : 0)) < 1e-12) && offset.every((x) => x === 0);
}

/**
 * The edited splats. Arrays are shared with `splats` where nothing changes them. `splats` must be the whole file in its order
 * (decodeWhole), as operations name splats by it.
 */
export function applyEdits(splats: Splats, operations: readonly EditOperation[]): Splats {
  const { hidden, hiddenCount, orient } = editedState(operations, splats);
  const kept = hiddenCount > 0 ? withoutHidden(splats, hidden) : splats;
  const move = orient && bakedFrom(orient);
  if (!move || isNothing(move)) return kept;
  const { count, means, logScales, quats, sh } = kept;
  const turned = { ...kept, count, means: means.slice(), logScales: logScales.slice(), quats: quats.slice(), sh: sh.slice() };
  moveSplats(turned, move);
  return turned;
}
