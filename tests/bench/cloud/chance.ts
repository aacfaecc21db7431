/** Chance by name: whether something befalls this photo of that owner. Invariant: the same whatever the order in which it is asked. */
import { createHash } from 'node:crypto';

/** In [0, 1), of a seed and a name. */
export function chance(seed: number, name: string): number {
  return createHash('sha256').update(`${seed} ${name}`).digest().readUInt32BE(0) / 2 ** 32;
}
