/**
 * Triangulating a model's tracks: what a newly placed photo sees becomes new points or joins points that are there.
 * Invariant: only free observations (registered image, no point yet) are used; a track may hold several points when its matches disagree.
 */
import { addObservation, addPoint, rayOfFeature, removePoint, type SceneModel, squaredErrorAt } from './sceneModel.ts';
import { triangulateTrack } from './triangulation.ts';

export interface TriangulationLimits {
  /** To create a point or join one, px of the working image. */
  maxErrorPx: number;
  minAngleDeg: number;
}

interface Free {
  images: number[];
  features: number[];
}

function freeObservations(model: SceneModel, track: number): Free {
  const { tracks, registered, pointOf } = model;
  const free: Free = { images: [], features: [] };
  for (let k = tracks.start[track]; k < tracks.start[track + 1]; k++) {
    const [image, feature] = [tracks.image[k], tracks.feature[k]];
    if (!registered[image] || pointOf[image][feature] >= 0) continue;
    free.images.push(image);
    free.features.push(feature);
  }
  return free;
}

/** Lets free observations join the track's points where they fit. */
function join(model: SceneModel, track: number, free: Free, maxErrorPx: number): Free {
  const points = model.pointsOfTrack[track];
  if (points.length === 0) return free;
  const left: Free = { images: [], features: [] };
  for (let k = 0; k < free.images.length; k++) {
    const [image, feature] = [free.images[k], free.features[k]];
    let [best, bestError] = [-1, maxErrorPx * maxErrorPx];
    for (const id of points) {
      const point = model.points[id]!;
      const error = point.images.includes(image) ? Infinity : squaredErrorAt(model, point.xyz, image, feature);
      if (error <= bestError) [best, bestError] = [id, error];
    }
    if (best >= 0) addObservation(model, best, image, feature);
    else {
      left.images.push(image);
      left.features.push(feature);
    }
  }
  return left;
}

function triangulate(model: SceneModel, { images, features }: Free, limits: TriangulationLimits, seed: number) {
  const n = images.length;
  const poses = new Float64Array(12 * n);
  const rays = new Float64Array(2 * n);
  const focals = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    poses.set(model.extrinsics.subarray(12 * images[k], 12 * images[k] + 12), 12 * k);
    rayOfFeature(model, images[k], features[k], rays, 2 * k);
    focals[k] = model.lenses[model.graph.images[images[k]].group].f;
  }
  return triangulateTrack({ poses, rays, focals, n }, { ...limits, maxAngularErrorDeg: 2 }, seed);
}

/** A track's points are looked for at most this many times over: matches of three different places in one track are rubbish. */
const mostPointsOfTrack = 2;

/** Joins and creates what can be joined and created on one track. Returns the number of observations that got a point. */
export function triangulateOne(model: SceneModel, track: number, limits: TriangulationLimits): number {
  const all = freeObservations(model, track);
  if (all.images.length === 0) return 0;
  let free = join(model, track, all, limits.maxErrorPx);
  while (free.images.length >= 2 && model.pointsOfTrack[track].length < mostPointsOfTrack) {
    const found = triangulate(model, free, limits, track);
    if (!found) break;
    const chosen = new Set(found.inliers);
    const pick = (values: number[], inside: boolean): number[] => values.filter((_, k) => chosen.has(k) === inside);
    addPoint(model, track, found.xyz, pick(free.images, true), pick(free.features, true));
    free = { images: pick(free.images, false), features: pick(free.features, false) };
  }
  return all.images.length - free.images.length;
}

/** Everything a newly placed image sees. */
export function triangulateImage(model: SceneModel, image: number, limits: TriangulationLimits): number {
  let gained = 0;
  for (let feature = 0; feature < model.pointOf[image].length; feature++) {
    const track = model.tracks.trackOf[image][feature];
    if (track >= 0 && model.pointOf[image][feature] < 0) gained += triangulateOne(model, track, limits);
  }
  return gained;
}

/** Two points of one track that are one place become one. */
function merge(model: SceneModel, track: number, limits: TriangulationLimits): void {
  const [first, second] = model.pointsOfTrack[track];
  const [a, b] = [model.points[first]!, model.points[second]!];
  if (a.images.some((image) => b.images.includes(image))) return;
  const union: Free = { images: [...a.images, ...b.images], features: [...a.features, ...b.features] };
  const found = triangulate(model, union, limits, track);
  if (!found || found.inliers.length < union.images.length) return;
  removePoint(model, first);
  removePoint(model, second);
  addPoint(model, track, found.xyz, union.images, union.features);
}

/** Looks at every track again: after an adjustment more fits together than before. */
export function retriangulate(model: SceneModel, limits: TriangulationLimits): number {
  let gained = 0;
  for (let track = 0; track < model.tracks.count; track++) {
    gained += triangulateOne(model, track, limits);
    if (model.pointsOfTrack[track].length === 2) merge(model, track, limits);
  }
  return gained;
}
