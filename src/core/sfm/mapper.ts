/**
 * Incremental mapping (Schoenberger and Frahm 2016): from a first pair, image after image, with adjustment in between.
 * Invariant: the same graph and seed give the same model; the best model of several beginnings is kept, and a beginning is given up only
 * for one that places more images.
 */
import { beginModel, initialPairs } from './initialPair.ts';
import { adjustAll, adjustAround, type Breathe } from './modelBundle.ts';
import { filterImages, filterPoints } from './modelFilter.ts';
import { retriangulate, triangulateImage } from './modelTriangulation.ts';
import { placeByPairs } from './placeByPairs.ts';
import { candidates, placeImage, type PlaceLimits } from './placeImage.ts';
import type { SceneModel } from './sceneModel.ts';
import type { Tracks } from './tracks.ts';
import type { GraphEdge, ViewGraph } from './viewGraph.ts';

export interface MapperOptions {
  seed: number;
  breathe?: Breathe;
  /** After every image placed and every adjustment. */
  onProgress?(model: SceneModel): void;
}

const growing = { maxErrorPx: 4, minAngleDeg: 1.5 };
const growingFilter = { maxErrorPx: 4, minAngleDeg: 1.5, minAngleTwoViewsDeg: 2 };
const finalFilter = { maxErrorPx: 2, minAngleDeg: 1.5, minAngleTwoViewsDeg: 3 };
const firstTry: PlaceLimits = { thresholdPx: 6, leastInliers: 30, leastRatio: 0.25 };
const laterTry: PlaceLimits = { thresholdPx: 6, leastInliers: 15, leastRatio: 0.2 };
const growth = 1.25;
const localImages = 7;
const leastObservations = 15;
const mostBeginnings = 5;
/** A model that leaves out fewer than one image in ten is not begun anew. */
const enough = 0.9;
const mostRetries = 3;
const mostPlacements = 3;

interface Growth {
  images: number;
  points: number;
}

const sizeOf = (model: SceneModel): Growth => ({ images: model.order.length, points: model.livePoints });
const outgrown = (model: SceneModel, last: Growth): boolean =>
  model.order.length >= growth * last.images || model.livePoints >= growth * last.points;

/** Adjusts everything, takes out what does not fit and looks again for what now does, until little changes. */
async function settle(model: SceneModel, options: MapperOptions, maxIterations: number, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await adjustAll(model, { loss: 'soft-l1', lossScalePx: 1, maxIterations }, options.breathe);
    const observations = Math.max(1, countObservations(model));
    const changed = filterPoints(model, growingFilter) + retriangulate(model, growing);
    if (changed < 0.005 * observations) break;
  }
  filterImages(model, leastObservations);
  options.onProgress?.(model);
}

export function countObservations(model: SceneModel): number {
  let n = 0;
  for (const point of model.points) if (point) n += point.images.length;
  return n;
}

/** Places the best next image; null when none can be. */
function placeNext(model: SceneModel, limits: PlaceLimits, failed: Map<number, number>, seed: number): number | null {
  for (const { image, visible } of candidates(model, limits.leastInliers)) {
    // An image that failed is worth another look once it sees clearly more.
    if (visible < 1.2 * (failed.get(image) ?? 0)) continue;
    if (placeImage(model, image, limits, seed + image)) return image;
    failed.set(image, visible);
  }
  return null;
}

/** Where no points are seen, pairs may still tell: loose limits, which the adjustment that follows tightens. */
const byPairs = { maxErrorPx: 12, minAngleDeg: 1.5 };
const leastByPairs = 30;

/** Places one more image by its pairs alone; null when none can be. */
function placeNextByPairs(model: SceneModel, failed: Set<number>): number | null {
  for (let image = 0; image < model.graph.images.length; image++) {
    if (model.registered[image] || failed.has(image)) continue;
    if (placeByPairs(model, image, byPairs, leastByPairs)) return image;
    failed.add(image);
  }
  return null;
}

/** Places all that can be placed. */
async function grow(model: SceneModel, options: MapperOptions): Promise<void> {
  let last = sizeOf(model);
  let limits = firstTry;
  let failed = new Map<number, number>();
  const failedPairs = new Set<number>();
  let retries = 0;
  // An image that filtering takes out may be placed again, but not for ever.
  let placements = mostPlacements * model.graph.images.length;
  while (model.order.length >= 2 && model.order.length < model.graph.images.length && placements-- > 0) {
    await options.breathe?.();
    let placed = placeNext(model, limits, failed, options.seed);
    if (placed === null && retries > 0) placed = placeNextByPairs(model, failedPairs);
    if (placed === null) {
      if (retries++ >= mostRetries) break;
      const before = sizeOf(model);
      await settle(model, options, 15, 2);
      [last, limits, failed] = [sizeOf(model), laterTry, new Map<number, number>()];
      if (retries > 1 && before.images === last.images && last.points < 1.02 * before.points) break;
      continue;
    }
    triangulateImage(model, placed, growing);
    if (model.order.length > localImages)
      await adjustAround(model, placed, localImages, { loss: 'soft-l1', lossScalePx: 1, maxIterations: 10 }, options.breathe);
    options.onProgress?.(model);
    if (!outgrown(model, last)) continue;
    await settle(model, options, 15, 1);
    [last, limits] = [sizeOf(model), firstTry];
  }
}

/** The last adjustments: tighter limits, then a loss that forgets what is left of the outliers. */
async function finish(model: SceneModel, options: MapperOptions): Promise<void> {
  await settle(model, options, 30, 3);
  if (model.order.length < 2) return;
  filterPoints(model, finalFilter);
  retriangulate(model, { maxErrorPx: finalFilter.maxErrorPx, minAngleDeg: finalFilter.minAngleDeg });
  await adjustAll(model, { loss: 'soft-l1', lossScalePx: 1, maxIterations: 30 }, options.breathe);
  filterPoints(model, finalFilter);
  await adjustAll(model, { loss: 'cauchy', lossScalePx: 1, maxIterations: 30 }, options.breathe);
  filterPoints(model, finalFilter);
  filterImages(model, leastObservations);
  options.onProgress?.(model);
}

const isBetter = (a: SceneModel, b: SceneModel | null): boolean =>
  !b || a.order.length > b.order.length || (a.order.length === b.order.length && a.livePoints > b.livePoints);

/** Beginnings that differ: no image pair shares both ends' neighbours with one that failed. */
function* beginnings(edges: GraphEdge[]): Generator<GraphEdge> {
  const used = new Map<number, number>();
  for (const edge of initialPairs(edges)) {
    if ((used.get(edge.i) ?? 0) >= 2 || (used.get(edge.j) ?? 0) >= 2) continue;
    for (const image of [edge.i, edge.j]) used.set(image, (used.get(image) ?? 0) + 1);
    yield edge;
  }
}

/**
 * The largest model that the graph's edges give. `members`: how many images could be placed at best. Null when no beginning holds.
 */
export async function mapScene(graph: ViewGraph, tracks: Tracks, members: number, options: MapperOptions): Promise<SceneModel | null> {
  let best: SceneModel | null = null;
  let begun = 0;
  for (const edge of beginnings(graph.edges)) {
    if (begun >= mostBeginnings) break;
    const model = await beginModel(graph, tracks, edge, options.breathe);
    if (!model) continue;
    begun++;
    await grow(model, options);
    if (isBetter(model, best)) best = model;
    if (best && best.order.length >= enough * members) break;
  }
  if (!best) return null;
  await finish(best, options);
  return best.order.length >= 2 ? best : null;
}
