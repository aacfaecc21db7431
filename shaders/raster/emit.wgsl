// Emits one slot per (splat, tile): in depth order, so that a stable sort by tile alone leaves every tile's list in depth order.
// bindings: 0 step, 1 order (read), 2 offsets (read), 3 projected (read), 4 tile_keys (write), 5 slot_splats (write), 6 slot_starts (write)
// order: splat ids by depth. offsets: exclusive prefix sums of the tile counts in that order; one more than count entries.
// slot_starts: per splat (first slot, one past the last slot that has a tile).
// Invariant: a splat's slots are contiguous; nothing is written at or past slot_capacity, and a rounding
// difference from the counting pass is capped or padded with the sentinel tile (one past the last), never left unwritten.
override GROUP: u32 = 64;
override TILE: u32;
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> offsets: array<u32>;
@group(0) @binding(3) var<storage, read> projected: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> tile_keys: array<u32>;
@group(0) @binding(5) var<storage, read_write> slot_splats: array<u32>;
@group(0) @binding(6) var<storage, read_write> slot_starts: array<vec2u>;

@compute @workgroup_size(GROUP)
fn emit(@builtin(global_invocation_id) id: vec3u) {
  let k = id.y * 65535u * GROUP + id.x;
  if (k >= step.count) { return; }
  let i = order[k];
  let start = min(offsets[k], step.slot_capacity);
  let end = min(offsets[k + 1u], step.slot_capacity);
  slot_starts[i] = vec2u(start, start);
  if (start == end) { return; }
  let p0 = projected[3u * i];
  let p1 = projected[3u * i + 1u];
  let extent = vec2f(p1.w, projected[3u * i + 2u].w);
  let rows = tile_rows(p0.y, extent.y);
  var slot = start;
  for (var row = rows.first; row < rows.end; row++) {
    let span = tile_row_span(p0.x, p0.y, p1.xyz, p0.w, extent, row);
    for (var column = span.first; column < span.end && slot < end; column++) {
      tile_keys[slot] = u32(row) * step.tiles_x + u32(column);
      slot_splats[slot] = i;
      slot++;
    }
  }
  slot_starts[i] = vec2u(start, slot);
  for (; slot < end; slot++) {
    tile_keys[slot] = step.tiles_x * step.tiles_y;
    slot_splats[slot] = i;
  }
}
