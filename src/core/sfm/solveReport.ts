/** The figures of a solved set. Invariant: every figure is counted from the model that is given out. */
import type { LeftOut, SolveReport } from './contract.ts';
import { exposureSpread } from './exposureSpread.ts';
import type { SceneModel } from './sceneModel.ts';
import type { ExportPhoto, Exported } from './solvedModel.ts';
import type { Lenses } from './solveLenses.ts';
import type { MatchedPhotos } from './solvePairs.ts';
import type { SolvePhoto } from './solvePhotos.ts';
import { matchCount, type ViewGraph } from './viewGraph.ts';

export interface ReportParts {
  photos: SolvePhoto[];
  graph: ViewGraph;
  matched: MatchedPhotos;
  lenses: Lenses;
  model: SceneModel;
  exported: ExportPhoto[];
  made: Exported;
  leftOut: LeftOut[];
  groups: string[][];
  seconds: Record<string, number>;
  adapter: string | null;
}

function cameraFigures({ lenses, model, exported }: ReportParts): SolveReport['cameras'] {
  return lenses.groups.flatMap(({ name, members, focalFrom }, g) => {
    const placed = members.filter((i) => model.registered[i]);
    if (placed.length === 0) return [];
    const { f, k1, k2 } = model.lenses[g];
    const { widthPx, heightPx, scale } = exported[placed[0]];
    const focalPx = f * scale;
    return [{ name, photos: placed.length, focalPx, focalRatio: focalPx / Math.max(widthPx, heightPx), k1, k2, focalFrom }];
  });
}

/** Means over the points, weighted by their observations: the mean error of an observation. */
export function reportOf(parts: ReportParts): SolveReport {
  const { photos, graph, matched, model, exported, made, leftOut, groups, seconds, adapter } = parts;
  const { points } = made.reconstruction;
  let observations = 0;
  let photoError = 0;
  for (let k = 0; k < points.count; k++) {
    observations += points.trackLength[k];
    photoError += points.error[k] * points.trackLength[k];
  }
  const placed = model.order[0];
  const per = Math.max(1, observations);
  const features = photos[placed].features;
  return {
    photos: photos.length,
    registered: model.order.length,
    points: points.count,
    observations,
    meanTrackLength: observations / Math.max(1, points.count),
    meanReprojectionErrorPx: photoError / per / exported[placed].scale,
    meanReprojectionErrorPhotoPx: photoError / per,
    workingWidthPx: features.widthPx,
    workingHeightPx: features.heightPx,
    features: photos.map(({ name, features: { count } }) => ({ name, count })),
    pairs: {
      tried: matched.tried,
      matched: matched.pairs.length,
      verified: graph.edges.length,
      inliers: graph.edges.reduce((sum, edge) => sum + matchCount(edge), 0),
    },
    matchedOn: matched.matchedOn,
    cameras: cameraFigures(parts),
    exposureSpread: exposureSpread(model, exported),
    leftOut,
    groups,
    secondsByStage: { ...seconds },
    adapter,
  };
}
