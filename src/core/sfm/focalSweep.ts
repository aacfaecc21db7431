/**
 * Focal sweep: the focal length of photos that do not tell it, from how well essential matrices explain the matches of some pairs at each
 * hypothesis. A wrong focal length still finds matrices with many inliers, so what counts is the sum of truncated errors (Torr and
 * Zisserman 2000) after refinement: a likelihood, in which pairs that say nothing of the focal length stay flat.
 * Invariant: the answer lies within the hypotheses; the same pairs and seed give the same answer.
 */
import { createRandom } from '../math/random.ts';
import { type RayPairs, type RelativePose, posesOfEssential } from './essential.ts';
import { createEssentialRefiner } from './essentialRefine.ts';
import type { Lens } from './lens.ts';
import { fitEssential } from './pairModels.ts';

/** One pair: positions [m, 2] in px. Of the lenses only size, principal point and aspect are used. */
export interface SweepPair {
  a: Float32Array;
  b: Float32Array;
  lensA: Lens;
  lensB: Lens;
}

export interface FocalSweep {
  /** Focal length over max(width, height). */
  ratio: number;
  /** By ascending ratio: share of the matches explained, 0 to 1, a match without error counting 1. */
  scores: { ratio: number; score: number }[];
  /** Did the matches decide? Otherwise the ratio is the most usual one that they allow. */
  confident: boolean;
}

const hypotheses = [0.5, 0.6, 0.7, 0.8, 0.95, 1.2, 1.6, 2.1, 3.0];
const usualRatio = 0.8;
const searchLimitPx = 2;
const scoreLimitPx = 1.5;
const trials = { minTrials: 20, maxTrials: 60, confidence: 0.99 };
const fewestMatches = 15;
/** A pose of another ratio is off by many px: the limit narrows step by step, so that it is not stranded with a few chance inliers. */
const narrowingPx = [16, 6, searchLimitPx];
const refineSteps = 8;
/** Ratios looked at between the neighbours of the best, on a logarithmic scale; twice, each time between closer neighbours. */
const finerSteps = 6;
const finerRounds = 2;
const mostMatches = 250;
/** Best score minus the better of the scores a factor of `apart` to either side, as a share of it: below this it is flat. */
const leastDrop = 0.02;
const apart = 1.4;
/** The same drop in matches: fewer come and go by chance. */
const leastDropMatches = 15;

interface Candidate {
  pose: RelativePose;
  /** Truncated squared errors over the squared limit: matches that are not explained. */
  unexplained: number;
}

/** A pair's matches as px from the principal points, and the poses found at every ratio so far. */
interface Evidence {
  pair: SweepPair;
  /** Matches used: at most 250, taken evenly. */
  count: number;
  found: Map<number, Candidate>;
}

function raysAt({ pair: { a, b, lensA, lensB }, count }: Evidence, ratio: number): RayPairs {
  const matches = Math.min(a.length, b.length) >> 1;
  const rays = (positions: Float32Array, lens: Lens, focal: number): Float64Array => {
    const out = new Float64Array(2 * count);
    for (let i = 0; i < count; i++) {
      const at = 2 * Math.floor((i * matches) / count);
      out[2 * i] = (positions[at] - lens.cx) / focal;
      out[2 * i + 1] = (positions[at + 1] - lens.cy) / (focal * lens.aspect);
    }
    return out;
  };
  const focalA = ratio * Math.max(lensA.widthPx, lensA.heightPx);
  const focalB = ratio * Math.max(lensB.widthPx, lensB.heightPx);
  return { count, a: rays(a, lensA, focalA), b: rays(b, lensB, focalB), focalA, focalB };
}

const copyOf = ({ rotation, translation }: RelativePose): RelativePose => ({
  rotation: rotation.slice(),
  translation: translation.slice(),
});

/** Refines each start at a ratio and keeps the best of them and of what was known there. */
function improve(evidence: Evidence, rays: RayPairs, ratio: number, starts: RelativePose[], schedules: number[][]): void {
  const refiner = createEssentialRefiner(rays);
  for (const [start, limitsPx] of starts.flatMap((start) => schedules.map((limits) => [start, limits] as const))) {
    const pose = copyOf(start);
    for (const limitPx of limitsPx) refiner.refine(pose, limitPx, refineSteps);
    const unexplained = refiner.refine(pose, scoreLimitPx, refineSteps) / scoreLimitPx ** 2;
    const known = evidence.found.get(ratio);
    if (!known || unexplained < known.unexplained) evidence.found.set(ratio, { pose, unexplained });
  }
}

/** Poses of the nearest ratios already looked at, to begin from. */
function neighbours({ found }: Evidence, ratio: number): RelativePose[] {
  const others = [...found.keys()].filter((key) => key !== ratio);
  const below = Math.max(...others.filter((key) => key < ratio));
  const above = Math.min(...others.filter((key) => key > ratio));
  return [below, above].flatMap((key) => found.get(key)?.pose ?? []);
}

/** Share of all matches explained at a ratio. */
function scoreAt(all: Evidence[], ratio: number): number {
  let [explained, total] = [0, 0];
  for (const { count, found } of all) {
    explained += count - (found.get(ratio)?.unexplained ?? count);
    total += count;
  }
  return total > 0 ? explained / total : 0;
}

function sample(evidence: Evidence, ratio: number, seed: number): void {
  const rays = raysAt(evidence, ratio);
  const essential = fitEssential(rays, searchLimitPx, { ...trials, random: createRandom(seed) });
  if (essential) improve(evidence, rays, ratio, [posesOfEssential(essential.model)[0]], [[]]);
}

function spread(evidence: Evidence, ratio: number): void {
  improve(evidence, raysAt(evidence, ratio), ratio, neighbours(evidence, ratio), [[searchLimitPx], narrowingPx]);
}

/** Samples ratios (ascending), then lets good poses spread to the neighbouring ratios, up and down. */
function explore(evidence: Evidence, ratios: number[], seed: number): void {
  for (const ratio of ratios) sample(evidence, ratio, seed);
  for (const ratio of [...ratios, ...ratios.toReversed()]) spread(evidence, ratio);
}

/** Ratios strictly between two, evenly on a logarithmic scale. */
const between = (from: number, to: number): number[] =>
  Array.from({ length: finerSteps - 1 }, (_, k) => from * (to / from) ** ((k + 1) / finerSteps));

const bestIndex = (scores: FocalSweep['scores']): number => scores.reduce((top, { score }, k) => (score > scores[top].score ? k : top), 0);

/** Top of the parabola through the best score and its neighbours over log ratio; the best ratio itself at either end. */
function peakRatio(scores: FocalSweep['scores']): number {
  const k = bestIndex(scores);
  if (k === 0 || k === scores.length - 1) return scores[k].ratio;
  const [left, middle, right] = [scores[k - 1], scores[k], scores[k + 1]];
  const [x, y] = [Math.log(left.ratio / middle.ratio), Math.log(right.ratio / middle.ratio)];
  const [p, q] = [(left.score - middle.score) / x, (right.score - middle.score) / y];
  const curvature = (q - p) / (y - x);
  return curvature < 0 ? middle.ratio * Math.exp(Math.max(x, Math.min(y, -(p - curvature * x) / (2 * curvature)))) : middle.ratio;
}

/** Does the score fall clearly on both sides of the best ratio? */
function isPeak(scores: FocalSweep['scores'], best: { ratio: number; score: number }, clear: number): boolean {
  const reach = (side: (ratio: number) => boolean): number =>
    Math.max(0, ...scores.filter(({ ratio }) => side(ratio)).map(({ score }) => score));
  const [first, last] = [hypotheses[0], hypotheses[hypotheses.length - 1]];
  if (best.ratio < first * 1.03 || best.ratio > last / 1.03) return false;
  const around = Math.max(
    reach((ratio) => ratio <= best.ratio / apart),
    reach((ratio) => ratio >= best.ratio * apart),
  );
  return best.score - around > clear;
}

/** The most usual ratio among those that explain the matches as well as the best, as far as the scores can tell. */
function mostUsual(scores: FocalSweep['scores'], least: number): number {
  const good = scores.filter(({ ratio, score }) => hypotheses.includes(ratio) && score >= least);
  const distance = (ratio: number): number => Math.abs(Math.log(ratio / usualRatio));
  return good.reduce((nearest, { ratio }) => (distance(ratio) < distance(nearest) ? ratio : nearest), good[0]?.ratio ?? usualRatio);
}

/** Finds the focal length that a set of pairs of one camera agrees with. Pairs with fewer than 15 matches are left out. */
export function sweepFocal(pairs: SweepPair[], seed: number): FocalSweep {
  const all = pairs
    .map((pair): Evidence => ({ pair, count: Math.min(mostMatches, Math.min(pair.a.length, pair.b.length) >> 1), found: new Map() }))
    .filter(({ pair, count }) => count >= fewestMatches && pair.a.every(Number.isFinite) && pair.b.every(Number.isFinite));
  if (all.length === 0) return { ratio: usualRatio, scores: [], confident: false };
  let scores: FocalSweep['scores'] = [];
  let ratios = hypotheses;
  for (let round = 0; round <= finerRounds; round++) {
    all.forEach((evidence, k) => explore(evidence, ratios, seed + k));
    scores = [...scores, ...ratios.map((ratio) => ({ ratio, score: scoreAt(all, ratio) }))].sort((a, b) => a.ratio - b.ratio);
    const top = bestIndex(scores);
    ratios = between(scores[Math.max(0, top - 1)].ratio, scores[Math.min(scores.length - 1, top + 1)].ratio).filter(
      (ratio) => !scores.some((entry) => Math.abs(entry.ratio / ratio - 1) < 0.005),
    );
  }
  const best = scores[bestIndex(scores)];
  const matches = all.reduce((sum, { count }) => sum + count, 0);
  const clear = Math.max(leastDrop * best.score, leastDropMatches / matches);
  const confident = isPeak(scores, best, clear);
  return { ratio: confident ? peakRatio(scores) : mostUsual(scores, best.score - clear), scores, confident };
}
