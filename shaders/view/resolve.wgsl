// Lays the accumulated splats over the background, once a frame.
// bindings: 0 frame (uniform), 1 accumulated (texture: sum of weighted colours, coverage)
// Invariant: the result has premultiplied alpha, and no exposure on the background.
@group(0) @binding(0) var<uniform> frame: ViewFrame;
@group(0) @binding(1) var accumulated: texture_2d<f32>;

@vertex
fn whole_picture(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  return vec4f(f32(index % 2u) * 4.0 - 1.0, f32(index / 2u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn over_background(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let c = textureLoad(accumulated, vec2u(position.xy), 0);
  let behind = (1.0 - c.a) * frame.background.a;
  return vec4f(c.rgb * frame.exposure + behind * frame.background.rgb, c.a + behind);
}
