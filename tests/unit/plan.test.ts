/** The plan: what a run will need stays inside the device's limits, and is said before it is allocated. */
import { describe, expect, test } from 'vitest';
import type { Gpu } from '../../src/core/gpu/device.ts';
import type { Camera } from '../../src/core/scene/camera.ts';
import type { TrainOptions } from '../../src/core/train/contract.ts';
import { type Plan, maxSlots, planTraining, rasterOptionsFor } from '../../src/core/train/plan.ts';

const mebibyte = 2 ** 20;

/** As much of a device as planning looks at. */
function device(adapterName: string, bindingMiB: number): Gpu {
  const limits = { maxStorageBufferBindingSize: bindingMiB * mebibyte, maxBufferSize: 2 * bindingMiB * mebibyte };
  return { adapterName, device: { limits } } as unknown as Gpu;
}

const portable = device('some GPU', 128);
const camera = (widthPx: number, heightPx: number): Camera => ({
  id: 1,
  model: 'PINHOLE',
  widthPx,
  heightPx,
  fx: widthPx,
  fy: widthPx,
  cx: widthPx / 2,
  cy: heightPx / 2,
  k1: 0,
  k2: 0,
  p1: 0,
  p2: 0,
});
const options: TrainOptions = { preset: 'preview', holdout: 8, seed: 1 };

function planned(gpu: Gpu, cameras: Camera[], changes: Partial<TrainOptions> = {}): Plan {
  const plan = planTraining(gpu, cameras, { ...options, ...changes });
  if (!plan.ok) throw new Error(plan.failure.detail);
  return plan.value;
}

/** Bytes of the largest buffers that one kernel binds whole: per splat, per pair and per pixel. */
function largestBinding({ maxSplats, shDegree, raster }: Plan): number {
  const basis = (shDegree + 1) ** 2;
  return Math.max(96 * maxSplats, 24 * basis * maxSplats, 40 * raster.slotCapacity, 60 * raster.maxPixels);
}

describe('wishes and presets', () => {
  test('what is asked for is planned; no photo is enlarged', () => {
    const plan = planned(portable, [camera(400, 300), camera(120, 200)], {
      steps: 77,
      maxSplats: 500,
      widthPx: 200,
      shDegree: 2,
      antialiased: true,
    });
    expect(plan).toMatchObject({ steps: 77, maxSplats: 500, widthPx: 200, shDegree: 2, antialiased: true });
    expect(plan.levels.map(([full]) => [full.widthPx, full.heightPx])).toEqual([
      [200, 150],
      [120, 200],
    ]);
    expect(plan.raster.maxPixels).toBe(30_000);
    expect(plan.raster.maxTiles).toBe(13 * 10);
  });

  test('the preview has at most 3,000 steps, the full preset 30,000 and more of everything', () => {
    const [preview, full] = [planned(portable, [camera(2000, 1500)]), planned(portable, [camera(2000, 1500)], { preset: 'full' })];
    expect(preview.steps).toBeLessThanOrEqual(3000);
    expect(full.steps).toBe(30_000);
    expect(full.maxSplats).toBeGreaterThan(preview.maxSplats);
    expect(full.bytes).toBeGreaterThan(preview.bytes);
  });

  test.each(['mesa software llvmpipe: Mesa 25', 'google SwiftShader', 'Microsoft Basic Render Driver'])(
    '%s gets a lighter preview',
    (name) => {
      const [hard, soft] = [planned(portable, [camera(2000, 1500)]), planned(device(name, 128), [camera(2000, 1500)])];
      expect(soft.maxSplats).toBeLessThan(hard.maxSplats);
      expect(soft.widthPx).toBeLessThan(hard.widthPx);
    },
  );

  test('software adapters take small tiles, graphics cards large ones', () => {
    const sizes = [{ widthPx: 270, heightPx: 480 }];
    expect(rasterOptionsFor(device('google SwiftShader', 128), sizes, 1)).toMatchObject({ tile: 8, maxTiles: 34 * 60 });
    expect(rasterOptionsFor(portable, sizes, 1)).toMatchObject({ tile: 16, maxTiles: 17 * 30 });
    expect(rasterOptionsFor(portable, sizes, 1, 8).tile).toBe(8);
  });
});

describe('limits', () => {
  test.each([
    [128, 0],
    [128, 3],
    [1024, 3],
  ])('a binding of %i MiB holds every buffer of a run with too many splats of SH degree %i', (mib, shDegree) => {
    const plan = planned(device('some GPU', mib), [camera(1000, 800)], { maxSplats: 50_000_000, shDegree });
    expect(largestBinding(plan)).toBeLessThanOrEqual(mib * mebibyte);
    expect(plan.maxSplats).toBeGreaterThan((0.99 * mib * mebibyte) / Math.max(96, 24 * (shDegree + 1) ** 2) - 100);
    expect(plan.raster.slotCapacity).toBe(maxSlots(device('', mib)));
  });

  test('an image either fits with all its maps or is refused by name', () => {
    let [fitted, refused] = [0, 0];
    for (let widthPx = 1000; widthPx < 2400; widthPx += 50) {
      const plan = planTraining(portable, [camera(4000, 3000)], { ...options, widthPx });
      if (plan.ok) {
        fitted++;
        expect(largestBinding(plan.value)).toBeLessThanOrEqual(128 * mebibyte);
      } else {
        refused++;
        expect(plan.failure.code).toBe('out-of-memory');
        expect(plan.failure.detail).toContain(`image of ${widthPx} x `);
      }
    }
    expect(Math.min(fitted, refused)).toBeGreaterThan(5);
  });

  test('the parts add up to the whole', () => {
    const { bytes, parts } = planned(portable, [camera(640, 480), camera(640, 480)]);
    expect(parts.map(({ name }) => name)).toEqual(['photos', 'splats', 'rasterizer', 'training']);
    expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes);
  });

  test('what is learnt about the views has its own part', () => {
    const cameras = [camera(640, 480), camera(640, 480)];
    const views = (changes: Partial<TrainOptions>): number =>
      planned(portable, cameras, { ...changes, maxSplats: 1000 }).bytes - planned(portable, cameras, { maxSplats: 1000 }).bytes;
    expect(views({ refinePoses: true })).toBeGreaterThanOrEqual(1000 * 2 * 16);
    // Two vec3 for every eight pixels of a column.
    expect(views({ refineExposure: true })).toBeGreaterThanOrEqual(2 * 16 * 540 * Math.ceil(405 / 8));
    expect(views({ refinePoses: true, refineExposure: true })).toBe(views({ refinePoses: true }) + views({ refineExposure: true }));
  });
});
