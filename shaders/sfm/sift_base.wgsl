// First planes of the pyramid's octaves. sift_base: the photo, as it is or at twice its size, with padded rows.
// sift_halve: every second px of a plane.
// bindings: 0 step, 1 source (read, f32), 2 target (rw, f32)
// Invariant: px i of the target is px i / zoom (base) or 2 i (halve) of the source: index coordinates scale about 0, with no shift.
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read_write> target_plane: array<f32>;

@compute @workgroup_size(64)
fn sift_base(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= step.width || id.y >= step.height) { return; }
  let size = vec2u(step.width, step.height) / step.zoom;
  let low = id.xy / step.zoom;
  let high = min((id.xy + step.zoom - 1u) / step.zoom, size - 1u);
  let above = low.y * size.x;
  let below = high.y * size.x;
  let sum = source[above + low.x] + source[above + high.x] + source[below + low.x] + source[below + high.x];
  target_plane[id.y * step.out_stride + id.x] = 0.25 * sum;
}

@compute @workgroup_size(64)
fn sift_halve(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= step.width || id.y >= step.height) { return; }
  target_plane[id.y * step.out_stride + id.x] = source[step.in_offset + 2u * (id.y * step.stride + id.x)];
}
