/**
 * Tasks: the pieces of solving that run on any thread, and the one function that runs them. Both thread entries (workers/sfmTask.ts in the
 * page, src/cli/sfmThread.ts in Node) call runSfmTask and nothing else.
 * Invariant: tasks and results are plain data; the same task gives the same result on every thread.
 */
import type { Features } from './features.ts';
import type { GreyImage } from './grey.ts';
import type { MatchTaskResult } from './matchCpu.ts';
import type { Matches } from './matches.ts';
import type { PairGeometry, VerifyPair } from './pairGeometry.ts';

export interface FeatureTask {
  kind: 'features';
  image: GreyImage;
  maxFeatures: number;
}

export interface MatchTask {
  kind: 'match';
  /** [n, 128] each. */
  first: Uint8Array;
  others: Uint8Array[];
}

export interface VerifyTask {
  kind: 'verify';
  pairs: VerifyPair[];
}

/** A pair whose pose is known but thinly supported: match again along the epipolar lines, verify again. */
export interface GuideTask {
  kind: 'guide';
  pair: Omit<VerifyPair, 'a' | 'b'>;
  rotation: number[];
  translation: [number, number, number];
  /** [n, 2] px and [n, 128] of each photo. */
  positionsA: Float64Array;
  positionsB: Float64Array;
  descriptorsA: Uint8Array;
  descriptorsB: Uint8Array;
}

export type SfmTask = FeatureTask | MatchTask | VerifyTask | GuideTask;
export type SfmTaskResult =
  | { kind: 'features'; features: Omit<Features, 'colours'> }
  | { kind: 'match'; matches: MatchTaskResult[] }
  | { kind: 'verify'; pairs: PairGeometry[] }
  | { kind: 'guide'; matches: Matches; geometry: PairGeometry };
