// Gathers the splats that are in view into a dense list of (key, splat) pairs.
// bindings: 0 counts (read): [0] splats, 1 visible (read), 2 offsets (read), 3 keys (read), 4 keys_out (write), 5 splats_out (write)
// offsets: exclusive prefix sums of visible.
// Invariant: pairs keep the splats' own order, so that a stable sort gives one answer.
override GROUP: u32 = 64;
@group(0) @binding(0) var<storage, read> counts: array<u32>;
@group(0) @binding(1) var<storage, read> visible: array<u32>;
@group(0) @binding(2) var<storage, read> offsets: array<u32>;
@group(0) @binding(3) var<storage, read> keys: array<u32>;
@group(0) @binding(4) var<storage, read_write> keys_out: array<u32>;
@group(0) @binding(5) var<storage, read_write> splats_out: array<u32>;

@compute @workgroup_size(GROUP)
fn compact_visible(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * 65535u * GROUP + id.x;
  if (i >= counts[0] || visible[i] == 0u) { return; }
  let at = offsets[i];
  keys_out[at] = keys[i];
  splats_out[at] = i;
}
