// Backward of blend: for every (splat, tile) slot the sums over the tile's pixels from which the splat's 2D gradient follows.
// bindings: 0 step, 1 tile_starts (read), 2 tile_ends (read), 3 sorted_splats (read), 4 sorted_slots (read), 5 projected (read),
//           6 image (read), 7 image_gradient (read), 8 slot_sums (write)
// image_gradient: 4 planes of [pixels]: dL/d(r, g, b) and the pixel's error for densification.
// slot_sums: 10 floats per slot: sum of h (1, dx, dy, dx^2, dx dy, dy^2) with h = dL/dpower, and sum of w (dL/dr, dL/dg, dL/db, error)
// with w = alpha T. The gradient of the exponent is linear in the first six, so nothing else has to be summed over pixels.
// Every invocation owns RUN = 8 pixels of one row, as in blend, and adds them up in registers; the invocations' sums of a batch of splats
// meet in workgroup memory, where each invocation then adds up a few of them. No atomics: the order of every addition is fixed.
// Invariant: every slot with a tile is written exactly once, with zeros behind the tile's end.
override TILE: u32;
override LANES: u32;     // TILE * TILE / RUN
override BATCH: u32;     // splats between two barriers
override SUMS: u32;      // BATCH * 10 * (LANES + 1)
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> tile_starts: array<u32>;
@group(0) @binding(2) var<storage, read> tile_ends: array<u32>;
@group(0) @binding(3) var<storage, read> sorted_splats: array<u32>;
@group(0) @binding(4) var<storage, read> sorted_slots: array<u32>;
@group(0) @binding(5) var<storage, read> projected: array<vec4f>;
@group(0) @binding(6) var<storage, read> image: array<vec4f>;
@group(0) @binding(7) var<storage, read> image_gradient: array<f32>;
@group(0) @binding(8) var<storage, read_write> slot_sums: array<f32>;
var<workgroup> sums: array<f32, SUMS>; // [splat of the batch][value][lane]
var<workgroup> bounds: vec3u;          // start, end of the blended part, end of the list

@compute @workgroup_size(LANES)
fn blend_back(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let tile = group.y * step.tiles_x + group.x;
  let x = group.x * TILE + (index % (TILE / RUN)) * RUN;
  let y = group.y * TILE + index / (TILE / RUN);
  let near_x = f32(x) + vec4f(0.5, 1.5, 2.5, 3.5);
  let py = f32(y) + 0.5;
  if (index == 0u) { bounds = vec3u(tile_starts[tile], tile_ends[tile], tile_starts[tile + 1u]); }
  var near_four = load_four(x, y);
  var far_four = load_four(x + 4u, y);
  let list = workgroupUniformLoad(&bounds);
  for (var first = list.x; first < list.y; first += BATCH) {
    let batch = min(BATCH, list.y - first);
    for (var s = 0u; s < batch; s++) {
      let at = 3u * sorted_splats[first + s];
      let p = projected[at];
      let conic = projected[at + 1u];
      let colour = projected[at + 2u];
      let ten = walk(&near_four, &far_four, near_x - p.x, py - p.y, conic, p.w, colour);
      let out = s * 10u * (LANES + 1u) + index;
      for (var k = 0u; k < 4u; k++) {
        sums[out + k * (LANES + 1u)] = ten.h[k];
        sums[out + (4u + k) * (LANES + 1u)] = ten.more[k];
      }
      sums[out + 8u * (LANES + 1u)] = ten.last.x;
      sums[out + 9u * (LANES + 1u)] = ten.last.y;
    }
    workgroupBarrier();
    for (var k = index; k < batch * 10u; k += LANES) {
      var sum = 0.0;
      for (var lane = 0u; lane < LANES; lane++) { sum += sums[k * (LANES + 1u) + lane]; }
      slot_sums[sorted_slots[first + k / 10u] * 10u + k % 10u] = sum;
    }
    workgroupBarrier();
  }
  for (var j = list.y * 10u + index; j < list.z * 10u; j += LANES) { slot_sums[sorted_slots[j / 10u] * 10u + j % 10u] = 0.0; }
}
