// Stretches the rasterizer's image over a canvas with bilinear sampling.
// bindings: 0 sizes (uniform: source width, source height, target width, target height), 1 image (read, vec4 per pixel)
// Invariant: the colour is opaque; what the splats leave open shows the background that was blended in.
@group(0) @binding(0) var<uniform> sizes: vec4f;
@group(0) @binding(1) var<storage, read> image: array<vec4f>;

@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  return vec4f(f32(index % 2u) * 4.0 - 1.0, f32(index / 2u) * 4.0 - 1.0, 0.0, 1.0);
}

fn texel(p: vec2f) -> vec3f {
  let at = vec2u(clamp(p, vec2f(0.0), sizes.xy - 1.0));
  return image[at.y * u32(sizes.x) + at.x].xyz;
}

@fragment
fn stretch(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let p = position.xy / sizes.zw * sizes.xy - 0.5;
  let low = floor(p);
  let share = p - low;
  let top = mix(texel(low), texel(low + vec2f(1.0, 0.0)), share.x);
  let bottom = mix(texel(low + vec2f(0.0, 1.0)), texel(low + vec2f(1.0, 1.0)), share.x);
  return vec4f(mix(top, bottom, share.y), 1.0);
}
