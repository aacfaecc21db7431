// One pass of a stable radix sort of (key, value) pairs on DIGIT_BITS bits: histogram, then (after a prefix sum of the histograms)
// scatter. Reduce-then-scan, no subgroups, no atomics, hence deterministic.
// bindings: 0 pass (uniform), 1 counts (read): [0] = number of pairs, 2 keys_in (read), 3 values_in (read), 4 histograms (write; read in
//           scatter), 5 keys_out (write), 6 values_out (write)
// What differs from pass to pass is a uniform, not an override: one pipeline for all passes, since compiling can take a second.
// histograms: [digit][block], so that its prefix sum is each block's first position for each digit.
// Every invocation owns ITEMS consecutive pairs and its own column of the digit table.
// Invariant: pairs with equal digits keep their order.
override GROUP: u32 = 32;
override ITEMS: u32 = 32;
override DIGITS: u32 = 64;
override TABLE: u32 = 2048; // DIGITS * GROUP
struct Pass {
  shift: u32,
  iota: u32, // 1: the values are the positions (values_in is not read)
}
@group(0) @binding(0) var<uniform> sort_pass: Pass;
@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> keys_in: array<u32>;
@group(0) @binding(3) var<storage, read> values_in: array<u32>;
@group(0) @binding(4) var<storage, read_write> histograms: array<u32>;
@group(0) @binding(5) var<storage, read_write> keys_out: array<u32>;
@group(0) @binding(6) var<storage, read_write> values_out: array<u32>;
var<workgroup> table: array<u32, TABLE>; // [digit][invocation]

fn blocks_of(n: u32) -> u32 { return (n + GROUP * ITEMS - 1u) / (GROUP * ITEMS); }

fn count_digits(block: u32, index: u32, n: u32) {
  for (var d = 0u; d < DIGITS; d++) { table[d * GROUP + index] = 0u; }
  let first = (block * GROUP + index) * ITEMS;
  for (var k = first; k < min(first + ITEMS, n); k++) {
    table[((keys_in[k] >> sort_pass.shift) & (DIGITS - 1u)) * GROUP + index] += 1u;
  }
  workgroupBarrier();
}

@compute @workgroup_size(GROUP)
fn histogram(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let block = group.y * 65535u + group.x;
  let n = counts[0];
  count_digits(block, index, n);
  if (block >= blocks_of(n)) { return; }
  for (var d = index; d < DIGITS; d += GROUP) {
    var sum = 0u;
    for (var t = 0u; t < GROUP; t++) { sum += table[d * GROUP + t]; }
    histograms[d * blocks_of(n) + block] = sum;
  }
}

@compute @workgroup_size(GROUP)
fn scatter(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let block = group.y * 65535u + group.x;
  let n = counts[0];
  count_digits(block, index, n);
  if (block < blocks_of(n)) {
    for (var d = index; d < DIGITS; d += GROUP) {
      var running = histograms[d * blocks_of(n) + block];
      for (var t = 0u; t < GROUP; t++) {
        let value = table[d * GROUP + t];
        table[d * GROUP + t] = running;
        running += value;
      }
    }
  }
  workgroupBarrier();
  let first = (block * GROUP + index) * ITEMS;
  for (var k = first; k < min(first + ITEMS, n); k++) {
    let key = keys_in[k];
    let at = ((key >> sort_pass.shift) & (DIGITS - 1u)) * GROUP + index;
    let position = table[at];
    table[at] = position + 1u;
    keys_out[position] = key;
    if (sort_pass.iota == 1u) { values_out[position] = k; } else { values_out[position] = values_in[k]; }
  }
}
