// Orientations of the chosen key points (Lowe 2004, section 5): a histogram of 36 gradient directions, smoothed, its two highest peaks.
// bindings: 0-4 as sift_points.wgsl, 5 angles (rw): two radians each, 6 extra (rw): the points that have a second one
// One invocation per point. Invariant: a flat neighbourhood gives one orientation, 0; the order in extra is arbitrary.
const BINS = 36u;

struct Extra { count: atomic<u32>, items: array<u32> }

@group(0) @binding(5) var<storage, read_write> angles: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> extra: Extra;

var<private> histogram: array<f32, 36>;
var<private> smoothed: array<f32, 36>;

fn fill(point: vec4f) {
  let octave = points_info.octaves[u32(point.x)];
  let level = gradient_level(point.w);
  let window = 1.5 * sigma_of(point.w);
  let reach = 3.0 * window;
  let low = max(vec2i(ceil(point.yz - reach)), vec2i(1));
  let high = min(vec2i(floor(point.yz + reach)), vec2i(octave.zw) - 2);
  for (var y = low.y; y <= high.y; y++) {
    let dy = f32(y) - point.z;
    let across = sqrt(max(reach * reach - dy * dy, 0.0));
    let last = min(high.x, i32(floor(point.y + across)));
    var x = max(low.x, i32(ceil(point.y - across)));
    var i = octave.x + u32(y) * octave.y + u32(x);
    var before = gaussian(level, i - 1u);
    var here = gaussian(level, i);
    for (; x <= last; x++) {
      let after = gaussian(level, i + 1u);
      let g = 0.5 * vec2f(after - before, gaussian(level, i + octave.y) - gaussian(level, i - octave.y));
      let dx = f32(x) - point.y;
      let weight = exp(-(dx * dx + dy * dy) / (2.0 * window * window)) * sqrt(dot(g, g));
      let turn = atan2(g.y, g.x) / TWO_PI;
      let bin = f32(BINS) * select(turn, turn + 1.0, turn < 0.0);
      let base = floor(bin);
      let part = bin - base;
      histogram[u32(base) % BINS] += (1.0 - part) * weight;
      histogram[(u32(base) + 1u) % BINS] += part * weight;
      before = here;
      here = after;
      i++;
    }
  }
}

fn smooth_once() {
  for (var k = 0u; k < BINS; k++) {
    smoothed[k] = (histogram[(k + BINS - 1u) % BINS] + histogram[k] + histogram[(k + 1u) % BINS]) / 3.0;
  }
  for (var k = 0u; k < BINS; k++) { histogram[k] = smoothed[k]; }
}

// The peak's angle, 0 to 2 pi, by a parabola through it and its neighbours.
fn peak_angle(bin: u32) -> f32 {
  let before = histogram[(bin + BINS - 1u) % BINS];
  let after = histogram[(bin + 1u) % BINS];
  let angle = (f32(bin) + 0.5 * (before - after) / (before - 2.0 * histogram[bin] + after)) * TWO_PI / f32(BINS);
  return select(angle, angle + TWO_PI, angle < 0.0);
}

@compute @workgroup_size(64)
fn sift_orient(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= points_info.count) { return; }
  fill(points[id.x]);
  for (var k = 0u; k < 6u; k++) { smooth_once(); }
  var first = BINS;
  var second = BINS;
  var first_value = 0.0;
  var second_value = 0.0;
  for (var k = 0u; k < BINS; k++) {
    let value = histogram[k];
    if (!(value > histogram[(k + BINS - 1u) % BINS] && value > histogram[(k + 1u) % BINS])) { continue; }
    if (value > first_value) {
      second = first; second_value = first_value;
      first = k; first_value = value;
    } else if (value > second_value) {
      second = k; second_value = value;
    }
  }
  var pair = vec2f(0.0);
  if (first < BINS) { pair.x = peak_angle(first); }
  if (second < BINS && second_value >= 0.8 * first_value) {
    pair.y = peak_angle(second);
    extra.items[atomicAdd(&extra.count, 1u)] = id.x;
  }
  angles[id.x] = pair;
}
