/**
 * How crowded it is around each splat, counted on uniform grids: the splats in the cell of its mean and in the 26 cells about it, against
 * those of the median splat.
 * Invariant: only whole cells are counted, so the numbers are the same on every machine.
 */

/** A box that holds most of the means, world units. */
export interface CountedBox {
  centre: readonly number[];
  diagonal: number;
}

/** For each splat 0..1: 0 with nothing around it, 1 with the neighbours that are usual in the scene or more. */
export interface Density {
  /** Cells as fine as the scene is dense; usual is 60 % of the median splat's neighbours. */
  fine: Float32Array;
  /** Cells four times as wide; usual is 25 %. */
  coarse: Float32Array;
}

const usualShare = { fine: 0.6, coarse: 0.25 };
/** The fine grid is the finest one on which the median splat counts at least so many, itself included. */
const neighboursWanted = 24;
/** The median is taken over about so many splats. */
const sampleSize = 8192;
/** Cells along an axis in each direction; what lies beyond is counted at the border. */
const reach = 1 << 20;
/** Each finer grid tried has cells smaller by this factor. */
const ladderStep = Math.SQRT1_2;

/** Cells that hold something, found by their three coordinates (open addressing). */
interface Grid {
  mask: number;
  /** Cell in each slot, -1 = free. */
  slots: Int32Array;
  /** [cells, 3]. */
  cells: Int32Array;
  /** Splats in each cell. */
  counts: Uint32Array;
  /** The cell of each splat. */
  cellOf: Uint32Array;
  used: number;
}

function hash(x: number, y: number, z: number): number {
  const h = Math.imul(x, 0x8da6b343) ^ Math.imul(y, 0xd8163841) ^ Math.imul(z, 0xcb1ab31f);
  const mixed = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}

/** The slot of a cell, or the free one where it would be. */
function slotOf({ mask, slots, cells }: Grid, x: number, y: number, z: number): number {
  let slot = hash(x, y, z) & mask;
  for (;;) {
    const cell = slots[slot];
    if (cell < 0 || (cells[3 * cell] === x && cells[3 * cell + 1] === y && cells[3 * cell + 2] === z)) return slot;
    slot = (slot + 1) & mask;
  }
}

/** Cell number along an axis; a value that is not a number counts in the middle. */
const coordinate = (value: number, middle: number, side: number): number =>
  Math.min(reach, Math.max(-reach, Math.floor((value - middle) / side))) | 0;

/** Puts all splats into cells `side` wide. means: [count, 3]. */
function gridOf(means: Float32Array, count: number, centre: readonly number[], side: number): Grid {
  let size = 16;
  while (size < 2 * count) size *= 2;
  const [slots, cells] = [new Int32Array(size).fill(-1), new Int32Array(3 * count)];
  const grid: Grid = { mask: size - 1, slots, cells, counts: new Uint32Array(count), cellOf: new Uint32Array(count), used: 0 };
  const [cx, cy, cz] = centre;
  for (let i = 0; i < count; i++) {
    const x = coordinate(means[3 * i], cx, side);
    const y = coordinate(means[3 * i + 1], cy, side);
    const z = coordinate(means[3 * i + 2], cz, side);
    const slot = slotOf(grid, x, y, z);
    let cell = slots[slot];
    if (cell < 0) {
      cell = slots[slot] = grid.used++;
      cells[3 * cell] = x;
      cells[3 * cell + 1] = y;
      cells[3 * cell + 2] = z;
    }
    grid.cellOf[i] = cell;
    grid.counts[cell]++;
  }
  return grid;
}

/** Splats in and about a cell; the counting stops where there are `enough`. */
function countAround(grid: Grid, cell: number, enough: number): number {
  const { cells, slots, counts } = grid;
  if (counts[cell] >= enough) return enough;
  const x = cells[3 * cell];
  const y = cells[3 * cell + 1];
  const z = cells[3 * cell + 2];
  let sum = 0;
  for (let dx = -1; dx <= 1; dx++)
    for (let dy = -1; dy <= 1; dy++)
      for (let dz = -1; dz <= 1; dz++) {
        const there = slots[slotOf(grid, x + dx, y + dy, z + dz)];
        if (there >= 0 && (sum += counts[there]) >= enough) return enough;
      }
  return sum;
}

/** The count of the median splat, over an even sample. */
function medianAround(grid: Grid): number {
  const count = grid.cellOf.length;
  const step = Math.max(1, Math.floor(count / sampleSize));
  const sample = Uint32Array.from({ length: Math.ceil(count / step) }, (_, k) => countAround(grid, grid.cellOf[k * step], Infinity)).sort();
  return sample[sample.length >> 1];
}

function densityOn(grid: Grid, median: number, share: number): Float32Array {
  const usual = Math.max(2, share * median);
  const around = new Float32Array(grid.used);
  for (let cell = 0; cell < grid.used; cell++) around[cell] = (countAround(grid, cell, usual) - 1) / (usual - 1);
  const all = new Float32Array(grid.cellOf.length);
  for (let i = 0; i < all.length; i++) all[i] = around[grid.cellOf[i]];
  return all;
}

/**
 * The finest grid of a ladder on which the median splat still counts enough. The search begins where a surface as large as the box would
 * have about four splats in a cell, and goes up or down from there, up to a quarter of the diagonal and down to a 4096th.
 */
function fineGrid(means: Float32Array, count: number, { centre, diagonal }: CountedBox): { grid: Grid; side: number; median: number } {
  const at = (side: number) => {
    const grid = gridOf(means, count, centre, side);
    return { grid, side, median: medianAround(grid) };
  };
  let now = at(Math.min(diagonal / 4, (2 * diagonal) / Math.sqrt(count)));
  while (now.median < neighboursWanted && now.side < diagonal / 4) now = at(now.side / ladderStep);
  while (now.side > diagonal / 4096) {
    const finer = at(now.side * ladderStep);
    if (finer.median < neighboursWanted) break;
    now = finer;
  }
  return now;
}

/** Density on both grids. means: [count, 3], count >= 1; the diagonal is not 0. */
export function densityOf(means: Float32Array, count: number, box: CountedBox): Density {
  const { grid, side, median } = fineGrid(means, count, box);
  const coarse = gridOf(means, count, box.centre, 4 * side);
  return { fine: densityOn(grid, median, usualShare.fine), coarse: densityOn(coarse, medianAround(coarse), usualShare.coarse) };
}
