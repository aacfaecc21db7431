/**
 * Two-view geometry: what the matches of a pair of photos say about how the camera moved, and which of them agree.
 * Invariant: the same pair and seed give the same geometry; bad input gives kind 'none', never NaN.
 */
import { createRandom } from '../math/random.ts';
import type { RayPairs } from './essential.ts';
import { transferInliers } from './homography.ts';
import { raysOfPixels } from './lens.ts';
import { type MsacOptions, trialsNeeded } from './msac.ts';
import { fitEssential, fitHomography, fitRotation } from './pairModels.ts';
import { type PoseFit, bestPose, twinShare } from './poseFit.ts';
import type { PairGeometry, VerifyPair } from './pairGeometry.ts';

const limitPx = 2;
const confidence = 0.999;
const fewestTrials = 50;
const mostTrials = 2000;
const fewestInliers = 15;
/** Of a pair with fewer matches than `sparse`, more must agree: chance agrees on 15 of 50 easily enough. */
const fewestInliersSparse = 20;
const sparse = 60;
const planarShare = 0.8;
const rotationShare = 0.87;
const certainRotationShare = 0.95;
const rotationAngleDeg = 0.75;

const none = (): PairGeometry => ({
  kind: 'none',
  rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  translation: [0, 0, 0],
  inliers: new Uint32Array(0),
  essentialInliers: 0,
  homographyInliers: 0,
  medianAngleDeg: 0,
});

/** The matches as rays; null when a lens or a position is not finite. */
function raysOfPair({ lensA, lensB, a, b }: VerifyPair): RayPairs | null {
  const count = Math.min(a.length, b.length) >> 1;
  const rays = { count, a: raysOfPixels(lensA, a, count), b: raysOfPixels(lensB, b, count), focalA: lensA.f, focalB: lensB.f };
  const isUsable = rays.focalA > 0 && rays.focalB > 0 && rays.a.every(Number.isFinite) && rays.b.every(Number.isFinite);
  return isUsable ? rays : null;
}

/** Inliers that chance does not reach: what random matches give in the band around epipolar lines, and what the model is fitted to. */
function inliersDemanded({ lensA, lensB }: VerifyPair, matches: number): number {
  const side = Math.min(lensA.widthPx, lensA.heightPx, lensB.widthPx, lensB.heightPx);
  // The band of one image is sqrt 2 wider than the limit, which both images share, to both sides.
  const byChance = (matches * 2 * Math.SQRT2 * limitPx) / Math.max(side, 1);
  const least = matches < sparse ? fewestInliersSparse : fewestInliers;
  return Math.max(least, 8 + byChance + 6 * Math.sqrt(byChance));
}

function plain({ pose, medianAngleDeg }: PoseFit): Required<PairGeometry>['twin'] {
  const [x, y, z] = pose.translation;
  return { rotation: Array.from(pose.rotation), translation: [x, y, z], medianAngleDeg };
}

/** Fits all models to a pair's matches and names the one that explains them. */
export function verifyPair(pair: VerifyPair): PairGeometry {
  const pairs = raysOfPair(pair);
  if (!pairs || pairs.count < fewestInliers) return none();
  const options = { minTrials: fewestTrials, maxTrials: mostTrials, confidence, random: createRandom(pair.seed) };
  const demanded = inliersDemanded(pair, pairs.count);
  const essential = fitEssential(pairs, limitPx, options);
  // Identical positions satisfy every translation: the five-point equations may then have no solution at all.
  if (!essential) return turnedOnTheSpot(pairs, none(), options, demanded) ?? none();
  // A homography that explains less than this is of no interest, so nothing is spent on finding it.
  const share = (twinShare * essential.inliers) / pairs.count;
  const maxTrials = Math.min(mostTrials, Math.max(fewestTrials, trialsNeeded(share, 4, confidence)));
  const homography = fitHomography(pairs, limitPx, { ...options, maxTrials });
  const { chosen: fit, twin } = bestPose(pairs, essential, homography, limitPx);
  const homographyInliers = homography?.inliers ?? 0;
  const isPlanar = homographyInliers > planarShare * fit.agreeing;
  const found: PairGeometry = {
    kind: isPlanar ? 'planar' : 'general',
    ...plain(fit),
    inliers: fit.inliers,
    essentialInliers: fit.agreeing,
    homographyInliers,
    ...(twin && { twin: plain(twin) }),
  };
  const turn = isPlanar ? turnedOnTheSpot(pairs, found, options, demanded) : null;
  if (turn) return turn;
  return found.inliers.length >= demanded ? found : { ...none(), essentialInliers: fit.agreeing, homographyInliers };
}

/**
 * The geometry of a camera that turned on the spot, when a rotation explains the matches about as well as the essential matrix, which has
 * two numbers more and a weaker error; else null. Where it explains nearly all, the direction and angles of the essential matrix are noise.
 */
function turnedOnTheSpot(pairs: RayPairs, found: PairGeometry, options: MsacOptions, demanded: number): PairGeometry | null {
  const maxTrials = Math.max(fewestTrials, trialsNeeded((rotationShare * found.essentialInliers) / pairs.count, 2, confidence));
  const turn = fitRotation(pairs, limitPx, { ...options, maxTrials: Math.min(mostTrials, maxTrials) });
  if (!turn || turn.inliers < Math.max(demanded, rotationShare * found.essentialInliers)) return null;
  if (turn.inliers < certainRotationShare * found.essentialInliers && found.medianAngleDeg > rotationAngleDeg) return null;
  const { essentialInliers, homographyInliers } = found;
  return {
    kind: 'rotation',
    rotation: Array.from(turn.model),
    translation: [0, 0, 0],
    inliers: transferInliers(pairs, turn.model, limitPx),
    essentialInliers,
    homographyInliers,
    medianAngleDeg: 0,
  };
}
