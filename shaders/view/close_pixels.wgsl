// Closes the pixels that are as good as opaque: what is drawn there afterwards fails the depth test before it is shaded.
// bindings: 0 accumulated (texture: sum of weighted colours, coverage)
// Invariant: a closed pixel lets through less than half a grey level of what lies behind it.
@group(0) @binding(0) var accumulated: texture_2d<f32>;
const CLOSED: f32 = 1.0 - 1.0 / 512.0;

@vertex
fn over_all(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  return vec4f(f32(index % 2u) * 4.0 - 1.0, f32(index / 2u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn close_opaque(@builtin(position) position: vec4f) {
  if (textureLoad(accumulated, vec2u(position.xy), 0).a < CLOSED) { discard; }
}
