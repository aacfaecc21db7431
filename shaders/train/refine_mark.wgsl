// Marks dead splats and turns scores into integer weights; then scores start again from 0.
// bindings: 0 request (uniform), 1 geometry (read), 2 scores (rw), 3 weights (write), 4 dead (write)
// Invariant: a dead or non-finite splat has weight 0; a live one has at least 1, so that a parent is always alive.
override GROUP: u32 = 64;
override CAPACITY: u32;
@group(0) @binding(0) var<uniform> request: Request;
@group(0) @binding(1) var<storage, read> geometry: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> scores: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<u32>;
@group(0) @binding(4) var<storage, read_write> dead: array<u32>;

fn finite4(v: vec4f) -> bool { return all((bitcast<vec4u>(v) & vec4u(0x7f800000u)) != vec4u(0x7f800000u)); }

@compute @workgroup_size(GROUP)
fn refine_mark(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * 65535u * GROUP + id.x;
  if (i >= request.count) { return; }
  let sound = finite4(geometry[i]) && finite4(geometry[CAPACITY + i]) && finite4(geometry[2u * CAPACITY + i]);
  let alive = sound && 1.0 / (1.0 + exp(-geometry[i].w)) >= request.dead_opacity;
  let score = scores[i];
  let weight = select(1u, u32(clamp(ceil(score * request.score_scale), 1.0, 16777216.0)), score > 0.0);
  weights[i] = select(0u, weight, alive);
  dead[i] = select(1u, 0u, alive);
  scores[i] = 0.0;
}
