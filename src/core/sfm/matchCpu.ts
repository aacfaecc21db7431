/**
 * Matching on the CPU: WebAssembly SIMD where there is, plain JavaScript elsewhere. Both find the same.
 * Invariant: synchronous and without state that a caller can see; what a photo's descriptors match does not depend on earlier calls.
 */
import { descriptorSize } from './features.ts';
import { wasmMatcher } from './matchWasm.ts';
import { type BestProducts, type Matches, matchesOf } from './matches.ts';

export interface MatchTaskResult {
  matches: Matches;
}

/** Matches one photo's descriptors [n, 128] with those of each of the others. Feature-for-feature as COLMAP's brute-force matcher does. */
export function matchCpu(first: Uint8Array, others: Uint8Array[]): MatchTaskResult[] {
  const wasm = wasmMatcher();
  if (!wasm) return others.map((other) => ({ matches: matchesOf(plainBests(first, other)) }));
  wasm.setFirst(first);
  return others.map((other) => ({ matches: matchesOf(wasm.against(other)) }));
}

/** The same in plain JavaScript: some thirty times slower. */
export function plainBests(first: Uint8Array, other: Uint8Array): BestProducts {
  const rows = Int16Array.from(first);
  const columns = Int16Array.from(other);
  const rowCount = first.length / descriptorSize;
  const columnCount = other.length / descriptorSize;
  const bests = {
    column: new Int32Array(rowCount).fill(-1),
    product: new Int32Array(rowCount),
    second: new Int32Array(rowCount),
    row: new Int32Array(columnCount).fill(-1),
  };
  const columnProduct = new Int32Array(columnCount);
  for (let i = 0; i < rowCount; i++) {
    let [best, second, from] = [0, 0, -1];
    for (let j = 0; j < columnCount; j++) {
      const value = product(rows, i * descriptorSize, columns, j * descriptorSize);
      if (value > best) {
        second = best;
        best = value;
        from = j;
      } else if (value > second) second = value;
      if (value > columnProduct[j]) {
        columnProduct[j] = value;
        bests.row[j] = i;
      }
    }
    bests.column[i] = from;
    bests.product[i] = best;
    bests.second[i] = second;
  }
  return bests;
}

function product(a: Int16Array, atA: number, b: Int16Array, atB: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let k = 0; k < descriptorSize; k += 4) {
    s0 = (s0 + Math.imul(a[atA + k], b[atB + k])) | 0;
    s1 = (s1 + Math.imul(a[atA + k + 1], b[atB + k + 1])) | 0;
    s2 = (s2 + Math.imul(a[atA + k + 2], b[atB + k + 2])) | 0;
    s3 = (s3 + Math.imul(a[atA + k + 3], b[atB + k + 3])) | 0;
  }
  return (s0 + s1 + s2 + s3) | 0;
}
