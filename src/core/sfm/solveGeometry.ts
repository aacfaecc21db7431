/**
 * The geometry of matched pairs, on the pool's threads: verified, and matched again along epipolar lines where support is thin.
 * Invariant: results keep the order of the pairs; the same pairs and seed give the same geometry on any number of threads.
 */
import type { SolveHost } from './contract.ts';
import { mapInFlight } from './inFlight.ts';
import type { PairGeometry, VerifyPair } from './pairGeometry.ts';
import { type MatchedPair, matchedPositions } from './solveLenses.ts';
import type { SolvePhoto } from './solvePhotos.ts';
import type { GroupLens } from './viewGraph.ts';

const pairsPerTask = 6;

export interface VerifiedPair extends MatchedPair {
  /** Its inliers index `matches`. */
  geometry: PairGeometry;
}

/** Between what counts at all and what needs no help. */
const mostToGuide = 60;
/** Guided matches agree with the pose by construction; only clearly more of them say more than before. */
const guidedGain = 1.2;

/** A photo with this many well supported partners is placed without guidance. */
const enoughPartners = 3;

/** Well supported partners by photo. */
function strongPartners(pairs: VerifiedPair[], photoCount: number): Uint32Array {
  const partners = new Uint32Array(photoCount);
  for (const { i, j, geometry } of pairs)
    if (geometry.inliers.length >= mostToGuide) {
      partners[i]++;
      partners[j]++;
    }
  return partners;
}

/**
 * Matches thinly supported pairs again along their epipolar lines, where a photo has few better ones. Pairs that gain nothing stay as they
 * are.
 */
export async function guidePairs(
  pairs: VerifiedPair[],
  photos: SolvePhoto[],
  xy: Float64Array[],
  lensOf: (image: number) => GroupLens,
  seed: number,
  host: SolveHost,
  signal?: AbortSignal,
): Promise<VerifiedPair[]> {
  const partners = strongPartners(pairs, photos.length);
  const isThin = ({ i, j, geometry: { kind, inliers } }: VerifiedPair): boolean =>
    (kind === 'general' || kind === 'planar') && inliers.length < mostToGuide && Math.min(partners[i], partners[j]) < enoughPartners;
  const guide = async (pair: VerifiedPair): Promise<VerifiedPair> => {
    if (!isThin(pair)) return pair;
    const { i, j, geometry } = pair;
    const result = await host.pool.run(
      {
        ...{ kind: 'guide', pair: { lensA: lensOf(i), lensB: lensOf(j), seed: seed + 7919 * i + j } },
        ...{ rotation: geometry.rotation, translation: geometry.translation, positionsA: xy[i], positionsB: xy[j] },
        ...{ descriptorsA: photos[i].features.descriptors, descriptorsB: photos[j].features.descriptors },
      },
      signal,
    );
    if (result.kind !== 'guide') throw new Error('The pool answered another task.');
    const better = result.geometry.kind === geometry.kind && result.geometry.inliers.length >= guidedGain * geometry.inliers.length;
    return better ? { i, j, matches: result.matches, geometry: result.geometry } : pair;
  };
  return mapInFlight(pairs.length, host.pool.size + 1, (k) => guide(pairs[k]), signal);
}

/** The geometry of each pair, in order. */
export async function verifyPairs(
  pairs: MatchedPair[],
  xy: Float64Array[],
  lensOf: (image: number) => GroupLens,
  seed: number,
  host: SolveHost,
  onPairs: (done: number) => void,
  signal?: AbortSignal,
): Promise<PairGeometry[]> {
  const tasks: MatchedPair[][] = [];
  for (let k = 0; k < pairs.length; k += pairsPerTask) tasks.push(pairs.slice(k, k + pairsPerTask));
  const found = await mapInFlight(
    tasks.length,
    2 * host.pool.size,
    async (k) => {
      const of = ({ i, j, matches }: MatchedPair): VerifyPair => ({
        ...matchedPositions({ i, j, matches }, xy),
        ...{ lensA: lensOf(i), lensB: lensOf(j), seed: seed + 7919 * i + j },
      });
      const result = await host.pool.run({ kind: 'verify', pairs: tasks[k].map(of) }, signal);
      if (result.kind !== 'verify') throw new Error('The pool answered another task.');
      onPairs(result.pairs.length);
      return result.pairs;
    },
    signal,
  );
  return found.flat();
}
