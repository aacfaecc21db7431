// Last pass of a training step: adds up the gradients of the view's pose and exposure, takes their Adam step and holds the gauge.
// bindings: 0 step, 1 partials (read), 2 frames (read), 3 states (rw)
// partials: see view_sum. frames: the rows of each view's given rotation, then its given centre minus the mean centre.
// Gauge: nothing in the photos tells apart the scene moved, turned and scaled with all its cameras, so after each step the mean turn and
// shift of the centres (world axes) and their growth about the mean centre are taken out of all corrections. Likewise the mean log gain
// and bias, which the splats' own colours can take up.
// Invariant: one workgroup and a fixed order of summation; views that are held out have no state.
override POSE: u32;
override EXPOSURE: u32;
override PARTIALS: u32;
override BIAS_RATE: f32;  // rate of the bias relative to the log gain's
override BETA1: f32 = 0.9;
override BETA2: f32 = 0.999;
struct ViewFrame { x: vec3f, y: vec3f, z: vec3f, offset: vec3f }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> partials: array<array<vec3f, 4>>;
@group(0) @binding(2) var<storage, read> frames: array<ViewFrame>;
@group(0) @binding(3) var<storage, read_write> states: array<ViewState>;
var<workgroup> sums: array<array<vec3f, 3>, 64>;

fn finite3(v: vec3f) -> bool { return all((bitcast<vec3u>(v) & vec3u(0x7f800000u)) != vec3u(0x7f800000u)); }

// Sum over the workgroup, in the order of the invocations, known to all of them.
fn sum_of(index: u32, a: vec3f, b: vec3f, c: vec3f) -> array<vec3f, 3> {
  sums[index] = array<vec3f, 3>(a, b, c);
  workgroupBarrier();
  if (index == 0u) {
    var total = sums[0];
    for (var k = 1u; k < 64u; k++) {
      total[0] += sums[k][0];
      total[1] += sums[k][1];
      total[2] += sums[k][2];
    }
    sums[0] = total;
  }
  workgroupBarrier();
  let total = sums[0];
  workgroupBarrier();
  return total;
}

fn adam(m: vec3f, v: vec3f, steps: f32) -> vec3f {
  return (m / (1.0 - pow(BETA1, steps))) / (sqrt(v / (1.0 - pow(BETA2, steps))) + vec3f(1e-15));
}

fn step_pose(turn_gradient: vec3f, shift_gradient: vec3f) {
  var s = states[step.view_slot];
  s.pose_steps += 1.0;
  s.turn_m = BETA1 * s.turn_m + (1.0 - BETA1) * turn_gradient;
  s.turn_v = BETA2 * s.turn_v + (1.0 - BETA2) * turn_gradient * turn_gradient;
  s.shift_m = BETA1 * s.shift_m + (1.0 - BETA1) * shift_gradient;
  s.shift_v = BETA2 * s.shift_v + (1.0 - BETA2) * shift_gradient * shift_gradient;
  let turn = -step.lr_pose * adam(s.turn_m, s.turn_v, s.pose_steps);
  let shift = -step.lr_pose * step.pose_length * adam(s.shift_m, s.shift_v, s.pose_steps);
  let kept = 1.0 - step.lr_pose * step.pose_pull;
  let q = turned_by(turn, s.turn);
  s.shift = kept * (turned(turned_by(turn, vec4f(1.0, 0.0, 0.0, 0.0)), s.shift) + shift);
  s.turn = normalize(vec4f(q.x, kept * q.yzw));
  states[step.view_slot] = s;
}

// Rotation vector of the correction and shift of the camera's centre, world axes.
struct Motion { turn: vec3f, centre: vec3f }

fn to_world(f: ViewFrame, v: vec3f) -> vec3f { return v.x * f.x + v.y * f.y + v.z * f.z; }
fn to_view(f: ViewFrame, v: vec3f) -> vec3f { return vec3f(dot(f.x, v), dot(f.y, v), dot(f.z, v)); }

fn motion_of(f: ViewFrame, s: ViewState) -> Motion {
  return Motion(to_world(f, 2.0 * s.turn.yzw), -to_world(f, turned_back(s.turn, s.shift)));
}

fn hold_poses(index: u32) {
  let n = arrayLength(&states);
  var turn = vec3f(0.0);
  var centre = vec3f(0.0);
  var growth = vec3f(0.0); // how far the centres moved outwards, how far they are out
  for (var i = index; i < n; i += 64u) {
    let moved = motion_of(frames[i], states[i]);
    turn += moved.turn;
    centre += moved.centre;
    growth += vec3f(dot(moved.centre, frames[i].offset), dot(frames[i].offset, frames[i].offset), 0.0);
  }
  let total = sum_of(index, turn, centre, growth);
  let mean_turn = total[0] / f32(n);
  let mean_centre = total[1] / f32(n);
  let scale = select(0.0, total[2].x / total[2].y, total[2].y > 0.0);
  for (var i = index; i < n; i += 64u) {
    let f = frames[i];
    let moved = motion_of(f, states[i]);
    let kept = moved.centre - mean_centre - scale * f.offset + cross(mean_turn, f.offset);
    let q = turned_by(-turned(states[i].turn, to_view(f, mean_turn)), states[i].turn);
    states[i].turn = q;
    states[i].shift = -turned(q, to_view(f, kept));
  }
}

fn step_exposure(gain_gradient: vec3f, bias_gradient: vec3f) {
  var s = states[step.view_slot];
  s.exposure_steps += 1.0;
  let g = exp(s.log_gain) * gain_gradient;
  s.gain_m = BETA1 * s.gain_m + (1.0 - BETA1) * g;
  s.gain_v = BETA2 * s.gain_v + (1.0 - BETA2) * g * g;
  s.bias_m = BETA1 * s.bias_m + (1.0 - BETA1) * bias_gradient;
  s.bias_v = BETA2 * s.bias_v + (1.0 - BETA2) * bias_gradient * bias_gradient;
  let kept = 1.0 - step.lr_exposure * step.exposure_pull;
  s.log_gain = kept * (s.log_gain - step.lr_exposure * adam(s.gain_m, s.gain_v, s.exposure_steps));
  s.bias = kept * (s.bias - BIAS_RATE * step.lr_exposure * adam(s.bias_m, s.bias_v, s.exposure_steps));
  states[step.view_slot] = s;
}

fn hold_exposures(index: u32) {
  let n = arrayLength(&states);
  var gain = vec3f(0.0);
  var bias = vec3f(0.0);
  for (var i = index; i < n; i += 64u) {
    gain += states[i].log_gain;
    bias += states[i].bias;
  }
  let total = sum_of(index, gain, bias, vec3f(0.0));
  for (var i = index; i < n; i += 64u) {
    states[i].log_gain -= total[0] / f32(n);
    states[i].bias -= total[1] / f32(n);
  }
}

@compute @workgroup_size(64)
fn view_step(@builtin(local_invocation_index) index: u32) {
  var g = array<vec3f, 4>();
  if (index == 0u) {
    for (var k = 0u; k < PARTIALS; k++) {
      for (var part = 0u; part < 4u; part++) { g[part] += partials[k][part]; }
    }
  }
  if (POSE == 1u && step.lr_pose > 0.0) {
    if (index == 0u && finite3(g[0]) && finite3(g[1])) { step_pose(g[0], g[1]); }
    storageBarrier();
    hold_poses(index);
    storageBarrier();
  }
  if (EXPOSURE == 1u && step.lr_exposure > 0.0) {
    if (index == 0u && finite3(g[2]) && finite3(g[3])) { step_exposure(g[2], g[3]); }
    storageBarrier();
    hold_exposures(index);
  }
}
