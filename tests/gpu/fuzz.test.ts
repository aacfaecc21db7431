/**
 * Broken and extreme values in every parameter, among healthy splats. Invariant under test: no hang, a finite picture, and splats that
 * cannot be drawn change nothing about the others: not their pixels, gradients or training, to the bit.
 */
import { describe, expect, test } from 'vitest';
import { readF32 } from '../../src/core/gpu/buffers.ts';
import { projectRef } from '../../src/core/raster/project.ref.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import { randomNumbers, randomSplats, smallView } from '../randomScene.ts';
import { createGpuScene, readGradients, toF32 } from './gpuScene.ts';
import { type RasterVariant, openTestGpus } from './openTestGpu.ts';
import { randomPhoto } from './photos.ts';

const { variants } = await openTestGpus();
const parameters = ['means', 'logScales', 'quats', 'opacityLogits', 'sh'] as const;
type Parameter = (typeof parameters)[number];

/** f32: the smallest and a middling denormal, the largest number, and what overflows when squared or raised to e. */
const awkward = [NaN, Infinity, -Infinity, 1.4e-45, 1e-40, -1e-40, 0, -0, 1e30, -1e30, 3.4e38, -3.4e38, 88, -88, 100, -100, 1e18, 1e-18];
const healthy = 60;
const count = healthy + 2 * awkward.length;
const { widthPx, heightPx } = smallView;
const photo = randomPhoto(61, widthPx, heightPx).packed;
const rates = {
  lrMean: 1e-3,
  lrScale: 5e-3,
  lrQuat: 1e-3,
  lrOpacity: 5e-2,
  lrDc: 5e-3,
  lrRest: 1e-3,
  noise: 1,
  opacityDecay: 0.01,
  scaleDecay: 0.01,
};

/** Healthy splats, then two splats for each awkward value: once in one component, once in all of one parameter. */
function broken(parameter: Parameter, seed: number, antialiased: boolean): Splats {
  const splats = toF32(randomSplats(seed, count, 1, antialiased));
  const random = randomNumbers(seed + 1);
  const width = splats[parameter].length / count;
  awkward.forEach((value, k) => {
    const [one, all] = [healthy + 2 * k, healthy + 2 * k + 1];
    splats[parameter][one * width + Math.floor(random() * width)] = value;
    splats[parameter].fill(value, all * width, (all + 1) * width);
  });
  return splats;
}

/** The splats given made invisible. */
function hidden(splats: Splats, hide: (i: number) => boolean): Splats {
  return { ...splats, opacityLogits: splats.opacityLogits.map((value, i) => (hide(i) ? -50 : value)) };
}

const finite = (values: ArrayLike<number>): boolean => Array.from(values).every((value) => Number.isFinite(value));

/** What a rendering and a few steps of training do to the healthy splats. */
async function outcome(
  { gpu, tile }: RasterVariant,
  splats: Splats,
): Promise<{ image: Float32Array; gradients: number[][]; trained: number[][] }> {
  const own = (values: Record<Parameter, ArrayLike<number>>): number[][] =>
    parameters.map((name) => Array.from(values[name]).slice(0, (values[name].length / count) * healthy));
  const measured = await createGpuScene(gpu, splats, smallView, { tile, photo, dump: true });
  measured.train();
  const image = await readF32(gpu, measured.raster.image);
  const gradients = own(await readGradients(gpu, measured, count));
  measured.dispose();
  const scene = await createGpuScene(gpu, splats, smallView, { tile, photo });
  for (let step = 1; step <= 3; step++) scene.train({ ...rates, step });
  const trained = own(await scene.read());
  scene.dispose();
  return { image, gradients, trained };
}

describe.each(variants)('fuzz, $name', (variant) => {
  test.each(parameters)('%s: a finite picture, and healthy splats stay finite', async (parameter) => {
    for (const [seed, antialiased] of [
      [501, false],
      [502, true],
    ] as const) {
      const { image, trained } = await outcome(variant, broken(parameter, seed, antialiased));
      expect(finite(image), 'image').toBe(true);
      for (const [k, values] of trained.entries()) expect(finite(values), parameters[k]).toBe(true);
    }
  });

  test.each(parameters)('%s: what cannot be drawn changes nothing', async (parameter) => {
    const splats = broken(parameter, 503, false);
    const { visible } = projectRef(splats, smallView);
    const impossible = (i: number): boolean => i >= healthy && visible[i] === 0;
    const drawable = (i: number): boolean => i >= healthy && visible[i] === 1;
    expect(Array.from(visible.keys()).filter(impossible).length).toBeGreaterThan(3);
    const [among, alone] = [
      await outcome(variant, hidden(splats, drawable)),
      await outcome(
        variant,
        hidden(splats, (i) => i >= healthy),
      ),
    ];
    expect(among.image).toEqual(alone.image);
    expect(among.gradients).toEqual(alone.gradients);
    expect(among.trained).toEqual(alone.trained);
  });
});

test('random rubbish everywhere ends, with a finite picture', async () => {
  const [variant] = variants;
  const random = randomNumbers(99);
  for (let round = 0; round < 12; round++) {
    const splats = toF32(randomSplats(600 + round, count, 1, round % 2 === 1));
    for (const name of parameters) {
      // Any 32 bits: denormals, infinities and NaN come in their natural shares.
      const bits = new Uint32Array(splats[name].buffer);
      for (let k = 0; k < bits.length; k++) if (random() < 0.2) bits[k] = random() * 2 ** 32;
    }
    const scene = await createGpuScene(variant.gpu, splats, smallView, { tile: variant.tile, photo });
    scene.render({ count });
    expect(finite(await readF32(variant.gpu, scene.raster.image)), `image of round ${round}`).toBe(true);
    for (let step = 1; step <= 2; step++) scene.train({ ...rates, step });
    await variant.gpu.device.queue.onSubmittedWorkDone();
    scene.dispose();
  }
});
