// Projects every splat: 2D mean, conic, opacity, colour, depth key and the number of tiles it touches.
// bindings: 0 step, 1 geometry (read), 2 sh (read), 3 projected (write), 4 depth_keys (write), 5 tile_counts (write)
// geometry: 3 columns of vec4 [CAPACITY]: mean+logit, quaternion wxyz, log scales. sh: columns [3 * basis][CAPACITY].
// projected: 3 vec4 per splat: (u, v, depth, opacity) (conic a, b, c, extent x) (r, g, b, extent y).
// Invariant: a culled splat has opacity 0, no tiles and the largest key.
override GROUP: u32 = 64;
override CAPACITY: u32;
override TILE: u32;
override KEY_SHIFT: u32;   // depth keys drop this many low bits of the float
override KEY_MAX: u32;
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> geometry: array<vec4f>;
@group(0) @binding(2) var<storage, read> sh: array<f32>;
@group(0) @binding(3) var<storage, read_write> projected: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> depth_keys: array<u32>;
@group(0) @binding(5) var<storage, read_write> tile_counts: array<u32>;

fn colour_of(i: u32, direction: vec3f) -> vec3f {
  var colour = vec3f(0.5);
  let basis_count = (step.sh_degree + 1u) * (step.sh_degree + 1u);
  for (var k = 0u; k < basis_count; k++) {
    let at = 3u * k * CAPACITY + i;
    colour += basis_of(k, direction) * vec3f(sh[at], sh[at + CAPACITY], sh[at + 2u * CAPACITY]);
  }
  return colour;
}

@compute @workgroup_size(GROUP)
fn project(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * 65535u * GROUP + id.x;
  if (i >= step.count) { return; }
  let mean_logit = geometry[i];
  let p = project_splat(mean_logit.xyz, mean_logit.w, geometry[CAPACITY + i], geometry[2u * CAPACITY + i].xyz);
  var tiles = 0u;
  if (p.opacity > 0.0) {
    let rows = tile_rows(p.v, p.extent_y);
    for (var row = rows.first; row < rows.end; row++) {
      let span = tile_row_span(p.u, p.v, vec3f(p.conic_a, p.conic_b, p.conic_c), p.opacity, vec2f(p.extent_x, p.extent_y), row);
      tiles += u32(span.end - span.first);
    }
  }
  let colour = colour_of(i, normalize(mean_logit.xyz - step.camera_world));
  // A colour that is no number would spoil every pixel it is blended into.
  let seen = tiles > 0u && finite(colour.x + colour.y + colour.z);
  projected[3u * i] = vec4f(p.u, p.v, p.depth, select(0.0, p.opacity, seen));
  projected[3u * i + 1u] = vec4f(p.conic_a, p.conic_b, p.conic_c, p.extent_x);
  projected[3u * i + 2u] = vec4f(max(colour, vec3f(0.0)), p.extent_y);
  depth_keys[i] = select(KEY_MAX, min((bitcast<u32>(p.depth) - bitcast<u32>(step.near)) >> KEY_SHIFT, KEY_MAX - 1u), seen);
  tile_counts[i] = select(0u, tiles, seen);
}
