/** Placing images in the true model of the others. */
import { describe, expect, test } from 'vitest';
import { candidates, placeImage } from '../../../src/core/sfm/placeImage.ts';
import { deregister, poseOf, type SceneModel } from '../../../src/core/sfm/sceneModel.ts';
import { expectSound } from './modelChecks.ts';
import { cloud, groupLens, orbit, sceneOf, type SyntheticGraph, trueModel } from './syntheticScene.ts';
import { angleBetweenDeg, centreDistance, createDraw } from './synthetic.ts';

const limits = { thresholdPx: 6, leastInliers: 30, leastRatio: 0.25 };
const build = (lens = groupLens({ given: true })): SyntheticGraph =>
  sceneOf(orbit(8, { sweepDeg: 100 }), cloud(400), { lens, outliers: 0 });

/** The truth without some images. */
function without(scene: SyntheticGraph, ...images: number[]): SceneModel {
  const model = trueModel(scene);
  for (const image of images) deregister(model, image);
  return model;
}

describe('candidates', () => {
  test('the unplaced that see enough, the one with most spread first', () => {
    const model = without(build(), 0, 3);
    const found = candidates(model, 30);
    expect(found.map(({ image }) => image)).toEqual([3, 0]);
    expect(found[0].score).toBeGreaterThan(found[1].score);
    expect(candidates(model, found[0].visible)).toHaveLength(1);
    expect(candidates(model, found[0].visible + 1)).toEqual([]);
    expect(candidates(trueModel(build()), 1)).toEqual([]);
  });
});

describe('placing', () => {
  test('gives the true pose and joins what it sees', () => {
    const scene = build();
    const model = without(scene, 3);
    const before = model.points.reduce((sum, point) => sum + (point?.images.length ?? 0), 0);
    expect(placeImage(model, 3, limits, 1)).toBe(true);
    expectSound(model);
    expect(angleBetweenDeg(poseOf(model, 3), scene.poses[3])).toBeLessThan(0.15);
    expect(centreDistance(poseOf(model, 3), scene.poses[3])).toBeLessThan(0.02);
    const gained = model.points.reduce((sum, point) => sum + (point?.images.length ?? 0), 0) - before;
    expect(gained).toBeGreaterThan(0.95 * candidates(without(scene, 3), 1)[0].visible);
  });

  test('an image whose features are somewhere else is not placed and leaves no trace', () => {
    const scene = build();
    const draw = createDraw(2);
    scene.graph.images[3].xy.forEach((_, k, xy) => (xy[k] = draw.uniform(-350, 350)));
    const model = without(scene, 3);
    const before = structuredClone(model);
    expect(placeImage(model, 3, limits, 1)).toBe(false);
    expect(model).toEqual(before);
    expect(placeImage(model, 3, { ...limits, leastInliers: 1000 }, 1)).toBe(false);
  });

  test('the first image of an unknown lens brings its focal length', () => {
    const scene = build();
    scene.graph.images[3].group = 1;
    scene.graph.lenses.push(groupLens({ f: 680 }));
    const model = without(scene, 3);
    expect(placeImage(model, 3, limits, 1)).toBe(true);
    expect(Math.abs(model.lenses[1].f / 800 - 1)).toBeLessThan(0.02);
    expect(model.lenses[0].f).toBe(800);
    // A given one is believed.
    const given = structuredClone(scene);
    given.graph.lenses[1].given = true;
    const held = without(given, 3);
    placeImage(held, 3, limits, 1);
    expect(held.lenses[1].f).toBe(680);
  });
});
