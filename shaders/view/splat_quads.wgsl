// Draws the splats in view as quads along their ellipses, front to back: colour C += (1 - A) alpha c, coverage A += (1 - A) alpha, which the
// blend state does (the sum of Kerbl et al. 2023, eq. 3, from the near end).
// bindings: 0 size (uniform: width, height in pixels), 1 order (read), 2 cache (read, see splat_project.wgsl)
// Invariant: a quad holds every pixel in which alpha reaches 1/255; a pixel beyond that is left alone, as in the trainer's rasterizer.
@group(0) @binding(0) var<uniform> size: vec2f;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> cache: array<vec4u>;
const LEAST: f32 = 1.0 / 255.0;
const MOST: f32 = 0.999;

// 4: a quad. 8: an octagon, which covers a sixth less beyond the ellipse at twice the corners.
override CORNERS: u32 = 4;

// Corner of a strip around the unit circle.
fn corner_of(vertex: u32) -> vec2f {
  if (CORNERS == 4u) { return vec2f(f32(vertex & 1u), f32(vertex >> 1u)) * 2.0 - 1.0; }
  let place = select(8u - vertex / 2u, (vertex + 1u) / 2u, (vertex & 1u) == 1u);
  let angle = (f32(place) + 0.5) * 0.7853981633974483;
  return vec2f(cos(angle), sin(angle)) * 1.0823922002923938; // 1 / cos(pi / 8)
}

struct Corner {
  @builtin(position) position: vec4f,
  @location(0) offset: vec2f,                    // from the centre, in standard deviations
  @location(1) @interpolate(flat) colour: vec4f, // opacity in w
}

@vertex
fn quad_corner(@builtin(vertex_index) vertex: u32, @builtin(instance_index) instance: u32) -> Corner {
  let i = order[instance];
  let p = bitcast<vec4f>(cache[2u * i]);
  let q = cache[2u * i + 1u];
  let blue_opacity = unpack2x16float(q.z);
  let opacity = blue_opacity.y;
  var out: Corner;
  if (opacity <= LEAST) { return out; }
  let reach = sqrt(2.0 * log(255.0 * opacity));
  let offset = corner_of(vertex) * reach;
  let minor = normalize(vec2f(-p.w, p.z)) * bitcast<f32>(q.x);
  let px = p.xy + offset.x * p.zw + offset.y * minor;
  out.position = vec4f(px.x / size.x * 2.0 - 1.0, 1.0 - px.y / size.y * 2.0, 0.0, 1.0);
  out.offset = offset;
  out.colour = vec4f(unpack2x16float(q.y), blue_opacity);
  return out;
}

@fragment
fn quad_alpha(in: Corner) -> @location(0) vec4f {
  let alpha = min(in.colour.w * exp(-0.5 * dot(in.offset, in.offset)), MOST);
  if (alpha < LEAST) { discard; }
  return vec4f(in.colour.xyz * alpha, alpha);
}
