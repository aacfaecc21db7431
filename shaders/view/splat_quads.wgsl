// Draws the splats in view as quads along their ellipses, front to back: colour C += (1 - A) alpha c, coverage A += (1 - A) alpha, which the
// blend state does (the sum of Kerbl et al. 2023, eq. 3, from the near end).
// bindings: 0 size (uniform: width, height in pixels), 1 order (read), 2 cache (read, see splat_project.wgsl), 3 sort_counts (read): [0] splats
// An instance is a run of splats: drivers that prepare every instance by itself, and processors wider than four corners, want more than one.
// Invariant: a quad holds every pixel in which alpha reaches 1/255; a pixel beyond that is left alone, as in the trainer's rasterizer.
@group(0) @binding(0) var<uniform> size: vec2f;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> cache: array<vec4u>;
@group(0) @binding(3) var<storage, read> sort_counts: array<u32>;
const LEAST: f32 = 1.0 / 255.0;
const MOST: f32 = 0.999;

override RUN: u32 = 128;

struct Corner {
  @builtin(position) position: vec4f,
  @location(0) @interpolate(linear) offset: vec2f,       // from the centre, in standard deviations; w is 1 everywhere
  @location(1) @interpolate(flat, either) colour: vec4f, // opacity in w
}

@vertex
fn quad_corner(@builtin(vertex_index) vertex: u32, @builtin(instance_index) instance: u32) -> Corner {
  var out: Corner;
  let k = instance * RUN + vertex / 4u;
  if (k >= sort_counts[0]) { return out; }
  let i = order[k];
  let p = bitcast<vec4f>(cache[2u * i]);
  let q = cache[2u * i + 1u];
  let blue_opacity = unpack2x16float(q.z);
  let opacity = blue_opacity.y;
  if (opacity <= LEAST) { return out; }
  let reach = sqrt(2.0 * log(255.0 * opacity));
  let offset = (vec2f(f32(vertex & 1u), f32((vertex >> 1u) & 1u)) * 2.0 - 1.0) * reach;
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
