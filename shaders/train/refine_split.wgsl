// Writes the copies. split_children fills the destinations from their still untouched parents; split_parents then shrinks the parents.
// bindings: 0 request (uniform), 1 dead_sums (read), 2 parents (read), 3 geometry (rw), 4 moments (rw)
// Invariant: children write only destinations and read only parents; of one parent's children only the first touches it.
override GROUP: u32 = 64;
override CAPACITY: u32;
@group(0) @binding(0) var<uniform> request: Request;
@group(0) @binding(1) var<storage, read> dead_sums: array<u32>;
@group(0) @binding(2) var<storage, read> parents: array<u32>;
@group(0) @binding(3) var<storage, read_write> geometry: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> moments: array<vec4f>;

fn longest_axis(scale: vec3f) -> u32 {
  return select(select(2u, 1u, scale.y >= scale.z), 0u, scale.x >= scale.y && scale.x >= scale.z);
}

// Column `axis` of the rotation of quaternion wxyz.
fn axis_of(quat: vec4f, axis: u32) -> vec3f {
  let q = quat / max(length(quat), 1e-20);
  let w = q.x; let x = q.y; let y = q.z; let z = q.w;
  if (axis == 0u) { return vec3f(1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y)); }
  if (axis == 1u) { return vec3f(2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + w * x)); }
  return vec3f(2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y));
}

// Copy `rank` of `copies` of the splat at `parent`, written to `target_splat`.
fn write_copy(target_splat: u32, parent: u32, rank: u32, copies: u32) {
  let mean_logit = geometry[parent];
  let quat = geometry[CAPACITY + parent];
  let log_scale = geometry[2u * CAPACITY + parent];
  let axis = longest_axis(log_scale.xyz);
  let n = f32(copies);
  // Even spacing with variance s^2 (1 - 1/n): spacing^2 (n^2 - 1) / 12.
  let spacing = exp(log_scale[axis]) * sqrt(12.0 * (1.0 - 1.0 / n) / (n * n - 1.0));
  let mean = mean_logit.xyz + axis_of(quat, axis) * spacing * (f32(rank) - 0.5 * (n - 1.0));
  let opacity = 1.0 / (1.0 + exp(-mean_logit.w));
  let shared_opacity = clamp(1.0 - pow(1.0 - opacity, inverseSqrt(n)), 1e-4, 0.9999);
  var shrunk = log_scale;
  shrunk[axis] -= 0.5 * log(n);
  geometry[target_splat] = vec4f(mean, log(shared_opacity / (1.0 - shared_opacity)));
  geometry[CAPACITY + target_splat] = quat;
  geometry[2u * CAPACITY + target_splat] = shrunk;
  for (var column = 0u; column < 6u; column++) { moments[column * CAPACITY + target_splat] = vec4f(0.0); }
}

// Nothing is left to copy: a finite splat that cannot be seen.
fn write_empty(target_splat: u32) {
  geometry[target_splat] = vec4f(0.0, 0.0, 0.0, -10.0);
  geometry[CAPACITY + target_splat] = vec4f(1.0, 0.0, 0.0, 0.0);
  geometry[2u * CAPACITY + target_splat] = vec4f(-10.0);
  for (var column = 0u; column < 6u; column++) { moments[column * CAPACITY + target_splat] = vec4f(0.0); }
}

@compute @workgroup_size(GROUP)
fn split_children(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * 65535u * GROUP + id.x;
  if (i >= request.wanted) { return; }
  let k = destination_of(i);
  if (k == 0xffffffffu) { return; }
  if (parents[k] == NO_PARENT) {
    write_empty(i);
    return;
  }
  let family = family_of(k);
  write_copy(i, family.parent, family.rank, family.copies);
}

@compute @workgroup_size(GROUP)
fn split_parents(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * 65535u * GROUP + id.x;
  if (i >= request.wanted) { return; }
  let k = destination_of(i);
  if (k == 0xffffffffu || parents[k] == NO_PARENT) { return; }
  let family = family_of(k);
  if (family.rank == 1u) { write_copy(family.parent, family.parent, 0u, family.copies); }
}
