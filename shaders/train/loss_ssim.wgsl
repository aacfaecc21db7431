// Loss of one rendered view, part 2 of 4: the window along the columns, SSIM and its partial derivatives, and the sums of
// L = (1 - lambda) mean|x - y| + lambda (1 - mean SSIM) (Kerbl et al. 2023, eq. 7).
// bindings: 0 step, 1 image (read), 2 photo (read), 3 maps (read), 4 partials (write), 5 group_sums (write)
// maps: see loss_rows. partials: 9 planes of [pixels]: plane 3 * channel + (dSSIM/dmu_x, dSSIM/dE[xx], dSSIM/dE[xy]).
// group_sums: per workgroup (sum |x - y|, sum SSIM, sum squared error, valid pixels) over its pixels and the three channels.
// One invocation makes RUN pixels of one column of one channel (the channel is the workgroup's z).
// Invariant: pixels that the photo marks as unseen add nothing to any sum.
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> image: array<vec4f>;
@group(0) @binding(2) var<storage, read> photo: array<u32>;
@group(0) @binding(3) var<storage, read> maps: array<f32>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;
@group(0) @binding(5) var<storage, read_write> group_sums: array<vec4f>;
var<workgroup> sums: array<vec4f, 64>;

struct Moments { x: f32, y: f32, xx: f32, yy: f32, xy: f32 }
struct Blur { x: array<vec4f, 2>, y: array<vec4f, 2>, xx: array<vec4f, 2>, yy: array<vec4f, 2>, xy: array<vec4f, 2> }

fn row(x: u32, y: i32, channel: u32) -> Moments {
  let pixels = step.width * step.height;
  let at = 5u * channel * pixels + u32(clamp(y, 0, i32(step.height) - 1)) * step.width + x;
  let weight = select(0.0, 1.0, y >= 0 && y < i32(step.height));
  return Moments(weight * maps[at], weight * maps[at + pixels], weight * maps[at + 2u * pixels], weight * maps[at + 3u * pixels],
    weight * maps[at + 4u * pixels]);
}

fn add(b: ptr<function, Blur>, m: Moments, low: vec4f, high: vec4f) {
  (*b).x[0] += low * m.x; (*b).x[1] += high * m.x;
  (*b).y[0] += low * m.y; (*b).y[1] += high * m.y;
  (*b).xx[0] += low * m.xx; (*b).xx[1] += high * m.xx;
  (*b).yy[0] += low * m.yy; (*b).yy[1] += high * m.yy;
  (*b).xy[0] += low * m.xy; (*b).xy[1] += high * m.xy;
}

struct Ssim { value: vec4f, d_mu: vec4f, d_xx: vec4f, d_xy: vec4f }

fn ssim_of(x: vec4f, y: vec4f, xx: vec4f, yy: vec4f, xy: vec4f) -> Ssim {
  let a1 = 2.0 * x * y + SSIM_C1;
  let a2 = 2.0 * (xy - x * y) + SSIM_C2;
  let b1 = x * x + y * y + SSIM_C1;
  let b2 = (xx - x * x) + (yy - y * y) + SSIM_C2;
  let inverse = 1.0 / (b1 * b2);
  let value = a1 * a2 * inverse;
  return Ssim(value, 2.0 * y * (a2 - a1) * inverse - 2.0 * x * value * (1.0 / b1 - 1.0 / b2), -value / b2, 2.0 * a1 * inverse);
}

// Four pixels down from (x, y): stores the partials, returns what they add to the sums.
fn finish_four(x: u32, y: u32, channel: u32, s: Ssim) -> vec4f {
  let pixels = step.width * step.height;
  var sum = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    if (y + k < step.height) {
      let at = (y + k) * step.width + x;
      let wanted = unpack_photo(photo[step.photo_offset + at]);
      let rendered = exposed(image[at].xyz);
      let plane = 3u * channel * pixels + at;
      partials[plane] = s.d_mu[k] * wanted.w;
      partials[plane + pixels] = s.d_xx[k] * wanted.w;
      partials[plane + 2u * pixels] = s.d_xy[k] * wanted.w;
      let d = select(select(rendered.z - wanted.z, rendered.y - wanted.y, channel == 1u), rendered.x - wanted.x, channel == 0u);
      sum += vec4f(abs(d), s.value[k], d * d, 1.0) * wanted.w;
    }
  }
  return sum;
}

@compute @workgroup_size(64)
fn loss_ssim(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) index: u32) {
  let x = group.x * 64u + index;
  let first = group.y * RUN;
  let channel = group.z;
  var sum = vec4f(0.0);
  if (x < step.width && first < step.height) {
    let y = i32(first) - 5;
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
    sum = finish_four(x, first, channel, ssim_of(b.x[0], b.y[0], b.xx[0], b.yy[0], b.xy[0])) +
      finish_four(x, first + 4u, channel, ssim_of(b.x[1], b.y[1], b.xx[1], b.yy[1], b.xy[1]));
  }
  sums[index] = sum;
  workgroupBarrier();
  if (index == 0u) {
    var total = vec4f(0.0);
    for (var k = 0u; k < 64u; k++) { total += sums[k]; }
    group_sums[(group.z * groups.y + group.y) * groups.x + group.x] = total;
  }
}
