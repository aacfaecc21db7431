// Sums every splat's slots and turns the sums into its gradient with respect to the projected parameters.
// bindings: 0 step, 1 slot_starts (read), 2 slot_sums (read), 3 projected (read), 4 splat_gradients (write), 5 scores (rw)
// splat_gradients: 3 vec4 per splat: dL/d(u, v, conic a, conic b) (conic c, h, r, g) (b, error, 0, 1 when in view), h = sum of dL/dpower.
// power = -1/2 (a dx^2 + c dy^2) - b dx dy with dx = x - u, so dL/du = a sum h dx + b sum h dy, dL/da = -1/2 sum h dx^2, and so on.
// scores: the error each splat is answerable for, summed over the steps since the last refinement: sum over pixels of alpha T |x - y|.
// Invariant: one invocation sums one splat's slots in slot order, so the result does not depend on scheduling.
override GROUP: u32 = 64;
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> slot_starts: array<vec2u>;
@group(0) @binding(2) var<storage, read> slot_sums: array<f32>;
@group(0) @binding(3) var<storage, read> projected: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> splat_gradients: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> scores: array<f32>;

@compute @workgroup_size(GROUP)
fn sum_slots(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * 65535u * GROUP + id.x;
  if (i >= step.count) { return; }
  let range = slot_starts[i];
  var first = vec3f(0.0);  // sum of h (1, dx, dy)
  var second = vec3f(0.0); // sum of h (dx^2, dx dy, dy^2)
  var colour = vec4f(0.0); // sum of w (dL/dr, dL/dg, dL/db, error)
  for (var slot = range.x; slot < range.y; slot++) {
    let at = slot * 10u;
    first += vec3f(slot_sums[at], slot_sums[at + 1u], slot_sums[at + 2u]);
    second += vec3f(slot_sums[at + 3u], slot_sums[at + 4u], slot_sums[at + 5u]);
    colour += vec4f(slot_sums[at + 6u], slot_sums[at + 7u], slot_sums[at + 8u], slot_sums[at + 9u]);
  }
  let conic = projected[3u * i + 1u].xyz;
  let du = conic.x * first.y + conic.y * first.z;
  let dv = conic.y * first.y + conic.z * first.z;
  splat_gradients[3u * i] = vec4f(du, dv, -0.5 * second.x, -second.y);
  splat_gradients[3u * i + 1u] = vec4f(-0.5 * second.z, first.x, colour.xy);
  splat_gradients[3u * i + 2u] = vec4f(colour.zw, 0.0, select(0.0, 1.0, range.y > range.x));
  scores[i] += colour.w;
}
