/**
 * CPU twin of a photo's exposure: seen = gain * rendered + bias per colour channel, and its gradient.
 * Invariant: images are [H, W, 3]; the identity is a gain of 1 and a bias of 0.
 */
type Channels = readonly [number, number, number];

export interface ExposureGradients {
  /** dL/d rendered, [H, W, 3]. */
  image: Float64Array;
  gain: [number, number, number];
  bias: [number, number, number];
}

export const exposedRef = (image: ArrayLike<number>, gain: Channels, bias: Channels): Float64Array =>
  Float64Array.from(image, (value, k) => gain[k % 3] * value + bias[k % 3]);

/** `dSeen`: dL/d seen. */
export function exposureBackwardRef(image: ArrayLike<number>, gain: Channels, dSeen: ArrayLike<number>): ExposureGradients {
  const out: ExposureGradients = { image: Float64Array.from(dSeen, (value, k) => gain[k % 3] * value), gain: [0, 0, 0], bias: [0, 0, 0] };
  for (let k = 0; k < image.length; k++) {
    out.gain[k % 3] += dSeen[k] * image[k];
    out.bias[k % 3] += dSeen[k];
  }
  return out;
}
