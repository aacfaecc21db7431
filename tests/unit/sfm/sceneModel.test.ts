/** The scene model keeps its books straight whatever is added and removed; its projections against the definition. */
import { describe, expect, test } from 'vitest';
import {
  addObservation,
  addPoint,
  centreOf,
  createSceneModel,
  deregister,
  observationCount,
  poseOf,
  rayOfFeature,
  register,
  removeObservation,
  removePoint,
  type SceneModel,
  squaredErrorAt,
} from '../../../src/core/sfm/sceneModel.ts';
import { buildTracks } from '../../../src/core/sfm/tracks.ts';
import { expectSound } from './modelChecks.ts';
import { centreOfPose, cloud, groupLens, orbit, sceneOf, trueModel } from './syntheticScene.ts';
import { createDraw } from './synthetic.ts';

const lens = groupLens({ aspect: 1.05, k1: -0.1, k2: 0.03 });
const scene = sceneOf(orbit(6, { sweepDeg: 90 }), cloud(60), { lens, noisePx: 0, outliers: 0, leastMatches: 5 });

describe('books', () => {
  /** Free observations of a track in registered images. */
  const freeOf = (model: SceneModel, track: number): { images: number[]; features: number[] } => {
    const free = { images: [] as number[], features: [] as number[] };
    for (let k = model.tracks.start[track]; k < model.tracks.start[track + 1]; k++) {
      const [image, feature] = [model.tracks.image[k], model.tracks.feature[k]];
      if (!model.registered[image] || model.pointOf[image][feature] >= 0) continue;
      free.images.push(image);
      free.features.push(feature);
    }
    return free;
  };

  test.each([1, 2, 3])('stay straight through 400 random steps (seed %i)', (seed) => {
    const draw = createDraw(seed);
    const pick = (n: number): number => Math.min(n - 1, Math.floor(draw.uniform(0, n)));
    const model = createSceneModel(scene.graph, buildTracks(scene.graph));
    let most = 0;
    for (let step = 0; step < 400; step++) {
      const [image, track] = [pick(6), pick(model.tracks.count)];
      const live = model.points.flatMap((point, id) => (point ? [id] : []));
      const free = freeOf(model, track);
      const action = pick(10);
      if (action === 0) register(model, image, draw.pose());
      else if (action === 1 && draw.uniform(0, 1) < 0.3) deregister(model, image);
      else if (action === 2 && live.length > 0) removePoint(model, live[pick(live.length)]);
      else if (action === 3 && live.length > 0) {
        const { images, features } = model.points[live[pick(live.length)]]!;
        removeObservation(model, images[0], features[0]);
      } else if (action === 4 && model.pointsOfTrack[track].length > 0 && free.images.length > 0) {
        const id = model.pointsOfTrack[track][0];
        if (!model.points[id]!.images.includes(free.images[0])) addObservation(model, id, free.images[0], free.features[0]);
      } else if (free.images.length >= 2) {
        const n = 2 + pick(free.images.length - 1);
        addPoint(model, track, [draw.normal(), draw.normal(), draw.normal()], free.images.slice(0, n), free.features.slice(0, n));
      }
      most = Math.max(most, model.livePoints);
      if (step % 10 === 0) expectSound(model);
    }
    expectSound(model);
    expect(most).toBeGreaterThan(10);
  });

  test('an image taken out and put back sees nothing; points of two views go with it', () => {
    const model = trueModel(scene);
    const seen = observationCount(model, 2);
    const withTwo = model.points.filter((point) => point!.images.length === 2 && point!.images.includes(2)).length;
    const before = model.livePoints;
    deregister(model, 2);
    expectSound(model);
    expect(seen).toBeGreaterThan(10);
    expect(observationCount(model, 2)).toBe(0);
    expect(model.livePoints).toBe(before - withTwo);
    register(model, 2, scene.poses[2]);
    expect(model.order).toEqual([0, 1, 3, 4, 5, 2]);
    expectSound(model);
  });
});

describe('projection', () => {
  const model = trueModel(scene);

  test('the truth has no error; a known shift of a feature has the square of it', () => {
    for (const point of model.points) {
      const { xyz, images, features } = point!;
      images.forEach((image, k) => expect(squaredErrorAt(model, xyz, image, features[k])).toBeLessThan(1e-18));
    }
    const { xyz, images, features } = model.points[0]!;
    const moved = trueModel(sceneOf(orbit(6, { sweepDeg: 90 }), cloud(60), { lens, noisePx: 0, outliers: 0, leastMatches: 5 }));
    moved.graph.images[images[0]].xy[2 * features[0]] += 3;
    moved.graph.images[images[0]].xy[2 * features[0] + 1] -= 4;
    expect(squaredErrorAt(moved, xyz, images[0], features[0])).toBeCloseTo(25, 9);
  });

  test('behind the camera and in its plane the error is infinite', () => {
    const [cx, cy, cz] = centreOfPose(scene.poses[1]);
    const forward = model.extrinsics.subarray(12 + 6, 12 + 9);
    const behind = [cx - forward[0], cy - forward[1], cz - forward[2]];
    expect(squaredErrorAt(model, behind, 1, 0)).toBe(Infinity);
    expect(squaredErrorAt(model, [cx, cy, cz], 1, 0)).toBe(Infinity);
    expect(squaredErrorAt(model, [NaN, 0, 0], 1, 0)).toBe(Infinity);
  });

  test('centres, poses and rays', () => {
    const centre = [0, 0, 0];
    centreOf(model, 3, centre);
    centreOfPose(scene.poses[3]).forEach((x, c) => expect(centre[c]).toBeCloseTo(x, 12));
    expect(poseOf(model, 3)).toEqual(scene.poses[3]);
    const ray = new Float64Array(2);
    rayOfFeature(model, 3, 0, ray, 0);
    const [a, b] = ray;
    const r2 = a * a + b * b;
    const radial = 1 - 0.1 * r2 + 0.03 * r2 * r2;
    expect(800 * radial * a).toBeCloseTo(scene.graph.images[3].xy[0], 8);
    expect(840 * radial * b).toBeCloseTo(scene.graph.images[3].xy[1], 8);
  });
});
