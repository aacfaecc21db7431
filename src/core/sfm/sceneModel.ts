/**
 * Scene model: the reconstruction while it grows: poses, lenses, points and which feature sees which point.
 * Invariant: pointOf[image][feature] = p exactly when point p lists (image, feature); a point has at least two observations, all in
 * registered images, at most one per image.
 */
import { matrixOfQuaternion } from '../math/rotation.ts';
import type { Pose } from '../scene/camera.ts';
import { type Lens, rayOfPixel } from './lens.ts';
import type { Tracks } from './tracks.ts';
import type { GroupLens, ViewGraph } from './viewGraph.ts';

export interface ScenePoint {
  xyz: [number, number, number];
  track: number;
  images: number[];
  features: number[];
}

export interface SceneModel {
  graph: ViewGraph;
  tracks: Tracks;
  /** Copies of the graph's lenses, refined as the model grows. */
  lenses: GroupLens[];
  registered: Uint8Array;
  /** In the order of registration. */
  order: number[];
  /** [images, 7]: quaternion wxyz, translation. */
  poses: Float64Array;
  /** [images, 12]: rotation row-major, translation; kept in step with `poses`. */
  extrinsics: Float64Array;
  /** Removed points are null. */
  points: (ScenePoint | null)[];
  livePoints: number;
  pointOf: Int32Array[];
  pointsOfTrack: number[][];
}

export function createSceneModel(graph: ViewGraph, tracks: Tracks): SceneModel {
  const n = graph.images.length;
  return {
    graph,
    tracks,
    lenses: graph.lenses.map((lens) => ({ ...lens })),
    registered: new Uint8Array(n),
    order: [],
    poses: new Float64Array(7 * n),
    extrinsics: new Float64Array(12 * n),
    points: [],
    livePoints: 0,
    pointOf: graph.images.map(({ count }) => new Int32Array(count).fill(-1)),
    pointsOfTrack: Array.from({ length: tracks.count }, () => []),
  };
}

export const lensOf = (model: SceneModel, image: number): Lens => model.lenses[model.graph.images[image].group];

export const poseOf = ({ poses }: SceneModel, image: number): Pose => {
  const [w, x, y, z, tx, ty, tz] = poses.subarray(7 * image, 7 * image + 7);
  return { q: [w, x, y, z], t: [tx, ty, tz] };
};

/** Recomputes an image's rotation matrix from its pose. */
export function refreshExtrinsics(model: SceneModel, image: number): void {
  const { q, t } = poseOf(model, image);
  model.extrinsics.set(matrixOfQuaternion(q), 12 * image);
  model.extrinsics.set(t, 12 * image + 9);
}

export function register(model: SceneModel, image: number, { q, t }: Pose): void {
  if (!model.registered[image]) model.order.push(image);
  model.registered[image] = 1;
  model.poses.set([...q, ...t], 7 * image);
  refreshExtrinsics(model, image);
}

/** Takes an image out again, with all it sees. */
export function deregister(model: SceneModel, image: number): void {
  for (let feature = 0; feature < model.pointOf[image].length; feature++)
    if (model.pointOf[image][feature] >= 0) removeObservation(model, image, feature);
  model.registered[image] = 0;
  model.order = model.order.filter((each) => each !== image);
}

/** Adds a point seen by the given features; they must be free and of different registered images. */
export function addPoint(model: SceneModel, track: number, xyz: [number, number, number], images: number[], features: number[]): number {
  const id = model.points.length;
  model.points.push({ xyz, track, images, features });
  model.livePoints++;
  model.pointsOfTrack[track].push(id);
  for (let k = 0; k < images.length; k++) model.pointOf[images[k]][features[k]] = id;
  return id;
}

export function addObservation(model: SceneModel, id: number, image: number, feature: number): void {
  const point = model.points[id]!;
  point.images.push(image);
  point.features.push(feature);
  model.pointOf[image][feature] = id;
}

export function removePoint(model: SceneModel, id: number): void {
  const point = model.points[id];
  if (!point) return;
  for (let k = 0; k < point.images.length; k++) model.pointOf[point.images[k]][point.features[k]] = -1;
  model.points[id] = null;
  model.livePoints--;
  model.pointsOfTrack[point.track] = model.pointsOfTrack[point.track].filter((each) => each !== id);
}

/** Takes one observation from its point, and the point with it when fewer than two are left. */
export function removeObservation(model: SceneModel, image: number, feature: number): void {
  const id = model.pointOf[image][feature];
  const point = model.points[id]!;
  if (point.images.length <= 2) {
    removePoint(model, id);
    return;
  }
  const at = point.images.indexOf(image);
  point.images.splice(at, 1);
  point.features.splice(at, 1);
  model.pointOf[image][feature] = -1;
}

/** Squared reprojection error in px^2 of a point at a feature; Infinity behind the camera. */
export function squaredErrorAt(model: SceneModel, xyz: ArrayLike<number>, image: number, feature: number): number {
  const { extrinsics: e } = model;
  const at = 12 * image;
  const z = e[at + 6] * xyz[0] + e[at + 7] * xyz[1] + e[at + 8] * xyz[2] + e[at + 11];
  if (!(z > 1e-9)) return Infinity;
  const a = (e[at] * xyz[0] + e[at + 1] * xyz[1] + e[at + 2] * xyz[2] + e[at + 9]) / z;
  const b = (e[at + 3] * xyz[0] + e[at + 4] * xyz[1] + e[at + 5] * xyz[2] + e[at + 10]) / z;
  const lens = lensOf(model, image);
  const r2 = a * a + b * b;
  const radial = 1 + r2 * (lens.k1 + lens.k2 * r2);
  const { xy } = model.graph.images[image];
  const dx = lens.f * radial * a - xy[2 * feature];
  const dy = lens.f * lens.aspect * radial * b - xy[2 * feature + 1];
  return dx * dx + dy * dy;
}

/** The ray (x, y, 1) of a feature, written to out[at], out[at + 1]. */
export function rayOfFeature(model: SceneModel, image: number, feature: number, out: Float64Array, at: number): void {
  const { xy } = model.graph.images[image];
  rayOfPixel(lensOf(model, image), xy[2 * feature], xy[2 * feature + 1], out, at);
}

/** Camera centre -R^T t, written to out[at..at+2]. */
export function centreOf({ extrinsics: e }: SceneModel, image: number, out: Float64Array | number[], at = 0): void {
  const k = 12 * image;
  for (let c = 0; c < 3; c++) out[at + c] = -(e[k + c] * e[k + 9] + e[k + 3 + c] * e[k + 10] + e[k + 6 + c] * e[k + 11]);
}

/** Features of an image that see a point. */
export function observationCount({ pointOf }: SceneModel, image: number): number {
  let n = 0;
  for (const point of pointOf[image]) if (point >= 0) n++;
  return n;
}
