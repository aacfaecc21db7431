// Culls, projects and colours every splat of one chunk, once a frame.
// bindings: 0 step, 1 frame (uniform), 2 chunk (uniform), 3 geometry (read), 4 sh (read), 5 cache (write), 6 keys (write), 7 visible (write)
// geometry: 2 vec4u a splat; sh: chunk.sh_vectors vec4u a splat (src/core/view/packedSplats.ts).
// cache: 2 vec4u a splat: (u, v, major axis x, y) (minor sigma, red and green, blue and opacity, depth); the major axis is one standard
// deviation long, in pixels; colours and opacity are halves.
// Invariant: a splat that is not to be drawn has opacity 0 in the cache; visible is 1 only for splats within the guard band, and what is
// kept there keeps its place until the next sort.
override GROUP: u32 = 64;
struct Chunk {
  base: u32,       // number of the chunk's first splat
  count: u32,
  sh_vectors: u32,
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> frame: ViewFrame;
@group(0) @binding(2) var<uniform> chunk: Chunk;
@group(0) @binding(3) var<storage, read> geometry: array<vec4u>;
@group(0) @binding(4) var<storage, read> sh: array<vec4u>;
@group(0) @binding(5) var<storage, read_write> cache: array<vec4u>;
@group(0) @binding(6) var<storage, read_write> keys: array<u32>;
@group(0) @binding(7) var<storage, read_write> visible: array<u32>;

// Written out: a loop would index registers by a variable.
fn rest_colour(at: u32, d: vec3f) -> vec3f {
  if (step.sh_degree == 0u) { return vec3f(0.0); }
  let low = eight_of(sh[at], sh[at + 1u], sh[min(at + 2u, arrayLength(&sh) - 1u)]).c;
  var colour = basis_of(1u, d) * low[0] + basis_of(2u, d) * low[1] + basis_of(3u, d) * low[2];
  if (step.sh_degree == 1u) { return colour; }
  colour += basis_of(4u, d) * low[3] + basis_of(5u, d) * low[4] + basis_of(6u, d) * low[5] + basis_of(7u, d) * low[6] + basis_of(8u, d) * low[7];
  if (step.sh_degree == 2u) { return colour; }
  let high = eight_of(sh[at + 3u], sh[at + 4u], sh[at + 5u]).c;
  return colour + basis_of(9u, d) * high[0] + basis_of(10u, d) * high[1] + basis_of(11u, d) * high[2] + basis_of(12u, d) * high[3]
    + basis_of(13u, d) * high[4] + basis_of(14u, d) * high[5] + basis_of(15u, d) * high[6];
}

// The longer axis of the ellipse of the covariance (a b; b d) with the larger eigenvalue l1: a unit vector.
fn major_axis(a: f32, b: f32, d: f32, l1: f32) -> vec2f {
  let wish = select(vec2f(b, l1 - a), vec2f(l1 - d, b), a >= d);
  let length2 = dot(wish, wish);
  return select(vec2f(1.0, 0.0), wish * inverseSqrt(length2), length2 > 1e-20);
}

@compute @workgroup_size(GROUP)
fn project_view(@builtin(global_invocation_id) id: vec3u) {
  let local = id.y * 65535u * GROUP + id.x;
  if (local >= chunk.count) { return; }
  let i = chunk.base + local;
  let g0 = geometry[2u * local];
  let g1 = geometry[2u * local + 1u];
  let mean = bitcast<vec3f>(g0.xyz);
  let f = footprint_of(mean, opacity_of(g1.x), quat_of(g1.z, g1.w), scales_of(g0.w, g1.x));
  let mid = 0.5 * (f.a + f.d);
  let l1 = mid + sqrt(max(mid * mid - f.det, 0.0));
  let l2 = f.det / l1;
  let reach = sqrt(2.0 * log(255.0 * f.opacity));
  let extent = reach * sqrt(vec2f(f.a, f.d)) + frame.guard;
  let size = vec2f(f32(step.width), f32(step.height));
  let seen = f.opacity > 0.0
    && all(mean >= frame.crop_low) && all(mean <= frame.crop_high)
    && 6.2831853 * sqrt(f.det) * f.opacity >= frame.min_contribution
    && all(vec2f(f.u, f.v) + extent > vec2f(0.0)) && all(vec2f(f.u, f.v) - extent < size);
  visible[i] = select(0u, 1u, seen);
  keys[i] = min((max(bitcast<u32>(f.depth), frame.key_base) - frame.key_base) >> frame.key_shift, frame.key_max);
  if (!seen) {
    cache[2u * i + 1u] = vec4u(0u);
    return;
  }
  let colour = vec3f(0.5) + SH0 * dc_of(g1.y, g1.z) + rest_colour(local * chunk.sh_vectors, normalize(mean - step.camera_world));
  let axis = sqrt(l1) * major_axis(f.a, f.b, f.d, l1);
  let shown = select(vec3f(0.0), clamp(colour, vec3f(0.0), vec3f(60000.0)), finite(colour.x + colour.y + colour.z));
  cache[2u * i] = bitcast<vec4u>(vec4f(f.u, f.v, axis));
  cache[2u * i + 1u] = vec4u(bitcast<u32>(sqrt(l2)), pack2x16float(shown.xy), pack2x16float(vec2f(shown.z, f.opacity)), bitcast<u32>(f.depth));
}
