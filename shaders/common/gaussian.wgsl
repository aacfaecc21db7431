// Projection of one 3D Gaussian to the image (EWA splatting, Zwicker et al. 2002; Kerbl et al. 2023, section 4) and the tile test.
// Invariant: every pass that needs a projected value calls these functions, so that forward and backward cannot drift apart.

const ALPHA_MIN: f32 = 1.0 / 255.0;
const ALPHA_MAX: f32 = 0.999;

struct Projected {
  u: f32, v: f32, depth: f32,
  conic_a: f32, conic_b: f32, conic_c: f32, // inverse 2D covariance: a dx^2 + 2 b dx dy + c dy^2
  opacity: f32,                              // sigmoid(logit), compensated when antialiased; 0 when culled
  extent_x: f32, extent_y: f32,              // half size of the box in which alpha can reach 1/255
}

fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp(-x)); }

// Rows of the rotation of a unit quaternion wxyz, as a matrix whose columns are R's columns.
fn rotation_of(q: vec4f) -> mat3x3f {
  let w = q.x; let x = q.y; let y = q.z; let z = q.w;
  return mat3x3f(
    vec3f(1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y)),
    vec3f(2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + w * x)),
    vec3f(2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)));
}

fn finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }

fn to_camera(p: vec3f) -> vec3f {
  return vec3f(dot(step.rotation_x.xyz, p) + step.rotation_x.w, dot(step.rotation_y.xyz, p) + step.rotation_y.w,
    dot(step.rotation_z.xyz, p) + step.rotation_z.w);
}

// The two rows of T = J W: Jacobian of the projection times the world-to-camera rotation. x/z and y/z are clamped to 0.65 of the
// image's size in the Jacobian only, which keeps it sane far off axis.
struct Jacobian { row_u: vec3f, row_v: vec3f, x_clamped: f32, y_clamped: f32 }

fn jacobian_at(c: vec3f) -> Jacobian {
  let limit_x = 0.65 * f32(step.width) / step.focal.x;
  let limit_y = 0.65 * f32(step.height) / step.focal.y;
  let x = clamp(c.x / c.z, -limit_x, limit_x);
  let y = clamp(c.y / c.z, -limit_y, limit_y);
  let fx = step.focal.x / c.z;
  let fy = step.focal.y / c.z;
  return Jacobian(fx * step.rotation_x.xyz - fx * x * step.rotation_z.xyz, fy * step.rotation_y.xyz - fy * y * step.rotation_z.xyz, x, y);
}

// What a Gaussian leaves on the image plane: centre and depth, 2D covariance (a b; b d) with the low-pass in it and its determinant.
struct Footprint { u: f32, v: f32, depth: f32, a: f32, b: f32, d: f32, det: f32, opacity: f32 }

// mean: world. quat: need not be unit. Returns opacity 0 for what is too near, too faint or not finite; knows nothing of the image's edges.
fn footprint_of(mean: vec3f, opacity_3d: f32, quat: vec4f, log_scale: vec3f) -> Footprint {
  var out: Footprint;
  let c = to_camera(mean);
  let length2 = dot(quat, quat);
  if (!(c.z > step.near) || !finite(c.x + c.y + c.z) || !(length2 > 1e-30) || !finite(length2)) { return out; }
  let jacobian = jacobian_at(c);
  let r = rotation_of(quat * inverseSqrt(length2));
  let scale = exp(log_scale);
  // Rows of T M, with M = R diag(scale): cov2D = (T M)(T M)^T.
  let mu = vec3f(dot(jacobian.row_u, r[0]), dot(jacobian.row_u, r[1]), dot(jacobian.row_u, r[2])) * scale;
  let mv = vec3f(dot(jacobian.row_v, r[0]), dot(jacobian.row_v, r[1]), dot(jacobian.row_v, r[2])) * scale;
  let a0 = dot(mu, mu); let b = dot(mu, mv); let d0 = dot(mv, mv);
  let a = a0 + step.lowpass; let d = d0 + step.lowpass;
  let det = a * d - b * b;
  var opacity = opacity_3d;
  if (step.antialiased == 1u) { opacity *= sqrt(max((a0 * d0 - b * b) / det, 0.0)); }
  if (!(det > 0.0) || !finite(det) || !(opacity > ALPHA_MIN)) { return out; }
  let u = step.focal.x * c.x / c.z + step.focal.z;
  let v = step.focal.y * c.y / c.z + step.focal.w;
  return Footprint(u, v, c.z, a, b, d, det, opacity);
}

// As above from a logit, with the box of alpha >= 1/255; opacity 0 also for what lies beside the image.
fn project_splat(mean: vec3f, logit: f32, quat: vec4f, log_scale: vec3f) -> Projected {
  var out: Projected;
  let f = footprint_of(mean, sigmoid(logit), quat, log_scale);
  if (f.opacity == 0.0) { return out; }
  let reach = 2.0 * log(255.0 * f.opacity);
  let extent = vec2f(sqrt(reach * f.a), sqrt(reach * f.d));
  let inside = f.u + extent.x > 0.0 && f.u - extent.x < f32(step.width) && f.v + extent.y > 0.0 && f.v - extent.y < f32(step.height);
  if (!inside) { return out; }
  return Projected(f.u, f.v, f.depth, f.d / f.det, -f.b / f.det, f.a / f.det, f.opacity, extent.x, extent.y);
}
