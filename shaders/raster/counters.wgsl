// Turns the emitted slot total into what later passes need: the clamped count, the overflow record and indirect dispatch sizes.
// bindings: 0 step, 1 offsets (read), 2 counters (rw), 3 table_count (write), 4 indirect (write)
// counters: [0] slots in use, [1] slots asked for by this view, [2] most slots asked for by any view since it was last cleared.
// table_count: [0] entries of the sort's histogram table.
// indirect: three u32 each for the sort's blocks, the scan of its histograms, and one invocation per slot plus one.
override SORT_BLOCK: u32;
override SCAN_BLOCK: u32;
override RANGE_GROUP: u32;
override DIGITS: u32;
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read_write> counters: array<u32>;
@group(0) @binding(3) var<storage, read_write> table_count: array<u32>;
@group(0) @binding(4) var<storage, read_write> indirect: array<u32>;

@compute @workgroup_size(1)
fn count_slots() {
  let wanted = offsets[step.count];
  let slots = min(wanted, step.slot_capacity);
  let blocks = (slots + SORT_BLOCK - 1u) / SORT_BLOCK;
  counters[0] = slots;
  counters[1] = wanted;
  table_count[0] = blocks * DIGITS;
  counters[2] = max(counters[2], wanted);
  groups(0u, slots, SORT_BLOCK);
  groups(3u, blocks * DIGITS, SCAN_BLOCK);
  groups(6u, slots + 1u, RANGE_GROUP);
}
