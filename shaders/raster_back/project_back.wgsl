// Backward of the projection for one splat, fused with its Adam step (Kingma & Ba 2015): from the gradient with respect to (u, v, conic,
// opacity) to mean, log scales, quaternion and opacity logit.
// bindings: 0 step, 1 splat_gradients (read), 2 projected (read), 3 geometry (rw), 4 moments (rw), 5 gradients_out (write; only with DUMP),
// 6 pose_terms (write; only with POSE)
// geometry: columns of vec4 [CAPACITY]: mean+logit, quaternion, log scales. moments: the same three columns for m, then three for v.
// dL/dSigma = -Q (dL/dQ) Q with Q the conic; dL/dSigma3 = T^t G T; dL/dT = 2 G T Sigma3; dL/dM = 2 G3 M (Kerbl et al. 2023, appendix A).
// pose_terms: 2 columns of vec3 [CAPACITY]: what the splat adds to dL/d(turn, shift) of the pose exp(turn) X_cam + shift at 0. With c the
// camera-space mean and W the rotation: dL/dturn = c x dL/dc + sum over columns k of W_k x (J^t dL/dT)_k, dL/dshift = dL/dc. The colours'
// view direction is taken as constant, as it is for the means.
// Invariant: a splat that was not in view, or whose gradient is not finite, is left exactly as it was.
override GROUP: u32 = 64;
override CAPACITY: u32;
override DUMP: u32 = 0;
override POSE: u32 = 0;
override BETA1: f32 = 0.9;
override BETA2: f32 = 0.999;
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> splat_gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read> projected: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> geometry: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> moments: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gradients_out: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> pose_terms: array<vec3f>;

struct PoseGradient { turn: vec3f, shift: vec3f }
struct Gradient { mean: vec3f, logit: f32, quat: vec4f, log_scale: vec3f, pose: PoseGradient }

fn gradient_of(i: u32, mean_logit: vec4f, quat: vec4f, log_scale: vec3f) -> Gradient {
  let g0 = splat_gradients[3u * i];
  let g1 = splat_gradients[3u * i + 1u];
  let conic = projected[3u * i + 1u].xyz;
  let c = to_camera(mean_logit.xyz);
  let jacobian = jacobian_at(c);
  let length_q = length(quat);
  let q = quat / length_q;
  let r = rotation_of(q);
  let scale = exp(log_scale);
  let mu = vec3f(dot(jacobian.row_u, r[0]), dot(jacobian.row_u, r[1]), dot(jacobian.row_u, r[2])) * scale;
  let mv = vec3f(dot(jacobian.row_v, r[0]), dot(jacobian.row_v, r[1]), dot(jacobian.row_v, r[2])) * scale;
  // dL/dSigma2 (symmetric: gaa, gab, gdd with gab the full off-diagonal entry).
  let qa = g0.z; let qb = 0.5 * g0.w; let qc = g1.x;
  let ta = qa * conic.x + qb * conic.y; let tb = qa * conic.y + qb * conic.z;
  let tc = qb * conic.x + qc * conic.y; let td = qb * conic.y + qc * conic.z;
  var gaa = -(conic.x * ta + conic.y * tc);
  var gab = -(conic.x * tb + conic.y * td);
  var gdd = -(conic.y * tb + conic.z * td);
  let plain = sigmoid(mean_logit.w);
  if (step.antialiased == 1u) {
    // comp = sqrt(det0 / det1): dcomp/dSigma = comp / 2 (Sigma0^-1 - Sigma1^-1); h = dL/dpower sums to opacity * dL/dopacity.
    let a0 = dot(mu, mu); let b0 = dot(mu, mv); let d0 = dot(mv, mv);
    let det0 = a0 * d0 - b0 * b0;
    if (det0 > 0.0) {
      let half_h = 0.5 * g1.y;
      gaa += half_h * (d0 / det0 - conic.x);
      gab += half_h * (-b0 / det0 - conic.y);
      gdd += half_h * (a0 / det0 - conic.z);
    }
  }
  // Columns of T M carry the scales; dL/d(T M) = 2 G (T M).
  let gu = 2.0 * (gaa * mu + gab * mv);
  let gv = 2.0 * (gab * mu + gdd * mv);
  // dL/dM = T^t dL/d(T M); dL/dR_j = scale_j dL/dM_j; dL/dlogscale_j = scale_j R_j . dL/dM_j = (T M)_j . dL/d(T M)_j.
  let gr0 = scale.x * (jacobian.row_u * gu.x + jacobian.row_v * gv.x);
  let gr1 = scale.y * (jacobian.row_u * gu.y + jacobian.row_v * gv.y);
  let gr2 = scale.z * (jacobian.row_u * gu.z + jacobian.row_v * gv.z);
  let w = q.x; let x = q.y; let y = q.z; let z = q.w;
  let gq = 2.0 * vec4f(
    x * (gr1.z - gr2.y) + y * (gr2.x - gr0.z) + z * (gr0.y - gr1.x),
    -2.0 * x * (gr1.y + gr2.z) + y * (gr0.y + gr1.x) + z * (gr0.z + gr2.x) + w * (gr1.z - gr2.y),
    x * (gr0.y + gr1.x) - 2.0 * y * (gr0.x + gr2.z) + z * (gr1.z + gr2.y) + w * (gr2.x - gr0.z),
    x * (gr0.z + gr2.x) + y * (gr1.z + gr2.y) - 2.0 * z * (gr0.x + gr1.y) + w * (gr0.y - gr1.x));
  // dL/dT = dL/d(T M) M^t, then through J = T W^t to the camera-space point.
  let ms0 = r[0] * scale.x; let ms1 = r[1] * scale.y; let ms2 = r[2] * scale.z;
  let gtu = gu.x * ms0 + gu.y * ms1 + gu.z * ms2;
  let gtv = gv.x * ms0 + gv.y * ms1 + gv.z * ms2;
  let gj00 = dot(gtu, step.rotation_x.xyz); let gj02 = dot(gtu, step.rotation_z.xyz);
  let gj11 = dot(gtv, step.rotation_y.xyz); let gj12 = dot(gtv, step.rotation_z.xyz);
  let iz = 1.0 / c.z;
  let fx = step.focal.x * iz; let fy = step.focal.y * iz;
  let free_x = select(0.0, 1.0, jacobian.x_clamped == c.x / c.z);
  let free_y = select(0.0, 1.0, jacobian.y_clamped == c.y / c.z);
  let gc = vec3f(
    fx * g0.x - free_x * fx * iz * gj02,
    fy * g0.y - free_y * fy * iz * gj12,
    -iz * (fx * c.x * g0.x + fy * c.y * g0.y + fx * gj00 + fy * gj11)
      + iz * ((1.0 + free_x) * fx * jacobian.x_clamped * gj02 + (1.0 + free_y) * fy * jacobian.y_clamped * gj12));
  var out: Gradient;
  out.mean = gc.x * step.rotation_x.xyz + gc.y * step.rotation_y.xyz + gc.z * step.rotation_z.xyz;
  if (POSE == 1u) {
    // Rows of dL/dW = J^t dL/dT.
    let gx = fx * gtu;
    let gy = fy * gtv;
    let gz = -fx * jacobian.x_clamped * gtu - fy * jacobian.y_clamped * gtv;
    let x = step.rotation_x.xyz; let y = step.rotation_y.xyz; let z = step.rotation_z.xyz;
    out.pose.turn = cross(c, gc) + vec3f(dot(y, gz) - dot(z, gy), dot(z, gx) - dot(x, gz), dot(x, gy) - dot(y, gx));
    out.pose.shift = gc;
  }
  out.logit = g1.y * (1.0 - plain);
  out.quat = (gq - q * dot(q, gq)) / length_q;
  out.log_scale = mu * gu + mv * gv;
  return out;
}

fn adam(column: u32, i: u32, gradient: vec4f, rate: vec4f) -> vec4f {
  let at_m = column * CAPACITY + i;
  let at_v = (column + 3u) * CAPACITY + i;
  let m = BETA1 * moments[at_m] + (1.0 - BETA1) * gradient;
  let v = BETA2 * moments[at_v] + (1.0 - BETA2) * gradient * gradient;
  moments[at_m] = m;
  moments[at_v] = v;
  return rate * (m / step.bias1) / (sqrt(v / step.bias2) + vec4f(1e-15));
}

// Integer hash (PCG, Jarzynski & Olano 2020) to a pair of standard normals.
fn hash(v: u32) -> u32 {
  let state = v * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

fn normal_pair(key: u32) -> vec2f {
  let a = (f32(hash(key) >> 8u) + 0.5) / 16777216.0;
  let b = f32(hash(key ^ 0x9e3779b9u) >> 8u) / 16777216.0;
  return sqrt(-2.0 * log(a)) * vec2f(cos(6.283185307179586 * b), sin(6.283185307179586 * b));
}

// Langevin exploration of 3DGS-MCMC (Kheradmand et al. 2024, eq. 8): noise shaped by the covariance, gated by low opacity.
fn exploration(i: u32, opacity: f32, r: mat3x3f, scale: vec3f) -> vec3f {
  let gate = 1.0 / (1.0 + exp(-100.0 * ((1.0 - opacity) - 0.995)));
  let key = hash(i ^ hash(step.step ^ hash(step.seed)));
  let n = vec3f(normal_pair(key), normal_pair(key ^ 0x85ebca6bu).x);
  let m = mat3x3f(r[0] * scale.x, r[1] * scale.y, r[2] * scale.z);
  return gate * step.noise * (m * (transpose(m) * n));
}

// One splat's step. Returns what it adds to the gradient of the view's pose.
fn descend(i: u32) -> PoseGradient {
  let mean_logit = geometry[i];
  let quat = geometry[CAPACITY + i];
  let log_scale = geometry[2u * CAPACITY + i].xyz;
  var g = gradient_of(i, mean_logit, quat, log_scale);
  let opacity = sigmoid(mean_logit.w);
  let scale = exp(log_scale);
  g.logit += step.opacity_decay * opacity * (1.0 - opacity);
  g.log_scale += step.scale_decay * scale;
  if (DUMP == 1u) {
    gradients_out[i] = vec4f(g.mean, g.logit);
    gradients_out[CAPACITY + i] = g.quat;
    gradients_out[2u * CAPACITY + i] = vec4f(g.log_scale, 0.0);
    return g.pose;
  }
  if (!finite(dot(g.mean, vec3f(1.0)) + g.logit + dot(g.quat, vec4f(1.0)) + dot(g.log_scale, vec3f(1.0)))) { return PoseGradient(); }
  var moved = mean_logit - adam(0u, i, vec4f(g.mean, g.logit), vec4f(vec3f(step.lr_mean), step.lr_opacity));
  if (step.noise > 0.0) { moved += vec4f(exploration(i, opacity, rotation_of(normalize(quat)), scale), 0.0); }
  geometry[i] = moved;
  geometry[CAPACITY + i] = quat - adam(1u, i, g.quat, vec4f(step.lr_quat));
  geometry[2u * CAPACITY + i] = vec4f(log_scale, 0.0) - adam(2u, i, vec4f(g.log_scale, 0.0), vec4f(step.lr_scale));
  return g.pose;
}

@compute @workgroup_size(GROUP)
fn project_back(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * 65535u * GROUP + id.x;
  if (i >= step.count) { return; }
  var pose = PoseGradient();
  if (splat_gradients[3u * i + 2u].w != 0.0) { pose = descend(i); }
  if (POSE == 1u) {
    pose_terms[i] = pose.turn;
    pose_terms[CAPACITY + i] = pose.shift;
  }
}
