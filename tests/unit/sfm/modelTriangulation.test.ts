/** Triangulation of a model's tracks against the places they show. */
import { describe, expect, test } from 'vitest';
import { filterPoints } from '../../../src/core/sfm/modelFilter.ts';
import { retriangulate, triangulateImage, triangulateOne } from '../../../src/core/sfm/modelTriangulation.ts';
import { addPoint, createSceneModel, register, type SceneModel } from '../../../src/core/sfm/sceneModel.ts';
import { buildTracks } from '../../../src/core/sfm/tracks.ts';
import { expectSound } from './modelChecks.ts';
import { cloud, orbit, sceneOf, type SyntheticGraph } from './syntheticScene.ts';

const limits = { maxErrorPx: 4, minAngleDeg: 1.5 };
const poses = orbit(8, { sweepDeg: 120 });
const exact = sceneOf(poses, cloud(200), { noisePx: 0, outliers: 0 });
const noisy = sceneOf(poses, cloud(200), { noisePx: 0.5, outliers: 0.2 });

function posed({ graph, poses: all }: SyntheticGraph, images = all.map((_, k) => k)): SceneModel {
  const model = createSceneModel(graph, buildTracks(graph));
  for (const image of images) register(model, image, all[image]);
  return model;
}

/** Distances of points from the place that most of their observations show. */
function distances(model: SceneModel, { placeOf, places }: SyntheticGraph): number[] {
  return model.points.flatMap((point) => {
    if (!point) return [];
    const votes = new Map<number, number>();
    point.images.forEach((image, k) => {
      const place = placeOf[image][point.features[k]];
      votes.set(place, (votes.get(place) ?? 0) + 1);
    });
    const [place, n] = [...votes].sort((a, b) => b[1] - a[1])[0];
    return place < 0 || n < 2 ? [] : [Math.hypot(...places[place].at.map((x, c) => x - point.xyz[c]))];
  });
}

describe('triangulating', () => {
  test('exact data gives every track its place', () => {
    const model = posed(exact);
    expect(retriangulate(model, limits)).toBe(model.tracks.image.length);
    expectSound(model);
    expect(model.livePoints).toBe(model.tracks.count);
    expect(Math.max(...distances(model, exact))).toBeLessThan(1e-6);
    // Nothing is left to do.
    expect(retriangulate(model, limits)).toBe(0);
  });

  test('image by image gives what all at once does', () => {
    const model = posed(exact, [0, 1]);
    for (let image = 1; image < 8; image++) {
      if (image > 1) register(model, image, exact.poses[image]);
      triangulateImage(model, image, limits);
      expectSound(model);
    }
    expect(model.livePoints).toBe(model.tracks.count);
    expect(model.points.reduce((sum, point) => sum + (point?.images.length ?? 0), 0)).toBe(model.tracks.image.length);
  });

  test('noise and wrong matches: the points are where places are', () => {
    const model = posed(noisy);
    retriangulate(model, limits);
    filterPoints(model, { maxErrorPx: 4, minAngleDeg: 1.5, minAngleTwoViewsDeg: 3 });
    expectSound(model);
    // 0.5 px at f = 800 and 4 units away is 0.0025; across rays a few degrees apart it grows tenfold.
    const sorted = distances(model, noisy).sort((a, b) => a - b);
    expect(sorted[sorted.length >> 1]).toBeLessThan(0.01);
    expect(sorted[Math.floor(0.95 * sorted.length)]).toBeLessThan(0.06);
    expect(sorted.length).toBeGreaterThan(0.7 * new Set(noisy.placeOf.flatMap((of) => [...of])).size);
  });

  test('nothing to triangulate: no image, one image, two images at one place', () => {
    for (const images of [[], [3]]) {
      const model = posed(exact, images);
      expect(retriangulate(model, limits)).toBe(0);
    }
    const model = posed(exact, [0]);
    register(model, 1, exact.poses[0]);
    retriangulate(model, limits);
    expectSound(model);
    expect(model.points.every((point) => point!.xyz.every(Number.isFinite))).toBe(true);
  });
});

describe('tracks with several points', () => {
  const longest = (model: SceneModel): number => {
    const lengths = Array.from({ length: model.tracks.count }, (_, t) => model.tracks.start[t + 1] - model.tracks.start[t]);
    return lengths.indexOf(Math.max(...lengths));
  };

  test('two points of one place become one', () => {
    const model = posed(exact);
    const track = longest(model);
    const [from, to] = [model.tracks.start[track], model.tracks.start[track + 1]];
    const [images, features] = [[...model.tracks.image.subarray(from, to)], [...model.tracks.feature.subarray(from, to)]];
    const at = exact.places[exact.placeOf[images[0]][features[0]]].at;
    addPoint(model, track, [...at], images.slice(0, 2), features.slice(0, 2));
    addPoint(model, track, [...at], images.slice(2), features.slice(2));
    retriangulate(model, limits);
    expectSound(model);
    expect(model.pointsOfTrack[track]).toHaveLength(1);
    expect(model.points[model.pointsOfTrack[track][0]]!.images).toHaveLength(images.length);
  });

  test('a track of two places gets both', () => {
    // The later half of the track's features are moved to where another place appears.
    const scene = structuredClone(exact);
    const model = posed(scene);
    const track = longest(model);
    const [from, to] = [model.tracks.start[track], model.tracks.start[track + 1]];
    const middle = (from + to) >> 1;
    const ghost = [...scene.places[scene.placeOf[model.tracks.image[from]][model.tracks.feature[from]]].at];
    ghost[1] += 0.3;
    for (let k = middle; k < to; k++) {
      const [image, feature] = [model.tracks.image[k], model.tracks.feature[k]];
      const e = model.extrinsics.subarray(12 * image, 12 * image + 12);
      const [x, y, z] = [0, 3, 6].map((r, c) => e[r] * ghost[0] + e[r + 1] * ghost[1] + e[r + 2] * ghost[2] + e[9 + c]);
      scene.graph.images[image].xy.set([(800 * x) / z, (800 * y) / z], 2 * feature);
    }
    expect(triangulateOne(model, track, limits)).toBe(to - from);
    expectSound(model);
    const points = model.pointsOfTrack[track].map((id) => model.points[id]!);
    expect(points.map(({ images }) => images.length).sort()).toEqual([middle - from, to - middle].sort());
    expect(points.some(({ xyz }) => Math.hypot(...xyz.map((v, c) => v - ghost[c])) < 1e-6)).toBe(true);
  });
});
