/** A model as a reconstruction: sizes, order, colours and errors against values worked out by hand. */
import { describe, expect, test } from 'vitest';
import { removePoint } from '../../../src/core/sfm/sceneModel.ts';
import { exportObservations, exportReconstruction } from '../../../src/core/sfm/solvedModel.ts';
import { cloud, groupLens, orbit, sceneOf, trueModel } from './syntheticScene.ts';

const lens = groupLens({ k1: -0.05, k2: 0.01 });
const scene = sceneOf(orbit(4, { sweepDeg: 60 }), cloud(80), { lens, noisePx: 0, outliers: 0 });
/** Photos 2.5 times the size of the working image; the names run against the order of the images. */
const photos = scene.graph.images.map(({ count }, i) => ({
  ...{ name: `${9 - i}.jpg`, widthPx: 2500, heightPx: 1875, cx: 1250, cy: 937.5, scale: 2.5 },
  colours: Uint8Array.from({ length: 3 * count }, (_, k) => 10 * i + (k % 3)),
}));

describe('reconstruction', () => {
  const model = trueModel(scene);
  removePoint(model, 3);
  const exported = exportReconstruction(model, photos);
  const { cameras, views, points } = exported.reconstruction;

  test('one camera at the size of the photos', () => {
    expect(cameras).toEqual([
      { id: 1, model: 'RADIAL', widthPx: 2500, heightPx: 1875, fx: 2000, fy: 2000, cx: 1250, cy: 937.5, k1: -0.05, k2: 0.01, p1: 0, p2: 0 },
    ]);
  });

  test('views by name with the poses of their images', () => {
    expect(views.map(({ photoName }) => photoName)).toEqual(['6.jpg', '7.jpg', '8.jpg', '9.jpg']);
    expect(exported.images).toEqual([3, 2, 1, 0]);
    views.forEach(({ pose }, k) => expect(pose).toEqual(scene.poses[3 - k]));
  });

  test('points without the removed one; error, length and mean colour', () => {
    expect(points.count).toBe(model.livePoints);
    expect(exported.ids).not.toContain(3);
    exported.ids.forEach((id, at) => {
      const { xyz, images } = model.points[id]!;
      expect([...points.xyz.subarray(3 * at, 3 * at + 3)]).toEqual(xyz);
      expect(points.trackLength[at]).toBe(images.length);
      expect(points.error[at]).toBeLessThan(1e-6);
      const mean = images.reduce((sum, i) => sum + 10 * i, 0) / images.length;
      [0, 1, 2].forEach((c) => expect(points.rgb[3 * at + c]).toBe(Math.round(mean + c)));
    });
  });

  test('observations in pixels of the photo, each seeing its point', () => {
    const observations = exportObservations(model, photos, exported);
    observations.forEach(({ xy, point }, view) => {
      const image = exported.images[view];
      const { xy: centred, count } = scene.graph.images[image];
      expect([xy.length, point.length]).toEqual([2 * count, count]);
      for (let k = 0; k < count; k++) {
        expect(xy[2 * k]).toBe(2.5 * centred[2 * k] + 1250);
        expect(xy[2 * k + 1]).toBe(2.5 * centred[2 * k + 1] + 937.5);
        expect(point[k]).toBe(exported.ids.indexOf(model.pointOf[image][k]));
      }
    });
    const seen = observations.reduce((sum, { point }) => sum + point.filter((p) => p >= 0).length, 0);
    expect(seen).toBe(points.trackLength.reduce((a, b) => a + b, 0));
  });
});

test('an error of 2 px in the working image is 5 px in the photo', () => {
  const moved = structuredClone(scene);
  const model = trueModel(moved);
  const { images, features } = model.points[0]!;
  images.forEach((image, k) => (moved.graph.images[image].xy[2 * features[k]] += 2));
  expect(exportReconstruction(model, photos).reconstruction.points.error[0]).toBeCloseTo(5, 5);
});

test('portrait and landscape photos of one lens are two cameras; fx and fy apart make OPENCV', () => {
  const model = trueModel(scene);
  model.lenses[0].aspect = 1.01;
  const turned = photos.map((photo, i) => (i === 2 ? { ...photo, widthPx: 1875, heightPx: 2500, cx: 937.5, cy: 1250 } : photo));
  const { cameras, views } = exportReconstruction(model, turned).reconstruction;
  expect(cameras.map(({ id, model: kind, widthPx }) => [id, kind, widthPx])).toEqual([
    [1, 'OPENCV', 2500],
    [2, 'OPENCV', 1875],
  ]);
  expect(cameras[0].fy / cameras[0].fx).toBeCloseTo(1.01, 12);
  expect(views.map(({ cameraId }) => cameraId)).toEqual([1, 2, 1, 1]);
});
