// Real spherical harmonics up to degree 3 with the signs of the 3DGS paper's code. `basis_of(k, d)` is the k-th function at unit d.
const SH0: f32 = 0.28209479177387814;
const SH1: f32 = 0.4886025119029199;

fn basis_of(k: u32, d: vec3f) -> f32 {
  let x = d.x; let y = d.y; let z = d.z;
  switch (k) {
    case 0u: { return SH0; }
    case 1u: { return -SH1 * y; }
    case 2u: { return SH1 * z; }
    case 3u: { return -SH1 * x; }
    case 4u: { return 1.0925484305920792 * x * y; }
    case 5u: { return -1.0925484305920792 * y * z; }
    case 6u: { return 0.31539156525252005 * (2.0 * z * z - x * x - y * y); }
    case 7u: { return -1.0925484305920792 * x * z; }
    case 8u: { return 0.5462742152960396 * (x * x - y * y); }
    case 9u: { return -0.5900435899266435 * y * (3.0 * x * x - y * y); }
    case 10u: { return 2.890611442640554 * x * y * z; }
    case 11u: { return -0.4570457994644658 * y * (4.0 * z * z - x * x - y * y); }
    case 12u: { return 0.3731763325901154 * z * (2.0 * z * z - 3.0 * x * x - 3.0 * y * y); }
    case 13u: { return -0.4570457994644658 * x * (4.0 * z * z - x * x - y * y); }
    case 14u: { return 1.445305721320277 * z * (x * x - y * y); }
    default: { return -0.5900435899266435 * x * (x * x - 3.0 * y * y); }
  }
}
