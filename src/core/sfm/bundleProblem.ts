/**
 * A bundle adjustment problem: poses, lenses and points as flat arrays, what of them moves, and where the points were seen.
 * Invariant: every index in obsView, obsPoint and lensOfView is in range; pixels are those of the lens, pixel centres at +0.5.
 */
import type { Lens } from './lens.ts';
import type { LossName } from './robustLoss.ts';

export interface BundleProblem {
  /** [views, 7]: quaternion wxyz, translation; world-to-camera, OpenCV axes. Updated in place. */
  poses: Float64Array;
  /** [views]: 1 = held fixed. */
  poseFixed: Uint8Array;
  /** Updated in place: f, k1, k2. */
  lenses: Lens[];
  /** [views] */
  lensOfView: Int32Array;
  /** By lens, what moves: f (fy = aspect f), and k1 with k2. */
  lensFree: { focal: boolean; radial: boolean }[];
  /**
   * By lens, one more residual (log f - log prior) / sigmaLog. It weighs as a residual of one sigma (one px where obsSigma is 1) and no loss
   * is put on it; a held focal length has none.
   */
  focalPrior?: ({ f: number; sigmaLog: number } | null)[];
  /** [points, 3], updated in place. */
  points: Float64Array;
  pointFixed?: Uint8Array;
  /** [obs] */
  obsView: Int32Array;
  obsPoint: Int32Array;
  /** [obs, 2] px */
  obsXY: Float64Array;
  /** [obs] px, 1 when not given. */
  obsSigma?: Float32Array;
}

export interface BundleOptions {
  loss: LossName;
  /** Residual, in sigmas, at which a robust loss turns from quadratic. */
  lossScalePx: number;
  /** Steps tried at most, those not taken included. */
  maxIterations: number;
  /** Ends when a step takes less than this share off the cost. 1e-6 when not given. */
  functionTolerance?: number;
  /** Ends when a step is this small beside the parameters. 1e-8 when not given. */
  parameterTolerance?: number;
}

export interface BundleReport {
  iterations: number;
  /** Half the sum of rho, priors included. */
  initialCost: number;
  finalCost: number;
  converged: boolean;
  /** Mean distance of the observations in front of their cameras, px; 0 without any. */
  meanErrorPx: number;
}
