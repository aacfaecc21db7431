/**
 * From an image-plane covariance to what the blend needs: the low-pass that keeps a splat at least about a pixel wide, the opacity
 * compensation that goes with it (Yu et al. 2024, "Mip-Splatting", eq. 9) and the inverse matrix, the conic.
 * Invariant: without `antialiased` the compensation is 1 and has no gradient.
 */
export interface Conic {
  /** Covariance [[a, b], [b, d]] after the low-pass, squared pixels. */
  cov: [number, number, number];
  /** (ca, cb, cd): the inverse of the covariance, so that power = -0.5 (ca dx^2 + cd dy^2) - cb dx dy. */
  conic: [number, number, number];
  /** Factor for the opacity: sqrt(det before / det after). */
  compensation: number;
}

/** `a`, `b`, `d`: covariance before the low-pass; `lowPass` is added to both variances (squared pixels). */
export function conicRef(a: number, b: number, d: number, lowPass: number, antialiased: boolean): Conic {
  const [wideA, wideD] = [a + lowPass, d + lowPass];
  const det = wideA * wideD - b * b;
  const compensation = antialiased ? Math.sqrt(Math.max((a * d - b * b) / det, 0)) : 1;
  return { cov: [wideA, b, wideD], conic: [wideD / det, -b / det, wideA / det], compensation };
}

/** Gradient of (a, b, d) before the low-pass. b and cb each stand for both off-diagonal places of their matrix. */
export function conicBackwardRef(
  a: number,
  b: number,
  d: number,
  lowPass: number,
  antialiased: boolean,
  dConic: readonly [number, number, number],
  dCompensation: number,
): [number, number, number] {
  const { cov, conic, compensation } = conicRef(a, b, d, lowPass, antialiased);
  const [p, q, r] = conic;
  const [ga, gb, gd] = [dConic[0], dConic[1] / 2, dConic[2]];
  // d(S^-1) = -S^-1 dS S^-1, so dL/dS = -Q G Q with Q the conic and G the symmetric gradient.
  const [qg00, qg01, qg10, qg11] = [p * ga + q * gb, p * gb + q * gd, q * ga + r * gb, q * gb + r * gd];
  const out: [number, number, number] = [-(qg00 * p + qg01 * q), -2 * (qg00 * q + qg01 * r), -(qg10 * q + qg11 * r)];
  const detBefore = a * d - b * b;
  if (antialiased && detBefore > 0) {
    const det = cov[0] * cov[2] - b * b;
    const half = (dCompensation * compensation) / 2;
    out[0] += half * (d / detBefore - cov[2] / det);
    out[1] += half * (-2 * b) * (1 / detBefore - 1 / det);
    out[2] += half * (a / detBefore - cov[0] / det);
  }
  return out;
}
