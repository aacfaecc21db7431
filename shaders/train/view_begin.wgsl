// First pass of a training step: the step's constants with the view's pose correction and exposure in them. They are copied over the step's
// own before the next pass, so that no other pass knows of the corrections.
// bindings: 0 step, 1 states (read), 2 corrected (write)
// R' = turn R, t' = turn t + shift; the centre -R'^T t' is the old one minus R^T turn^-1 shift, which keeps its digits.
// Invariant: the identity leaves every constant as it was, bit for bit.
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> states: array<ViewState>;
@group(0) @binding(2) var<storage, read_write> corrected: Step;

@compute @workgroup_size(1)
fn view_begin() {
  let s = states[step.view_slot];
  let x = step.rotation_x; let y = step.rotation_y; let z = step.rotation_z;
  let moved = turned_back(s.turn, s.shift);
  let c0 = turned(s.turn, vec3f(x.x, y.x, z.x));
  let c1 = turned(s.turn, vec3f(x.y, y.y, z.y));
  let c2 = turned(s.turn, vec3f(x.z, y.z, z.z));
  let t = turned(s.turn, vec3f(x.w, y.w, z.w)) + s.shift;
  var out = step;
  out.camera_world -= moved.x * x.xyz + moved.y * y.xyz + moved.z * z.xyz;
  out.rotation_x = vec4f(c0.x, c1.x, c2.x, t.x);
  out.rotation_y = vec4f(c0.y, c1.y, c2.y, t.y);
  out.rotation_z = vec4f(c0.z, c1.z, c2.z, t.z);
  out.exposure_gain = exp(s.log_gain);
  out.exposure_bias = s.bias;
  corrected = out;
}
