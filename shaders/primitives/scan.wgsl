// Exclusive prefix sum of u32, reduce-then-scan in three dispatches (no spinning, no forward-progress assumption), or for a few thousand
// entries by one workgroup in one.
// bindings: 0 counts (read): [0] = number of entries, 1 input (read), 2 order (read), 3 output (write), 4 block_sums (write)
// output has one more entry than the input: the total.
// Invariant: block b covers entries [b * BLOCK, (b + 1) * BLOCK); block_sums has ceil(n / BLOCK) entries.
override GROUP: u32 = 64;
override ITEMS: u32 = 16;  // per invocation
override BLOCK: u32;       // GROUP * ITEMS
override GATHER: u32 = 0;  // 1: entry k is input[order[k]]
@group(0) @binding(0) var<storage, read> counts: array<u32>;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> output: array<u32>;
@group(0) @binding(4) var<storage, read_write> block_sums: array<u32>;
var<workgroup> sums: array<u32, GROUP>;
var<workgroup> limit: u32;

fn entry(k: u32) -> u32 {
  if (GATHER == 1u) { return input[order[k]]; }
  return input[k];
}

// Exclusive sum of `sums` over the workgroup, in place; returns the total.
fn scan_group(index: u32) -> u32 {
  workgroupBarrier();
  for (var gap = 1u; gap < GROUP; gap *= 2u) {
    let left = select(0u, sums[max(index, gap) - gap], index >= gap);
    workgroupBarrier();
    sums[index] += left;
    workgroupBarrier();
  }
  let total = sums[GROUP - 1u];
  let exclusive = select(0u, sums[max(index, 1u) - 1u], index > 0u);
  workgroupBarrier();
  sums[index] = exclusive;
  return total;
}

@compute @workgroup_size(GROUP)
fn reduce_blocks(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let block = group.y * 65535u + group.x;
  let n = counts[0];
  var sum = 0u;
  for (var k = 0u; k < ITEMS; k++) {
    let at = block * BLOCK + index * ITEMS + k;
    if (at < n) { sum += entry(at); }
  }
  sums[index] = sum;
  let total = scan_group(index);
  if (index == 0u && block * BLOCK < n) { block_sums[block] = total; }
}

@compute @workgroup_size(GROUP)
fn scan_sums(@builtin(local_invocation_index) index: u32) {
  if (index == 0u) { limit = (counts[0] + BLOCK - 1u) / BLOCK; }
  let blocks = workgroupUniformLoad(&limit);
  let share = (blocks + GROUP - 1u) / GROUP;
  let first = min(index * share, blocks);
  let end = min(first + share, blocks);
  var sum = 0u;
  for (var b = first; b < end; b++) { sum += block_sums[b]; }
  sums[index] = sum;
  scan_group(index);
  var running = sums[index];
  for (var b = first; b < end; b++) {
    let value = block_sums[b];
    block_sums[b] = running;
    running += value;
  }
}

@compute @workgroup_size(GROUP)
fn scan_blocks(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let block = group.y * 65535u + group.x;
  let n = counts[0];
  let first = block * BLOCK + index * ITEMS;
  var sum = 0u;
  for (var k = 0u; k < ITEMS; k++) {
    if (first + k < n) { sum += entry(first + k); }
  }
  sums[index] = sum;
  scan_group(index);
  var running = sums[index];
  if (block * BLOCK < n) { running += block_sums[block]; }
  for (var k = 0u; k < ITEMS; k++) {
    if (first + k < n) {
      output[first + k] = running;
      running += entry(first + k);
    }
    if (first + k + 1u == n) { output[n] = running; }
  }
  if (n == 0u && block == 0u && index == 0u) { output[0] = 0u; }
}

// All entries by one workgroup; block_sums is not used.
@compute @workgroup_size(GROUP)
fn scan_whole(@builtin(local_invocation_index) index: u32) {
  let n = counts[0];
  let share = (n + GROUP - 1u) / GROUP;
  let first = min(index * share, n);
  let end = min(first + share, n);
  var sum = 0u;
  for (var k = first; k < end; k++) { sum += entry(k); }
  sums[index] = sum;
  scan_group(index);
  var running = sums[index];
  for (var k = first; k < end; k++) {
    output[k] = running;
    running += entry(k);
  }
  if (end == n && first < n) { output[n] = running; }
  if (n == 0u && index == 0u) { output[0] = 0u; }
}
