// Backward of blend: for every (splat, tile) slot the sums over the tile's pixels from which the splat's 2D gradient follows.
// bindings: 0 step, 1 tile_starts (read), 2 tile_ends (read), 3 sorted_splats (read), 4 sorted_slots (read), 5 projected (read),
//           6 image (read), 7 image_gradient (read), 8 slot_sums (write)
// image_gradient: 4 planes of [pixels]: dL/d(r, g, b) and the pixel's error for densification.
// slot_sums: 10 floats per slot: sum of h (1, dx, dy, dx^2, dx dy, dy^2) with h = dL/dpower, and sum of w (dL/dr, dL/dg, dL/db, error)
// with w = alpha T. The gradient of the exponent is linear in the first six, so nothing else has to be summed over pixels.
// Every invocation owns RUN = 8 pixels of one row, as in blend, and adds them up in registers; the invocations' sums of a batch of splats
// meet in workgroup memory, where each invocation then adds up a few of them. No atomics: the order of every addition is fixed.
// Front to back: dL/dalpha_i = T_i (c_i . g) - (g . C_behind_i) / (1 - alpha_i), C_behind_i = C - sum_{j<=i} alpha_j T_j c_j.
// Invariant: every slot with a tile is written exactly once, with zeros behind the tile's end.
override TILE: u32;
override LANES: u32;     // TILE * TILE / RUN
override BATCH: u32;     // splats between two barriers
override SUMS: u32;      // BATCH * 10 * (LANES + 1)
const RUN: u32 = 8u;
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

// Four neighbouring pixels on their way front to back. `behind` is g . (colour of what has not been walked yet).
struct Four { r: vec4f, g: vec4f, b: vec4f, error: vec4f, t: vec4f, behind: vec4f }

struct Walked { t: vec4f, behind: vec4f, h: vec4f, w: vec4f }

fn walked(f: Four, dx: vec4f, dy: f32, conic: vec4f, opacity: f32, colour: vec4f) -> Walked {
  let power = -0.5 * (conic.x * dx * dx + conic.z * dy * dy) - conic.y * dx * dy;
  let raw = opacity * exp(min(power, vec4f(0.0)));
  let alpha = min(raw, vec4f(ALPHA_MAX));
  let next = f.t * (1.0 - alpha);
  let hit = alpha >= vec4f(ALPHA_MIN);
  let open = hit & (next >= vec4f(step.stop_at_t));
  let w = select(vec4f(0.0), alpha * f.t, open);
  let along = f.r * colour.x + f.g * colour.y + f.b * colour.z;
  let behind = f.behind - w * along;
  let h = select(vec4f(0.0), alpha * (f.t * along - behind / (1.0 - alpha)), open & (raw < vec4f(ALPHA_MAX)));
  return Walked(select(select(f.t, -abs(f.t), hit), next, open), behind, h, w);
}

fn load_four(x: u32, y: u32) -> Four {
  var four = Four(vec4f(0.0), vec4f(0.0), vec4f(0.0), vec4f(0.0), vec4f(-1.0), vec4f(0.0));
  if (y >= step.height) { return four; }
  for (var k = 0u; k < 4u && x + k < step.width; k++) {
    let at = y * step.width + x + k;
    let pixels = step.width * step.height;
    let g = vec4f(image_gradient[at], image_gradient[pixels + at], image_gradient[2u * pixels + at], image_gradient[3u * pixels + at]);
    four.r[k] = g.x; four.g[k] = g.y; four.b[k] = g.z; four.error[k] = g.w; four.t[k] = 1.0;
    four.behind[k] = dot(g.xyz, image[at].xyz);
  }
  return four;
}

fn total(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }

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
      let near_dx = near_x - p.x;
      let far_dx = near_dx + 4.0;
      let dy = py - p.y;
      let n = walked(near_four, near_dx, dy, conic, p.w, colour);
      let f = walked(far_four, far_dx, dy, conic, p.w, colour);
      near_four.t = n.t; near_four.behind = n.behind;
      far_four.t = f.t; far_four.behind = f.behind;
      let h0 = total(n.h + f.h);
      let h1 = total(n.h * near_dx + f.h * far_dx);
      let h2 = total(n.h * near_dx * near_dx + f.h * far_dx * far_dx);
      let out = s * 10u * (LANES + 1u) + index;
      sums[out] = h0;
      sums[out + (LANES + 1u)] = h1;
      sums[out + 2u * (LANES + 1u)] = h0 * dy;
      sums[out + 3u * (LANES + 1u)] = h2;
      sums[out + 4u * (LANES + 1u)] = h1 * dy;
      sums[out + 5u * (LANES + 1u)] = h0 * dy * dy;
      sums[out + 6u * (LANES + 1u)] = total(n.w * near_four.r + f.w * far_four.r);
      sums[out + 7u * (LANES + 1u)] = total(n.w * near_four.g + f.w * far_four.g);
      sums[out + 8u * (LANES + 1u)] = total(n.w * near_four.b + f.w * far_four.b);
      sums[out + 9u * (LANES + 1u)] = total(n.w * near_four.error + f.w * far_four.error);
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
