/** The backward pass on the GPU against its f64 twin: every parameter's gradient, in every variant of the blend. */
import { describe, expect, test } from 'vitest';
import { readF32 } from '../../src/core/gpu/buffers.ts';
import { type RasterOptions, projectRef, sigmoid } from '../../src/core/raster/project.ref.ts';
import { backwardRef, renderRef } from '../../src/core/raster/render.ref.ts';
import { tilesTouchedRef } from '../../src/core/raster/tiles.ref.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import { lossRef } from '../../src/core/train/loss.ref.ts';
import { compareVectors } from '../oracle.ts';
import { randomSplats, smallView } from '../randomScene.ts';
import { expectCloseWithBoundaryBand } from './boundaryBand.ts';
import { type DumpedGradients, createGpuScene, readGradients, toF32 } from './gpuScene.ts';
import { type RasterVariant, openTestGpus } from './openTestGpu.ts';
import { type TestPhoto, randomPhoto } from './photos.ts';

const { variants, portable } = await openTestGpus();
const { widthPx, heightPx } = smallView;
const parameters = ['means', 'logScales', 'quats', 'opacityLogits', 'sh'] as const;

function gradientsRef(splats: Splats, photo: TestPhoto, options: RasterOptions): DumpedGradients {
  const rendered = renderRef(splats, smallView, options);
  const { gradient } = lossRef(rendered.image, photo.colour, widthPx, heightPx, photo.mask);
  return backwardRef(splats, smallView, options, rendered, gradient).splats;
}

function expectGradients(got: DumpedGradients, want: DumpedGradients): void {
  for (const name of parameters) {
    const largest = want[name].reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const band = { absolute: 1e-5 * largest, relative: 1e-4, flips: 0.01, bound: 0.02 * largest };
    expectCloseWithBoundaryBand(name, got[name], want[name], band);
    expect(compareVectors(got[name], want[name]).relativeL2, `${name}: relative error of the whole vector`).toBeLessThan(1e-3);
  }
}

async function compare({ gpu, tile }: RasterVariant, splats: Splats, photo: TestPhoto, options: RasterOptions): Promise<void> {
  const scene = await createGpuScene(gpu, splats, smallView, { tile, photo: photo.packed, dump: true });
  const { stopAtT = 1e-4, background = [0, 0, 0], activeShDegree = splats.shDegree } = options;
  scene.train({ stopAtT, background, photoOffset: photo.offset, shDegree: activeShDegree });
  expectGradients(await readGradients(gpu, scene, splats.count), gradientsRef(splats, photo, options));
  scene.dispose();
}

describe.each(variants)('gradients, $name', (variant) => {
  test.each([
    ['plain', 201, 100, 0, false, {}],
    ['third degree, antialiased, background', 202, 60, 3, true, { background: [0.6, 0.2, 0.4] }],
    ['third degree, only the first in use', 203, 60, 3, false, { activeShDegree: 1 }],
    ['pixels that close early', 204, 120, 1, false, { stopAtT: 0.05 }],
  ] as [string, number, number, number, boolean, RasterOptions][])('%s', async (_, seed, count, degree, antialiased, options) => {
    await compare(
      variant,
      toF32(randomSplats(seed, count, degree, antialiased)),
      randomPhoto(seed, widthPx, heightPx, { unseen: true, offset: 33 }),
      options,
    );
  });

  test('every splat on every pixel: lists longer than a batch', async () => {
    const splats = toF32(randomSplats(205, 90, 0));
    splats.logScales.forEach((value, k) => (splats.logScales[k] = 0.5 + 0.2 * Math.sin(value * 50)));
    splats.opacityLogits.fill(-3);
    await compare(variant, splats, randomPhoto(205, widthPx, heightPx), {});
  });
});

test('scores add up the error each splat answers for, step after step', async () => {
  const splats = toF32(randomSplats(206, 100, 0));
  const photo = randomPhoto(206, widthPx, heightPx);
  const scene = await createGpuScene(portable, splats, smallView, { photo: photo.packed, dump: true });
  scene.train();
  // d(sum of error . image) / d colour is what each splat weighs on the error: the twin's colour gradient gives it exactly.
  const rendered = renderRef(splats, smallView);
  const error = Float64Array.from({ length: 3 * widthPx * heightPx }, (_, k) => {
    const pixel = Math.floor(k / 3);
    return k % 3 > 0 ? 0 : [0, 1, 2].reduce((sum, c) => sum + Math.abs(rendered.image[3 * pixel + c] - photo.colour[3 * pixel + c]) / 3, 0);
  });
  const { screen } = backwardRef(splats, smallView, {}, rendered, error);
  const want = Float64Array.from({ length: splats.count }, (_, i) => screen.colour[3 * i]);
  const once = (await readF32(portable, scene.tally!.scores)).subarray(0, splats.count);
  expectCloseWithBoundaryBand('scores', once, want, { absolute: 1e-4, relative: 1e-4, flips: 0.02, bound: 0.05 });
  scene.train();
  const twice = (await readF32(portable, scene.tally!.scores)).subarray(0, splats.count);
  expect(twice).toEqual(once.map((value) => 2 * value));
  scene.dispose();
});

test('decay terms pull opacity and size of what is in view, and of nothing else', async () => {
  const splats = toF32(randomSplats(207, 60, 0));
  const photo = randomPhoto(207, widthPx, heightPx);
  const gradientsWith = async (opacityDecay: number, scaleDecay: number): Promise<DumpedGradients> => {
    const scene = await createGpuScene(portable, splats, smallView, { photo: photo.packed, dump: true });
    scene.train({ opacityDecay, scaleDecay });
    const gradients = await readGradients(portable, scene, splats.count);
    scene.dispose();
    return gradients;
  };
  const [plain, decayed] = [await gradientsWith(0, 0), await gradientsWith(0.5, 0.25)];
  const { visible, u, v, conic, opacity: compensated } = projectRef(splats, smallView);
  // In view is what touches a tile; the last row of tiles reaches 4 px below the image.
  const touched = (i: number): number[] => tilesTouchedRef(u[i], v[i], conic.subarray(3 * i, 3 * i + 3), compensated[i], 8, 24, 24);
  const inView = Array.from(visible, (seen, i) => (seen === 1 && touched(i).length > 0 ? 1 : 0));
  expect(inView.filter((seen) => seen === 0).length).toBeGreaterThan(1);
  for (let i = 0; i < splats.count; i++) {
    const opacity = sigmoid(splats.opacityLogits[i]);
    expect(decayed.opacityLogits[i] - plain.opacityLogits[i]).toBeCloseTo(inView[i] * 0.5 * opacity * (1 - opacity), 6);
    for (let k = 3 * i; k < 3 * i + 3; k++)
      expect(decayed.logScales[k] - plain.logScales[k]).toBeCloseTo(inView[i] * 0.25 * Math.exp(splats.logScales[k]), 6);
  }
  expect(decayed.means).toEqual(plain.means);
});
