/**
 * CPU twin of the optimiser step: Adam with bias correction (Kingma and Ba 2015, algorithm 1).
 * Invariant: the step count given is that of the step being taken, so the first is 1.
 */
export interface AdamState {
  /** First moment, same length as the values. */
  m: Float64Array;
  /** Second moment, same length as the values. */
  v: Float64Array;
}

export interface AdamOptions {
  learningRate: number;
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Default 1e-15, as in the 3DGS paper's code: moments of splat gradients are tiny. */
  epsilon?: number;
}

/**
 * Takes one step in place. `step` is one number for all values, or one per splat, in which case values hold `step.length` splats of
 * equal width: a splat that was newly made starts its own bias correction.
 */
export function adamRef(
  values: Float64Array,
  grads: ArrayLike<number>,
  state: AdamState,
  step: number | ArrayLike<number>,
  options: AdamOptions,
): void {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-15 } = options;
  const { m, v } = state;
  for (let k = 0; k < values.length; k++) {
    const t = typeof step === 'number' ? step : step[Math.floor((k * step.length) / values.length)];
    m[k] = beta1 * m[k] + (1 - beta1) * grads[k];
    v[k] = beta2 * v[k] + (1 - beta2) * grads[k] * grads[k];
    const [mHat, vHat] = [m[k] / (1 - beta1 ** t), v[k] / (1 - beta2 ** t)];
    values[k] -= (learningRate * mHat) / (Math.sqrt(vHat) + epsilon);
  }
}
