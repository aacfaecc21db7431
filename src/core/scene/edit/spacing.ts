/**
 * Spacing: about how far away the k-th nearest splat is, for all splats of a scene in some passes over hashed grids. The cells double from
 * level to level; a splat's spacing is that of the first level on which its cell and the 26 around it hold k others, refined by how many
 * they hold, as if these lay on a surface (the count grows with the square of the distance).
 * Invariant: no level takes longer than one look at 27 cells a splat, however unevenly they lie; equal scenes give equal spacings.
 */
const levels = 11;
const noCell = -1;

/** Counts of means in cells of one size, in an open hash table. */
interface Grid {
  /** Cell number of each splat. */
  cellOf: Int32Array;
  counts: Int32Array;
  find(x: number, y: number, z: number): number;
}

function createGrid(means: Float32Array, origin: ArrayLike<number>, cell: number): Grid {
  const count = means.length / 3;
  const size = 2 ** Math.ceil(Math.log2(2 * count + 2));
  const slots = new Int32Array(size).fill(noCell);
  const places = new Int32Array(3 * count);
  const counts = new Int32Array(count);
  const cellOf = new Int32Array(count);
  let cells = 0;
  const slotOf = (x: number, y: number, z: number): number => {
    let slot = (Math.imul(x, 73856093) ^ Math.imul(y, 19349663) ^ Math.imul(z, 83492791)) & (size - 1);
    for (; slots[slot] !== noCell; slot = (slot + 1) & (size - 1)) {
      const at = 3 * slots[slot];
      if (places[at] === x && places[at + 1] === y && places[at + 2] === z) break;
    }
    return slot;
  };
  for (let i = 0; i < count; i++) {
    const x = gridPlace((means[3 * i] - origin[0]) / cell);
    const y = gridPlace((means[3 * i + 1] - origin[1]) / cell);
    const z = gridPlace((means[3 * i + 2] - origin[2]) / cell);
    const slot = slotOf(x, y, z);
    if (slots[slot] === noCell) {
      [places[3 * cells], places[3 * cells + 1], places[3 * cells + 2]] = [x, y, z];
      slots[slot] = cells++;
    }
    cellOf[i] = slots[slot];
    counts[slots[slot]]++;
  }
  return { cellOf, counts, find: (x, y, z) => slots[slotOf(x, y, z)] };
}

/** Whole numbers that 32 bits hold: means far outside share the outermost cells. */
const gridPlace = (x: number): number => Math.max(-1e9, Math.min(1e9, Math.floor(x)));

/**
 * @param means [n, 3]
 * @param finest side of the smallest cells; spacings below it are not told apart
 * @returns [n], in units of the means; Infinity beyond 1024 times the finest
 */
export function spacingOf(means: Float32Array, origin: ArrayLike<number>, finest: number, k: number): Float32Array {
  const count = means.length / 3;
  const out = new Float32Array(count).fill(Infinity);
  for (let level = 0, cell = finest, left = count; level < levels && left > 0; level++, cell *= 2) {
    const { cellOf, counts, find } = createGrid(means, origin, cell);
    for (let i = 0; i < count; i++) {
      if (out[i] !== Infinity) continue;
      let others = counts[cellOf[i]] - 1;
      if (others < 8 * k) {
        const x = gridPlace((means[3 * i] - origin[0]) / cell);
        const y = gridPlace((means[3 * i + 1] - origin[1]) / cell);
        const z = gridPlace((means[3 * i + 2] - origin[2]) / cell);
        others = -1;
        for (let n = 0; n < 27; n++) {
          const at = find(x + (n % 3) - 1, y + (Math.floor(n / 3) % 3) - 1, z + Math.floor(n / 9) - 1);
          if (at !== noCell) others += counts[at];
        }
      }
      if (others < k) continue;
      // The 27 cells reach 1.5 cells to each side.
      out[i] = 1.5 * cell * Math.max(1 / 3, Math.sqrt(k / others));
      left--;
    }
  }
  return out;
}
