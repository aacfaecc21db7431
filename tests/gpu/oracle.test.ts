/**
 * The GPU against PyTorch autograd: another program's image, loss and gradients of the same scene. The small scene is always there; a real
 * view with thousands of splats is compared when its file is.
 */
import { describe, expect, test } from 'vitest';
import { readF32, readU32 } from '../../src/core/gpu/buffers.ts';
import { compareVectors, findLargeOracle, readOracle, smallOraclePath } from '../oracle.ts';
import { measureBand } from './boundaryBand.ts';
import { createGpuScene, readGradients, toF32 } from './gpuScene.ts';
import { openTestGpus } from './openTestGpu.ts';

const { variants } = await openTestGpus();
const parameters = ['means', 'logScales', 'quats', 'opacityLogits', 'sh'] as const;
const large = findLargeOracle();
if (!large) console.info('oracle: the large scene did not run; no oracle.npz in SPLAT_ORACLE, ../shared/data/fox or .cache.');
const scenes = [
  { scene: 'small scene', path: smallOraclePath, tolerance: 1e-5, lossTolerance: 5e-6 },
  // The sparse points of a real scene hold duplicates, whose order is a matter of rounding, and SSIM of flat dark areas loses digits in f32.
  ...(large ? [{ scene: 'real view', path: large, tolerance: 1e-2, lossTolerance: 5e-5 }] : []),
];

describe.each(scenes)('$scene', ({ path, tolerance, lossTolerance }) => {
  const oracle = readOracle(path);
  const { widthPx, heightPx } = oracle.view;
  const photo = Uint32Array.from({ length: widthPx * heightPx }, (_, i) => {
    const [r, g, b] = [0, 1, 2].map((c) => Math.round(255 * oracle.target[3 * i + c]));
    return (r | (g << 8) | (b << 16) | (255 << 24)) >>> 0;
  });

  test.each(variants)('image, loss and gradients, $name', async ({ gpu, tile }) => {
    const splats = toF32(oracle.splats);
    const { count } = splats;
    const scene = await createGpuScene(gpu, splats, oracle.view, {
      tile,
      capacity: count,
      slotCapacity: 64 * count + 8192,
      photo,
      dump: true,
    });
    // The reference never stops a pixel early.
    scene.train({ near: oracle.near, stopAtT: 0 });
    const [used, wanted] = await readU32(gpu, scene.raster.counters);
    expect(used).toBe(wanted);
    const { colour } = await scene.image();
    const { outside, worst } = measureBand(colour, oracle.image, { absolute: 1e-4 });
    expect(outside / colour.length).toBeLessThan(1e-3);
    expect(worst).toBeLessThan(2e-2);
    const [l1, ssim] = await readF32(gpu, scene.tally!.ring, 16, 16);
    expect(Math.abs((0.8 * l1 + 0.2 * (1 - ssim)) / oracle.loss - 1)).toBeLessThan(lossTolerance);
    const gradients = await readGradients(gpu, scene, count);
    for (const name of parameters) {
      const { relativeL2, cosine } = compareVectors(gradients[name], oracle.gradients[name]);
      // Round splats do not change when turned: that gradient is rounding alone, in both programs.
      const largest = oracle.gradients[name].reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      if (largest < 1e-12)
        expect(
          gradients[name].every((value) => Math.abs(value) < 1e-8),
          name,
        ).toBe(true);
      else expect([relativeL2 < tolerance, cosine > 0.9999], `${name}: ${relativeL2}, ${cosine}`).toEqual([true, true]);
    }
    scene.dispose();
  });
});
