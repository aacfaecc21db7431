/** The loss on the GPU against its f64 twin: the sums it reports and the gradient it hands to the blend. */
import { expect, test } from 'vitest';
import { readF32 } from '../../src/core/gpu/buffers.ts';
import { lossRing } from '../../src/core/train/backward.ts';
import { lossRef } from '../../src/core/train/loss.ref.ts';
import { randomSplats, smallView } from '../randomScene.ts';
import { expectCloseWithBoundaryBand } from './boundaryBand.ts';
import { createGpuScene, toF32 } from './gpuScene.ts';
import { openTestGpus } from './openTestGpu.ts';
import { type TestPhotoOptions, randomPhoto } from './photos.ts';

const { portable: gpu } = await openTestGpus();
const splats = toF32(randomSplats(31, 80, 0));

/** No multiple of 1/255: where render and photo agree to the last bit, |x - y| has a kink. */
const background: [number, number, number] = [0.31, 0.43, 0.57];

/** Mean absolute error of each pixel's channels, 0 where the photo was not seen. */
const pixelErrors = (x: Float64Array, y: Float64Array, mask: Uint8Array): Float64Array =>
  Float64Array.from(mask, (seen, i) => (seen * [0, 1, 2].reduce((sum, c) => sum + Math.abs(x[3 * i + c] - y[3 * i + c]), 0)) / 3);

async function compare(widthPx: number, heightPx: number, options: TestPhotoOptions): Promise<void> {
  const view = { ...smallView, widthPx, heightPx, cx: widthPx / 2, cy: heightPx / 2 };
  const pixels = widthPx * heightPx;
  const photo = randomPhoto(widthPx + 1000 * heightPx, widthPx, heightPx, options);
  const scene = await createGpuScene(gpu, splats, view, { photo: photo.packed, dump: true });
  const step = 3 * lossRing + 7;
  scene.train({ photoOffset: photo.offset, step, background });
  // The twin starts from the GPU's own picture: here only the loss is in question.
  const { colour } = await scene.image();
  const want = lossRef(colour, photo.colour, widthPx, heightPx, photo.mask);
  const planes = await readF32(gpu, scene.backward!.imageGradient);
  const gradient = Float64Array.from({ length: 3 * pixels }, (_, k) => planes[(k % 3) * pixels + Math.floor(k / 3)]);
  const largest = want.gradient.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  expectCloseWithBoundaryBand('gradient', gradient, want.gradient, { absolute: 1e-4 * largest, relative: 1e-4 });
  const errors = pixelErrors(colour, photo.colour, photo.mask);
  expectCloseWithBoundaryBand('error', planes.subarray(3 * pixels), errors, { absolute: 1e-6, relative: 1e-6 });
  const ring = await readF32(gpu, scene.tally!.ring, 16 * (step % lossRing), 16);
  const seen = photo.mask.reduce((sum, value) => sum + value, 0);
  const squared = colour.reduce((sum, x, k) => sum + photo.mask[Math.floor(k / 3)] * (x - photo.colour[k]) ** 2, 0) / (3 * seen);
  // The ring's means are over seen pixels, the twin's over all.
  const wanted = [(want.l1 * pixels) / seen, 1 - ((1 - want.ssim) * pixels) / seen, squared, seen / pixels];
  expectCloseWithBoundaryBand('ring', ring, wanted, { absolute: 2e-6, relative: 2e-5 });
  scene.dispose();
}

test.each([
  [24, 20, {}],
  [64, 64, { unseen: true }],
  [67, 41, { unseen: true }],
  [130, 13, { offset: 517 }],
  [9, 70, { offset: 64, unseen: true }],
  [5, 3, {}],
  [1, 1, {}],
] as [number, number, TestPhotoOptions][])('%i x %i px, %o', compare);

test('a photo of which nothing was seen gives no loss, no gradient and no NaN', async () => {
  const photo = randomPhoto(5, 24, 20);
  const scene = await createGpuScene(gpu, splats, smallView, { photo: photo.packed.map((word) => word & 0xffffff), dump: true });
  scene.train();
  expect(await readF32(gpu, scene.tally!.ring, 16, 16)).toEqual(Float32Array.of(0, 0, 0, 0));
  expect((await readF32(gpu, scene.backward!.imageGradient)).every((value) => value === 0)).toBe(true);
  scene.dispose();
});

test('the weight of D-SSIM is the one asked for', async () => {
  const photo = randomPhoto(6, 24, 20);
  const scene = await createGpuScene(gpu, splats, smallView, { photo: photo.packed, dump: true });
  const gradientAt = async (ssimWeight: number): Promise<Float32Array> => {
    scene.train({ ssimWeight });
    return readF32(gpu, scene.backward!.imageGradient, 0, 3 * 4 * 24 * 20);
  };
  const [l1, both, dissimilarity] = [await gradientAt(0), await gradientAt(0.25), await gradientAt(1)];
  const mixed = l1.map((value, k) => 0.75 * value + 0.25 * dissimilarity[k]);
  expectCloseWithBoundaryBand('mixture', both, mixed, { absolute: 1e-9, relative: 1e-5 });
  expect(Math.abs(l1[0])).toBeCloseTo(1 / (3 * 24 * 20), 9);
  scene.dispose();
});
