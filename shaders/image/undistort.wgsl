// The photo as an ideal pinhole camera of the training size would have taken it: every target pixel averages a GRID x GRID lattice of
// sub-samples, each sent through the lens (OpenCV's k1, k2, p1, p2) and fetched bilinearly with repeated edges.
// bindings: 0 lens (uniform), 1 source (read, packed RGBA8), 2 destination (write, packed RGBA8)
// Invariant: alpha is 255 where the pixel's centre lies inside the photo, else 0; colour is defined everywhere.
struct Lens {
  source_size: vec2u,
  target_size: vec2u,
  source_focal: vec4f,  // fx, fy, cx, cy of the photo, px
  target_focal: vec4f,
  distortion: vec4f,    // k1, k2, p1, p2
  grid: u32,
  offset: u32,          // first pixel of the destination
}
@group(0) @binding(0) var<uniform> lens: Lens;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> destination: array<u32>;

// Photo position (px) of a position in the target image (px).
fn in_photo(p: vec2f) -> vec2f {
  let n = (p - lens.target_focal.zw) / lens.target_focal.xy;
  let r2 = dot(n, n);
  let radial = 1.0 + lens.distortion.x * r2 + lens.distortion.y * r2 * r2;
  let p1 = lens.distortion.z;
  let p2 = lens.distortion.w;
  let d = n * radial + vec2f(2.0 * p1 * n.x * n.y + p2 * (r2 + 2.0 * n.x * n.x), p1 * (r2 + 2.0 * n.y * n.y) + 2.0 * p2 * n.x * n.y);
  return d * lens.source_focal.xy + lens.source_focal.zw;
}

fn texel(x: i32, y: i32) -> vec3f {
  let at = clamp(vec2i(x, y), vec2i(0), vec2i(lens.source_size) - 1);
  return unpack4x8unorm(source[u32(at.y) * lens.source_size.x + u32(at.x)]).xyz;
}

fn bilinear(p: vec2f) -> vec3f {
  let corner = floor(p - 0.5);
  let share = p - 0.5 - corner;
  let at = vec2i(clamp(corner, vec2f(-1e6), vec2f(1e6)));
  return mix(mix(texel(at.x, at.y), texel(at.x + 1, at.y), share.x), mix(texel(at.x, at.y + 1), texel(at.x + 1, at.y + 1), share.x), share.y);
}

@compute @workgroup_size(8, 8)
fn undistort(@builtin(global_invocation_id) id: vec3u) {
  if (any(id.xy >= lens.target_size)) { return; }
  var sum = vec3f(0.0);
  for (var j = 0u; j < lens.grid; j++) {
    for (var i = 0u; i < lens.grid; i++) {
      sum += bilinear(in_photo(vec2f(id.xy) + (vec2f(f32(i), f32(j)) + 0.5) / f32(lens.grid)));
    }
  }
  let centre = in_photo(vec2f(id.xy) + 0.5);
  let seen = all(centre >= vec2f(0.0)) && all(centre <= vec2f(lens.source_size));
  let colour = vec4f(sum / f32(lens.grid * lens.grid), select(0.0, 1.0, seen));
  destination[lens.offset + id.y * lens.target_size.x + id.x] = pack4x8unorm(colour);
}
