/**
 * What becomes of a splat when it is put in the same place n times (Kheradmand et al. 2024, "3D Gaussian Splatting as Markov Chain
 * Monte Carlo", eq. 9). Invariant: the n copies blended over one another show the same total along any line through the centre.
 */
export interface Relocated {
  /** Opacity of each of the n copies. */
  opacity: number;
  /** Factor for the standard deviations of each copy. */
  scaleFactor: number;
}

/** `opacity` in (0, 1) of the one splat; `copies` >= 1 is the number there are afterwards, the original included. */
export function relocateRef(opacity: number, copies: number): Relocated {
  const shared = 1 - (1 - opacity) ** (1 / copies);
  let sum = 0;
  for (let i = 1; i <= copies; i++) {
    let binomial = 1;
    for (let k = 0; k < i; k++) {
      sum += (binomial * (-1) ** k * shared ** (k + 1)) / Math.sqrt(k + 1);
      binomial *= (i - 1 - k) / (k + 1);
    }
  }
  return { opacity: shared, scaleFactor: opacity / sum };
}
