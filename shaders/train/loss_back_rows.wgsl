// Loss of one rendered view, part 3 of 4: the SSIM window along the rows of the nine partials. The window is symmetric, so the adjoint
// of the blur is the same blur.
// bindings: 0 step, 1 partials (read), 2 maps (write)
// partials, maps: 9 planes of [pixels], see loss_ssim. One invocation makes RUN pixels of one row of one plane (the workgroup's z).
// Invariant: zero padded, as in loss_rows.
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> maps: array<f32>;

fn add(b: ptr<function, array<vec4f, 2>>, v: f32, low: vec4f, high: vec4f) {
  (*b)[0] += low * v;
  (*b)[1] += high * v;
}

fn partial(base: u32, x: i32) -> f32 {
  return select(0.0, 1.0, x >= 0 && x < i32(step.width)) * partials[base + u32(clamp(x, 0, i32(step.width) - 1))];
}

@compute @workgroup_size(8, 8)
fn loss_back_rows(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * RUN;
  if (first >= step.width || id.y >= step.height) { return; }
  let base = (id.z * step.height + id.y) * step.width;
  let x = i32(first) - 5;
  var b = array<vec4f, 2>();
  add(&b, partial(base, x), LOW0, NONE);
  add(&b, partial(base, x + 1), LOW1, NONE);
  add(&b, partial(base, x + 2), LOW2, NONE);
  add(&b, partial(base, x + 3), LOW3, NONE);
  add(&b, partial(base, x + 4), LOW4, HIGH4);
  add(&b, partial(base, x + 5), LOW5, HIGH5);
  add(&b, partial(base, x + 6), LOW6, HIGH6);
  add(&b, partial(base, x + 7), LOW7, HIGH7);
  add(&b, partial(base, x + 8), LOW8, HIGH8);
  add(&b, partial(base, x + 9), LOW9, HIGH9);
  add(&b, partial(base, x + 10), LOW10, HIGH10);
  add(&b, partial(base, x + 11), LOW11, HIGH11);
  add(&b, partial(base, x + 12), LOW12, HIGH12);
  add(&b, partial(base, x + 13), LOW13, HIGH13);
  add(&b, partial(base, x + 14), NONE, HIGH14);
  add(&b, partial(base, x + 15), NONE, HIGH15);
  add(&b, partial(base, x + 16), NONE, HIGH16);
  add(&b, partial(base, x + 17), NONE, HIGH17);
  for (var k = 0u; k < 4u; k++) {
    if (first + k < step.width) { maps[base + first + k] = b[0][k]; }
    if (first + 4u + k < step.width) { maps[base + first + 4u + k] = b[1][k]; }
  }
}
