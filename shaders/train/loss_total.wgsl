// Adds up the workgroups' sums of one view and leaves them in a ring that the CPU reads with a lag.
// bindings: 0 step, 1 group_sums (read), 2 ring (write)
// ring: [RING] of vec4: mean |x - y|, mean SSIM, mean squared error (over valid pixels), valid share.
override RING: u32;
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> group_sums: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> ring: array<vec4f>;
var<workgroup> sums: array<vec4f, 64>;

@compute @workgroup_size(64)
fn loss_total(@builtin(local_invocation_index) index: u32) {
  let n = 3u * ((step.width + 63u) / 64u) * ((step.height + 7u) / 8u); // workgroups of loss_ssim
  var sum = vec4f(0.0);
  for (var k = index; k < n; k += 64u) { sum += group_sums[k]; }
  sums[index] = sum;
  workgroupBarrier();
  if (index == 0u) {
    var total = vec4f(0.0);
    for (var k = 0u; k < 64u; k++) { total += sums[k]; }
    let valid = max(total.w, 1.0);
    ring[step.step % RING] = vec4f(total.xyz / valid, total.w / f32(3u * step.width * step.height));
  }
}
