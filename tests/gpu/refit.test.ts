/**
 * The whole trainer against a known truth: photos rendered from known splats, training started from their positions and colours with
 * noise on them. The held-out views must come out as good as the 8-bit photos allow a small scene to.
 */
import { expect, test } from 'vitest';
import type { Pixels } from '../../src/core/scene/dataset.ts';
import { createRenderer } from '../../src/core/raster/renderer.ts';
import type { Reconstruction } from '../../src/core/scene/reconstruction.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import { type Hyper, defaultHyper } from '../../src/core/train/schedule.ts';
import { createTrainSession } from '../../src/core/train/session.ts';
import { proceduralScene } from '../fixtures/proceduralScene.ts';
import { randomNumbers } from '../randomScene.ts';
import { memoryDataset } from './memoryDataset.ts';
import { openTestGpus } from './openTestGpu.ts';

const { full: gpu } = await openTestGpus();
const count = 150;
const sh0 = 0.28209479177387814;

/** Rates for a scene of a few hundred large splats, whatever the defaults for photos are; the count stays. */
const hyper: Hyper = {
  ...defaultHyper,
  lrMean: 3e-3,
  lrMeanFinal: 0.01,
  lrScale: 0.02,
  lrQuat: 5e-3,
  lrOpacity: 0.05,
  lrDc: 0.01,
  lrFinal: 0.05,
  initialOpacity: 0.5,
  ssimWeight: 0,
  opacityDecay: 0,
  scaleDecay: 0,
  noise: 0,
  refineUntil: 0,
  quarterUntil: 0,
  halfUntil: 0,
  shEvery: 0,
};

/** Soft blobs in the middle of an orbit of cameras. */
function truth(): Splats {
  const random = randomNumbers(17);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const fill = (length: number, value: (k: number) => number): Float32Array => Float32Array.from({ length }, (_, k) => value(k));
  return {
    count,
    shDegree: 0,
    antialiased: false,
    means: fill(3 * count, (k) => between(-0.9, 0.9) + (k % 3 === 2 ? 0.45 : 0)),
    logScales: fill(3 * count, () => Math.log(between(0.06, 0.2))),
    quats: fill(4 * count, () => between(-1, 1)),
    opacityLogits: fill(count, () => between(0, 3)),
    sh: fill(3 * count, () => between(-0.45, 0.45) / sh0),
  };
}

/** The truth's places and colours as a reconstruction would know them: off by a few hundredths. */
function noisyPoints(splats: Splats): Reconstruction['points'] {
  const random = randomNumbers(18);
  return {
    count,
    xyz: Float64Array.from(splats.means, (value) => value + 0.04 * (random() - 0.5)),
    rgb: Uint8Array.from(splats.sh, (value) => 255 * Math.min(1, Math.max(0, 0.5 + sh0 * value + 0.1 * (random() - 0.5)))),
    error: new Float32Array(count),
    trackLength: new Uint32Array(count),
  };
}

test('a scene of known splats is refitted to over 35 dB on held-out views', async () => {
  const splats = truth();
  const { reconstruction } = proceduralScene({ widthPx: 64, heightPx: 48, viewCount: 26, pointCount: 0 });
  const [camera] = reconstruction.cameras;
  const renderer = await createRenderer(gpu, splats);
  const photos: Pixels[] = [];
  for (const { pose } of reconstruction.views) photos.push(await renderer.render({ ...camera, pose }));
  renderer.dispose();
  const { dataset, host } = memoryDataset({ ...reconstruction, points: noisyPoints(splats) }, photos);
  const opened = await createTrainSession(
    gpu,
    dataset,
    { preset: 'preview', steps: 2000, maxSplats: count, widthPx: 64, holdout: 8, seed: 1, shDegree: 0, hyper },
    host,
    () => {},
  );
  if (!opened.ok) throw new Error(opened.failure.detail);
  const session = opened.value;
  const before = await session.evaluate();
  expect(await session.run()).toEqual({ ok: true, value: 'finished' });
  const after = await session.evaluate();
  const mean = (scores: { psnrDb: number }[]): number => scores.reduce((sum, { psnrDb }) => sum + psnrDb, 0) / scores.length;
  console.info(
    `refit: ${mean(before).toFixed(2)} dB before, ${mean(after).toFixed(2)} dB after, ${session.metrics().secondsByStage.train?.toFixed(1)} s`,
  );
  expect(after).toHaveLength(4);
  expect(mean(before)).toBeLessThan(30);
  expect(mean(after)).toBeGreaterThan(35);
  session.dispose();
});
