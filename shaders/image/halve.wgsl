// Halves a packed RGBA8 image: every pixel is the mean of 2 x 2; an odd last row or column is dropped.
// bindings: 0 sizes (uniform: source width, target width, target height, _, source offset, target offset), 1 pixels (rw)
// Invariant: a pixel is seen (alpha 255) only when all four of its sources are.
struct Sizes { source_width: u32, target_width: u32, target_height: u32, unused: u32, source_offset: u32, target_offset: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> pixels: array<u32>;

@compute @workgroup_size(8, 8)
fn halve(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.target_width || id.y >= sizes.target_height) { return; }
  let at = sizes.source_offset + 2u * id.y * sizes.source_width + 2u * id.x;
  let a = unpack4x8unorm(pixels[at]);
  let b = unpack4x8unorm(pixels[at + 1u]);
  let c = unpack4x8unorm(pixels[at + sizes.source_width]);
  let d = unpack4x8unorm(pixels[at + sizes.source_width + 1u]);
  let colour = 0.25 * (a + b + c + d);
  let seen = select(0.0, 1.0, min(min(a.w, b.w), min(c.w, d.w)) > 0.5);
  pixels[sizes.target_offset + id.y * sizes.target_width + id.x] = pack4x8unorm(vec4f(colour.xyz, seen));
}
