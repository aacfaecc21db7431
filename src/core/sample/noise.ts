/**
 * Repeatable noise for the sample scene's surfaces, from one table of fixed random values.
 * Invariant: depends on the place alone; a pattern returns only after 256 units, which is farther than the scene is wide.
 */

const tableSize = 256;
const values = new Float64Array(tableSize);
/** A permutation of 0..255, twice, so that a sum of two bytes needs no wrapping. */
const order = new Uint8Array(2 * tableSize);

/** Lehmer's generator with Park and Miller's multiplier: the same numbers everywhere. */
let state = 20_240_607;
const nextRandom = (): number => (state = (state * 48_271) % 0x7fffffff) / 0x7fffffff;

for (let i = 0; i < tableSize; i++) {
  values[i] = nextRandom();
  order[i] = i;
}
for (let i = tableSize - 1; i > 0; i--) {
  const other = Math.floor(nextRandom() * (i + 1));
  [order[i], order[other]] = [order[other], order[i]];
}
order.copyWithin(tableSize, 0, tableSize);

/** Byte of a lattice cell. */
export const cellByte = (x: number, y: number, z: number): number => order[order[order[x & 255] + (y & 255)] + (z & 255)];

/** 0..1, unrelated for different `which` of the same byte. */
export const valueOf = (byte: number, which: number): number => values[order[byte + which]];

const ease = (t: number): number => t * t * (3 - 2 * t);

/** Smooth value noise, 0..1, one bump per unit. */
export function noise(px: number, py: number, pz: number): number {
  const x = Math.floor(px);
  const y = Math.floor(py);
  const z = Math.floor(pz);
  const u = ease(px - x);
  const v = ease(py - y);
  const w = ease(pz - z);
  const z0 = z & 255;
  const z1 = (z + 1) & 255;
  const left = order[x & 255];
  const right = order[(x + 1) & 255];
  const a = order[left + (y & 255)];
  const b = order[right + (y & 255)];
  const c = order[left + ((y + 1) & 255)];
  const d = order[right + ((y + 1) & 255)];
  const near =
    (values[order[a + z0]] * (1 - u) + values[order[b + z0]] * u) * (1 - v) +
    (values[order[c + z0]] * (1 - u) + values[order[d + z0]] * u) * v;
  const far =
    (values[order[a + z1]] * (1 - u) + values[order[b + z1]] * u) * (1 - v) +
    (values[order[c + z1]] * (1 - u) + values[order[d + z1]] * u) * v;
  return near * (1 - w) + far * w;
}

/**
 * Scattered chips: the byte of the chip that this place lies in, -1 between chips. At most one per unit cell and wholly inside it, of
 * differing sizes and wobbly outline. `share`: how many cells have one.
 */
export function chip(px: number, py: number, pz: number, share: number): number {
  const x = Math.floor(px);
  const y = Math.floor(py);
  const z = Math.floor(pz);
  const byte = cellByte(x, y, z);
  if (valueOf(byte, 17) > share) return -1;
  const radius = 0.22 + 0.26 * valueOf(byte, 31);
  const room = 1 - 2 * radius;
  const dx = px - x - radius - room * valueOf(byte, 59);
  const dy = py - y - radius - room * valueOf(byte, 83);
  const dz = pz - z - radius - room * valueOf(byte, 109);
  const reach = Math.abs(dx * 0.55 + dy) + Math.abs(dy * 0.4 - dx) + Math.abs(dz) * 1.2;
  return reach < 1.15 * radius && dx * dx + dy * dy + dz * dz < radius * radius ? byte : -1;
}
