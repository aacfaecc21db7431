/**
 * Robust losses of a squared residual e2: rho(e2), scaled so that it starts like e2 itself, and its derivative, the weight of iteratively
 * reweighted least squares (Triggs et al. 2000, Bundle Adjustment - A Modern Synthesis, 4.3; residuals and Jacobians are multiplied by
 * sqrt(weight), without the second-order correction, which may make the normal equations indefinite).
 * Invariant: rho(0) = 0, weight(0) = 1, 0 < weight <= 1 and never growing.
 */
export type LossName = 'trivial' | 'soft-l1' | 'cauchy';

/** The loss as a number, which hot loops compare faster than a string. */
export type LossIndex = 0 | 1 | 2;

export const lossIndex = (name: LossName): LossIndex => (name === 'trivial' ? 0 : name === 'soft-l1' ? 1 : 2);

/** Cost of a squared residual. `scale2`: square of the residual at which the loss turns from quadratic. */
export function lossRho(loss: LossIndex, scale2: number, e2: number): number {
  if (loss === 0) return e2;
  // 2 (sqrt(1 + x) - 1) written so that a small x keeps its digits.
  if (loss === 1) return (2 * e2) / (Math.sqrt(1 + e2 / scale2) + 1);
  return scale2 * Math.log1p(e2 / scale2);
}

/** d rho / d e2. */
export function lossWeight(loss: LossIndex, scale2: number, e2: number): number {
  if (loss === 0) return 1;
  if (loss === 1) return 1 / Math.sqrt(1 + e2 / scale2);
  return 1 / (1 + e2 / scale2);
}
