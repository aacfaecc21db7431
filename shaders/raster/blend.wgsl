// Blends every pixel front to back: C = sum alpha_i T_i c_i + T background (Kerbl et al. 2023, eq. 3).
// bindings: 0 step, 1 tile_starts (read), 2 sorted_splats (read), 3 projected (read), 4 image (write), 5 tile_ends (write)
// image: per pixel (r, g, b, final transmittance). One workgroup per tile; every invocation owns RUN = 8 pixels of one row, so that one
// load of a splat serves eight pixels and neither barriers nor shared memory are needed in the loop.
// Invariant: tile_ends[t] is one past the last sorted position that any pixel of the tile may have used.
override TILE: u32;
override LANES: u32;  // TILE * TILE / RUN
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> tile_starts: array<u32>;
@group(0) @binding(2) var<storage, read> sorted_splats: array<u32>;
@group(0) @binding(3) var<storage, read> projected: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> image: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> tile_ends: array<u32>;
var<workgroup> tile_end: atomic<u32>;

@compute @workgroup_size(LANES)
fn blend(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let tile = group.y * step.tiles_x + group.x;
  let x = group.x * TILE + (index % (TILE / RUN)) * RUN;
  let y = group.y * TILE + index / (TILE / RUN);
  let near_x = f32(x) + vec4f(0.5, 1.5, 2.5, 3.5);
  let far_x = near_x + 4.0;
  let py = f32(y) + 0.5;
  let inside = x < step.width && y < step.height;
  let end = select(0u, tile_starts[tile + 1u], inside);
  let clear = Four(vec4f(0.0), vec4f(0.0), vec4f(0.0), vec4f(1.0));
  var near_four = clear;
  var far_four = clear;
  var j = tile_starts[tile];
  for (; j < end; j++) {
    let at = 3u * sorted_splats[j];
    let p = projected[at];
    let conic = projected[at + 1u];
    let colour = projected[at + 2u];
    near_four = blended(near_four, near_x - p.x, py - p.y, conic, p.w, colour);
    far_four = blended(far_four, far_x - p.x, py - p.y, conic, p.w, colour);
    if (all(max(near_four.t, far_four.t) < vec4f(0.0))) {
      j++;
      break;
    }
  }
  atomicMax(&tile_end, j);
  if (inside) {
    store_four(y * step.width + x, step.width - x, near_four);
    if (x + 4u < step.width) { store_four(y * step.width + x + 4u, step.width - x - 4u, far_four); }
  }
  workgroupBarrier();
  if (index == 0u) { tile_ends[tile] = atomicLoad(&tile_end); }
}
