// RootSIFT in 8 bits: clamp at 0.2 of the L2 norm, L1 norm, square root, times 512 (Lowe 2004, section 6.1; Arandjelovic and Zisserman
// 2012, section 2.1). The second L2 norm of Lowe's cancels in the L1 norm.
// bindings: 0 info (uniform): x descriptors without the extra ones, y 32 (from the CPU, so that compilers do not unroll), 1 extra (read): [0] their number,
//   2 cell_sums (read): 32 vec4f each, 3 descriptors (rw): 32 words each, component 0 in the lowest byte
// Invariant: a flat neighbourhood gives zeros.
@group(0) @binding(0) var<uniform> info: vec4u;
@group(0) @binding(1) var<storage, read> extra: array<u32>;
@group(0) @binding(2) var<storage, read> cell_sums: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> descriptors: array<u32>;

@compute @workgroup_size(64)
fn sift_root(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= info.x + extra[0]) { return; }
  let parts = info.y;
  let base = id.x * parts;
  var squares = 0.0;
  for (var k = 0u; k < parts; k++) { squares += dot(cell_sums[base + k], cell_sums[base + k]); }
  let most = vec4f(0.2 * sqrt(squares));
  var total = 0.0;
  for (var k = 0u; k < parts; k++) { total += dot(min(cell_sums[base + k], most), vec4f(1.0)); }
  let scale = select(1.0 / total, 0.0, total <= 0.0);
  for (var k = 0u; k < parts; k++) {
    let bytes = vec4u(min(round(512.0 * sqrt(min(cell_sums[base + k], most) * scale)), vec4f(255.0)));
    descriptors[base + k] = bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | (bytes.w << 24u);
  }
}
