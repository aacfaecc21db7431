// Finds which splats cover a handful of points of the picture, and how much: what picking and hidden hotspots are computed from.
// bindings: 0 points (uniform: count, then x and y in pixels), 1 sort_counts (read): [0] splats in order, 2 order (read), 3 cache (read),
//           4 hit_count (rw), 5 hits (write): (point, place in the order, alpha and depth as f32 bits)
// Invariant: hits beyond the room are counted and not written.
override GROUP: u32 = 64;
const MOST_POINTS: u32 = 16;
struct Points { count: u32, room: u32, at: array<vec4f, MOST_POINTS> }
@group(0) @binding(0) var<uniform> points: Points;
@group(0) @binding(1) var<storage, read> sort_counts: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> cache: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> hit_count: atomic<u32>;
@group(0) @binding(5) var<storage, read_write> hits: array<vec4u>;

@compute @workgroup_size(GROUP)
fn probe_points(@builtin(global_invocation_id) id: vec3u) {
  let k = id.y * 65535u * GROUP + id.x;
  if (k >= sort_counts[0]) { return; }
  let i = order[k];
  let p = bitcast<vec4f>(cache[2u * i]);
  let q = cache[2u * i + 1u];
  let opacity = unpack2x16float(q.z).y;
  if (opacity == 0.0) { return; }
  let sigma2 = vec2f(dot(p.zw, p.zw), bitcast<f32>(q.x) * bitcast<f32>(q.x));
  let major = p.zw * inverseSqrt(sigma2.x);
  for (var n = 0u; n < points.count; n++) {
    let from_centre = points.at[n].xy - p.xy;
    let along = vec2f(dot(from_centre, major), dot(from_centre, vec2f(-major.y, major.x)));
    let alpha = min(opacity * exp(-0.5 * dot(along * along, 1.0 / sigma2)), 0.999);
    if (alpha < 1.0 / 255.0) { continue; }
    let slot = atomicAdd(&hit_count, 1u);
    if (slot < points.room) { hits[slot] = vec4u(n, k, bitcast<u32>(alpha), q.w); }
  }
}
