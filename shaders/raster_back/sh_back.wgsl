// Backward of the colour and its Adam step: dL/dsh[k] = basis_k(direction) dL/dcolour where the colour was not clamped at 0. The
// direction is taken as constant (no gradient into the mean). Runs before project_back, so that the mean is still the one rendered.
// bindings: 0 step, 1 splat_gradients (read), 2 projected (read), 3 geometry (read), 4 sh (rw), 5 moments (rw)
// sh: columns [3 * basis][CAPACITY]; moments: the same columns for m, then for v. With DUMP the gradient replaces m and nothing moves.
override GROUP: u32 = 64;
override CAPACITY: u32;
override COLUMNS: u32;     // 3 * basis count of the buffer
override DUMP: u32 = 0;
override BETA1: f32 = 0.9;
override BETA2: f32 = 0.999;
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> splat_gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read> projected: array<vec4f>;
@group(0) @binding(3) var<storage, read> geometry: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> sh: array<f32>;
@group(0) @binding(5) var<storage, read_write> moments: array<f32>;

fn adam(column: u32, i: u32, gradient: f32, rate: f32) {
  let at = column * CAPACITY + i;
  if (DUMP == 1u) {
    moments[at] = gradient;
    return;
  }
  let m = BETA1 * moments[at] + (1.0 - BETA1) * gradient;
  let v = BETA2 * moments[COLUMNS * CAPACITY + at] + (1.0 - BETA2) * gradient * gradient;
  moments[at] = m;
  moments[COLUMNS * CAPACITY + at] = v;
  sh[at] -= rate * (m / step.bias1) / (sqrt(v / step.bias2) + 1e-15);
}

@compute @workgroup_size(GROUP)
fn sh_back(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * 65535u * GROUP + id.x;
  if (i >= step.count) { return; }
  let tail = splat_gradients[3u * i + 2u];
  if (tail.w == 0.0) { return; }
  let colour = projected[3u * i + 2u].xyz;
  let gradient = vec3f(splat_gradients[3u * i + 1u].zw, tail.x) * select(vec3f(0.0), vec3f(1.0), colour > vec3f(0.0));
  if (!finite(gradient.x + gradient.y + gradient.z)) { return; }
  let direction = normalize(geometry[i].xyz - step.camera_world);
  let basis_count = (step.sh_degree + 1u) * (step.sh_degree + 1u);
  for (var k = 0u; k < basis_count; k++) {
    let basis = basis_of(k, direction);
    let rate = select(step.lr_rest, step.lr_dc, k == 0u);
    adam(3u * k, i, basis * gradient.x, rate);
    adam(3u * k + 1u, i, basis * gradient.y, rate);
    adam(3u * k + 2u, i, basis * gradient.z, rate);
  }
}
