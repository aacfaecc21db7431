/**
 * Features: the key points of one photo and their descriptors; what matching and every later stage works on.
 * Invariant: key points are ordered by (octave, y, x) before the strongest are taken, so the same photo gives the same features every run.
 */
export interface Features {
  /** Size of the image that the key points are measured in (the photo, upright, at its working size). */
  widthPx: number;
  heightPx: number;
  count: number;
  /** [count, 4]: x, y (px of that image, pixel centres at +0.5), scale (sigma, px), orientation (radians). */
  keypoints: Float32Array;
  /** [count, 128]: RootSIFT (Arandjelovic and Zisserman 2012, section 2.1) times 512, rounded to 0..255. */
  descriptors: Uint8Array;
  /** [count, 3]: sRGB of the photo at the key point. */
  colours: Uint8Array;
}

export const descriptorSize = 128;
