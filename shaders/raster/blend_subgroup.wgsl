// Blends every pixel front to back, the subgroup variant: the lanes load eight splats at once and hand them round. As blend otherwise:
// C = sum alpha_i T_i c_i + T background (Kerbl et al. 2023, eq. 3).
// bindings: 0 step, 1 tile_starts (read), 2 sorted_splats (read), 3 projected (read), 4 image (write), 5 tile_ends (write)
// Needs the `subgroups` feature and a workgroup (LANES) that fits into the smallest subgroup.
// Invariant: tile_ends[t] is one past the last sorted position that any pixel of the tile may have used.
override TILE: u32;
override LANES: u32;  // TILE * TILE / RUN
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> tile_starts: array<u32>;
@group(0) @binding(2) var<storage, read> sorted_splats: array<u32>;
@group(0) @binding(3) var<storage, read> projected: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> image: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> tile_ends: array<u32>;

@compute @workgroup_size(LANES)
fn blend(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32) {
  let tile = group.y * step.tiles_x + group.x;
  let x = group.x * TILE + (index % (TILE / RUN)) * RUN;
  let y = group.y * TILE + index / (TILE / RUN);
  let near_x = f32(x) + vec4f(0.5, 1.5, 2.5, 3.5);
  let far_x = near_x + 4.0;
  let py = f32(y) + 0.5;
  let inside = x < step.width && y < step.height;
  let end = tile_starts[tile + 1u];
  let clear = Four(vec4f(0.0), vec4f(0.0), vec4f(0.0), vec4f(select(-1.0, 1.0, inside)));
  var near_four = clear;
  var far_four = clear;
  let start = tile_starts[tile];
  var done = start;
  for (var first = start; first < end; first += 8u) {
    let mine = first + (lane & 7u);
    let at = 3u * sorted_splats[min(mine, end - 1u)];
    var p = projected[at];
    let conic = projected[at + 1u];
    let colour = projected[at + 2u];
    if (mine >= end) { p.w = 0.0; }
    // Written out eight times, because a broadcast takes only a constant lane.
    {
      let q = subgroupBroadcast(p, 0u); let c = subgroupBroadcast(conic, 0u); let rgb = subgroupBroadcast(colour, 0u);
      near_four = blended(near_four, near_x - q.x, py - q.y, c, q.w, rgb);
      far_four = blended(far_four, far_x - q.x, py - q.y, c, q.w, rgb);
    }
    {
      let q = subgroupBroadcast(p, 1u); let c = subgroupBroadcast(conic, 1u); let rgb = subgroupBroadcast(colour, 1u);
      near_four = blended(near_four, near_x - q.x, py - q.y, c, q.w, rgb);
      far_four = blended(far_four, far_x - q.x, py - q.y, c, q.w, rgb);
    }
    {
      let q = subgroupBroadcast(p, 2u); let c = subgroupBroadcast(conic, 2u); let rgb = subgroupBroadcast(colour, 2u);
      near_four = blended(near_four, near_x - q.x, py - q.y, c, q.w, rgb);
      far_four = blended(far_four, far_x - q.x, py - q.y, c, q.w, rgb);
    }
    {
      let q = subgroupBroadcast(p, 3u); let c = subgroupBroadcast(conic, 3u); let rgb = subgroupBroadcast(colour, 3u);
      near_four = blended(near_four, near_x - q.x, py - q.y, c, q.w, rgb);
      far_four = blended(far_four, far_x - q.x, py - q.y, c, q.w, rgb);
    }
    {
      let q = subgroupBroadcast(p, 4u); let c = subgroupBroadcast(conic, 4u); let rgb = subgroupBroadcast(colour, 4u);
      near_four = blended(near_four, near_x - q.x, py - q.y, c, q.w, rgb);
      far_four = blended(far_four, far_x - q.x, py - q.y, c, q.w, rgb);
    }
    {
      let q = subgroupBroadcast(p, 5u); let c = subgroupBroadcast(conic, 5u); let rgb = subgroupBroadcast(colour, 5u);
      near_four = blended(near_four, near_x - q.x, py - q.y, c, q.w, rgb);
      far_four = blended(far_four, far_x - q.x, py - q.y, c, q.w, rgb);
    }
    {
      let q = subgroupBroadcast(p, 6u); let c = subgroupBroadcast(conic, 6u); let rgb = subgroupBroadcast(colour, 6u);
      near_four = blended(near_four, near_x - q.x, py - q.y, c, q.w, rgb);
      far_four = blended(far_four, far_x - q.x, py - q.y, c, q.w, rgb);
    }
    {
      let q = subgroupBroadcast(p, 7u); let c = subgroupBroadcast(conic, 7u); let rgb = subgroupBroadcast(colour, 7u);
      near_four = blended(near_four, near_x - q.x, py - q.y, c, q.w, rgb);
      far_four = blended(far_four, far_x - q.x, py - q.y, c, q.w, rgb);
    }
    done = min(first + 8u, end);
    if (subgroupAll(all(max(near_four.t, far_four.t) < vec4f(0.0)))) { break; }
  }
  if (inside) {
    store_four(y * step.width + x, step.width - x, near_four);
    if (x + 4u < step.width) { store_four(y * step.width + x + 4u, step.width - x - 4u, far_four); }
  }
  if (index == 0u) { tile_ends[tile] = done; }
}
