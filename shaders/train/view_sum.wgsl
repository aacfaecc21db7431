// Sums what the splats add to the gradient of the view's pose, and the pixels to that of its exposure, to one partial a workgroup.
// bindings: 0 step, 1 pose_terms (read), 2 exposure_terms (read), 3 partials (write)
// pose_terms: 2 columns of vec3 [CAPACITY], see project_back. exposure_terms: 2 vec3 a column of eight pixels, see loss_back. partials: 4
// vec3 a workgroup: dL/d(turn, shift, gain, bias).
// Invariant: the number of workgroups is fixed, and each sums in a fixed order.
override CAPACITY: u32;
override POSE: u32;
override EXPOSURE: u32;
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> pose_terms: array<vec3f>;
@group(0) @binding(2) var<storage, read> exposure_terms: array<vec3f>;
@group(0) @binding(3) var<storage, read_write> partials: array<array<vec3f, 4>>;
var<workgroup> sums: array<array<vec3f, 4>, 64>;

@compute @workgroup_size(64)
fn view_sum(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32) {
  var total = array<vec3f, 4>();
  if (POSE == 1u) {
    for (var i = id.x; i < step.count; i += 64u * groups.x) {
      total[0] += pose_terms[i];
      total[1] += pose_terms[CAPACITY + i];
    }
  }
  if (EXPOSURE == 1u) {
    let n = step.width * ((step.height + 7u) / 8u);
    for (var i = id.x; i < n; i += 64u * groups.x) {
      total[2] += exposure_terms[2u * i];
      total[3] += exposure_terms[2u * i + 1u];
    }
  }
  sums[index] = total;
  workgroupBarrier();
  if (index == 0u) {
    for (var k = 1u; k < 64u; k++) {
      for (var part = 0u; part < 4u; part++) { total[part] += sums[k][part]; }
    }
    partials[group.x] = total;
  }
}
