// Gaussian blur along the columns of a plane, written transposed: two passes blur both ways and give the plane back upright.
// bindings: 0 step, 1 source (read, f32), 2 target (rw, vec4f)
// One invocation makes 16 px of one column: neighbouring invocations read neighbouring px, and each stores whole vectors.
// Invariant: the edge px repeats beyond the border; weights W0..W12 are 0 beyond RADIUS.
// Formula: out[x, y] = sum over |t| <= RADIUS of W|t| in[x, y + t].
override RADIUS: u32;
override W0: f32;
override W1: f32;
override W2: f32;
override W3: f32;
override W4: f32;
override W5: f32;
override W6: f32;
override W7: f32;
override W8: f32;
override W9: f32;
override W10: f32;
override W11: f32;
override W12: f32;
const RUN = 16u;

@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read_write> target_plane: array<vec4f>;

// Sums of 16 outputs, the 16 inputs that the next weight meets, and the row that comes in after them.
struct Run { sum0: vec4f, sum1: vec4f, sum2: vec4f, sum3: vec4f, in0: vec4f, in1: vec4f, in2: vec4f, in3: vec4f, next: i32, column: u32 }

fn load(column: u32, row: i32) -> f32 {
  return source[column + u32(clamp(row, 0, i32(step.height) - 1)) * step.stride];
}

fn load4(column: u32, row: i32) -> vec4f {
  return vec4f(load(column, row), load(column, row + 1), load(column, row + 2), load(column, row + 3));
}

fn tap(run: ptr<function, Run>, weight: f32) {
  (*run).sum0 += weight * (*run).in0;
  (*run).sum1 += weight * (*run).in1;
  (*run).sum2 += weight * (*run).in2;
  (*run).sum3 += weight * (*run).in3;
  (*run).in0 = vec4f((*run).in0.yzw, (*run).in1.x);
  (*run).in1 = vec4f((*run).in1.yzw, (*run).in2.x);
  (*run).in2 = vec4f((*run).in2.yzw, (*run).in3.x);
  (*run).in3 = vec4f((*run).in3.yzw, load((*run).column, (*run).next));
  (*run).next++;
}

@compute @workgroup_size(64)
fn sift_blur(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= step.width) { return; }
  let column = step.in_offset + id.x;
  let row = i32(id.y * RUN) - i32(RADIUS);
  var run = Run();
  run.in0 = load4(column, row);
  run.in1 = load4(column, row + 4);
  run.in2 = load4(column, row + 8);
  run.in3 = load4(column, row + 12);
  run.next = row + 16;
  run.column = column;
  if (RADIUS >= 12u) { tap(&run, W12); }
  if (RADIUS >= 11u) { tap(&run, W11); }
  if (RADIUS >= 10u) { tap(&run, W10); }
  if (RADIUS >= 9u) { tap(&run, W9); }
  if (RADIUS >= 8u) { tap(&run, W8); }
  if (RADIUS >= 7u) { tap(&run, W7); }
  if (RADIUS >= 6u) { tap(&run, W6); }
  if (RADIUS >= 5u) { tap(&run, W5); }
  if (RADIUS >= 4u) { tap(&run, W4); }
  if (RADIUS >= 3u) { tap(&run, W3); }
  if (RADIUS >= 2u) { tap(&run, W2); }
  if (RADIUS >= 1u) { tap(&run, W1); }
  tap(&run, W0);
  if (RADIUS >= 1u) { tap(&run, W1); }
  if (RADIUS >= 2u) { tap(&run, W2); }
  if (RADIUS >= 3u) { tap(&run, W3); }
  if (RADIUS >= 4u) { tap(&run, W4); }
  if (RADIUS >= 5u) { tap(&run, W5); }
  if (RADIUS >= 6u) { tap(&run, W6); }
  if (RADIUS >= 7u) { tap(&run, W7); }
  if (RADIUS >= 8u) { tap(&run, W8); }
  if (RADIUS >= 9u) { tap(&run, W9); }
  if (RADIUS >= 10u) { tap(&run, W10); }
  if (RADIUS >= 11u) { tap(&run, W11); }
  if (RADIUS >= 12u) { tap(&run, W12); }
  let at = (step.out_offset + id.x * step.out_stride) / 4u + id.y * (RUN / 4u);
  target_plane[at] = run.sum0;
  target_plane[at + 1u] = run.sum1;
  target_plane[at + 2u] = run.sum2;
  target_plane[at + 3u] = run.sum3;
}
