/**
 * Rows that can be drawn: everything a number, a quaternion that is not zero, a place within reach of 32-bit arithmetic.
 * Invariant: rows keep their order; what is kept satisfies the contract of splatStream.ts.
 */
import { type Splats, shBasisCount } from '../../scene/splats.ts';

/** Means further out than this would overflow when squared and multiplied in 32 bits; no scene reaches there. */
const furthest = 1e12;

/**
 * A scale of minus infinity is a surfel's missing axis, an infinite opacity logit a splat that is opaque or absent: programs write both and
 * the packed form holds them. Everything else must be finite.
 */
function isUsable(splats: Splats, i: number, shLength: number): boolean {
  const { means, logScales, quats, opacityLogits, sh } = splats;
  for (let k = 3 * i; k < 3 * i + 3; k++) {
    if (!(Math.abs(means[k]) <= furthest)) return false;
    if (!(logScales[k] < Infinity)) return false;
  }
  let length2 = 0;
  for (let k = 4 * i; k < 4 * i + 4; k++) length2 += quats[k] * quats[k];
  if (!(length2 > 1e-40 && length2 < Infinity)) return false;
  if (Number.isNaN(opacityLogits[i])) return false;
  // One number that is not finite makes the sum so; a sum of finite 32-bit numbers in 64 bits cannot overflow.
  let sum = 0;
  for (let k = shLength * i; k < shLength * (i + 1); k++) sum += sh[k];
  return Number.isFinite(sum);
}

function moveRow(splats: Splats, from: number, to: number, shLength: number): void {
  splats.means.copyWithin(3 * to, 3 * from, 3 * from + 3);
  splats.logScales.copyWithin(3 * to, 3 * from, 3 * from + 3);
  splats.quats.copyWithin(4 * to, 4 * from, 4 * from + 4);
  splats.opacityLogits[to] = splats.opacityLogits[from];
  splats.sh.copyWithin(shLength * to, shLength * from, shLength * (from + 1));
}

/** Moves the usable rows to the front, in place; gives back how many there are. */
export function keepUsable(splats: Splats): number {
  const shLength = 3 * shBasisCount(splats.shDegree);
  let kept = 0;
  for (let i = 0; i < splats.count; i++) {
    if (!isUsable(splats, i, shLength)) continue;
    if (kept < i) moveRow(splats, i, kept, shLength);
    kept++;
  }
  return kept;
}
