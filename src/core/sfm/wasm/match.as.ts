/**
 * Descriptor matching in WebAssembly SIMD (AssemblyScript; scripts/build-wasm.mjs makes matchModule.ts of it). All arrays are in linear
 * memory at addresses the caller chooses, 16-byte aligned: u8 descriptors [n,128] in; for every row the best and second-best dot product
 * and the best column; for every column its best row.
 * Invariant: dot products are exact integers (128 * 255^2 < 2^31) and a later candidate wins only when strictly greater than the best so
 * far, which starts at 0: ties go to the lowest index, a product of 0 is nobody's best (index -1).
 *
 * Layout. Rows are widened to i16, 256 bytes each, in tiles of 4 rows. Columns come in groups of 8; for every pair of elements a group
 * holds two vectors of 4 columns x 2 elements, so that i32x4.dot_i16x8_s of a row's splatted pair with it adds to 4 columns at once
 * and no sum across lanes is needed. Rows are taken 64 at a time (16 kB stay in the first-level cache) against one group after another.
 */

/** Bytes of one widened descriptor. */
const wide: i32 = 256;
const rowsAtATime: i32 = 64;
/** Per row: 4 lanes of best product, second product, best column. */
const stateBytes: i32 = 48;

/** Widens n descriptors to i16, row after row. */
export function packRows(from: i32, to: i32, n: i32): void {
  for (let end = from + n * 128; from < end; from += 8, to += 16) v128.store(to, v128.load_ext<u8>(from));
}

/** Widens n descriptors to i16 in groups of 8 columns: [group][pair of elements][column][2]. */
export function packColumns(from: i32, to: i32, n: i32): void {
  for (let column = 0; column < n; column++, from += 128) {
    let at = to + (column >> 3) * (8 * wide) + (column & 7) * 4;
    for (let pair = 0; pair < 64; pair++, at += 32) store<u32>(at, <u32>load<u8>(from + pair * 2) | (<u32>load<u8>(from + pair * 2 + 1) << 16));
  }
}

/** One vector of 4 products into a row's state and into the best rows of 4 columns. */
// @ts-ignore: decorator
@inline
function keep(products: v128, state: i32, columns: v128, columnState: i32, row: i32): void {
  const best = v128.load(state);
  v128.store(state, v128.max<i32>(best, products));
  v128.store(state, v128.max<i32>(v128.load(state, 16), v128.min<i32>(best, products)), 16);
  v128.store(state, v128.bitselect(columns, v128.load(state, 32), v128.gt<i32>(products, best)), 32);
  const bestOfColumn = v128.load(columnState);
  v128.store(columnState, v128.max<i32>(bestOfColumn, products));
  const rows = v128.bitselect(v128.splat<i32>(row), v128.load(columnState, 16), v128.gt<i32>(products, bestOfColumn));
  v128.store(columnState, rows, 16);
}

/** 4 rows against 8 columns. */
function tile(rows: i32, group: i32, state: i32, column: i32, columnState: i32, row: i32): void {
  let a0 = i32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  for (let end = rows + wide; rows < end; rows += 4, group += 32) {
    const left = v128.load(group);
    const right = v128.load(group, 16);
    let pair = v128.load_splat<u32>(rows);
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(pair, left));
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(pair, right));
    pair = v128.load_splat<u32>(rows, wide);
    b0 = i32x4.add(b0, i32x4.dot_i16x8_s(pair, left));
    b1 = i32x4.add(b1, i32x4.dot_i16x8_s(pair, right));
    pair = v128.load_splat<u32>(rows, 2 * wide);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(pair, left));
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(pair, right));
    pair = v128.load_splat<u32>(rows, 3 * wide);
    d0 = i32x4.add(d0, i32x4.dot_i16x8_s(pair, left));
    d1 = i32x4.add(d1, i32x4.dot_i16x8_s(pair, right));
  }
  const lower = i32x4.add(v128.splat<i32>(column), i32x4(0, 1, 2, 3));
  const upper = i32x4.add(lower, v128.splat<i32>(4));
  keep(a0, state, lower, columnState, row);
  keep(a1, state, upper, columnState + 32, row);
  keep(b0, state + stateBytes, lower, columnState, row + 1);
  keep(b1, state + stateBytes, upper, columnState + 32, row + 1);
  keep(c0, state + 2 * stateBytes, lower, columnState, row + 2);
  keep(c1, state + 2 * stateBytes, upper, columnState + 32, row + 2);
  keep(d0, state + 3 * stateBytes, lower, columnState, row + 3);
  keep(d1, state + 3 * stateBytes, upper, columnState + 32, row + 3);
}

/**
 * All rows (a multiple of 4, zero-padded) against all columns (a multiple of 8, zero-padded). `state` [rows, 48 bytes] and `columnState`
 * [columns / 4, 32 bytes: products, rows] are set here.
 */
export function match(rows: i32, rowCount: i32, columns: i32, columnCount: i32, state: i32, columnState: i32): void {
  const zero = i32x4.splat(0);
  const none = i32x4.splat(-1);
  for (let row = 0; row < rowCount; row++) {
    v128.store(state + row * stateBytes, zero);
    v128.store(state + row * stateBytes, zero, 16);
    v128.store(state + row * stateBytes, none, 32);
  }
  for (let column = 0; column < columnCount; column += 4) {
    v128.store(columnState + column * 8, zero);
    v128.store(columnState + column * 8, none, 16);
  }
  for (let first = 0; first < rowCount; first += rowsAtATime) {
    const end = min(first + rowsAtATime, rowCount);
    for (let column = 0; column < columnCount; column += 8) {
      for (let row = first; row < end; row += 4) {
        tile(rows + row * wide, columns + column * wide, state + row * stateBytes, column, columnState + column * 8, row);
      }
    }
  }
}
