/**
 * Pair geometry: what is asked of a pair of photos and what comes out.
 * Invariant: plain data, so that it can be posted between threads.
 */
import type { Lens } from './lens.ts';

/** One pair to verify: matched key points in px of the working images. */
export interface VerifyPair {
  lensA: Lens;
  lensB: Lens;
  /** [m, 2] each. */
  a: Float32Array;
  b: Float32Array;
  seed: number;
}

export interface PairGeometry {
  /** planar: the matches lie on a plane (the pose is usable); rotation: the camera turned on the spot; none: no geometry found. */
  kind: 'general' | 'planar' | 'rotation' | 'none';
  /** X_b = R X_a + t, |t| = 1 (t = 0 for 'rotation' and 'none'); row-major 9. */
  rotation: number[];
  translation: [number, number, number];
  /** Indices into the pair's matches: inliers of the chosen model, ascending. */
  inliers: Uint32Array;
  essentialInliers: number;
  homographyInliers: number;
  /** Median angle between the two rays at the inliers, degrees; 0 for rotation. */
  medianAngleDeg: number;
  /**
   * Where a plane leaves two poses open: the one not chosen, which explains the matches about as well. Other pairs can tell (the triplets
   * of a view graph agree on one of them).
   */
  twin?: { rotation: number[]; translation: [number, number, number]; medianAngleDeg: number };
}
