// One pass of a stable radix sort of (key, value) pairs: histogram, then (after a prefix sum of the histograms) scatter.
// Reduce-then-scan, no subgroups, no atomics, hence deterministic. bindings: radix_sort_pass.wgsl.
// Every invocation owns ITEMS consecutive pairs and its own column of the digit table.
// Invariant: pairs with equal digits keep their order.
var<workgroup> table: array<u32, TABLE>; // [digit][invocation], DIGITS * GROUP

fn count_digits(block: u32, index: u32, n: u32) {
  for (var d = 0u; d < DIGITS; d++) { table[d * GROUP + index] = 0u; }
  let first = (block * GROUP + index) * ITEMS;
  for (var k = first; k < min(first + ITEMS, n); k++) {
    table[digit_of(keys_in[k]) * GROUP + index] += 1u;
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
    let at = digit_of(key) * GROUP + index;
    let position = table[at];
    table[at] = position + 1u;
    keys_out[position] = key;
    if (sort_pass.iota == 1u) { values_out[position] = k; } else { values_out[position] = values_in[k]; }
  }
}
