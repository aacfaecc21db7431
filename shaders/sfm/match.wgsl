// Best and second-best dot products between the descriptors of one photo (rows) and of several others (columns); with
// match_dot_packed.wgsl or match_dot_plain.wgsl before it.
// match_rows: for every row its best column, and a list of the rows that may pass the ratio test.
// match_check: for every row in the list, the best row of its best column (the mutual test), found by the same loop with roles swapped.
// bindings: 0 pairs (read): first row, rows, first column, columns; as indices into descriptors; one per workgroup_id.y, same rows in all
//   1 descriptors (read): 8 vec4u each   2 found (rw): [pair][row]: best column, product, second product, best row of that column
//   3 candidates (rw): [pair][row]       4 candidate_counts (rw): by pair, 0 before      5 check_size (rw): workgroups of match_check
// Invariants: the table of products is never stored; products are exact; a later candidate wins only when strictly greater, so ties go to
// the lowest index, whatever the order of the threads; a product of 0 is nobody's best (NONE).
// Formula: match when acos(p) <= 0.7 and acos(p) < 0.8 acos(second), p = product / 512^2 (Lowe 2004, section 7.1, with angles). Here with
// a margin for the error of acos; the CPU decides (src/core/sfm/matches.ts).
//
// A workgroup holds 64 rows and takes 32 columns at a time: 16 x 8 threads, 4 x 4 products each, so that 8 loads from workgroup memory
// serve 64 packed products. Pieces lie [piece][descriptor] with one vec4u of padding, which keeps lanes in different banks.
override MAX_ANGLE: f32;
override MAX_RATIO: f32;
const MARGIN = 0.005;
const NONE = 0xffffffffu;
const PIECES = 8u;
const ROWS = 64u;
const COLUMNS = 32u;
const THREADS_X = 8u; // along columns
const THREADS_Y = 16u;
const THREADS = 128u;
const ROW_STRIDE = 65u;
const COLUMN_STRIDE = 33u;

@group(0) @binding(0) var<storage, read> pairs: array<vec4u>;
@group(0) @binding(1) var<storage, read> descriptors: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> found: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> candidates: array<u32>;
@group(0) @binding(4) var<storage, read_write> candidate_counts: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> check_size: array<atomic<u32>, 3>;

var<workgroup> row_pieces: array<vec4u, 520>;    // PIECES * ROW_STRIDE; at the end the threads' bests
var<workgroup> column_pieces: array<vec4u, 264>; // PIECES * COLUMN_STRIDE
var<workgroup> count_here: u32;

/** x: product, y: second-best product, z: index. */
alias Best = vec3u;

fn better(best: Best, product: u32, index: u32) -> Best {
  if (product > best.x) { return Best(product, best.x, index); }
  return Best(best.x, max(best.y, product), best.z);
}

/** Columns first, first + 8, + 16, + 24. */
fn better4(best: Best, products: vec4u, first: u32) -> Best {
  return better(better(better(better(best, products.x, first), products.y, first + 8u), products.z, first + 16u), products.w, first + 24u);
}

/** The best of two disjoint sets of columns. */
fn joined(a: Best, b: Best) -> Best {
  let second = max(max(a.y, b.y), min(a.x, b.x));
  let b_wins = b.x > a.x || (b.x == a.x && b.z < a.z);
  return Best(max(a.x, b.x), second, select(a.z, b.z, b_wins));
}

fn load_columns(range: vec2u, tile: u32, thread: u32) {
  for (var e = thread; e < COLUMNS * PIECES; e += THREADS) {
    let column = tile + e / PIECES;
    var bytes = vec4u(0u);
    if (column < range.y) { bytes = descriptors[(range.x + column) * PIECES + e % PIECES]; }
    column_pieces[(e % PIECES) * COLUMN_STRIDE + e / PIECES] = bytes;
  }
}

/** The bests of the workgroup's rows (already in row_pieces) against a range (start, count); thread r < ROWS gets that of row r. */
fn bests(range: vec2u, thread: u32) -> Best {
  let x = thread % THREADS_X;
  let y = thread / THREADS_X;
  var best0 = Best(0u, 0u, NONE);
  var best1 = best0;
  var best2 = best0;
  var best3 = best0;
  workgroupBarrier();
  for (var tile = 0u; tile < range.y; tile += COLUMNS) {
    load_columns(range, tile, thread);
    workgroupBarrier();
    var s0 = Products();
    var s1 = Products();
    var s2 = Products();
    var s3 = Products();
    for (var k = 0u; k < PIECES; k++) {
      let c = k * COLUMN_STRIDE + x;
      let c0 = piece_of(column_pieces[c]);
      let c1 = piece_of(column_pieces[c + 8u]);
      let c2 = piece_of(column_pieces[c + 16u]);
      let c3 = piece_of(column_pieces[c + 24u]);
      let r = k * ROW_STRIDE + y;
      s0 += products(piece_of(row_pieces[r]), c0, c1, c2, c3);
      s1 += products(piece_of(row_pieces[r + 16u]), c0, c1, c2, c3);
      s2 += products(piece_of(row_pieces[r + 32u]), c0, c1, c2, c3);
      s3 += products(piece_of(row_pieces[r + 48u]), c0, c1, c2, c3);
    }
    best0 = better4(best0, vec4u(s0), tile + x);
    best1 = better4(best1, vec4u(s1), tile + x);
    best2 = better4(best2, vec4u(s2), tile + x);
    best3 = better4(best3, vec4u(s3), tile + x);
    workgroupBarrier();
  }
  // The rows have served: their room takes the 8 threads' bests of every row, [thread][row].
  row_pieces[x * ROW_STRIDE + y] = vec4u(best0, 0u);
  row_pieces[x * ROW_STRIDE + y + 16u] = vec4u(best1, 0u);
  row_pieces[x * ROW_STRIDE + y + 32u] = vec4u(best2, 0u);
  row_pieces[x * ROW_STRIDE + y + 48u] = vec4u(best3, 0u);
  workgroupBarrier();
  var best = Best(0u, 0u, NONE);
  if (thread < ROWS) {
    for (var k = 0u; k < THREADS_X; k++) { best = joined(best, row_pieces[k * ROW_STRIDE + thread].xyz); }
  }
  return best;
}

fn angle(product: u32) -> f32 { return acos(min(1.0, f32(product) / 262144.0)); }

fn may_be_distinct(best: Best) -> bool {
  let least = angle(best.x) - MARGIN;
  return best.x > 0u && least <= MAX_ANGLE && least < MAX_RATIO * angle(best.y);
}

@compute @workgroup_size(THREADS)
fn match_rows(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let pair = pairs[group.y];
  let first = group.x * ROWS;
  for (var e = thread; e < ROWS * PIECES; e += THREADS) {
    let row = first + e / PIECES;
    var bytes = vec4u(0u);
    if (row < pair.y) { bytes = descriptors[(pair.x + row) * PIECES + e % PIECES]; }
    row_pieces[(e % PIECES) * ROW_STRIDE + e / PIECES] = bytes;
  }
  let best = bests(pair.zw, thread);
  let row = first + thread;
  if (thread >= ROWS || row >= pair.y) { return; }
  let base = group.y * pair.y;
  found[base + row] = vec4u(best.z, best.x, best.y, NONE);
  if (may_be_distinct(best)) {
    let place = atomicAdd(&candidate_counts[group.y], 1u);
    candidates[base + place] = row;
    atomicMax(&check_size[0], place / ROWS + 1u);
  }
}

@compute @workgroup_size(THREADS)
fn match_check(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  if (thread == 0u) { count_here = atomicLoad(&candidate_counts[group.y]); }
  let count = workgroupUniformLoad(&count_here);
  let first = group.x * ROWS;
  if (first >= count) { return; }
  let pair = pairs[group.y];
  let base = group.y * pair.y;
  for (var e = thread; e < ROWS * PIECES; e += THREADS) {
    let place = first + e / PIECES;
    var bytes = vec4u(0u);
    if (place < count) { bytes = descriptors[(pair.z + found[base + candidates[base + place]].x) * PIECES + e % PIECES]; }
    row_pieces[(e % PIECES) * ROW_STRIDE + e / PIECES] = bytes;
  }
  let best = bests(pair.xy, thread);
  let place = first + thread;
  if (thread < ROWS && place < count) { found[base + candidates[base + place]].w = best.z; }
}
