/** Projection and tile lists on the GPU against their f64 twins, splat by splat and tile by tile. */
import { describe, expect, test } from 'vitest';
import { readF32, readU32 } from '../../src/core/gpu/buffers.ts';
import { type Projected, type RasterOptions, projectRef } from '../../src/core/raster/project.ref.ts';
import { tilesTouchedRef } from '../../src/core/raster/tiles.ref.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import { randomSplats, smallView } from '../randomScene.ts';
import { expectCloseWithBoundaryBand } from './boundaryBand.ts';
import { createGpuScene, readTileLists, toF32 } from './gpuScene.ts';
import { openTestGpus } from './openTestGpu.ts';

const { portable: gpu } = await openTestGpus();

/** Tiles whose rectangle, cut to the image, the splat reaches, for every visible splat. */
const touchedTiles = (p: Projected, i: number, tile: number, { widthPx, heightPx }: PinholeView): number[] =>
  tilesTouchedRef(p.u[i], p.v[i], p.conic.subarray(3 * i, 3 * i + 3), p.opacity[i], tile, widthPx, heightPx);

/** Column `at` of the projected buffer (12 floats a splat) for the splats given. */
const column = (projected: Float32Array, ids: number[], at: number): Float32Array => Float32Array.from(ids, (i) => projected[12 * i + at]);

async function compareProjection(splats: Splats, view: PinholeView, options: RasterOptions): Promise<void> {
  const scene = await createGpuScene(gpu, splats, view);
  scene.render({ shDegree: options.activeShDegree ?? splats.shDegree, lowpass: options.lowPass ?? 0.3 });
  const projected = await readF32(gpu, scene.raster.projected);
  const want = projectRef(splats, view, options);
  const all = Array.from({ length: splats.count }, (_, i) => i);
  const seen = all.filter((i) => want.visible[i] === 1 && touchedTiles(want, i, 8, view).length > 0);
  const gone = all.filter((i) => want.visible[i] === 0);
  expect(seen.length).toBeGreaterThan(splats.count / 3);
  expect(gone.length).toBeGreaterThan(1);
  const check = (name: string, at: number, values: Float64Array, width: number, k: number, absolute: number): void => {
    const wanted = Float64Array.from(seen, (i) => values[width * i + k]);
    expectCloseWithBoundaryBand(name, column(projected, seen, at), wanted, { absolute, relative: 2e-5 });
  };
  check('u', 0, want.u, 1, 0, 1e-4);
  check('v', 1, want.v, 1, 0, 1e-4);
  check('depth', 2, want.depth, 1, 0, 1e-6);
  check('opacity', 3, want.opacity, 1, 0, 1e-5);
  for (const k of [0, 1, 2]) check(`conic ${k}`, 4 + k, want.conic, 3, k, 1e-5);
  for (const k of [0, 1, 2]) check(`colour ${k}`, 8 + k, want.colour, 3, k, 1e-5);
  check('extent x', 7, want.radius, 2, 0, 1e-3);
  check('extent y', 11, want.radius, 2, 1, 1e-3);
  // What the image cannot show has opacity 0, which keeps it out of every list.
  const farOutside = gone.filter((i) => touchedTiles(want, i, 8, view).length === 0);
  expect(column(projected, farOutside, 3).every((opacity) => opacity === 0)).toBe(true);
  scene.dispose();
}

describe('projection', () => {
  const cases = [0, 1, 2, 3].flatMap((degree) => [false, true].map((antialiased) => [degree, antialiased] as const));
  test.each(cases)('SH degree %i, antialiased %s', async (degree, antialiased) => {
    await compareProjection(toF32(randomSplats(400 + degree, 120, degree, antialiased)), smallView, {});
  });

  test('a lower SH degree than the buffer holds, and another low-pass', async () => {
    await compareProjection(toF32(randomSplats(410, 120, 3)), smallView, { activeShDegree: 1, lowPass: 0.05 });
  });

  test('far beside the axis, where the Jacobian is held', async () => {
    const splats = toF32(randomSplats(411, 120, 0));
    splats.logScales.fill(0.3);
    const narrow = { ...smallView, fx: 60, fy: 60 };
    const x = projectRef(splats, narrow).u.map((u) => Math.abs(u - narrow.cx) / narrow.widthPx);
    expect(
      x.some((share) => share > 0.65),
      'some splat is beyond the clamp',
    ).toBe(true);
    await compareProjection(splats, narrow, {});
  });
});

describe.each([8, 16])('tile lists, tiles of %i px', (tile) => {
  test.each([
    [420, 24, 20],
    [421, 61, 35],
    [422, 7, 130],
  ])('scene %i at %i x %i px: no tile is missed, few are listed in vain, front to back', async (seed, widthPx, heightPx) => {
    const s = widthPx / smallView.widthPx;
    const view = { ...smallView, widthPx, heightPx, fx: 21 * s, fy: 19.5 * s, cx: widthPx / 2, cy: heightPx / 2 };
    const splats = toF32(randomSplats(seed, 120, 0));
    const scene = await createGpuScene(gpu, splats, view, { tile });
    scene.render();
    const lists = await readTileLists(gpu, scene, view);
    const projected = await readF32(gpu, scene.raster.projected);
    const want = projectRef(splats, view);
    /** The tiles at the border reach beyond the image, and a splat that lies there only is listed too. */
    const whole = { ...view, widthPx: Math.ceil(widthPx / tile) * tile, heightPx: Math.ceil(heightPx / tile) * tile };
    let [missed, listed, needed, reached] = [0, 0, 0, 0];
    for (let i = 0; i < splats.count; i++) {
      if (want.visible[i] === 0) continue;
      const tiles = touchedTiles(want, i, tile, view);
      missed += tiles.filter((t) => !lists[t].includes(i)).length;
      needed += tiles.length;
      reached += touchedTiles(want, i, tile, whole).length;
    }
    for (const list of lists) {
      listed += list.length;
      expect(new Set(list).size, 'no splat twice in one tile').toBe(list.length);
      const depths = list.map((i) => projected[12 * i + 2]);
      // The depth key keeps 20 of the float's 24 bits.
      for (let k = 1; k < depths.length; k++) {
        expect(depths[k]).toBeGreaterThanOrEqual(depths[k - 1] * (1 - 2 ** -18));
        if (depths[k] === depths[k - 1]) expect(list[k]).toBeGreaterThan(list[k - 1]);
      }
    }
    expect(missed).toBe(0);
    expect(needed).toBeGreaterThan(splats.count / 2);
    expect(listed).toBeGreaterThanOrEqual(reached);
    expect(listed).toBeLessThanOrEqual(1.02 * reached + 2);
    const [used, wanted] = await readU32(gpu, scene.raster.counters);
    expect([used, wanted]).toEqual([listed, listed]);
    scene.dispose();
  });
});

test("a splat's slots are contiguous and hold its tiles", async () => {
  const splats = toF32(randomSplats(430, 120, 0));
  const scene = await createGpuScene(gpu, splats, smallView);
  scene.render();
  const starts = await readU32(gpu, scene.raster.slotStarts);
  const [used] = await readU32(gpu, scene.raster.counters);
  const lists = await readTileLists(gpu, scene, smallView);
  const owner = new Int32Array(used).fill(-1);
  for (let i = 0; i < splats.count; i++) {
    expect(starts[2 * i + 1] - starts[2 * i]).toBe(lists.filter((list) => list.includes(i)).length);
    owner.fill(i, starts[2 * i], starts[2 * i + 1]);
  }
  expect(owner.every((i) => i >= 0)).toBe(true);
  scene.dispose();
});
