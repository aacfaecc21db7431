/** From solved photos to training: each view's own photo, and what is refined. */
import { expect, test } from 'vitest';
import type { Pose, View } from '../../../src/core/scene/camera.ts';
import type { SourceFile } from '../../../src/core/scene/dataset.ts';
import type { Solved } from '../../../src/core/sfm/contract.ts';
import { exposureSpread } from '../../../src/core/sfm/exposureSpread.ts';
import { exposureWarning } from '../../../src/core/sfm/outcome.ts';
import { refinementOf, solvedDataset } from '../../../src/core/sfm/solvedDataset.ts';
import type { ExportPhoto } from '../../../src/core/sfm/solvedModel.ts';
import { cloud, orbit, sceneOf, trueModel } from './syntheticScene.ts';

const pose: Pose = { q: [1, 0, 0, 0], t: [0, 0, 0] };
const view = (photoName: string): View => ({ photoName, cameraId: 1, pose });
const file = (path: string): SourceFile => ({ path, sizeBytes: 0, bytes: () => Promise.resolve(new Uint8Array(0)) });

const solved = (spread: number): Solved =>
  ({
    reconstruction: { cameras: [], views: [view('b.jpg'), view('c.jpg')], points: {} },
    warnings: [{ code: 'partial', detail: '' }],
    report: { photos: 3, exposureSpread: spread },
  }) as unknown as Solved;

test('views get their own photos, whatever the order they were given in', () => {
  const dataset = solvedDataset(solved(0), [file('c.jpg'), file('a.jpg'), file('b.jpg')]);
  expect(dataset.photos.map(({ path }) => path)).toEqual(['b.jpg', 'c.jpg']);
  expect(dataset.warnings).toHaveLength(1);
  expect(dataset.source).toContain('3 photos');
});

test('poses are always refined, exposure only where the photos clearly differ', () => {
  expect(refinementOf(solved(0.04))).toEqual({ refinePoses: true, refineExposure: false });
  expect(refinementOf(solved(0.2))).toEqual({ refinePoses: true, refineExposure: true });
});

test('the spread of known gains is their standard deviation, whatever the scene looks like', () => {
  const scene = sceneOf(orbit(6), cloud(300), { outliers: 0 });
  const model = trueModel(scene);
  const logGains = [-0.3, -0.1, 0, 0.05, 0.15, 0.2];
  const photos = scene.graph.images.map((image, i) => {
    const colours = new Uint8Array(3 * image.count);
    for (let k = 0; k < image.count; k++) {
      const place = Math.max(0, scene.placeOf[i][k]);
      colours.fill(Math.round((60 + (place % 7) * 12) * Math.exp(logGains[i])), 3 * k, 3 * k + 3);
    }
    return { colours } as ExportPhoto;
  });
  const mean = logGains.reduce((sum, gain) => sum + gain, 0) / logGains.length;
  const truth = Math.sqrt(logGains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / logGains.length);
  expect(exposureSpread(model, photos)).toBeCloseTo(truth, 1);
  expect(
    exposureSpread(
      model,
      photos.map(({ colours }) => ({ colours: colours.map(() => 128) }) as ExportPhoto),
    ),
  ).toBeCloseTo(0, 6);
});

test('only strong differences are warned of', () => {
  expect(exposureWarning(0.1)).toEqual([]);
  expect(exposureWarning(0.4)).toMatchObject([{ code: 'exposure-shift' }]);
});
