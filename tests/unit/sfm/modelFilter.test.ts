/** Filtering: angles against closed forms, and what goes and what stays by construction. */
import { describe, expect, test } from 'vitest';
import { allCentres, filterImages, filterPoints, pointAngle } from '../../../src/core/sfm/modelFilter.ts';
import { deregister, observationCount, squaredErrorAt } from '../../../src/core/sfm/sceneModel.ts';
import { expectSound } from './modelChecks.ts';
import { centreOfPose, cloud, orbit, sceneOf, trueModel } from './syntheticScene.ts';

const degrees = 180 / Math.PI;

describe('angle at a point', () => {
  test.each([
    [[1, 0, 0], [0, 1, 0], 90],
    [[1, 0, 0], [-3, 0, 0], 180],
    [[2, 0, 0], [5, 0, 0], 0],
    [[1, 0, 0], [Math.cos(0.02), Math.sin(0.02), 0], 0.02 * degrees],
    [[1, 0, 0], [0, 0, 0], 90],
  ])('%j and %j: %f degrees', (a, b, expected) => {
    // The last: a camera in the point itself tells nothing, and makes no NaN.
    expect(pointAngle([0, 0, 0], [0, 1], Float64Array.from([...a, ...b])) * degrees).toBeCloseTo(expected, 5);
  });

  test('the widest of many, also of more than are compared', () => {
    const fan = Float64Array.from({ length: 40 }, (_, k) => (k * Math.PI) / 180).reduce<number[]>(
      (all, x) => [...all, Math.cos(x), Math.sin(x), 0],
      [],
    );
    const all = Array.from({ length: 40 }, (_, k) => k);
    expect(pointAngle([0, 0, 0], all, Float64Array.from(fan)) * degrees).toBeGreaterThan(35);
    expect(pointAngle([0, 0, 0], [0, 3, 11, 7], Float64Array.from(fan)) * degrees).toBeCloseTo(11, 9);
    expect(pointAngle([0, 0, 0], [4], Float64Array.from(fan))).toBe(0);
  });
});

const limits = { maxErrorPx: 4, minAngleDeg: 1.5, minAngleTwoViewsDeg: 3 };
const build = () => sceneOf(orbit(8, { sweepDeg: 120 }), cloud(150), { noisePx: 0, outliers: 0 });

describe('points', () => {
  test('of the truth none go', () => {
    const model = trueModel(build());
    expect(filterPoints(model, { ...limits, minAngleTwoViewsDeg: 0, minAngleDeg: 0 })).toBe(0);
    allCentres(model).forEach((x, k) => expect(x).toBeCloseTo(centreOfPose(build().poses[Math.floor(k / 3)])[k % 3], 12));
  });

  test('an observation 5 px off goes, one 3 px off stays; a point of two views goes with either', () => {
    const scene = build();
    const model = trueModel(scene);
    const many = model.points.findIndex((point) => point!.images.length >= 4);
    const two = model.points.findIndex((point) => point!.images.length === 2);
    const shift = (id: number, k: number, px: number): void => {
      const { images, features } = model.points[id]!;
      scene.graph.images[images[k]].xy[2 * features[k]] += px;
    };
    shift(many, 0, 5);
    shift(many, 1, 3);
    shift(two, 1, -5);
    const [before, gone] = [model.points[many]!.images.length, model.points[many]!.images[0]];
    expect(filterPoints(model, { ...limits, minAngleTwoViewsDeg: 0 })).toBe(3);
    expectSound(model);
    expect(model.points[two]).toBeNull();
    expect(model.points[many]!.images).toHaveLength(before - 1);
    expect(model.points[many]!.images).not.toContain(gone);
  });

  test('what stays is in front and within the limit, whatever was there before', () => {
    const scene = sceneOf(orbit(8, { sweepDeg: 120 }), cloud(150), { noisePx: 3, outliers: 0 });
    const model = trueModel(scene);
    model.points.forEach((point, id) => {
      if (id % 10 === 0) point!.xyz = [...point!.xyz.map((x) => -20 * x)] as [number, number, number];
      if (id % 10 === 1) point!.xyz[0] = NaN;
    });
    filterPoints(model, limits);
    expectSound(model);
    expect(model.livePoints).toBeGreaterThan(50);
    for (const [id, point] of model.points.entries()) {
      if (id % 10 < 2) expect(point).toBeNull();
      point?.images.forEach((image, k) => expect(squaredErrorAt(model, point.xyz, image, point.features[k])).toBeLessThanOrEqual(16));
    }
  });

  test('small angles: two views need more than many do', () => {
    // Neighbours on this circle see its middle 2.5 degrees apart.
    const near = sceneOf(orbit(2, { sweepDeg: 5, jitter: 0 }), cloud(100), { noisePx: 0, outliers: 0 });
    const count = (minAngleTwoViewsDeg: number): number => {
      const model = trueModel(near);
      filterPoints(model, { ...limits, minAngleTwoViewsDeg });
      return model.livePoints / trueModel(near).livePoints;
    };
    expect(count(1.5)).toBe(1);
    expect(count(4)).toBe(0);
  });
});

test('images that see too little go', () => {
  const model = trueModel(build());
  const counts = model.order.map((image) => observationCount(model, image));
  const least = Math.max(...counts);
  deregister(model, 0);
  const weak = [1, 2, 3, 4, 5, 6, 7].filter((image) => observationCount(model, image) < least);
  expect(filterImages(model, least)).toEqual(weak);
  expectSound(model);
  expect(model.order.some((image) => weak.includes(image))).toBe(false);
});
