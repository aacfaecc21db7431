// Blending shared by both ways of loading splats (one load an invocation, or one a subgroup lane): every invocation owns RUN = 8
// neighbouring pixels of one row, so that one splat in registers serves eight pixels.
// Invariant: forward and backward take the same decisions (skip, close) from the same expressions.
const RUN: u32 = 8u;

// Four neighbouring pixels. A pixel that is closed keeps its transmittance with a negative sign.
struct Four { r: vec4f, g: vec4f, b: vec4f, t: vec4f }

fn blended(state: Four, dx: vec4f, dy: f32, conic: vec4f, opacity: f32, colour: vec4f) -> Four {
  let power = -0.5 * (conic.x * dx * dx + conic.z * dy * dy) - conic.y * dx * dy;
  let alpha = min(opacity * exp(min(power, vec4f(0.0))), vec4f(ALPHA_MAX));
  let next = state.t * (1.0 - alpha);
  let hit = alpha >= vec4f(ALPHA_MIN);
  let open = hit & (next >= vec4f(step.stop_at_t));
  let w = select(vec4f(0.0), alpha * state.t, open);
  return Four(state.r + w * colour.x, state.g + w * colour.y, state.b + w * colour.z,
    select(select(state.t, -abs(state.t), hit), next, open));
}

fn store_four(at: u32, left: u32, four: Four) {
  let t = abs(four.t);
  for (var k = 0u; k < min(left, 4u); k++) {
    image[at + k] = vec4f(vec3f(four.r[k], four.g[k], four.b[k]) + t[k] * step.background, t[k]);
  }
}
