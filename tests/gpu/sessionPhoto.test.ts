/** The photos of a run as the trainer sees them: which, how they look, and the camera each is seen through. */
import { expect, test } from 'vitest';
import { psnrDb } from '../../src/core/image/metrics.ts';
import { createTrainSession } from '../../src/core/train/session.ts';
import { proceduralScene } from '../fixtures/proceduralScene.ts';
import { memoryDataset } from './memoryDataset.ts';
import { openTestGpus } from './openTestGpu.ts';

const { portable } = await openTestGpus();
const { reconstruction, photos } = proceduralScene({ widthPx: 64, heightPx: 48, viewCount: 9, pointCount: 300 });
const { dataset, host } = memoryDataset(reconstruction, photos);

test('each photo comes with its own pixels and the camera that shows what is on it', async () => {
  const options = { preset: 'preview', steps: 120, maxSplats: 500, widthPx: 64, holdout: 8, seed: 3, refinePoses: true } as const;
  const opened = await createTrainSession(portable, dataset, options, host, () => undefined);
  if (!opened.ok) throw new Error(opened.failure.detail);
  const session = opened.value;
  const names = reconstruction.views.map(({ photoName }) => photoName);
  expect(session.photos.map(({ name }) => name)).toEqual(names);
  expect(session.photos.flatMap(({ heldOut }, i) => (heldOut ? [i] : []))).toEqual([0, 8]);
  await session.run();
  const refined = await session.refinedPoses();
  for (const index of [0, 3, 5]) {
    const { name, heldOut, view, pixels } = await session.photo(index);
    expect({ name, heldOut }).toEqual({ name: names[index], heldOut: index === 0 });
    expect(view.pose).toEqual(refined[index].pose);
    expect([pixels.widthPx, pixels.heightPx]).toEqual([64, 48]);
    const closeness = photos.map((photo) => psnrDb(pixels, photo));
    expect(closeness[index]).toBeGreaterThan(30);
    expect(closeness.indexOf(Math.max(...closeness))).toBe(index);
    const render = await session.render(view);
    const likeness = photos.map((photo) => psnrDb(render, photo));
    expect(likeness.indexOf(Math.max(...likeness))).toBe(index);
  }
  session.dispose();
});
