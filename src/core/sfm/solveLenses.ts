/**
 * Lenses: camera groups as lenses of the working images, before solving; unknown focal lengths by a sweep over the strongest pairs.
 * Invariant: one lens per group, principal point at 0: positions are measured from it (see centredPositions).
 */
import { type CameraGroup, groupCameras } from './cameraGroups.ts';
import type { SolveOptions } from './contract.ts';
import { type SweepPair, sweepFocal } from './focalSweep.ts';
import type { Matches } from './matches.ts';
import type { SolvePhoto } from './solvePhotos.ts';
import type { GroupLens } from './viewGraph.ts';

export interface LensGroup extends Omit<CameraGroup, 'focalFrom'> {
  focalFrom: CameraGroup['focalFrom'] | 'sweep' | 'refined';
}

export interface Lenses {
  groups: LensGroup[];
  groupOf: Int32Array;
  lenses: GroupLens[];
}

/** Where phones' main cameras lie: the median focal length over the longer side of seven phone sets. */
const usualRatio = 0.8;
const sigmaOfExif = 0.1;
const sigmaOfSweep = 0.3;
const sigmaOfGuess = 0.5;

const readable = ({ unreadable }: SolvePhoto): boolean => unreadable === null;

/** Photo pixels per pixel of the working image. */
export const photoScale = ({ widthPx, heightPx, features }: SolvePhoto): number =>
  features.count === 0 ? 1 : Math.max(widthPx, heightPx) / Math.max(features.widthPx, features.heightPx);

/** Principal point of a photo as stored: the middle, or what is known of a photo of that shape, however it was held. */
export function principalPoint({ widthPx, heightPx }: SolvePhoto, group: LensGroup, { intrinsics }: SolveOptions): [number, number] {
  if (group.focalFrom !== 'given' || !intrinsics) return [widthPx / 2, heightPx / 2];
  const upright = widthPx >= heightPx === intrinsics.widthPx >= intrinsics.heightPx;
  const [cx, cy] = upright ? [intrinsics.cx, intrinsics.cy] : [intrinsics.cy, intrinsics.cx];
  const scale = Math.max(widthPx, heightPx) / Math.max(intrinsics.widthPx, intrinsics.heightPx);
  return [cx * scale, cy * scale];
}

/** Key points in px of the working image's scale, from the principal point. [n, 2]. */
export function centredPositions(photo: SolvePhoto, [cx, cy]: [number, number]): Float64Array {
  const { features, widthPx, heightPx } = photo;
  const scale = photoScale(photo);
  const [sx, sy] = [widthPx / Math.max(1, features.widthPx), heightPx / Math.max(1, features.heightPx)];
  const xy = new Float64Array(2 * features.count);
  for (let k = 0; k < features.count; k++) {
    xy[2 * k] = (features.keypoints[4 * k] * sx - cx) / scale;
    xy[2 * k + 1] = (features.keypoints[4 * k + 1] * sy - cy) / scale;
  }
  return xy;
}

/** A lens for each group; where no focal length is known the usual one, to be swept. */
export function startLenses(photos: SolvePhoto[], options: SolveOptions): Lenses {
  const { groups, groupOf } = groupCameras(photos, {
    video: options.video ?? false,
    ...(options.intrinsics && { intrinsics: options.intrinsics }),
  });
  const lenses = groups.map(({ members, focalRatio, focalFrom }): GroupLens => {
    const photo = photos[members.find((i) => readable(photos[i])) ?? members[0]];
    const { widthPx, heightPx } = photo.features;
    const f = (focalRatio ?? usualRatio) * Math.max(widthPx, heightPx, 1);
    const known = focalFrom === 'given' ? options.intrinsics : undefined;
    const rest = known ? { aspect: known.fy / known.fx, k1: known.k1, k2: known.k2 } : { aspect: 1, k1: 0, k2: 0 };
    const sigmaLogFocal = focalFrom === 'guess' ? sigmaOfGuess : sigmaOfExif;
    return { widthPx, heightPx, f, cx: 0, cy: 0, ...rest, given: known !== undefined, sigmaLogFocal };
  });
  return { groups, groupOf, lenses };
}

const sweepPairs = 20;
const sweepMatches = 400;
const leastSweepMatches = 30;

export interface MatchedPair {
  i: number;
  j: number;
  matches: Matches;
}

/** Positions of a pair's matches, [m, 2] each; at most `most`, evenly taken. */
export function matchedPositions(
  { i, j, matches }: MatchedPair,
  xy: Float64Array[],
  most = Infinity,
): { a: Float32Array; b: Float32Array } {
  const m = matches.length / 2;
  const kept = Math.min(m, most);
  const [a, b] = [new Float32Array(2 * kept), new Float32Array(2 * kept)];
  for (let k = 0; k < kept; k++) {
    const at = 2 * Math.floor((k * m) / kept);
    for (let c = 0; c < 2; c++) {
      a[2 * k + c] = xy[i][2 * matches[at] + c];
      b[2 * k + c] = xy[j][2 * matches[at + 1] + c];
    }
  }
  return { a, b };
}

/** Strongest pairs for a sweep, no photo in more than four of them. */
function strongest(pairs: MatchedPair[]): MatchedPair[] {
  const used = new Map<number, number>();
  const chosen: MatchedPair[] = [];
  for (const pair of [...pairs].sort((a, b) => b.matches.length - a.matches.length || a.i - b.i || a.j - b.j)) {
    if (chosen.length >= sweepPairs || pair.matches.length / 2 < leastSweepMatches) break;
    if ([pair.i, pair.j].some((image) => (used.get(image) ?? 0) >= 4)) continue;
    for (const image of [pair.i, pair.j]) used.set(image, (used.get(image) ?? 0) + 1);
    chosen.push(pair);
  }
  return chosen;
}

/** Finds the focal length of groups that say nothing of it, from pairs within the group. Changes `lenses` and `groups`. */
export async function sweepUnknown(
  { groups, groupOf, lenses }: Lenses,
  pairs: MatchedPair[],
  xy: Float64Array[],
  seed: number,
  breathe: () => Promise<void>,
): Promise<void> {
  for (const [g, group] of groups.entries()) {
    await breathe();
    if (group.focalFrom !== 'guess') continue;
    const within = strongest(pairs.filter(({ i, j }) => groupOf[i] === g && groupOf[j] === g));
    if (within.length === 0) continue;
    const lens = lenses[g];
    const sweep = sweepFocal(
      within.map((pair): SweepPair => ({ ...matchedPositions(pair, xy, sweepMatches), lensA: lens, lensB: lens })),
      seed,
    );
    lens.f = sweep.ratio * Math.max(lens.widthPx, lens.heightPx);
    lens.sigmaLogFocal = sweep.confident ? sigmaOfSweep : sigmaOfGuess;
    if (sweep.confident) group.focalFrom = 'sweep';
  }
}
