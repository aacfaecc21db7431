// Extrema to key points: the step to the extremum of a quadratic fit, up to five moves, then the tests of response and edges (Lowe 2004,
// section 4; Brown and Lowe 2002).
// bindings: 0 step, 1-6 gaussian0..5 (read, f32), 7 raw (rw), 8 found (rw)
// A fixed number of invocations shares the list. Invariant: the outcome of an extremum depends on nothing but the planes; the order in
// found is arbitrary, and found.count tells all accepted, also beyond the capacity.
const STRIDE = 4096u; // invocations

struct Raw { counts: array<atomic<u32>, 16>, items: array<u32> }
struct Point { octave: f32, x: f32, y: f32, level: f32, response: f32 }
struct Found { count: atomic<u32>, items: array<Point> }

@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> gaussian0: array<f32>;
@group(0) @binding(2) var<storage, read> gaussian1: array<f32>;
@group(0) @binding(3) var<storage, read> gaussian2: array<f32>;
@group(0) @binding(4) var<storage, read> gaussian3: array<f32>;
@group(0) @binding(5) var<storage, read> gaussian4: array<f32>;
@group(0) @binding(6) var<storage, read> gaussian5: array<f32>;
@group(0) @binding(7) var<storage, read_write> raw: Raw;
@group(0) @binding(8) var<storage, read_write> found: Found;

// DoG of the level below, at and above: the four Gaussians around `level`, at one px.
fn dogs(level: i32, i: u32) -> vec3f {
  let k = step.in_offset + i;
  var low: f32; var next: f32; var third: f32; var high: f32;
  if (level == 1) {
    low = gaussian0[i]; next = gaussian1[k]; third = gaussian2[k]; high = gaussian3[k];
  } else if (level == 2) {
    low = gaussian1[k]; next = gaussian2[k]; third = gaussian3[k]; high = gaussian4[i];
  } else {
    low = gaussian2[k]; next = gaussian3[k]; third = gaussian4[i]; high = gaussian5[i];
  }
  return vec3f(next - low, third - next, high - third);
}

struct Fit { value: f32, gradient: vec3f, step: vec3f, xx: f32, yy: f32, xy: f32 }

fn fit_at(at: vec3i) -> Fit {
  let i = u32(at.y) * step.stride + u32(at.x);
  // Row by row; a loop with a bound from the CPU, because nine copies of these loads take compilers seconds.
  var around: array<vec3f, 9>;
  for (var k = 0u; k < step.neighbours; k++) { around[k] = dogs(at.z, i + (k / 3u) * step.stride + k % 3u - step.stride - 1u); }
  let u = around[1];
  let l = around[3];
  let c = around[4];
  let r = around[5];
  let d = around[7];
  let ul = around[0].y;
  let ur = around[2].y;
  let dl = around[6].y;
  let dr = around[8].y;
  let g = 0.5 * vec3f(r.y - l.y, d.y - u.y, c.z - c.x);
  let xx = r.y + l.y - 2.0 * c.y;
  let yy = d.y + u.y - 2.0 * c.y;
  let ss = c.z + c.x - 2.0 * c.y;
  let xy = 0.25 * (dr + ul - ur - dl);
  let xs = 0.25 * (r.z + l.x - l.z - r.x);
  let ys = 0.25 * (d.z + u.x - u.z - d.x);
  // Inverse of the symmetric 3 x 3 by cofactors.
  let c00 = yy * ss - ys * ys;
  let c01 = xs * ys - xy * ss;
  let c02 = xy * ys - xs * yy;
  let c11 = xx * ss - xs * xs;
  let c12 = xy * xs - xx * ys;
  let c22 = xx * yy - xy * xy;
  let det = xx * c00 + xy * c01 + xs * c02;
  let scale = select(-1.0 / det, 0.0, det == 0.0);
  let offset = scale * vec3f(dot(vec3f(c00, c01, c02), g), dot(vec3f(c01, c11, c12), g), dot(vec3f(c02, c12, c22), g));
  return Fit(c.y, g, offset, xx, yy, xy);
}

fn refine(item: u32) {
  let first = vec3i(1);
  let last = vec3i(i32(step.width) - 2, i32(step.height) - 2, 3);
  var at = vec3i(i32(item & 0x3fffu), i32((item >> 14u) & 0x3fffu), i32(item >> 28u));
  var fit = Fit();
  // The count of moves comes from the CPU, so that compilers do not unroll the loop.
  for (var moves = 0u; ; moves++) {
    fit = fit_at(at);
    let up = select(vec3i(0), vec3i(1), (fit.step > vec3f(0.6)) & (at < last));
    let down = select(vec3i(0), vec3i(1), (fit.step < vec3f(-0.6)) & (at > first));
    if (moves == step.most_moves || all(up == down)) { break; }
    at += up - down;
  }
  let response = fit.value + 0.5 * dot(fit.gradient, fit.step);
  let det = fit.xx * fit.yy - fit.xy * fit.xy;
  let trace = fit.xx + fit.yy;
  let near = all(abs(fit.step) < vec3f(1.0));
  if (!(near && det > 0.0 && trace * trace < step.edge_limit * det && abs(response) >= step.threshold)) { return; }
  let slot = atomicAdd(&found.count, 1u);
  if (slot >= step.found_capacity) { return; }
  let p = vec3f(at) + fit.step;
  found.items[slot] = Point(step.octave, p.x, p.y, p.z, response);
}

@compute @workgroup_size(64)
fn sift_refine(@builtin(global_invocation_id) id: vec3u) {
  let count = min(atomicLoad(&raw.counts[step.octave_slot]), step.raw_capacity);
  for (var k = id.x; k < count; k += STRIDE) { refine(raw.items[k]); }
}
