/**
 * Pair selection: which photos to match with which. All with all while that is cheap; else neighbours in the given order, ever wider
 * strides, and whatever else a cheap probe with few features finds.
 * Invariant: pairs are [i, j] with i < j, sorted, none twice.
 */
import { type Features, descriptorSize } from './features.ts';

export type Pair = [number, number];

export interface PairChoice {
  /** To be matched in full. */
  sure: Pair[];
  /** To be probed with largestScale() features first, see keepProbed(). */
  toProbe: Pair[];
}

export interface ProbedPair {
  i: number;
  j: number;
  /** Number of matches among the probing features. */
  matches: number;
}

/** Up to this many photos (1,770 pairs) all pairs are matched. */
const exhaustivePhotos = 60;
/** Each photo is matched with this many that follow, as COLMAP's sequential matcher does, and with those 2^k further on. */
const sequentialOverlap = 10;
/** Matches of a probe that prove an overlap, and the fewest that may be more than chance (Wu 2013, "preemptive matching": 4). */
const provenMatches = 6;
const fewestMatches = 3;

export function allPairs(n: number): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) pairs.push([i, j]);
  return pairs;
}

/** What to match of n photos. Frames of a video (in order of time) need not be matched all with all, however few they are. */
export function choosePairs(n: number, { video }: { video: boolean }): PairChoice {
  const pairs = allPairs(n);
  if (!video && n <= exhaustivePhotos) return { sure: pairs, toProbe: [] };
  const isNear = ([i, j]: Pair): boolean => j - i <= sequentialOverlap || Number.isInteger(Math.log2(j - i));
  return { sure: pairs.filter(isNear), toProbe: pairs.filter((pair) => !isNear(pair)) };
}

/** Descriptors [m, 128] of the (at most) `count` features of largest scale, in their old order; between equals the first are taken. */
export function largestScale(features: Pick<Features, 'count' | 'keypoints' | 'descriptors'>, count: number): Uint8Array {
  const { keypoints, descriptors } = features;
  const order = Array.from({ length: features.count }, (_, i) => i);
  order.sort((a, b) => keypoints[b * 4 + 2] - keypoints[a * 4 + 2] || a - b);
  const chosen = order.slice(0, count).sort((a, b) => a - b);
  const out = new Uint8Array(chosen.length * descriptorSize);
  chosen.forEach((from, to) => out.set(descriptors.subarray(from * descriptorSize, (from + 1) * descriptorSize), to * descriptorSize));
  return out;
}

/**
 * The probed pairs that are worth a full matching: proven overlaps, and for photos that have few of those whatever is among their
 * `perPhoto` best and more than chance. n is the number of photos.
 */
export function keepProbed(probed: readonly ProbedPair[], n: number, perPhoto: number): Pair[] {
  const taken = new Uint32Array(n);
  const bestFirst = [...probed].sort((a, b) => b.matches - a.matches || a.i - b.i || a.j - b.j);
  const kept: Pair[] = [];
  for (const { i, j, matches } of bestFirst) {
    const isAmongBest = taken[i] < perPhoto || taken[j] < perPhoto;
    if (matches < fewestMatches || (matches < provenMatches && !isAmongBest)) continue;
    taken[i]++;
    taken[j]++;
    kept.push([i, j]);
  }
  return kept.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}
