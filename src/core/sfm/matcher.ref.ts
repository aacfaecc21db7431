/**
 * Twin of the matchers: the whole table of products, f64 integers, brute force; the definition in as few words as possible.
 * Invariant: no shortcut, no blocking; only for small inputs.
 */
import { descriptorSize } from './features.ts';

const productOf = (a: Uint8Array, i: number, b: Uint8Array, j: number): number => {
  let sum = 0;
  for (let k = 0; k < descriptorSize; k++) sum += a[i * descriptorSize + k] * b[j * descriptorSize + k];
  return sum;
};

const angleOf = (product: number): number => Math.acos(Math.min(1, product / 512 ** 2));

/** Lowest index of the largest value, -1 when none is above 0. */
function bestOf(values: number[]): number {
  const best = values.reduce((most, value) => Math.max(most, value), 0);
  return best > 0 ? values.indexOf(best) : -1;
}

/** Index pairs [row, column], by row. */
export function matchReference(first: Uint8Array, other: Uint8Array): [number, number][] {
  const rowIndices = Array.from({ length: first.length / descriptorSize }, (_, i) => i);
  const columnIndices = Array.from({ length: other.length / descriptorSize }, (_, j) => j);
  const table = rowIndices.map((i) => columnIndices.map((j) => productOf(first, i, other, j)));
  const rowOf = columnIndices.map((j) => bestOf(rowIndices.map((i) => table[i][j])));
  return rowIndices.flatMap((i): [number, number][] => {
    const j = bestOf(table[i]);
    if (j < 0 || rowOf[j] !== i) return [];
    const next = table[i].reduce((most, value, column) => (column === j ? most : Math.max(most, value)), 0);
    const angle = angleOf(table[i][j]);
    return angle <= 0.7 && angle < 0.8 * angleOf(next) ? [[i, j]] : [];
  });
}
