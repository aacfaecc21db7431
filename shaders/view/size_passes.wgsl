// Writes the sizes of the sort and the draw from the number of splats in view.
// bindings: 0 counts (read): [0] splats, 1 offsets (read), 2 sort_counts (write), 3 table_counts (write), 4 indirect (write)
// offsets: exclusive prefix sums of the flags of splats in view and, one past the end, their total.
// indirect: three u32 for the sort's blocks, three for the scan of its table, two unused, then for every slice of the draw five: vertices,
// instances, 0, 0 and, for the vertex shader, the slice's first place in the order.
// Invariant: a size of no work is one workgroup, which finds nothing to do; slices follow one another and cover the order; any may be empty.
override SORT_BLOCK: u32;
override SCAN_BLOCK: u32;
override DIGITS: u32;
override VERTICES: u32;
override SLICES: u32;
@group(0) @binding(0) var<storage, read> counts: array<u32>;
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read_write> sort_counts: array<u32>;
@group(0) @binding(3) var<storage, read_write> table_counts: array<u32>;
@group(0) @binding(4) var<storage, read_write> indirect: array<u32>;

fn groups(at: u32, items: u32, per_group: u32) {
  let n = max(1u, (items + per_group - 1u) / per_group);
  indirect[at] = min(n, 65535u);
  indirect[at + 1u] = (n + 65534u) / 65535u;
  indirect[at + 2u] = 1u;
}

fn slice_start(seen: u32, k: u32) -> u32 { return select(seen / SLICES * k, seen, k == SLICES); }

@compute @workgroup_size(1)
fn size_passes() {
  let seen = offsets[counts[0]];
  let blocks = (seen + SORT_BLOCK - 1u) / SORT_BLOCK;
  sort_counts[0] = seen;
  table_counts[0] = blocks * DIGITS;
  groups(0u, seen, SORT_BLOCK);
  groups(3u, blocks * DIGITS, SCAN_BLOCK);
  for (var k = 0u; k < SLICES; k++) {
    let first = slice_start(seen, k);
    let at = 8u + 5u * k;
    indirect[at] = VERTICES;
    indirect[at + 1u] = slice_start(seen, k + 1u) - first;
    indirect[at + 2u] = 0u;
    indirect[at + 3u] = 0u;
    indirect[at + 4u] = first;
  }
}
