// Histograms of the descriptors (Lowe 2004, section 6): 4 x 4 cells of 8 gradient directions, trilinear.
// bindings: 0-4 as sift_points.wgsl, 5 angles (read), 6 extra (read): count, then points with a second orientation, 7 cells (rw):
//   8 vec4f for each row of cells: cell * 2 + half of the directions
// One invocation makes one row of cells of one descriptor: descriptor k < count is point k with its first orientation, descriptor
// count + j the j-th extra point with its second. Samples are walked row by row inside the turned rectangle of the cells' support.
// Invariant: no two invocations write the same value.
const CELLS = 4u;
const HALF = 2.5; // of the descriptor's support, in cells

@group(0) @binding(5) var<storage, read> angles: array<vec2f>;
@group(0) @binding(6) var<storage, read> extra: array<u32>;
@group(0) @binding(7) var<storage, read_write> cell_sums: array<vec4f>;

// The part of range in which |a + b t| < c.
fn clip(range: vec2f, a: f32, b: f32, c: f32) -> vec2f {
  if (abs(b) < 1e-9) { return select(range, vec2f(0.0, -1.0), abs(a) >= c); }
  let p = (-c - a) / b;
  let q = (c - a) / b;
  return vec2f(max(range.x, min(p, q)), min(range.y, max(p, q)));
}

// Shares of directions 0..3 (base 0) or 4..7 (base 4) in a direction 0..8.
fn shares(direction: f32, base: f32) -> vec4f {
  let d = abs(vec4f(direction - base) - vec4f(0.0, 1.0, 2.0, 3.0));
  return max(1.0 - min(d, 8.0 - d), vec4f(0.0));
}

@compute @workgroup_size(64)
fn sift_describe(@builtin(global_invocation_id) id: vec3u) {
  let k = id.x / CELLS;
  if (k >= points_info.count + extra[0]) { return; }
  var index = k;
  if (k >= points_info.count) { index = extra[1u + k - points_info.count]; }
  let point = points[index];
  let angle = select(angles[index].x, angles[index].y, k >= points_info.count);
  let octave = points_info.octaves[u32(point.x)];
  let level = gradient_level(point.w);
  let cell = 3.0 * sigma_of(point.w);
  let c = cos(angle) / cell;
  let s = sin(angle) / cell;
  let row_centre = f32(id.x % CELLS) - 1.5;
  // Corners of the strip |u| < HALF, |v - row_centre| < 1 in rows.
  let middle = point.z + row_centre * cell * cell * c;
  let reach = (HALF * abs(s) + abs(c)) * cell * cell;
  let last_row = i32(min(f32(octave.w) - 2.0, floor(middle + reach)));
  var a0 = vec4f(0.0); var a1 = vec4f(0.0); var b0 = vec4f(0.0); var b1 = vec4f(0.0);
  var c0 = vec4f(0.0); var c1 = vec4f(0.0); var d0 = vec4f(0.0); var d1 = vec4f(0.0);
  for (var y = i32(max(1.0, ceil(middle - reach))); y <= last_row; y++) {
    let dy = f32(y) - point.z;
    var range = vec2f(1.0, f32(octave.z) - 2.0) - point.y;
    range = clip(range, s * dy, c, HALF);
    range = clip(range, c * dy - row_centre, -s, 1.0);
    let last = i32(floor(point.y + range.y));
    var x = i32(ceil(point.y + range.x));
    if (x > last) { continue; }
    var i = octave.x + u32(y) * octave.y + u32(x);
    var before = gaussian(level, i - 1u);
    var here = gaussian(level, i);
    for (; x <= last; x++) {
      let after = gaussian(level, i + 1u);
      let g = 0.5 * vec2f(after - before, gaussian(level, i + octave.y) - gaussian(level, i - octave.y));
      let dx = f32(x) - point.y;
      let u = c * dx + s * dy;
      let v = c * dy - s * dx;
      let turn = (atan2(g.y, g.x) - angle) / TWO_PI;
      let direction = 8.0 * (turn - floor(turn));
      let weight = exp(-0.125 * (u * u + v * v)) * sqrt(dot(g, g)) * max(1.0 - abs(v - row_centre), 0.0);
      let columns = weight * max(1.0 - abs(vec4f(u) - vec4f(-1.5, -0.5, 0.5, 1.5)), vec4f(0.0));
      let low = shares(direction, 0.0);
      let high = shares(direction, 4.0);
      a0 += columns.x * low; a1 += columns.x * high;
      b0 += columns.y * low; b1 += columns.y * high;
      c0 += columns.z * low; c1 += columns.z * high;
      d0 += columns.w * low; d1 += columns.w * high;
      before = here;
      here = after;
      i++;
    }
  }
  let at = id.x * 8u;
  cell_sums[at] = a0; cell_sums[at + 1u] = a1;
  cell_sums[at + 2u] = b0; cell_sums[at + 3u] = b1;
  cell_sums[at + 4u] = c0; cell_sums[at + 5u] = c1;
  cell_sums[at + 6u] = d0; cell_sums[at + 7u] = d1;
}
