// What is learnt about each training view: a small rigid correction of its pose and its exposure, with Adam's moments (Kingma & Ba 2015).
// Invariant: 192 bytes a view, in the order of src/core/train/viewStates.ts; the identity is a turn of (1, 0, 0, 0) and zeros elsewhere.
struct ViewState {
  turn: vec4f,           // unit quaternion wxyz: X_cam = turn (R X + t) + shift
  shift: vec3f,          // camera axes, world units
  pose_steps: f32,       // steps this view's pose has taken
  turn_m: vec3f,         // first moments, then second
  shift_m: vec3f,
  turn_v: vec3f,
  shift_v: vec3f,
  log_gain: vec3f,       // seen colour = exp(log_gain) rendered colour + bias
  exposure_steps: f32,
  bias: vec3f,
  gain_m: vec3f,
  bias_m: vec3f,
  gain_v: vec3f,
  bias_v: vec3f,
}

// q v q^-1 of a unit quaternion wxyz: exact at the identity.
fn turned(q: vec4f, v: vec3f) -> vec3f {
  let c = cross(q.yzw, v);
  return v + 2.0 * (q.x * c + cross(q.yzw, c));
}

fn turned_back(q: vec4f, v: vec3f) -> vec3f { return turned(vec4f(q.x, -q.yzw), v); }

// Small rotation vector (radians) before a quaternion: exp(w) q.
fn turned_by(w: vec3f, q: vec4f) -> vec4f {
  let h = 0.5 * w;
  return normalize(vec4f(q.x - dot(h, q.yzw), q.yzw + h * q.x + cross(h, q.yzw)));
}
