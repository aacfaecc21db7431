// Draws the parent of every destination: sample k of D lies at (k + jitter) / D of the summed weights.
// bindings: 0 request (uniform), 1 weight_sums (read), 2 dead_sums (read), 3 parents (write)
// Invariant: parents[] is ascending and names no dead splat: those have weight 0. With no live splat there is no parent.
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
  let share = (f32(k) + request.jitter) / f32(destinations);
  parents[k] = select(NO_PARENT, owner_of(min(u32(share * f32(total)), max(total, 1u) - 1u)), total > 0u);
}
