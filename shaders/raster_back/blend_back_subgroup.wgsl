// Backward of blend, the subgroup variant: lanes load eight splats at once and add up their sums by shuffles. For every (splat, tile)
// slot it leaves the sums over the tile's pixels from which the splat's 2D gradient follows.
// bindings: 0 step, 1 tile_starts (read), 2 tile_ends (read), 3 sorted_splats (read), 4 sorted_slots (read), 5 projected (read),
//           6 image (read), 7 image_gradient (read), 8 slot_sums (write)
// image_gradient: 4 planes of [pixels]: dL/d(r, g, b) and the pixel's error for densification.
// slot_sums: 10 floats per slot: sum of h (1, dx, dy, dx^2, dx dy, dy^2) with h = dL/dpower, and sum of w (dL/dr, dL/dg, dL/db, error)
// with w = alpha T. The gradient of the exponent is linear in the first six, so nothing else has to be summed over pixels.
// Needs the `subgroups` feature and a workgroup (LANES) that fits into the smallest subgroup, so there is neither barrier nor shared
// memory.
// Eight sums are added over eight lanes in three exchanges in which every lane keeps half of what it holds (7 shuffles instead of 24);
// afterwards lane l holds sum l & 7.
// Invariant: every slot with a tile is written exactly once, with zeros behind the tile's end.
override TILE: u32;
override LANES: u32;     // TILE * TILE / RUN
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> tile_starts: array<u32>;
@group(0) @binding(2) var<storage, read> tile_ends: array<u32>;
@group(0) @binding(3) var<storage, read> sorted_splats: array<u32>;
@group(0) @binding(4) var<storage, read> sorted_slots: array<u32>;
@group(0) @binding(5) var<storage, read> projected: array<vec4f>;
@group(0) @binding(6) var<storage, read> image: array<vec4f>;
@group(0) @binding(7) var<storage, read> image_gradient: array<f32>;
@group(0) @binding(8) var<storage, read_write> slot_sums: array<f32>;

fn add_eight(low: vec4f, high: vec4f, lane: u32) -> f32 {
  let upper = (lane & 4u) != 0u;
  let four = select(low, high, upper) + subgroupShuffleXor(select(high, low, upper), 4u);
  let right = (lane & 2u) != 0u;
  let two = select(four.xy, four.zw, right) + subgroupShuffleXor(select(four.zw, four.xy, right), 2u);
  let odd = (lane & 1u) != 0u;
  var one = select(two.x, two.y, odd) + subgroupShuffleXor(select(two.y, two.x, odd), 1u);
  for (var gap = 8u; gap < LANES; gap *= 2u) { one += subgroupShuffleXor(one, gap); }
  return one;
}

fn add_two(v: vec2f, lane: u32) -> f32 {
  let odd = (lane & 1u) != 0u;
  var one = select(v.x, v.y, odd) + subgroupShuffleXor(select(v.y, v.x, odd), 1u);
  for (var gap = 2u; gap < LANES; gap *= 2u) { one += subgroupShuffleXor(one, gap); }
  return one;
}

fn store_sums(ten: TenSums, slot: u32, lane: u32, live: bool) {
  let eight = add_eight(ten.h, ten.more, lane);
  let two = add_two(ten.last, lane);
  if (live && lane < 8u) { slot_sums[slot * 10u + lane] = eight; }
  if (live && lane < 2u) { slot_sums[slot * 10u + 8u + lane] = two; }
}

@compute @workgroup_size(LANES)
fn blend_back(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32) {
  let tile = group.y * step.tiles_x + group.x;
  let x = group.x * TILE + (index % (TILE / RUN)) * RUN;
  let y = group.y * TILE + index / (TILE / RUN);
  let near_x = f32(x) + vec4f(0.5, 1.5, 2.5, 3.5);
  let py = f32(y) + 0.5;
  var near_four = load_four(x, y);
  var far_four = load_four(x + 4u, y);
  let end = tile_ends[tile];
  let list_end = tile_starts[tile + 1u];
  for (var first = tile_starts[tile]; first < end; first += 8u) {
    let mine = first + (lane & 7u);
    let position = min(mine, end - 1u);
    let at = 3u * sorted_splats[position];
    let slot = sorted_slots[position];
    var p = projected[at];
    let conic = projected[at + 1u];
    let colour = projected[at + 2u];
    if (mine >= end) { p.w = 0.0; }
    // Written out eight times, because a broadcast takes only a constant lane.
    {
      let q = subgroupBroadcast(p, 0u); let c = subgroupBroadcast(conic, 0u); let rgb = subgroupBroadcast(colour, 0u);
      let ten = walk(&near_four, &far_four, near_x - q.x, py - q.y, c, q.w, rgb);
      store_sums(ten, subgroupBroadcast(slot, 0u), lane, first + 0u < end);
    }
    {
      let q = subgroupBroadcast(p, 1u); let c = subgroupBroadcast(conic, 1u); let rgb = subgroupBroadcast(colour, 1u);
      let ten = walk(&near_four, &far_four, near_x - q.x, py - q.y, c, q.w, rgb);
      store_sums(ten, subgroupBroadcast(slot, 1u), lane, first + 1u < end);
    }
    {
      let q = subgroupBroadcast(p, 2u); let c = subgroupBroadcast(conic, 2u); let rgb = subgroupBroadcast(colour, 2u);
      let ten = walk(&near_four, &far_four, near_x - q.x, py - q.y, c, q.w, rgb);
      store_sums(ten, subgroupBroadcast(slot, 2u), lane, first + 2u < end);
    }
    {
      let q = subgroupBroadcast(p, 3u); let c = subgroupBroadcast(conic, 3u); let rgb = subgroupBroadcast(colour, 3u);
      let ten = walk(&near_four, &far_four, near_x - q.x, py - q.y, c, q.w, rgb);
      store_sums(ten, subgroupBroadcast(slot, 3u), lane, first + 3u < end);
    }
    {
      let q = subgroupBroadcast(p, 4u); let c = subgroupBroadcast(conic, 4u); let rgb = subgroupBroadcast(colour, 4u);
      let ten = walk(&near_four, &far_four, near_x - q.x, py - q.y, c, q.w, rgb);
      store_sums(ten, subgroupBroadcast(slot, 4u), lane, first + 4u < end);
    }
    {
      let q = subgroupBroadcast(p, 5u); let c = subgroupBroadcast(conic, 5u); let rgb = subgroupBroadcast(colour, 5u);
      let ten = walk(&near_four, &far_four, near_x - q.x, py - q.y, c, q.w, rgb);
      store_sums(ten, subgroupBroadcast(slot, 5u), lane, first + 5u < end);
    }
    {
      let q = subgroupBroadcast(p, 6u); let c = subgroupBroadcast(conic, 6u); let rgb = subgroupBroadcast(colour, 6u);
      let ten = walk(&near_four, &far_four, near_x - q.x, py - q.y, c, q.w, rgb);
      store_sums(ten, subgroupBroadcast(slot, 6u), lane, first + 6u < end);
    }
    {
      let q = subgroupBroadcast(p, 7u); let c = subgroupBroadcast(conic, 7u); let rgb = subgroupBroadcast(colour, 7u);
      let ten = walk(&near_four, &far_four, near_x - q.x, py - q.y, c, q.w, rgb);
      store_sums(ten, subgroupBroadcast(slot, 7u), lane, first + 7u < end);
    }
  }
  for (var j = end * 10u + index; j < list_end * 10u; j += LANES) { slot_sums[sorted_slots[j / 10u] * 10u + j % 10u] = 0.0; }
}
