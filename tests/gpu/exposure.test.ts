/**
 * Learning the training photos' exposure: the loss with a gain and bias against its f64 twin, and a whole run on photos whose exposure
 * differs. Invariant: without an exposure the loss is the one it is without this feature, bit for bit.
 */
import { expect, test } from 'vitest';
import { readF32 } from '../../src/core/gpu/buffers.ts';
import type { Vector3 } from '../../src/core/math/rotation.ts';
import type { Pixels } from '../../src/core/scene/dataset.ts';
import type { TrainOptions } from '../../src/core/train/contract.ts';
import { exposedRef, exposureBackwardRef } from '../../src/core/train/exposure.ref.ts';
import { lossRef } from '../../src/core/train/loss.ref.ts';
import { createTrainSession } from '../../src/core/train/session.ts';
import { viewStateFloats } from '../../src/core/train/viewStates.ts';
import { proceduralScene } from '../fixtures/proceduralScene.ts';
import { randomNumbers, randomSplats, smallView } from '../randomScene.ts';
import { expectCloseWithBoundaryBand } from './boundaryBand.ts';
import { createGpuScene, toF32 } from './gpuScene.ts';
import { memoryDataset } from './memoryDataset.ts';
import { openTestGpus } from './openTestGpu.ts';
import { randomPhoto } from './photos.ts';

const { portable: gpu } = await openTestGpus();
const splats = toF32(randomSplats(31, 80, 0));
const gain: Vector3 = [1.3, 0.8, 1.1];
const bias: Vector3 = [0.04, -0.06, 0.02];

/** No multiple of 1/255: where render and photo agree to the last bit, |x - y| has a kink. */
const background: Vector3 = [0.31, 0.43, 0.57];

test.each([
  [24, 20],
  [67, 41],
  [130, 13],
  [9, 70],
  [1, 1],
])('%i x %i px: sums, image gradient and exposure gradient', async (widthPx, heightPx) => {
  const view = { ...smallView, widthPx, heightPx, cx: widthPx / 2, cy: heightPx / 2 };
  const pixels = widthPx * heightPx;
  const photo = randomPhoto(widthPx + 1000 * heightPx, widthPx, heightPx, { unseen: pixels > 1, offset: 7 });
  const scene = await createGpuScene(gpu, splats, view, { photo: photo.packed, dump: true, learnt: [view.pose, view.pose] });
  const state = new Float32Array(viewStateFloats);
  state[0] = 1;
  state.set(gain.map(Math.log), 24);
  state.set(bias, 28);
  gpu.device.queue.writeBuffer(scene.views!.states, 0, state);
  scene.train({ photoOffset: photo.offset, background, lrExposure: 1e-9 });
  const { colour } = await scene.image();
  const want = lossRef(exposedRef(colour, gain, bias), photo.colour, widthPx, heightPx, photo.mask);
  const back = exposureBackwardRef(colour, gain, want.gradient);
  const planes = await readF32(gpu, scene.backward!.imageGradient);
  const gradient = Float64Array.from({ length: 3 * pixels }, (_, k) => planes[(k % 3) * pixels + Math.floor(k / 3)]);
  const largest = back.image.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  expectCloseWithBoundaryBand('gradient', gradient, back.image, { absolute: 1e-4 * largest, relative: 1e-4 });
  // After a first step the first moments are a tenth of the gradients of log gain and bias.
  const moments = await readF32(gpu, scene.views!.states, 4 * 32, 32);
  const got = [0, 1, 2, 4, 5, 6].map((k) => 10 * moments[k]);
  const chained = [...back.gain.map((value, k) => gain[k] * value), ...back.bias];
  expectCloseWithBoundaryBand('exposure', got, chained, { absolute: 1e-4 * Math.max(...chained.map(Math.abs)), relative: 1e-4 });
  const [l1] = await readF32(gpu, scene.tally!.ring, 16, 16);
  const seen = photo.mask.reduce((sum, value) => sum + value, 0);
  expect(l1).toBeCloseTo((want.l1 * pixels) / seen, 5);
  scene.dispose();
});

test('an exposure of the identity changes no bit of the step', async () => {
  const photo = randomPhoto(8, 24, 20, { unseen: true });
  const gradientsOf = async (learnt: boolean): Promise<Float32Array> => {
    const scene = await createGpuScene(gpu, splats, smallView, {
      photo: photo.packed,
      dump: true,
      ...(learnt ? { learnt: [smallView.pose] } : {}),
    });
    scene.train({ background });
    const gradients = await readF32(gpu, scene.backward!.imageGradient);
    scene.dispose();
    return gradients;
  };
  expect(await gradientsOf(true)).toEqual(await gradientsOf(false));
});

/** A photo as a camera with another exposure would have taken it. */
function reexposed({ rgba, ...size }: Pixels, factor: number): Pixels {
  return { ...size, rgba: rgba.map((value, k) => (k % 4 === 3 ? value : Math.round(factor * value))) };
}

test('photos of differing exposure: the differences are found and the held-out views come out better', async () => {
  const { reconstruction, photos } = proceduralScene({ widthPx: 64, heightPx: 48, viewCount: 17, pointCount: 400 });
  const random = randomNumbers(71);
  // Held-out photos (every 8th) keep the mean exposure; the log gains of the others have mean 0 up to chance.
  const factors = photos.map((_, i) => (i % 8 === 0 ? 0.75 : 0.75 * Math.exp(0.5 * (random() - 0.5))));
  const { dataset, host } = memoryDataset(
    reconstruction,
    photos.map((photo, i) => reexposed(photo, factors[i])),
  );
  const train = async (refineExposure: boolean) => {
    const options: TrainOptions = {
      preset: 'preview',
      steps: 400,
      maxSplats: 400,
      widthPx: 64,
      holdout: 8,
      seed: 1,
      shDegree: 0,
      refineExposure,
    };
    const opened = await createTrainSession(gpu, dataset, options, host, () => {});
    if (!opened.ok) throw new Error(opened.failure.detail);
    await opened.value.run();
    await opened.value.evaluate();
    const metrics = opened.value.metrics();
    opened.value.dispose();
    return metrics;
  };
  const [off, on] = [await train(false), await train(true)];
  console.info(
    `exposure: ${off.psnrDb?.toFixed(2)} dB without, ${on.psnrDb?.toFixed(2)} dB with; ${JSON.stringify(on.exposureRefinement)}`,
  );
  expect(off.exposureRefinement).toBeNull();
  expect(on.psnrDb!).toBeGreaterThan(off.psnrDb! + 1);
  const spread = Math.max(...factors) / Math.min(...factors);
  expect(on.exposureRefinement!.maxGain / on.exposureRefinement!.minGain).toBeGreaterThan(1 + 0.4 * (spread - 1));
});
