/**
 * CPU twin of the loss: 0.8 mean |x - y| + 0.2 mean (1 - SSIM) (Kerbl et al. 2023, eq. 7; Wang et al. 2004 for SSIM), with its true
 * gradient. Invariant: the blur is zero padded and symmetric, so it is its own transpose and the backward pass blurs with the same taps.
 */
const l1Weight = 0.8;
const ssimWeight = 0.2;
const c1 = 1e-4;
const c2 = 9e-4;
const radius = 5;
const sigma = 1.5;

/** The 11 taps of the SSIM window along one axis; they sum to 1. */
export const ssimTaps: readonly number[] = (() => {
  const raw = Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-((k - radius) ** 2) / (2 * sigma * sigma)));
  const sum = raw.reduce((a, b) => a + b);
  return raw.map((value) => value / sum);
})();

function blurAxis(from: Float64Array, length: number, stride: number): Float64Array {
  const out = new Float64Array(from.length);
  for (let k = 0; k < from.length; k++) {
    const at = Math.floor(k / stride) % length;
    for (let tap = Math.max(-radius, -at); tap <= Math.min(radius, length - 1 - at); tap++)
      out[k] += ssimTaps[tap + radius] * from[k + tap * stride];
  }
  return out;
}

const blur = (image: Float64Array, widthPx: number, heightPx: number): Float64Array =>
  blurAxis(blurAxis(image, widthPx, 3), heightPx, 3 * widthPx);

/** SSIM of one place from its five blurred moments, and its derivatives with respect to those that x is part of. */
function ssimAt(mx: number, my: number, xx: number, yy: number, xy: number): { value: number; dMx: number; dXx: number; dXy: number } {
  const [a1, a2] = [2 * mx * my + c1, 2 * (xy - mx * my) + c2];
  const [b1, b2] = [mx * mx + my * my + c1, xx - mx * mx + (yy - my * my) + c2];
  const value = (a1 * a2) / (b1 * b2);
  const dXy = (2 * a1) / (b1 * b2);
  const dXx = -value / b2;
  // mx appears on its own in a1 and b1, and inside the covariance and the variance of x.
  const dMx = (2 * my * a2) / (b1 * b2) - (2 * mx * value) / b1 - my * dXy - 2 * mx * dXx;
  return { value, dMx, dXx, dXy };
}

export interface Loss {
  loss: number;
  /** mean |x - y| over all pixels and channels (masked ones count as 0). */
  l1: number;
  /** 1 - mean (1 - SSIM), masked places counting as perfect. */
  ssim: number;
  /** dL/dx, [H, W, 3]. */
  gradient: Float64Array;
}

/**
 * Loss of a render `x` against a photo `y`, both [H, W, 3]. With `mask` [H, W] of 0 and 1 both are blacked out where it is 0 before
 * blurring, those places weigh nothing, and means still divide by W H 3.
 */
export function lossRef(x: ArrayLike<number>, y: ArrayLike<number>, widthPx: number, heightPx: number, mask?: ArrayLike<number>): Loss {
  const n = widthPx * heightPx * 3;
  const weight = (k: number): number => (mask ? mask[(k - (k % 3)) / 3] : 1);
  const image = (at: (k: number) => number): Float64Array => Float64Array.from({ length: n }, (_, k) => at(k));
  const blurred = (at: (k: number) => number): Float64Array => blur(image(at), widthPx, heightPx);
  const [p, q] = [image((k) => x[k] * weight(k)), image((k) => y[k] * weight(k))];
  const [mx, my] = [blurred((k) => p[k]), blurred((k) => q[k])];
  const [xx, yy, xy] = [blurred((k) => p[k] * p[k]), blurred((k) => q[k] * q[k]), blurred((k) => p[k] * q[k])];
  const ssim = Array.from({ length: n }, (_, k) => ssimAt(mx[k], my[k], xx[k], yy[k], xy[k]));
  const dMx = blurred((k) => weight(k) * ssim[k].dMx);
  const dXx = blurred((k) => weight(k) * ssim[k].dXx);
  const dXy = blurred((k) => weight(k) * ssim[k].dXy);
  const dSsim = (k: number): number => dMx[k] + 2 * p[k] * dXx[k] + q[k] * dXy[k];
  const gradient = image((k) => (weight(k) * (l1Weight * Math.sign(p[k] - q[k]) - ssimWeight * dSsim(k))) / n);
  const mean = (at: (k: number) => number): number => image(at).reduce((a, b) => a + b, 0) / n;
  const [l1, dissimilarity] = [mean((k) => Math.abs(p[k] - q[k])), mean((k) => weight(k) * (1 - ssim[k].value))];
  return { loss: l1Weight * l1 + ssimWeight * dissimilarity, l1, ssim: 1 - dissimilarity, gradient };
}
