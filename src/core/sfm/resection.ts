/**
 * Resection: the pose of a camera from pixels whose world points are known, most of which may be wrong.
 * P3P samples, truncated cost, local optimisation of every new best (LO-MSAC: Torr and Zisserman 2000; Lebeda et al. 2012), then
 * Levenberg-Marquardt over the inliers.
 * Invariant: all inliers given back are in front of the camera and within the threshold; the same problem and seed give the same pose.
 */
import { createRandom, type Random } from '../math/random.ts';
import { quaternionOfMatrix } from '../math/rotation.ts';
import type { Pose } from '../scene/camera.ts';
import { type Lens, raysOfPixels } from './lens.ts';
import { p3p } from './p3p.ts';
import { type Correspondences, placementSize, refinePlacement, selectInliers, squaredErrorPx, truncatedCost } from './poseRefinement.ts';

export interface ResectionProblem {
  lens: Lens;
  /** px, [n, 2]. */
  pixels: Float64Array;
  /** World points, [n, 3]. */
  points: Float64Array;
  seed: number;
  thresholdPx: number;
  /** Of having drawn one sample without outliers; 0.99999. */
  confidence?: number;
  /** 1500, enough for one inlier in five. */
  maxTrials?: number;
}

export interface Resection {
  pose: Pose;
  /** The problem's lens; with the refined focal length when asked for. */
  lens: Lens;
  /** Indices of correspondences. */
  inliers: Uint32Array;
  /** Of all correspondences. */
  inlierRatio: number;
  meanErrorPx: number;
}

/** Three points always fit; agreement of fewer than this many says nothing. */
const leastInliers = 5;
const leastTrials = 50;
/** Enough for one inlier in five. */
const mostTrials = 1500;
/** Focal lengths that samples are drawn with when it is to be refined: with one in 20 % off, some sample is within 8 %. */
const focalFactors = [1, 0.85, 1.18];
/** The threshold is this much wider while the focal length is not yet right. */
const focalSlack = 2;

interface Search {
  c: Correspondences;
  focals: number[];
  /** Rays of every focal length. */
  rays: Float64Array[];
  refineFocal: boolean;
  limitPx: number;
  confidence: number;
  maxTrials: number;
  random: Random;
}

interface Best {
  placement: Float64Array;
  /** Truncated cost after local optimisation, and of the sample that led there: a new sample is judged against samples. */
  cost: number;
  sampleCost: number;
  inlierCount: number;
}

/** Local optimisation uses at most this many inliers: enough to see whether a sample leads anywhere, and much faster than all. */
const mostLocal = 300;

/** Keeps every so-many-th of the chosen, at most `most`. Returns their number. */
function thin(chosen: Uint32Array, count: number, most: number): number {
  if (count <= most) return count;
  for (let k = 0; k < most; k++) chosen[k] = chosen[Math.floor((k * count) / most)];
  return most;
}

/** Tries a few refinements over the inliers of a sample's pose; keeps in `best` whatever costs less. */
function optimiseLocally(search: Search, start: Float64Array, best: Best, chosen: Uint32Array): void {
  const { c, limitPx, refineFocal } = search;
  const limit2 = limitPx * limitPx;
  for (const slack of [2, 1, 1]) {
    const count = selectInliers(c, start, (slack * limitPx) ** 2, chosen);
    if (count < leastInliers) return;
    refinePlacement(c, start, chosen, thin(chosen, count, mostLocal), { refineFocal, scalePx: (slack * limitPx) / 2, maxSteps: 4 });
    const cost = truncatedCost(c, start, limit2);
    if (cost < best.cost) {
      best.cost = cost;
      best.placement.set(start);
      best.inlierCount = selectInliers(c, start, limit2, chosen);
    }
  }
}

/** Trials that draw an all-inlier sample of three with the confidence asked for. */
function neededTrials({ c, confidence, focals, maxTrials }: Search, inlierCount: number): number {
  const clean = (inlierCount / c.n) ** 3;
  if (clean >= 1) return leastTrials;
  const needed = clean > 0 ? (focals.length * Math.log(1 - confidence)) / Math.log(1 - clean) : Infinity;
  return Math.min(maxTrials, Math.max(leastTrials, needed));
}

function drawSample(random: Random, n: number, sample: Uint32Array): void {
  sample[0] = Math.floor(random() * n);
  do sample[1] = Math.floor(random() * n);
  while (sample[1] === sample[0]);
  do sample[2] = Math.floor(random() * n);
  while (sample[2] === sample[0] || sample[2] === sample[1]);
}

function searchPoses(search: Search): Best {
  const { c, focals, rays, random, limitPx } = search;
  const best: Best = { placement: new Float64Array(placementSize), cost: Infinity, sampleCost: Infinity, inlierCount: 0 };
  const [sample, sampleRays, samplePoints] = [new Uint32Array(3), new Float64Array(6), new Float64Array(9)];
  const [solutions, placement, chosen] = [new Float64Array(48), new Float64Array(placementSize), new Uint32Array(c.n)];
  let trials = search.maxTrials;
  for (let t = 0; t < trials; t++) {
    drawSample(random, c.n, sample);
    const which = t % focals.length;
    for (let k = 0; k < 3; k++) {
      for (let e = 0; e < 2; e++) sampleRays[2 * k + e] = rays[which][2 * sample[k] + e];
      for (let e = 0; e < 3; e++) samplePoints[3 * k + e] = c.points[3 * sample[k] + e];
    }
    const count = p3p(sampleRays, samplePoints, solutions);
    for (let s = 0; s < count; s++) {
      for (let e = 0; e < 12; e++) placement[e] = solutions[12 * s + e];
      placement[12] = focals[which];
      const cost = truncatedCost(c, placement, limitPx * limitPx, best.sampleCost);
      if (!(cost < best.sampleCost)) continue;
      best.sampleCost = cost;
      optimiseLocally(search, placement, best, chosen);
      trials = neededTrials(search, best.inlierCount);
    }
  }
  return best;
}

interface Prepared {
  c: Correspondences;
  /** Index of every kept correspondence in the problem. */
  index: Uint32Array;
  /** What was subtracted from the points. */
  origin: [number, number, number];
}

/** Points that say where the scene is; their median does not follow a few that are far off. */
const mostForOrigin = 101;

function medianOfAxis(points: Float64Array, index: number[], axis: number): number {
  const count = Math.min(index.length, mostForOrigin);
  const values = new Float64Array(count);
  for (let k = 0; k < count; k++) values[k] = points[3 * index[Math.floor((k * index.length) / count)] + axis];
  return count > 0 ? values.sort()[count >> 1] : 0;
}

/** Leaves out what is not finite and moves the origin among the points, so that a far-off world costs no digits. */
function prepare({ lens, pixels, points }: ResectionProblem): Prepared {
  const n = Math.min(pixels.length >> 1, Math.floor(points.length / 3));
  const index: number[] = [];
  for (let i = 0; i < n; i++) {
    const sum = pixels[2 * i] + pixels[2 * i + 1] + points[3 * i] + points[3 * i + 1] + points[3 * i + 2];
    if (Number.isFinite(sum)) index.push(i);
  }
  const origin: Prepared['origin'] = [medianOfAxis(points, index, 0), medianOfAxis(points, index, 1), medianOfAxis(points, index, 2)];
  const c = { n: index.length, pixels: new Float64Array(2 * index.length), points: new Float64Array(3 * index.length), lens };
  index.forEach((i, k) => {
    for (let e = 0; e < 2; e++) c.pixels[2 * k + e] = pixels[2 * i + e];
    for (let e = 0; e < 3; e++) c.points[3 * k + e] = points[3 * i + e] - origin[e];
  });
  return { c, index: Uint32Array.from(index), origin };
}

/** Refines over the inliers and selects them again until they stay the same. Returns their number. */
function settle(search: Search, thresholdPx: number, placement: Float64Array, chosen: Uint32Array): number {
  const { c, refineFocal } = search;
  let before = -1;
  if (search.limitPx > thresholdPx) {
    const count = selectInliers(c, placement, search.limitPx ** 2, chosen);
    refinePlacement(c, placement, chosen, count, { refineFocal, scalePx: thresholdPx / 2, maxSteps: 15 });
  }
  let count = selectInliers(c, placement, thresholdPx ** 2, chosen);
  for (let round = 0; round < 4 && count !== before && count >= leastInliers; round++) {
    refinePlacement(c, placement, chosen, count, { refineFocal, scalePx: 1, maxSteps: 15 });
    before = count;
    count = selectInliers(c, placement, thresholdPx ** 2, chosen);
  }
  return count;
}

function poseOf(m: Float64Array, [x, y, z]: [number, number, number]): Pose | null {
  const q = quaternionOfMatrix(m);
  const t: Pose['t'] = [0, 0, 0];
  for (let r = 0; r < 3; r++) t[r] = m[9 + r] - m[3 * r] * x - m[3 * r + 1] * y - m[3 * r + 2] * z;
  return q && t.every(Number.isFinite) ? { q, t } : null;
}

interface Scored {
  resection: Resection;
  /** Truncated cost at the problem's threshold, px^2. */
  cost: number;
}

/** `known`: a number of inliers found elsewhere; no more trials than a pose with as many would need. */
function resectWith(problem: ResectionProblem, focals: number[], refineFocal: boolean, known = 0): Scored | null {
  const { c, index, origin } = prepare(problem);
  const { lens, thresholdPx, seed, confidence = 0.99999, maxTrials = mostTrials } = problem;
  if (c.n < leastInliers || !(thresholdPx > 0)) return null;
  const rays = focals.map((f) => raysOfPixels({ ...lens, f }, c.pixels, c.n));
  const limitPx = refineFocal ? focalSlack * thresholdPx : thresholdPx;
  const search = { c, focals, rays, refineFocal, limitPx, confidence, maxTrials, random: createRandom(seed) };
  if (known > 0) search.maxTrials = neededTrials(search, known);
  const { placement, inlierCount } = searchPoses(search);
  if (inlierCount < leastInliers) return null;
  const chosen = new Uint32Array(c.n);
  const count = settle(search, thresholdPx, placement, chosen);
  const pose = poseOf(placement, origin);
  if (count < leastInliers || !pose) return null;
  let sum = 0;
  for (let k = 0; k < count; k++) sum += Math.sqrt(squaredErrorPx(c, placement, chosen[k]));
  const inliers = chosen.slice(0, count).map((k) => index[k]);
  const ratio = count / (problem.pixels.length >> 1);
  const resection = { pose, lens: { ...lens, f: placement[12] }, inliers, inlierRatio: ratio, meanErrorPx: sum / count };
  return { resection, cost: truncatedCost(c, placement, thresholdPx * thresholdPx) };
}

/**
 * Pose from pixels and points. With `refineFocal` the lens' focal length may be wrong by some 20 % and is refined with the pose. Null when
 * no pose has enough inliers. Copes with planar points and 70 % outliers; points all in one line have no single answer.
 */
export function resect(problem: ResectionProblem, options: { refineFocal?: boolean } = {}): Resection | null {
  const { f } = problem.lens;
  const refineFocal = options.refineFocal ?? false;
  return resectWith(problem, refineFocal ? focalFactors.map((factor) => f * factor) : [f], refineFocal)?.resection ?? null;
}

/**
 * Pose and focal length when nothing is known about the latter: every ratio times the longer side is tried and refined; the one whose
 * points fit best is kept.
 */
export function resectUnknownFocal(problem: ResectionProblem, ratios: number[]): Resection | null {
  const longer = Math.max(problem.lens.widthPx, problem.lens.heightPx);
  const maxTrials = problem.maxTrials ?? mostTrials / 3;
  let best: Scored | null = null;
  for (const ratio of ratios) {
    const found = resectWith({ ...problem, maxTrials }, [ratio * longer], true, best?.resection.inliers.length);
    if (found && (!best || found.cost < best.cost)) best = found;
  }
  return best?.resection ?? null;
}
