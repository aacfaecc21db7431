/**
 * Filtering: observations that do not fit, points seen under too small an angle and images that see too little leave the model.
 * Invariant: what stays has every observation in front of its camera and within the error limit.
 */
import { centreOf, deregister, observationCount, removeObservation, removePoint, type SceneModel, squaredErrorAt } from './sceneModel.ts';

export interface FilterLimits {
  maxErrorPx: number;
  minAngleDeg: number;
  /** For points of two views, whose depth nothing else confirms. */
  minAngleTwoViewsDeg: number;
}

/** Views whose directions are compared; more say nothing new. */
const mostViews = 12;

/** Largest angle at a point between the directions to its cameras, radians. `centres`: by image, [images, 3]. */
export function pointAngle(xyz: ArrayLike<number>, images: number[], centres: Float64Array): number {
  const step = Math.max(1, Math.floor(images.length / mostViews));
  const directions: number[] = [];
  for (let k = 0; k < images.length; k += step) {
    const at = 3 * images[k];
    const [x, y, z] = [centres[at] - xyz[0], centres[at + 1] - xyz[1], centres[at + 2] - xyz[2]];
    const length = Math.hypot(x, y, z) || 1;
    directions.push(x / length, y / length, z / length);
  }
  let smallest = 1;
  for (let a = 0; a < directions.length; a += 3)
    for (let b = a + 3; b < directions.length; b += 3) {
      const dot = directions[a] * directions[b] + directions[a + 1] * directions[b + 1] + directions[a + 2] * directions[b + 2];
      if (dot < smallest) smallest = dot;
    }
  return Math.acos(Math.max(-1, smallest));
}

export function allCentres(model: SceneModel): Float64Array {
  const centres = new Float64Array(3 * model.graph.images.length);
  for (const image of model.order) centreOf(model, image, centres, 3 * image);
  return centres;
}

/** Removes what does not fit. Returns how many observations went. */
export function filterPoints(model: SceneModel, limits: FilterLimits): number {
  const centres = allCentres(model);
  const limit2 = limits.maxErrorPx ** 2;
  let removed = 0;
  for (let id = 0; id < model.points.length; id++) {
    const point = model.points[id];
    if (!point) continue;
    const before = point.images.length;
    for (let k = before - 1; k >= 0 && model.points[id]; k--)
      if (!(squaredErrorAt(model, point.xyz, point.images[k], point.features[k]) <= limit2))
        removeObservation(model, point.images[k], point.features[k]);
    if (model.points[id]) {
      const least = point.images.length === 2 ? limits.minAngleTwoViewsDeg : limits.minAngleDeg;
      if (pointAngle(point.xyz, point.images, centres) < (least / 180) * Math.PI) removePoint(model, id);
    }
    removed += before - (model.points[id]?.images.length ?? 0);
  }
  return removed;
}

/** Takes out images that see fewer points than `least`. Returns them. */
export function filterImages(model: SceneModel, least: number): number[] {
  const weak = model.order.filter((image) => observationCount(model, image) < least);
  for (const image of weak) deregister(model, image);
  return weak;
}
