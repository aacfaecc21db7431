// Loss of one rendered view, part 4 of 4: dL/dx = (1 - lambda) sign(x - y) / n - lambda / n * (blur(dS/dmu) + 2 x blur(dS/dE[xx]) +
// y blur(dS/dE[xy])), n = 3 W H, with x = gain * image + bias; then dL/dimage = gain dL/dx.
// bindings: 0 step, 1 image (read), 2 photo (read), 3 maps (read), 4 image_gradient (write), 5 exposure_terms (write; only with EXPOSURE)
// maps: 9 planes, see loss_back_rows. image_gradient: 4 planes of [pixels]: dL/d(r, g, b) and the mean absolute error of the pixel.
// exposure_terms: 2 vec3 an invocation: dL/dgain = sum of image dL/dx, dL/dbias = sum of dL/dx over its pixels.
// One invocation makes RUN pixels of one column, channel after channel. Invariant: an unseen pixel gets gradient and error 0.
override EXPOSURE: u32 = 0;
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> image: array<vec4f>;
@group(0) @binding(2) var<storage, read> photo: array<u32>;
@group(0) @binding(3) var<storage, read> maps: array<f32>;
@group(0) @binding(4) var<storage, read_write> image_gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> exposure_terms: array<vec3f>;

struct Exposure { gain: vec3f, bias: vec3f }

struct Blur { mu: array<vec4f, 2>, xx: array<vec4f, 2>, xy: array<vec4f, 2> }

fn add(b: ptr<function, Blur>, v: vec3f, low: vec4f, high: vec4f) {
  (*b).mu[0] += low * v.x; (*b).mu[1] += high * v.x;
  (*b).xx[0] += low * v.y; (*b).xx[1] += high * v.y;
  (*b).xy[0] += low * v.z; (*b).xy[1] += high * v.z;
}

fn row(x: u32, y: i32, channel: u32) -> vec3f {
  let pixels = step.width * step.height;
  let at = 3u * channel * pixels + u32(clamp(y, 0, i32(step.height) - 1)) * step.width + x;
  return select(0.0, 1.0, y >= 0 && y < i32(step.height)) * vec3f(maps[at], maps[at + pixels], maps[at + 2u * pixels]);
}

fn blur_column(x: u32, y: i32, channel: u32) -> Blur {
  var b = Blur();
  add(&b, row(x, y, channel), LOW0, NONE);
  add(&b, row(x, y + 1, channel), LOW1, NONE);
  add(&b, row(x, y + 2, channel), LOW2, NONE);
  add(&b, row(x, y + 3, channel), LOW3, NONE);
  add(&b, row(x, y + 4, channel), LOW4, HIGH4);
  add(&b, row(x, y + 5, channel), LOW5, HIGH5);
  add(&b, row(x, y + 6, channel), LOW6, HIGH6);
  add(&b, row(x, y + 7, channel), LOW7, HIGH7);
  add(&b, row(x, y + 8, channel), LOW8, HIGH8);
  add(&b, row(x, y + 9, channel), LOW9, HIGH9);
  add(&b, row(x, y + 10, channel), LOW10, HIGH10);
  add(&b, row(x, y + 11, channel), LOW11, HIGH11);
  add(&b, row(x, y + 12, channel), LOW12, HIGH12);
  add(&b, row(x, y + 13, channel), LOW13, HIGH13);
  add(&b, row(x, y + 14, channel), NONE, HIGH14);
  add(&b, row(x, y + 15, channel), NONE, HIGH15);
  add(&b, row(x, y + 16, channel), NONE, HIGH16);
  add(&b, row(x, y + 17, channel), NONE, HIGH17);
  return b;
}

// dL/dx of one channel of one pixel.
fn gradient_of(x: f32, y: f32, mu: f32, xx: f32, xy: f32) -> f32 {
  return ((1.0 - step.ssim_weight) * sign(x - y) - step.ssim_weight * (mu + 2.0 * x * xx + y * xy)) / f32(3u * step.width * step.height);
}

fn finish(x: u32, y: u32, r: vec3f, g: vec3f, b: vec3f, sum: ptr<function, Exposure>) {
  if (y >= step.height) { return; }
  let pixels = step.width * step.height;
  let at = y * step.width + x;
  let wanted = unpack_photo(photo[step.photo_offset + at]);
  let plain = image[at].xyz;
  let rendered = exposed(plain);
  let gradient = wanted.w * vec3f(gradient_of(rendered.x, wanted.x, r.x, r.y, r.z), gradient_of(rendered.y, wanted.y, g.x, g.y, g.z),
    gradient_of(rendered.z, wanted.z, b.x, b.y, b.z));
  image_gradient[at] = step.exposure_gain.x * gradient.x;
  image_gradient[pixels + at] = step.exposure_gain.y * gradient.y;
  image_gradient[2u * pixels + at] = step.exposure_gain.z * gradient.z;
  image_gradient[3u * pixels + at] = wanted.w * dot(abs(rendered - wanted.xyz), vec3f(1.0 / 3.0));
  (*sum).gain += plain * gradient;
  (*sum).bias += gradient;
}

fn run_down(x: u32, first: u32) -> Exposure {
  var sum = Exposure();
  let y = i32(first) - 5;
  let r = blur_column(x, y, 0u);
  let g = blur_column(x, y, 1u);
  let b = blur_column(x, y, 2u);
  for (var k = 0u; k < 4u; k++) {
    finish(x, first + k, vec3f(r.mu[0][k], r.xx[0][k], r.xy[0][k]), vec3f(g.mu[0][k], g.xx[0][k], g.xy[0][k]), vec3f(b.mu[0][k], b.xx[0][k], b.xy[0][k]), &sum);
    finish(x, first + 4u + k, vec3f(r.mu[1][k], r.xx[1][k], r.xy[1][k]), vec3f(g.mu[1][k], g.xx[1][k], g.xy[1][k]), vec3f(b.mu[1][k], b.xx[1][k], b.xy[1][k]), &sum);
  }
  return sum;
}

@compute @workgroup_size(64)
fn loss_back(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let x = group.x * 64u + index;
  if (x >= step.width) { return; }
  let sum = run_down(x, group.y * RUN);
  if (EXPOSURE == 1u) {
    let at = 2u * (group.y * step.width + x);
    exposure_terms[at] = sum.gain;
    exposure_terms[at + 1u] = sum.bias;
  }
}
