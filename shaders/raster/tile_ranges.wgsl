// Finds where each tile's list starts in the sorted slots and gathers the splat of every sorted slot.
// bindings: 0 step, 1 counters (read), 2 sorted_tiles (read), 3 sorted_slots (read), 4 slot_splats (read), 5 tile_starts (write),
//           6 sorted_splats (write)
// Invariant: tile t owns sorted positions [tile_starts[t], tile_starts[t + 1]); slots under the sentinel tile belong to none.
override GROUP: u32 = 64;
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> counters: array<u32>;
@group(0) @binding(2) var<storage, read> sorted_tiles: array<u32>;
@group(0) @binding(3) var<storage, read> sorted_slots: array<u32>;
@group(0) @binding(4) var<storage, read> slot_splats: array<u32>;
@group(0) @binding(5) var<storage, read_write> tile_starts: array<u32>;
@group(0) @binding(6) var<storage, read_write> sorted_splats: array<u32>;

@compute @workgroup_size(GROUP)
fn tile_ranges(@builtin(global_invocation_id) id: vec3u) {
  let j = id.y * 65535u * GROUP + id.x;
  let slots = counters[0];
  let tiles = step.tiles_x * step.tiles_y;
  if (j > slots) { return; }
  var first = 0u;
  var last = tiles;
  if (j > 0u) { first = sorted_tiles[j - 1u] + 1u; }
  if (j < slots) {
    last = min(sorted_tiles[j], tiles);
    sorted_splats[j] = slot_splats[sorted_slots[j]];
  }
  for (var t = first; t <= last; t++) { tile_starts[t] = j; }
}
