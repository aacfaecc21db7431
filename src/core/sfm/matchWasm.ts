/**
 * The WebAssembly matcher: loads the embedded module, lays out its memory and reads its results (wasm/match.as.ts says how they lie).
 * Invariant: one instance per thread, made on first use; its memory only grows, and every view of it is taken after growing.
 */
import { descriptorSize } from './features.ts';
import type { BestProducts } from './matches.ts';
import { matchModuleBase64 } from './wasm/matchModule.ts';

/** As much of WebAssembly as a small module compiled on the spot needs; not every environment's types have the global. */
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
}

interface MatchExports {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  packRows(from: number, to: number, n: number): void;
  packColumns(from: number, to: number, n: number): void;
  match(rows: number, rowCount: number, columns: number, columnCount: number, state: number, columnState: number): void;
}

/** Finds the bests of one first photo against many others. */
export interface WasmMatcher {
  setFirst(descriptors: Uint8Array): void;
  against(descriptors: Uint8Array): BestProducts;
}

const pageBytes = 65536;
const wideBytes = descriptorSize * 2;
/** Int32 words of a row's state (4 lanes of product, second, column) and of 4 columns' (4 products, 4 rows). */
const rowWords = 12;
const columnWords = 8;

const upTo = (n: number, multiple: number): number => Math.ceil(n / multiple) * multiple;

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  return Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}

let matcher: WasmMatcher | null | undefined;

/** The matcher, or null where WebAssembly or its SIMD is missing. */
export function wasmMatcher(): WasmMatcher | null {
  if (matcher === undefined) {
    try {
      const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
      matcher = createWasmMatcher(new Instance(new Module(bytesOf(matchModuleBase64))).exports as MatchExports);
    } catch {
      matcher = null;
    }
  }
  return matcher;
}

function createWasmMatcher({ memory, packRows, packColumns, match }: MatchExports): WasmMatcher {
  // From the bottom: rows widened, row states, descriptors as they come, columns widened, column states.
  let rowCount = 0;
  const paddedRows = (): number => upTo(rowCount, 4);
  const statesAt = (): number => paddedRows() * wideBytes;
  const inputAt = (): number => upTo(statesAt() + paddedRows() * rowWords * 4, 16);
  const reserve = (bytes: number): void => {
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  };
  return {
    setFirst(descriptors) {
      rowCount = descriptors.length / descriptorSize;
      reserve(inputAt() + descriptors.length);
      const bytes = new Uint8Array(memory.buffer);
      bytes.set(descriptors, inputAt());
      packRows(inputAt(), 0, rowCount);
      bytes.fill(0, rowCount * wideBytes, statesAt());
    },
    against(descriptors) {
      const columnCount = descriptors.length / descriptorSize;
      const paddedColumns = upTo(columnCount, 8);
      const columnsAt = upTo(inputAt() + descriptors.length, 16);
      const columnStatesAt = columnsAt + paddedColumns * wideBytes;
      reserve(columnStatesAt + (paddedColumns / 4) * columnWords * 4);
      const bytes = new Uint8Array(memory.buffer);
      bytes.set(descriptors, inputAt());
      if (paddedColumns > columnCount) bytes.fill(0, columnStatesAt - 8 * wideBytes, columnStatesAt);
      packColumns(inputAt(), columnsAt, columnCount);
      match(0, paddedRows(), columnsAt, paddedColumns, statesAt(), columnStatesAt);
      const states = new Int32Array(memory.buffer, statesAt(), rowCount * rowWords);
      return { ...bestsOfRows(states, rowCount), row: bestRows(new Int32Array(memory.buffer, columnStatesAt), columnCount) };
    },
  };
}

/** Joins the four lanes of every row. */
function bestsOfRows(states: Int32Array, rowCount: number): Omit<BestProducts, 'row'> {
  const column = new Int32Array(rowCount);
  const product = new Int32Array(rowCount);
  const second = new Int32Array(rowCount);
  for (let i = 0; i < rowCount; i++) {
    const at = i * rowWords;
    let [best, next, from] = [0, 0, -1];
    for (let lane = 0; lane < 4; lane++) {
      const value = states[at + lane];
      const index = states[at + 8 + lane];
      next = Math.max(next, states[at + 4 + lane], Math.min(best, value));
      if (value > best || (value === best && index >= 0 && index < from)) {
        best = value;
        from = index;
      }
    }
    column[i] = from;
    product[i] = best;
    second[i] = next;
  }
  return { column, product, second };
}

function bestRows(states: Int32Array, columnCount: number): Int32Array {
  const rows = new Int32Array(columnCount);
  for (let j = 0; j < columnCount; j++) rows[j] = states[(j >> 2) * columnWords + 4 + (j & 3)];
  return rows;
}
