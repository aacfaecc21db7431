/**
 * Budget pool: keeps the most important of any number of packed splats while they stream past.
 * Invariant: at most twice the budget (and one batch) is held at a time; what is left at the end is exactly the best `most` rows, in their
 * original order, the earlier of two equals first.
 */
import { type PackedSplats, geometryWords, shWords } from '../../view/packedSplats.ts';

/** Packed rows with what the decision and the summary need to know of each. */
export interface RatedSplats {
  packed: PackedSplats;
  /** [count], greater is kept. */
  importance: Float32Array;
  /** [count], greatest log scale before it was packed. */
  largest: Float32Array;
}

function joinRated(runs: RatedSplats[], rows: (run: number, row: number) => boolean, count: number): RatedSplats {
  const shDegree = runs[0].packed.shDegree;
  const perSplat = shWords(shDegree);
  const geometry = new Uint32Array(count * geometryWords);
  const sh = new Uint32Array(count * perSplat);
  const importance = new Float32Array(count);
  const largest = new Float32Array(count);
  let to = 0;
  for (const [r, run] of runs.entries()) {
    for (let i = 0; i < run.packed.count; i++) {
      if (!rows(r, i)) continue;
      geometry.set(run.packed.geometry.subarray(i * geometryWords, (i + 1) * geometryWords), to * geometryWords);
      if (perSplat > 0) sh.set(run.packed.sh.subarray(i * perSplat, (i + 1) * perSplat), to * perSplat);
      importance[to] = run.importance[i];
      largest[to++] = run.largest[i];
    }
  }
  return { packed: { count, shDegree, geometry, sh }, importance, largest };
}

/** The best `most` rows of all runs as one. */
function bestOf(runs: RatedSplats[], total: number, most: number): RatedSplats {
  const all = new Float32Array(total);
  let at = 0;
  for (const { importance } of runs) {
    all.set(importance, at);
    at += importance.length;
  }
  const sorted = all.sort();
  const threshold = sorted[total - most];
  let equalsLeft = 0;
  for (let i = total - most; i < total && sorted[i] === threshold; i++) equalsLeft++;
  const keep = (r: number, i: number): boolean => {
    const value = runs[r].importance[i];
    return value > threshold || (value === threshold && equalsLeft-- > 0);
  };
  return joinRated(runs, keep, most);
}

export interface BudgetPool {
  add(rated: RatedSplats): void;
  /** The best rows and how many were left out; the pool is empty afterwards. */
  drain(): { kept: RatedSplats[]; overBudget: number };
}

/** `most` is at least 1. */
export function createBudgetPool(most: number): BudgetPool {
  let runs: RatedSplats[] = [];
  let held = 0;
  let overBudget = 0;
  const prune = (): void => {
    if (held <= most) return;
    runs = [bestOf(runs, held, most)];
    overBudget += held - most;
    held = most;
  };
  return {
    add(rated) {
      runs.push(rated);
      held += rated.packed.count;
      if (held > 2 * most) prune();
    },
    drain() {
      prune();
      const kept = runs;
      runs = [];
      held = 0;
      return { kept, overBudget };
    },
  };
}
