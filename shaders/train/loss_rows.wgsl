// Loss of one rendered view, part 1 of 4: the SSIM window along the rows of x, y, x^2, y^2 and xy (x render, y photo), zero padded.
// bindings: 0 step, 1 image (read), 2 photo (read), 3 maps (write)
// maps: 15 planes of [pixels]: plane 5 * channel + (x, y, xx, yy, xy).
// One invocation makes RUN pixels of one row. Invariant: pixels that the photo marks as unseen count as 0 in both images.
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> image: array<vec4f>;
@group(0) @binding(2) var<storage, read> photo: array<u32>;
@group(0) @binding(3) var<storage, read_write> maps: array<f32>;

struct Pair { x: vec3f, y: vec3f }

// Eight neighbouring outputs of each quantity of one channel.
struct Channel { x: array<vec4f, 2>, y: array<vec4f, 2>, xx: array<vec4f, 2>, yy: array<vec4f, 2>, xy: array<vec4f, 2> }
struct Blur { r: Channel, g: Channel, b: Channel }

fn pixel(x: i32, y: u32) -> Pair {
  let seen = x >= 0 && x < i32(step.width);
  let at = y * step.width + u32(clamp(x, 0, i32(step.width) - 1));
  let wanted = unpack_photo(photo[step.photo_offset + at]);
  let weight = select(0.0, wanted.w, seen);
  return Pair(exposed(image[at].xyz) * weight, wanted.xyz * weight);
}

fn add_channel(c: ptr<function, Channel>, x: f32, y: f32, low: vec4f, high: vec4f) {
  (*c).x[0] += low * x; (*c).x[1] += high * x;
  (*c).y[0] += low * y; (*c).y[1] += high * y;
  (*c).xx[0] += low * (x * x); (*c).xx[1] += high * (x * x);
  (*c).yy[0] += low * (y * y); (*c).yy[1] += high * (y * y);
  (*c).xy[0] += low * (x * y); (*c).xy[1] += high * (x * y);
}

fn add(b: ptr<function, Blur>, p: Pair, low: vec4f, high: vec4f) {
  add_channel(&(*b).r, p.x.x, p.y.x, low, high);
  add_channel(&(*b).g, p.x.y, p.y.y, low, high);
  add_channel(&(*b).b, p.x.z, p.y.z, low, high);
}

fn store_run(plane: u32, at: u32, left: u32, v: array<vec4f, 2>) {
  let base = plane * step.width * step.height + at;
  for (var k = 0u; k < 4u; k++) {
    if (k < left) { maps[base + k] = v[0][k]; }
    if (k + 4u < left) { maps[base + 4u + k] = v[1][k]; }
  }
}

fn store_channel(channel: u32, at: u32, left: u32, c: Channel) {
  store_run(5u * channel, at, left, c.x);
  store_run(5u * channel + 1u, at, left, c.y);
  store_run(5u * channel + 2u, at, left, c.xx);
  store_run(5u * channel + 3u, at, left, c.yy);
  store_run(5u * channel + 4u, at, left, c.xy);
}

@compute @workgroup_size(8, 8)
fn loss_rows(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * RUN;
  if (first >= step.width || id.y >= step.height) { return; }
  let x = i32(first) - 5;
  var b = Blur();
  add(&b, pixel(x, id.y), LOW0, NONE);
  add(&b, pixel(x + 1, id.y), LOW1, NONE);
  add(&b, pixel(x + 2, id.y), LOW2, NONE);
  add(&b, pixel(x + 3, id.y), LOW3, NONE);
  add(&b, pixel(x + 4, id.y), LOW4, HIGH4);
  add(&b, pixel(x + 5, id.y), LOW5, HIGH5);
  add(&b, pixel(x + 6, id.y), LOW6, HIGH6);
  add(&b, pixel(x + 7, id.y), LOW7, HIGH7);
  add(&b, pixel(x + 8, id.y), LOW8, HIGH8);
  add(&b, pixel(x + 9, id.y), LOW9, HIGH9);
  add(&b, pixel(x + 10, id.y), LOW10, HIGH10);
  add(&b, pixel(x + 11, id.y), LOW11, HIGH11);
  add(&b, pixel(x + 12, id.y), LOW12, HIGH12);
  add(&b, pixel(x + 13, id.y), LOW13, HIGH13);
  add(&b, pixel(x + 14, id.y), NONE, HIGH14);
  add(&b, pixel(x + 15, id.y), NONE, HIGH15);
  add(&b, pixel(x + 16, id.y), NONE, HIGH16);
  add(&b, pixel(x + 17, id.y), NONE, HIGH17);
  let at = id.y * step.width + first;
  store_channel(0u, at, step.width - first, b.r);
  store_channel(1u, at, step.width - first, b.g);
  store_channel(2u, at, step.width - first, b.b);
}
