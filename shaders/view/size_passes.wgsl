// Writes the sizes of the sort and the draw from the number of splats in view.
// bindings: 0 counts (read): [0] splats, 1 offsets (read), 2 sort_counts (write), 3 table_counts (write), 4 indirect (write)
// offsets: exclusive prefix sums of the flags of splats in view and, one past the end, their total.
// indirect: three u32 for the sort's blocks, three for the scan of its table, five for the indexed draw (indices,
// instances, first index, base vertex, first instance).
// Invariant: a size of no work is one workgroup, which finds nothing to do; the draw may have no instance.
override SORT_BLOCK: u32;
override SCAN_BLOCK: u32;
override DIGITS: u32;
override INDICES: u32;  // of one instance
override RUN: u32;      // splats of one instance
@group(0) @binding(0) var<storage, read> counts: array<u32>;
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read_write> sort_counts: array<u32>;
@group(0) @binding(3) var<storage, read_write> table_counts: array<u32>;
@group(0) @binding(4) var<storage, read_write> indirect: array<u32>;

@compute @workgroup_size(1)
fn size_passes() {
  let seen = offsets[counts[0]];
  let blocks = (seen + SORT_BLOCK - 1u) / SORT_BLOCK;
  sort_counts[0] = seen;
  table_counts[0] = blocks * DIGITS;
  groups(0u, seen, SORT_BLOCK);
  groups(3u, blocks * DIGITS, SCAN_BLOCK);
  indirect[6] = INDICES;
  indirect[7] = (seen + RUN - 1u) / RUN;
  indirect[8] = 0u;
  indirect[9] = 0u;
  indirect[10] = 0u;
}
