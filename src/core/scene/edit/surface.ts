/**
 * The visible surface of a view, roughly, from the means and opacities alone: the picture is cut into cells of 8 px, each splat counts in
 * the cell of its mean only, and a cell's surface lies where the splats from the front have taken half of the light. A cell whose own
 * splats do not come to that asks those of its eight neighbours too; where even they let the light through, all is at the surface.
 * Approximate by design: footprints are not drawn, so a large splat hides only what lies in its own cell, and within a cell slanted
 * surfaces count as deep as their front plus the tolerance.
 * Invariant: of what is chosen in a cell, the splats that reach its surface depth stay.
 */
import type { PinholeView } from '../camera.ts';

const cellPx = 8;
/** Light that is left at the surface. */
const halfLight = 0.5;
/** How far behind the surface a splat still belongs to it, as a share of the surface's depth. */
const depthTolerance = 0.05;

interface Cells {
  columns: number;
  rows: number;
  /** Splats of cell c are order[start[c]..start[c + 1]), not sorted. */
  start: Uint32Array;
  order: Uint32Array;
}

const cellOf = (places: Float32Array, splat: number, columns: number): number =>
  Math.floor(places[3 * splat + 1] / cellPx) * columns + Math.floor(places[3 * splat] / cellPx);

/** Sorts the splats in the picture by cell (counting sort). */
function cellsOf(places: Float32Array, { widthPx, heightPx }: PinholeView): Cells {
  const [columns, rows] = [Math.ceil(widthPx / cellPx), Math.ceil(heightPx / cellPx)];
  const start = new Uint32Array(columns * rows + 1);
  const n = places.length / 3;
  for (let i = 0; i < n; i++) if (places[3 * i + 2] > 0) start[cellOf(places, i, columns) + 1]++;
  for (let c = 0; c < columns * rows; c++) start[c + 1] += start[c];
  const order = new Uint32Array(start[columns * rows]);
  const at = start.slice();
  for (let i = 0; i < n; i++) if (places[3 * i + 2] > 0) order[at[cellOf(places, i, columns)]++] = i;
  return { columns, rows, start, order };
}

/** Depth at which half the light is gone among these splats; Infinity when it never is. Sorts `splats`. */
function depthOf(splats: Uint32Array, places: Float32Array, opacityLogits: Float32Array): number {
  splats.sort((a, b) => places[3 * a + 2] - places[3 * b + 2]);
  let light = 1;
  for (const i of splats) {
    light *= 1 - 1 / (1 + Math.exp(-opacityLogits[i]));
    if (light <= halfLight) return places[3 * i + 2];
  }
  return Infinity;
}

function aroundCell({ columns, rows, start, order }: Cells, cell: number): Uint32Array {
  const [row, column] = [Math.floor(cell / columns), cell % columns];
  const [left, right] = [Math.max(0, column - 1), Math.min(columns - 1, column + 1)];
  const parts: Uint32Array[] = [];
  for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++)
    parts.push(order.subarray(start[r * columns + left], start[r * columns + right + 1]));
  const all = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Takes out of `chosen` (one byte per splat) what lies behind the visible surface. places: [n, 3] of x px, y px and depth, depth 0 for
 * what is not in the picture.
 */
export function surfaceOnly(chosen: Uint8Array, places: Float32Array, opacityLogits: Float32Array, view: PinholeView): void {
  const cells = cellsOf(places, view);
  for (let cell = 0; cell + 1 < cells.start.length; cell++) {
    const own = cells.order.subarray(cells.start[cell], cells.start[cell + 1]);
    if (!own.some((i) => chosen[i] !== 0)) continue;
    let depth = depthOf(own, places, opacityLogits);
    if (depth === Infinity) depth = depthOf(aroundCell(cells, cell), places, opacityLogits);
    const limit = depth * (1 + depthTolerance);
    for (const i of own) if (places[3 * i + 2] > limit) chosen[i] = 0;
  }
}
