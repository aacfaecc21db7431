/**
 * Initial pair: where a model begins. Many matches, a wide angle, no plane and no motion straight ahead (Schoenberger and Frahm 2016,
 * section 4.1, with the pair's own angle in the score).
 * Invariant: candidates come in a fixed order, the best first, each image pair once.
 */
import { adjustAll, type Breathe } from './modelBundle.ts';
import { filterPoints } from './modelFilter.ts';
import { retriangulate } from './modelTriangulation.ts';
import { quaternionOfMatrix } from '../math/rotation.ts';
import { createSceneModel, register, type SceneModel } from './sceneModel.ts';
import type { Tracks } from './tracks.ts';
import { type GraphEdge, matchCount, type ViewGraph } from './viewGraph.ts';

interface Demands {
  inliers: number;
  angleDeg: number;
}

const demands: Demands[] = [
  { inliers: 100, angleDeg: 12 },
  { inliers: 60, angleDeg: 8 },
  { inliers: 30, angleDeg: 4 },
  { inliers: 20, angleDeg: 2 },
];
const wideEnoughDeg = 20;
const mostForward = 0.95;

const planarity = ({ geometry }: GraphEdge): number => Math.min(1, geometry.homographyInliers / Math.max(1, geometry.essentialInliers));

/** Worth of beginning with a pair: matches, times how wide its angle is, times how little it looks like a plane. */
export const initialScore = (edge: GraphEdge): number =>
  matchCount(edge) * (Math.min(edge.geometry.medianAngleDeg, wideEnoughDeg) / wideEnoughDeg) * (1.05 - planarity(edge));

const isUsable = ({ geometry }: GraphEdge): boolean => geometry.kind === 'general' || geometry.kind === 'planar';

/** Pairs to begin with, best first: those that meet the strict demands before those that meet weaker ones. */
export function initialPairs(edges: GraphEdge[]): GraphEdge[] {
  const level = (edge: GraphEdge): number => {
    const forward = Math.abs(edge.geometry.translation[2]) > mostForward ? 1 : 0;
    const met = demands.findIndex(({ inliers, angleDeg }) => matchCount(edge) >= inliers && edge.geometry.medianAngleDeg >= angleDeg);
    return met < 0 ? Infinity : met + forward;
  };
  return edges
    .filter((edge) => isUsable(edge) && level(edge) < Infinity)
    .map((edge) => ({ edge, level: level(edge), score: initialScore(edge) }))
    .sort((a, b) => a.level - b.level || b.score - a.score || a.edge.i - b.edge.i || a.edge.j - b.edge.j)
    .map(({ edge }) => edge);
}

const leastPoints = 20;

/** A model of two images; null when too few points stand up to adjustment. */
export async function beginModel(graph: ViewGraph, tracks: Tracks, edge: GraphEdge, breathe?: Breathe): Promise<SceneModel | null> {
  const q = quaternionOfMatrix(edge.geometry.rotation);
  if (!q) return null;
  const model = createSceneModel(graph, tracks);
  register(model, edge.i, { q: [1, 0, 0, 0], t: [0, 0, 0] });
  register(model, edge.j, { q, t: edge.geometry.translation });
  const limits = { maxErrorPx: 4, minAngleDeg: 1 };
  // Twice: what the pair's own pose was too coarse for fits after the first adjustment.
  for (let round = 0; round < 2; round++) {
    retriangulate(model, limits);
    if (model.livePoints < leastPoints) return null;
    await adjustAll(model, { loss: 'soft-l1', lossScalePx: 1, maxIterations: 20 }, breathe);
    filterPoints(model, { ...limits, minAngleTwoViewsDeg: limits.minAngleDeg });
  }
  return model.livePoints < leastPoints ? null : model;
}
