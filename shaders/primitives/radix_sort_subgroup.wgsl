// One pass of the stable radix sort of radix_sort.wgsl with subgroups: neighbouring invocations read neighbouring pairs, and a pair's rank
// among equal digits comes from ballots instead of a column of its own (multisplit, Ashkiani et al. 2016). bindings: radix_sort_pass.wgsl.
// A subgroup owns a run of its workgroup's pairs and takes one an invocation in each of ITEMS rounds.
// Invariant: pairs with equal digits keep their order (by subgroup, then round, then lane). Subgroups are runs of the invocation index; on a
// device where they are not the result is wrong, which chooseSort.ts would see.
override DIGIT_BITS: u32;
var<workgroup> table: array<atomic<u32>, TABLE>; // [subgroup][digit], for as many subgroups as a workgroup can have

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
