/**
 * MSAC with local optimisation: random minimal samples, scored by truncated squared errors (Torr and Zisserman, MLESAC, CVIU 2000), each
 * new best one refined on all matches (Chum, Matas and Kittler, Locally Optimized RANSAC, DAGM 2003), until the chance of having missed a
 * sample of inliers only is below 1 - confidence.
 * Invariant: the same seed gives the same model; the result's cost is never above that of any sample scored.
 */
import type { Random } from '../math/random.ts';

export interface MsacProblem {
  /** Matches to sample from. */
  count: number;
  sampleSize: number;
  /** Numbers per model. */
  modelSize: number;
  /** Most models that a sample gives. */
  maxModels: number;
  /** Writes the models of a sample to `models` [maxModels * modelSize], gives back how many. */
  solve(sample: Uint32Array, models: Float64Array): number;
  /** Sum over all matches of min(error^2, threshold^2); may stop as soon as it is above `stopAbove`. */
  cost(models: Float64Array, at: number, stopAbove: number): number;
  /** Matches below the threshold. */
  inliers(model: Float64Array): number;
  /** Lowers the cost of `model` in place and gives back the new cost (the old one when nothing helped). */
  refine(model: Float64Array, cost: number): number;
}

export interface MsacOptions {
  minTrials: number;
  maxTrials: number;
  confidence: number;
  random: Random;
}

export interface MsacResult {
  model: Float64Array;
  cost: number;
  inliers: number;
  trials: number;
}

/** Distinct indices below n (n >= sample.length), by rejection. */
function draw(sample: Uint32Array, n: number, random: Random): void {
  for (let i = 0; i < sample.length; i++) {
    let candidate = 0;
    let isNew = false;
    while (!isNew) {
      candidate = Math.floor(random() * n);
      isNew = true;
      for (let j = 0; j < i; j++) if (sample[j] === candidate) isNew = false;
    }
    sample[i] = candidate;
  }
}

/** Samples needed to meet one of inliers only with this confidence (Fischler and Bolles 1981). */
export function trialsNeeded(inlierShare: number, sampleSize: number, confidence: number): number {
  const allInliers = inlierShare ** sampleSize;
  if (allInliers >= 1) return 0;
  // log1p keeps the smallest shares finite: log(1 - 1e-20) would be 0.
  return allInliers > 0 ? Math.ceil(Math.log(1 - confidence) / Math.log1p(-allInliers)) : Infinity;
}

/** The best model found; null when there are fewer matches than a sample needs or no sample gave a model. */
export function runMsac(problem: MsacProblem, options: MsacOptions): MsacResult | null {
  const { count, sampleSize, modelSize } = problem;
  if (count < sampleSize) return null;
  const sample = new Uint32Array(sampleSize);
  const models = new Float64Array(problem.maxModels * modelSize);
  const best = new Float64Array(modelSize);
  const candidate = new Float64Array(modelSize);
  let bestCost = Infinity;
  let bestSampleCost = Infinity;
  let bestInliers = 0;
  let needed = options.maxTrials;
  let trials = 0;
  for (; trials < options.maxTrials && (trials < needed || trials < options.minTrials); trials++) {
    draw(sample, count, options.random);
    const found = problem.solve(sample, models);
    for (let k = 0; k < found; k++) {
      // Compared among samples only: a sample must not be held against a refined model to deserve refinement.
      const cost = problem.cost(models, k * modelSize, bestSampleCost);
      if (!(cost < bestSampleCost)) continue;
      bestSampleCost = cost;
      for (let i = 0; i < modelSize; i++) candidate[i] = models[k * modelSize + i];
      const refined = problem.refine(candidate, cost);
      if (!(refined < bestCost)) continue;
      bestCost = refined;
      best.set(candidate);
      bestInliers = problem.inliers(best);
      needed = trialsNeeded(bestInliers / count, sampleSize, options.confidence);
    }
  }
  return bestCost < Infinity ? { model: best, cost: bestCost, inliers: bestInliers, trials } : null;
}
