// One pass of the stable radix sort of radix_sort.wgsl with subgroups: neighbouring invocations read neighbouring pairs, and a pair's rank
// among equal digits comes from ballots instead of a column of its own (multisplit, Ashkiani et al. 2016).
// bindings: as in radix_sort.wgsl.
// A workgroup owns GROUP * ITEMS consecutive pairs; a subgroup owns a run of them and takes one pair an invocation in each of ITEMS rounds.
// Invariant: pairs with equal digits keep their order (by subgroup, then round, then lane). Subgroups are runs of the invocation index; on a
// device where they are not the result is wrong, which chooseSort.ts would see.
override GROUP: u32 = 256;
override ITEMS: u32 = 8;
override DIGITS: u32 = 64;
override DIGIT_BITS: u32 = 6;
override TABLE: u32 = 2048; // DIGITS * most subgroups of a workgroup
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
var<workgroup> table: array<atomic<u32>, TABLE>; // [subgroup][digit]

fn blocks_of(n: u32) -> u32 { return (n + GROUP * ITEMS - 1u) / (GROUP * ITEMS); }
fn digit_of(key: u32) -> u32 { return (key >> sort_pass.shift) & (DIGITS - 1u); }

fn clear_table(index: u32) {
  for (var k = index; k < TABLE; k += GROUP) { atomicStore(&table[k], 0u); }
  workgroupBarrier();
}

@compute @workgroup_size(GROUP)
fn histogram_subgroup(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let block = group.y * 65535u + group.x;
  let n = counts[0];
  clear_table(index);
  for (var k = 0u; k < ITEMS; k++) {
    let at = (block * ITEMS + k) * GROUP + index;
    if (at < n) { atomicAdd(&table[digit_of(keys_in[at])], 1u); }
  }
  workgroupBarrier();
  if (block < blocks_of(n) && index < DIGITS) { histograms[index * blocks_of(n) + block] = atomicLoad(&table[index]); }
}

// Lanes that hold the same digit as this one and take part.
fn equal_lanes(digit: u32, taking_part: bool) -> vec4u {
  var equal = subgroupBallot(taking_part);
  for (var bit = 0u; bit < DIGIT_BITS; bit++) {
    let is_one = ((digit >> bit) & 1u) == 1u;
    let with_bit = subgroupBallot(is_one);
    equal &= select(~with_bit, with_bit, vec4<bool>(is_one));
  }
  return equal;
}

fn ones(mask: vec4u) -> u32 {
  let c = countOneBits(mask);
  return c.x + c.y + c.z + c.w;
}

// Lanes before this one.
fn lanes_below(lane: u32) -> vec4u {
  let bits = min(vec4u(lane) - min(vec4u(lane), vec4u(0u, 32u, 64u, 96u)), vec4u(32u));
  return select((vec4u(1u) << min(bits, vec4u(31u))) - 1u, vec4u(0xffffffffu), bits == vec4u(32u));
}

@compute @workgroup_size(GROUP)
fn scatter_subgroup(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_size) size: u32, @builtin(subgroup_invocation_id) lane: u32) {
  let block = group.y * 65535u + group.x;
  let n = counts[0];
  let own = index / size;
  let first = block * GROUP * ITEMS + own * size * ITEMS + lane;
  var keys: array<u32, 16>;
  var ranks: array<u32, 16>;
  clear_table(index);
  for (var k = 0u; k < ITEMS; k++) {
    let at = first + k * size;
    let there = at < n;
    var key = 0u;
    if (there) { key = keys_in[at]; }
    let equal = equal_lanes(digit_of(key), there);
    let before = ones(equal & lanes_below(lane));
    let slot = own * DIGITS + digit_of(key);
    keys[k] = key;
    ranks[k] = atomicLoad(&table[slot]) + before;
    workgroupBarrier();
    if (there && before == 0u) { atomicAdd(&table[slot], ones(equal)); }
    workgroupBarrier();
  }
  if (block < blocks_of(n) && index < DIGITS) {
    var running = histograms[index * blocks_of(n) + block];
    for (var s = 0u; s < TABLE / DIGITS; s++) {
      let value = atomicLoad(&table[s * DIGITS + index]);
      atomicStore(&table[s * DIGITS + index], running);
      running += value;
    }
  }
  workgroupBarrier();
  for (var k = 0u; k < ITEMS; k++) {
    let at = first + k * size;
    if (at >= n) { continue; }
    let position = atomicLoad(&table[own * DIGITS + digit_of(keys[k])]) + ranks[k];
    keys_out[position] = keys[k];
    if (sort_pass.iota == 1u) { values_out[position] = at; } else { values_out[position] = values_in[at]; }
  }
}
