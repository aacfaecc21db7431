/** How far a model is from the truth, and whether it is sound; for the tests of mapping. */
import { expect } from 'vitest';
import { svd3 } from '../../../src/core/math/svd3.ts';
import { type Vector3, matrixOfQuaternion, rotateVector } from '../../../src/core/math/rotation.ts';
import { poseOf, type SceneModel } from '../../../src/core/sfm/sceneModel.ts';
import { centreOfPose, type SyntheticGraph } from './syntheticScene.ts';

export interface Similarity {
  scale: number;
  /** Row-major. */
  rotation: number[];
  translation: Vector3;
}

const meanOf = (points: Vector3[]): Vector3 => [0, 1, 2].map((c) => points.reduce((sum, p) => sum + p[c], 0) / points.length) as Vector3;

const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const transposedTimes = (a: number[], b: number[]): number[] =>
  [0, 1, 2].flatMap((r) => [0, 1, 2].map((c) => a[r] * b[c] + a[3 + r] * b[3 + c] + a[6 + r] * b[6 + c]));
const sumOf = (all: number[][]): Float64Array => Float64Array.from(identity, (_, k) => all.reduce((sum, m) => sum + m[k], 0));

/** The rotation nearest to a matrix (Kabsch 1976). */
function nearestRotation(matrix: Float64Array): number[] {
  const { u, v } = svd3(matrix);
  return [0, 1, 2].flatMap((r) => [0, 1, 2].map((c) => [0, 1, 2].reduce((sum, k) => sum + u[3 * r + k] * v[3 * c + k], 0)));
}

/** The similarity that takes `from` nearest to `to` (Umeyama 1991, equations 40 to 42). */
export function umeyama(from: Vector3[], to: Vector3[]): Similarity {
  const [mf, mt] = [meanOf(from), meanOf(to)];
  const covariance = new Float64Array(9);
  let variance = 0;
  from.forEach((p, k) => {
    for (let r = 0; r < 3; r++) for (let c = 0; c < 3; c++) covariance[3 * r + c] += (to[k][r] - mt[r]) * (p[c] - mf[c]);
    for (let c = 0; c < 3; c++) variance += (p[c] - mf[c]) ** 2;
  });
  const { s } = svd3(covariance);
  const rotation = nearestRotation(covariance);
  const scale = (s[0] + s[1] + s[2]) / variance;
  const turned = rotateVector(rotation, mf);
  return { scale, rotation, translation: [0, 1, 2].map((c) => mt[c] - scale * turned[c]) as Vector3 };
}

export const apply = ({ scale, rotation, translation }: Similarity, p: Vector3): Vector3 =>
  rotateVector(rotation, p).map((x, c) => scale * x + translation[c]) as Vector3;

export interface PoseErrors {
  /** Root mean square over the cameras, as a share of their median distance from the middle of all centres. */
  centre: number;
  /** Largest, degrees, once the rotations agree as well as they can: where the centres lie on a line they do not say how they were turned. */
  rotationDeg: number;
}

/** Errors of the placed images after the best similarity. */
export function poseErrors(model: SceneModel, { poses }: SyntheticGraph): PoseErrors {
  const found = model.order.map((image) => centreOfPose(poseOf(model, image)));
  const truth = model.order.map((image) => centreOfPose(poses[image]));
  const similarity = umeyama(found, truth);
  const middle = meanOf(truth);
  const sizes = truth.map((p) => Math.hypot(...p.map((x, c) => x - middle[c]))).sort((a, b) => a - b);
  const squares = found.map((p, k) => apply(similarity, p).reduce((sum, x, c) => sum + (x - truth[k][c]) ** 2, 0));
  const rotations = model.order.map((image) => [matrixOfQuaternion(poseOf(model, image).q), matrixOfQuaternion(poses[image].q)]);
  const gauge = nearestRotation(sumOf(rotations.map(([p, q]) => transposedTimes(p, q))));
  const angles = rotations.map(([p, q]) => {
    // R_found G against R_true: |A - B| = 2 sqrt(2) sin(angle / 2).
    const moved = transposedTimes(transposedTimes(p, identity), gauge);
    return (2 * Math.asin(Math.min(1, Math.hypot(...moved.map((x, k) => x - q[k])) / Math.sqrt(8))) * 180) / Math.PI;
  });
  return {
    centre: Math.sqrt(squares.reduce((a, b) => a + b, 0) / squares.length) / sizes[sizes.length >> 1],
    rotationDeg: Math.max(...angles),
  };
}

/** Checks the invariant of sceneModel.ts by counting everything again. */
export function expectSound(model: SceneModel): void {
  const { tracks, points, pointOf, pointsOfTrack, registered, order } = model;
  const seen = pointOf.map((features) => new Int32Array(features.length).fill(-1));
  points.forEach((point, id) => {
    if (!point) return;
    const { images, features } = point;
    expect(images.length).toBeGreaterThanOrEqual(2);
    expect(features.length).toBe(images.length);
    expect(new Set(images).size).toBe(images.length);
    expect(pointsOfTrack[point.track].filter((each) => each === id)).toEqual([id]);
    images.forEach((image, k) => {
      expect(registered[image]).toBe(1);
      expect(tracks.trackOf[image][features[k]]).toBe(point.track);
      expect(seen[image][features[k]]).toBe(-1);
      seen[image][features[k]] = id;
    });
  });
  expect(pointOf).toEqual(seen);
  const live = points.filter((point) => point !== null).length;
  expect(model.livePoints).toBe(live);
  expect(pointsOfTrack.flat().length).toBe(live);
  expect([...order].sort((a, b) => a - b)).toEqual([...registered.keys()].filter((image) => registered[image] === 1));
  expect(model.poses.every(Number.isFinite)).toBe(true);
}
