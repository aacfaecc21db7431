/**
 * Splats: a set of 3D Gaussians as structure of arrays. Activations are those of Kerbl et al. 2023: scales are exp(logScales),
 * opacities sigmoid(opacityLogits), quaternions need not be unit, colour = 0.5 + SH(direction), clamped at 0.
 */
export interface Splats {
  count: number;
  /** 0..3. */
  shDegree: number;
  /** 1 when trained with the opacity-compensated 2D low-pass of Mip-Splatting ("antialiased"). */
  antialiased: boolean;
  /** [count, 3], world units. */
  means: Float32Array;
  /** [count, 3], natural logarithm of the standard deviation along each axis. */
  logScales: Float32Array;
  /** [count, 4], wxyz. */
  quats: Float32Array;
  /** [count]. */
  opacityLogits: Float32Array;
  /** [count, (shDegree+1)^2, 3], DC first, basis signs of the 3DGS paper's code (-y, z, -x for degree 1). */
  sh: Float32Array;
}

/** Number of SH basis functions up to and including a degree: (d + 1)^2. */
export const shBasisCount = (degree: number): number => (degree + 1) * (degree + 1);

/** Splats with every value 0: room to fill. */
export function emptySplats(count: number, shDegree: number, antialiased = false): Splats {
  return {
    count,
    shDegree,
    antialiased,
    means: new Float32Array(3 * count),
    logScales: new Float32Array(3 * count),
    quats: new Float32Array(4 * count),
    opacityLogits: new Float32Array(count),
    sh: new Float32Array(3 * shBasisCount(shDegree) * count),
  };
}
