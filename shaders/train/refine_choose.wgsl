// Draws the parent of every destination: sample k of D lies at (k + jitter) / D of the summed weights.
// bindings: 0 request (uniform), 1 weight_sums (read), 2 dead_sums (read), 3 parents (write)
// Invariant: parents[] is ascending. Live splats weigh at least 1; only when there is none is a dead one a parent.
override GROUP: u32 = 64;
@group(0) @binding(0) var<uniform> request: Request;
@group(0) @binding(1) var<storage, read> weight_sums: array<u32>;
@group(0) @binding(2) var<storage, read> dead_sums: array<u32>;
@group(0) @binding(3) var<storage, read_write> parents: array<u32>;

// The entry whose span of the prefix sums holds the value.
fn owner_of(value: u32) -> u32 {
  var low = 0u;
  var high = request.count;
  while (high - low > 1u) {
    let middle = (low + high) / 2u;
    if (weight_sums[middle] <= value) { low = middle; } else { high = middle; }
  }
  return low;
}

@compute @workgroup_size(GROUP)
fn refine_choose(@builtin(global_invocation_id) id: vec3u) {
  let k = id.y * 65535u * GROUP + id.x;
  let destinations = dead_sums[request.count] + request.wanted - request.count;
  if (k >= destinations) { return; }
  let total = weight_sums[request.count];
  let value = u32((f32(k) + request.jitter) / f32(destinations) * f32(total));
  parents[k] = owner_of(min(value, max(total, 1u) - 1u));
}
