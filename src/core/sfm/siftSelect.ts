/**
 * The list of key point candidates and the choice among them: sorting, the threshold, the spatial cap.
 * Invariant: the outcome depends on the set of candidates only, never on the order in which they were found.
 */
import { sigmaOf, thresholdHalvings } from './siftOptions.ts';

export interface Candidates {
  count: number;
  /** [capacity, 5]: octave, x, y (index coordinates of the octave), level (fractional), response (signed DoG). */
  values: Float32Array;
}

export const candidateWords = 5;

export const createCandidates = (capacity = 4096): Candidates => ({ count: 0, values: new Float32Array(capacity * candidateWords) });

export function addCandidate(list: Candidates, octave: number, x: number, y: number, level: number, response: number): void {
  let at = list.count * candidateWords;
  if (at === list.values.length) {
    const grown = new Float32Array(2 * at);
    grown.set(list.values);
    list.values = grown;
  }
  list.values[at++] = octave;
  list.values[at++] = x;
  list.values[at++] = y;
  list.values[at++] = level;
  list.values[at] = response;
  list.count++;
}

/** Fewer than this many key points (or than asked for) lower the threshold. */
const enough = 1500;
const gridSide = 8;
/** A cell of the grid may hold this many times its fair share while others still have key points to give. */
const shareFactor = 2;

/** Rows of `list` by octave, y, x, level; a point that two extrema were refined to is kept once. */
function sortedRows({ count, values }: Candidates): Uint32Array {
  const key = (row: number, word: number) => values[row * candidateWords + word];
  const rows = Uint32Array.from({ length: count }, (_, row) => row).sort((a, b) => {
    for (const word of [0, 2, 1, 3]) {
      const difference = key(a, word) - key(b, word);
      if (difference !== 0) return difference;
    }
    return key(a, 4) - key(b, 4);
  });
  return rows.filter((row, i) => i === 0 || [0, 1, 2, 3].some((word) => key(row, word) !== key(rows[i - 1], word)));
}

/** The first of the threshold and its halves that leaves enough rows. */
function thresholdFor(rows: Uint32Array, values: Float32Array, peakThreshold: number, wanted: number): number {
  let threshold = peakThreshold;
  for (let halved = 0; halved < thresholdHalvings; halved++) {
    let count = 0;
    for (const row of rows) if (Math.abs(values[row * candidateWords + 4]) >= threshold) count++;
    if (count >= wanted) break;
    threshold /= 2;
  }
  return threshold;
}

/** How much a key point is wanted: by scale, as COLMAP keeps the largest. Log2 of sigma in px of the photo. */
function meritOf(values: Float32Array, row: number): number {
  const at = row * candidateWords;
  return values[at] + Math.log2(sigmaOf(values[at + 3]));
}

/**
 * Chooses up to `maxPoints` candidates. [n, 5] as in Candidates, the most wanted first.
 * widthPx, heightPx: size of the photo.
 */
export function selectCandidates(
  list: Candidates,
  peakThreshold: number,
  maxPoints: number,
  widthPx: number,
  heightPx: number,
): Candidates {
  const all = sortedRows(list);
  const { values } = list;
  const threshold = thresholdFor(all, values, peakThreshold, Math.min(enough, maxPoints));
  const rows = all.filter((row) => Math.abs(values[row * candidateWords + 4]) >= threshold);
  const merits = Float64Array.from(rows, (row) => meritOf(values, row));
  const order = Uint32Array.from(rows, (_, i) => i).sort((a, b) => merits[b] - merits[a] || a - b);
  const chosen = capped(
    order,
    (i) => {
      const at = rows[i] * candidateWords;
      const size = 2 ** values[at];
      const column = Math.min(gridSide - 1, Math.floor((values[at + 1] * size * gridSide) / widthPx));
      return column + gridSide * Math.min(gridSide - 1, Math.floor((values[at + 2] * size * gridSide) / heightPx));
    },
    maxPoints,
  );
  const out: Candidates = { count: chosen.length, values: new Float32Array(chosen.length * candidateWords) };
  chosen.forEach((i, k) => {
    out.values.set(values.subarray(rows[i] * candidateWords, (rows[i] + 1) * candidateWords), k * candidateWords);
  });
  return out;
}

/** The first `most` of `order`, those of overfull cells only after all others. */
function capped(order: Uint32Array, cellOf: (item: number) => number, most: number): Uint32Array {
  if (order.length <= most) return order;
  const room = new Uint32Array(gridSide * gridSide).fill(Math.ceil((shareFactor * most) / (gridSide * gridSide)));
  const [kept, spare]: number[][] = [[], []];
  for (const item of order) {
    const cell = cellOf(item);
    if (room[cell] > 0) {
      room[cell]--;
      kept.push(item);
    } else spare.push(item);
  }
  return Uint32Array.from(kept.length >= most ? kept.slice(0, most) : [...kept, ...spare.slice(0, most - kept.length)]);
}
