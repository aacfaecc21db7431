/**
 * Sets of splats as bits: one bit per splat of the file, first splat in the lowest bit of the first byte, as edit operations hold them.
 * Invariant: bits beyond the last splat are 0, so counting needs no number of splats; no function changes a set it did not make, but setBit.
 */
import type { SplatBits } from './operations.ts';

/** The empty set, or with `full` the set of all. */
export function bitsOf(count: number, full = false): SplatBits {
  const bits = new Uint8Array(Math.ceil(count / 8));
  if (full) {
    bits.fill(255);
    clearBeyond(bits, count);
  }
  return bits;
}

function clearBeyond(bits: SplatBits, count: number): void {
  if (count % 8 !== 0 && bits.length > 0) bits[bits.length - 1] &= (1 << (count % 8)) - 1;
}

export const hasBit = (bits: Uint8Array, index: number): boolean => ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;

/** Puts a splat into the set, in place. */
export function setBit(bits: Uint8Array, index: number): void {
  bits[index >> 3] |= 1 << (index & 7);
}

/** What is in the first and not in the second. Sets of different lengths stand for the same file: what is missing is 0. */
export function minus(a: SplatBits, b: SplatBits): SplatBits {
  return a.map((byte, k) => byte & ~(b[k] ?? 0));
}

const onesOfByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) ones++;
  return ones;
});

export function countBits(bits: Uint8Array): number {
  let sum = 0;
  for (let k = 0; k < bits.length; k++) sum += onesOfByte[bits[k]];
  return sum;
}

/** The set of the splats whose byte is not 0. */
export function bitsOfMask(mask: Uint8Array): SplatBits {
  const bits = bitsOf(mask.length);
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) bits[i >> 3] |= 1 << (i & 7);
  return bits;
}

/** Sets the byte of every splat of the set to 1; how many were 0 before. */
export function addToMask(bits: Uint8Array, mask: Uint8Array): number {
  let added = 0;
  const bytes = Math.min(bits.length, Math.ceil(mask.length / 8));
  for (let k = 0; k < bytes; k++) {
    const byte = bits[k];
    if (byte === 0) continue;
    for (let bit = 0; bit < 8; bit++) {
      const i = 8 * k + bit;
      if ((byte & (1 << bit)) === 0 || i >= mask.length) continue;
      added += 1 - mask[i];
      mask[i] = 1;
    }
  }
  return added;
}
