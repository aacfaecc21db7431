/** Far more splat-tile pairs than there is room for: reported, never silent, and nothing is read or written outside the buffers. */
import { describe, expect, test } from 'vitest';
import { readF32, readU32 } from '../../src/core/gpu/buffers.ts';
import { projectRef } from '../../src/core/raster/project.ref.ts';
import { tilesTouchedRef } from '../../src/core/raster/tiles.ref.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import { randomSplats, smallView } from '../randomScene.ts';
import { createGpuScene, readTileLists, toF32 } from './gpuScene.ts';
import { openTestGpus } from './openTestGpu.ts';
import { randomPhoto } from './photos.ts';

const { variants } = await openTestGpus();
const { widthPx, heightPx } = smallView;

function crowd(): Splats {
  const splats = toF32(randomSplats(71, 120, 0));
  splats.logScales.fill(-0.5);
  return splats;
}

/** Pairs that the view needs: the twin's count, over tiles that reach beyond the image. */
function pairsNeeded(splats: Splats, tile: number): number {
  const p = projectRef(splats, smallView);
  const [wide, high] = [widthPx, heightPx].map((size) => Math.ceil(size / tile) * tile);
  return Array.from(p.visible.keys())
    .filter((i) => p.visible[i] === 1)
    .reduce(
      (sum, i) => sum + tilesTouchedRef(p.u[i], p.v[i], p.conic.subarray(3 * i, 3 * i + 3), p.opacity[i], tile, wide, high).length,
      0,
    );
}

describe.each(variants)('overflow, $name', ({ gpu, tile }) => {
  test.each([1, 7, 64, 150])('room for %i pairs', async (slotCapacity) => {
    const splats = crowd();
    const needed = pairsNeeded(splats, tile);
    expect(needed).toBeGreaterThan(slotCapacity);
    const scene = await createGpuScene(gpu, splats, smallView, { tile, slotCapacity, photo: randomPhoto(71, widthPx, heightPx).packed });
    for (let step = 1; step <= 3; step++) scene.train({ step, lrMean: 1e-4, lrDc: 1e-3, lrOpacity: 1e-2 });
    scene.render();
    const [used, wanted, peak] = await readU32(gpu, scene.raster.counters);
    expect(used).toBe(slotCapacity);
    expect(Math.abs(wanted - needed)).toBeLessThanOrEqual(0.03 * needed);
    expect(peak).toBeGreaterThanOrEqual(wanted);
    const image = await readF32(gpu, scene.raster.image);
    expect(image.every((value) => Number.isFinite(value))).toBe(true);
    const lists = await readTileLists(gpu, scene, smallView);
    expect(lists.flat().length).toBe(slotCapacity);
    expect(lists.flat().every((i) => i < splats.count)).toBe(true);
    const after = await scene.read();
    for (const values of [after.means, after.logScales, after.quats, after.opacityLogits, after.sh])
      expect(values.every((value) => Number.isFinite(value))).toBe(true);
    scene.dispose();
  });

  test('what has room is drawn from the front: the nearest splats keep their pixels', async () => {
    const splats = crowd();
    const needed = pairsNeeded(splats, tile);
    const scene = await createGpuScene(gpu, splats, smallView, { tile, slotCapacity: Math.floor(needed / 2) });
    scene.render();
    const lists = await readTileLists(gpu, scene, smallView);
    const { depth } = projectRef(splats, smallView);
    const drawn = [...new Set(lists.flat())];
    const dropped = Array.from(depth.keys()).filter((i) => depth[i] > 0 && !drawn.includes(i));
    expect(dropped.length).toBeGreaterThan(5);
    expect(Math.max(...drawn.map((i) => depth[i]))).toBeLessThanOrEqual(Math.min(...dropped.map((i) => depth[i])) * (1 + 1e-5));
    scene.dispose();
  });

  test('the report remembers the worst view until it is cleared', async () => {
    const splats = crowd();
    const scene = await createGpuScene(gpu, splats, smallView, { tile, slotCapacity: 50 });
    scene.render();
    const [, all] = await readU32(gpu, scene.raster.counters);
    scene.render({ count: 5 });
    const [used, few, peak] = await readU32(gpu, scene.raster.counters);
    expect(used).toBe(Math.min(few, 50));
    expect(few).toBeLessThan(all);
    expect(peak).toBe(all);
    scene.dispose();
  });
});
