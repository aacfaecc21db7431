// Walking one splat back into eight pixels, shared by both variants of blend_back. Needs the bindings of the including kernel.
// Front to back: dL/dalpha_i = T_i (c_i . g) - (g . C_behind_i) / (1 - alpha_i), C_behind_i = C - sum_{j<=i} alpha_j T_j c_j.
// Invariant: the decisions (skip, close) are those of blended() in blend_pixels.wgsl.
const RUN: u32 = 8u;

// Four neighbouring pixels on their way front to back. `behind` is g . (colour of what has not been walked yet).
struct Four { r: vec4f, g: vec4f, b: vec4f, error: vec4f, t: vec4f, behind: vec4f }

struct Walked { t: vec4f, behind: vec4f, h: vec4f, w: vec4f }

fn walked(f: Four, dx: vec4f, dy: f32, conic: vec4f, opacity: f32, colour: vec4f) -> Walked {
  let power = -0.5 * (conic.x * dx * dx + conic.z * dy * dy) - conic.y * dx * dy;
  let raw = opacity * exp(min(power, vec4f(0.0)));
  let alpha = min(raw, vec4f(ALPHA_MAX));
  let next = f.t * (1.0 - alpha);
  let hit = alpha >= vec4f(ALPHA_MIN);
  let open = hit & (next >= vec4f(step.stop_at_t));
  let w = select(vec4f(0.0), alpha * f.t, open);
  let along = f.r * colour.x + f.g * colour.y + f.b * colour.z;
  let behind = f.behind - w * along;
  let h = select(vec4f(0.0), alpha * (f.t * along - behind / (1.0 - alpha)), open & (raw < vec4f(ALPHA_MAX)));
  return Walked(select(select(f.t, -abs(f.t), hit), next, open), behind, h, w);
}

fn load_four(x: u32, y: u32) -> Four {
  var four = Four(vec4f(0.0), vec4f(0.0), vec4f(0.0), vec4f(0.0), vec4f(-1.0), vec4f(0.0));
  if (y >= step.height) { return four; }
  for (var k = 0u; k < 4u && x + k < step.width; k++) {
    let at = y * step.width + x + k;
    let pixels = step.width * step.height;
    let g = vec4f(image_gradient[at], image_gradient[pixels + at], image_gradient[2u * pixels + at], image_gradient[3u * pixels + at]);
    four.r[k] = g.x; four.g[k] = g.y; four.b[k] = g.z; four.error[k] = g.w; four.t[k] = 1.0;
    four.behind[k] = dot(g.xyz, image[at].xyz);
  }
  return four;
}

fn total(v: vec4f) -> f32 { return (v.x + v.y) + (v.z + v.w); }

// What eight pixels add to a slot's ten sums, see slot_sums.
struct TenSums { h: vec4f, more: vec4f, last: vec2f } // h (1, dx, dy, dx^2), (h dx dy, h dy^2, w r, w g), (w b, w error)

// Walks one splat through both fours of pixels, front to back.
fn walk(near_four: ptr<function, Four>, far_four: ptr<function, Four>, near_dx: vec4f, dy: f32, conic: vec4f, opacity: f32, colour: vec4f) -> TenSums {
  let far_dx = near_dx + 4.0;
  let n = walked(*near_four, near_dx, dy, conic, opacity, colour);
  let f = walked(*far_four, far_dx, dy, conic, opacity, colour);
  (*near_four).t = n.t; (*near_four).behind = n.behind;
  (*far_four).t = f.t; (*far_four).behind = f.behind;
  let h0 = total(n.h + f.h);
  let h1 = total(n.h * near_dx + f.h * far_dx);
  let h2 = total(n.h * near_dx * near_dx + f.h * far_dx * far_dx);
  return TenSums(vec4f(h0, h1, h0 * dy, h2),
    vec4f(h1 * dy, h0 * dy * dy, total(n.w * (*near_four).r + f.w * (*far_four).r), total(n.w * (*near_four).g + f.w * (*far_four).g)),
    vec2f(total(n.w * (*near_four).b + f.w * (*far_four).b), total(n.w * (*near_four).error + f.w * (*far_four).error)));
}
