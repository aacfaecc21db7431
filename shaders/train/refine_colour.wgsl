// Gives every destination its parent's colour, with no Adam moments yet.
// bindings: 0 request (uniform), 1 dead_sums (read), 2 parents (read), 3 sh (rw), 4 moments (rw)
// Invariant: as refine_split; parents' colours are only read.
override GROUP: u32 = 64;
override CAPACITY: u32;
override COLUMNS: u32;
@group(0) @binding(0) var<uniform> request: Request;
@group(0) @binding(1) var<storage, read> dead_sums: array<u32>;
@group(0) @binding(2) var<storage, read> parents: array<u32>;
@group(0) @binding(3) var<storage, read_write> sh: array<f32>;
@group(0) @binding(4) var<storage, read_write> moments: array<f32>;

@compute @workgroup_size(GROUP)
fn refine_colour(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * 65535u * GROUP + id.x;
  if (i >= request.wanted) { return; }
  let k = destination_of(i);
  if (k == 0xffffffffu) { return; }
  let parent = parents[k];
  for (var column = 0u; column < COLUMNS; column++) {
    if (parent == NO_PARENT) {
      sh[column * CAPACITY + i] = 0.0;
    } else {
      sh[column * CAPACITY + i] = sh[column * CAPACITY + parent];
    }
  }
  for (var column = 0u; column < 2u * COLUMNS; column++) { moments[column * CAPACITY + i] = 0.0; }
}
