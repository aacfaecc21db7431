/**
 * View-dependent colour from real spherical harmonics, degree 0 to 3, and its gradient. Basis and signs are those of the 3DGS paper's
 * code (Kerbl et al. 2023; table of Sloan 2013). Invariant: the direction is a constant, so no gradient leaves through it.
 */
import type { Vec3 } from './mat3.ref.ts';

const sh0 = 0.28209479177387814;
const sh1 = 0.4886025119029199;
const sh2 = [1.0925484305920792, -1.0925484305920792, 0.31539156525252005, -1.0925484305920792, 0.5462742152960396];
const sh3 = [
  -0.5900435899266435, 2.890611442640554, -0.4570457994644658, 0.3731763325901154, -0.4570457994644658, 1.445305721320277,
  -0.5900435899266435,
];

/** The (degree + 1)^2 basis values at a unit direction. */
export function shBasisRef([x, y, z]: Vec3, degree: number): number[] {
  const out = [sh0];
  if (degree > 0) out.push(-sh1 * y, sh1 * z, -sh1 * x);
  const [xx, yy, zz] = [x * x, y * y, z * z];
  if (degree > 1) out.push(sh2[0] * x * y, sh2[1] * y * z, sh2[2] * (2 * zz - xx - yy), sh2[3] * x * z, sh2[4] * (xx - yy));
  if (degree > 2) {
    out.push(sh3[0] * y * (3 * xx - yy), sh3[1] * x * y * z, sh3[2] * y * (4 * zz - xx - yy), sh3[3] * z * (2 * zz - 3 * xx - 3 * yy));
    out.push(sh3[4] * x * (4 * zz - xx - yy), sh3[5] * z * (xx - yy), sh3[6] * x * (xx - 3 * yy));
  }
  return out;
}

/** (mean - centre) / |mean - centre|: from the camera's centre to the splat, world axes. */
export function viewDirectionRef(mean: Vec3, centre: Vec3): Vec3 {
  const [x, y, z] = [mean[0] - centre[0], mean[1] - centre[1], mean[2] - centre[2]];
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

function rawColour(basis: readonly number[], sh: ArrayLike<number>, first: number): Vec3 {
  const out: Vec3 = [0.5, 0.5, 0.5];
  basis.forEach((value, k) => {
    for (let c = 0; c < 3; c++) out[c] += value * sh[first + 3 * k + c];
  });
  return out;
}

/** Colour max(0, 0.5 + sum basis sh). `sh` holds [k, 3] coefficients from index `first` on; only basis.length of them are read. */
export function shColourRef(basis: readonly number[], sh: ArrayLike<number>, first: number): Vec3 {
  const raw = rawColour(basis, sh, first);
  return [Math.max(raw[0], 0), Math.max(raw[1], 0), Math.max(raw[2], 0)];
}

/** Adds the gradient of the coefficients to `dSh` (same layout). A channel clamped at 0 passes nothing. */
export function shBackwardRef(basis: readonly number[], sh: ArrayLike<number>, first: number, dColour: Vec3, dSh: Float64Array): void {
  const raw = rawColour(basis, sh, first);
  basis.forEach((value, k) => {
    for (let c = 0; c < 3; c++) if (raw[c] >= 0) dSh[first + 3 * k + c] += value * dColour[c];
  });
}
