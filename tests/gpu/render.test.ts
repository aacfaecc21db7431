/** The rasterizer on the GPU against its f64 twin, in every variant of the blend, and the awkward sizes and scenes. */
import { describe, expect, test } from 'vitest';
import { readF32 } from '../../src/core/gpu/buffers.ts';
import type { RasterOptions } from '../../src/core/raster/project.ref.ts';
import { renderRef } from '../../src/core/raster/render.ref.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import { randomSplats, smallView } from '../randomScene.ts';
import { expectCloseWithBoundaryBand } from './boundaryBand.ts';
import { createGpuScene, toF32 } from './gpuScene.ts';
import { type RasterVariant, openTestGpus } from './openTestGpu.ts';

const { variants } = await openTestGpus();

/** A flip at alpha = 1/255 is worth one 8-bit level of a colour up to 2; a pixel that closes one splat early up to stopAtT / 0.001. */
const band = { absolute: 2e-5, relative: 1e-5, flips: 0.01, bound: 0.12 };

async function compare(
  { gpu, tile }: RasterVariant,
  splats: Splats,
  view: PinholeView,
  options: RasterOptions = {},
): Promise<Float64Array> {
  const scene = await createGpuScene(gpu, splats, view, { tile });
  scene.render({ stopAtT: options.stopAtT ?? 1e-4, background: options.background ?? [0, 0, 0] });
  const { colour, transmittance } = await scene.image();
  const want = renderRef(splats, view, options);
  expectCloseWithBoundaryBand('image', colour, want.image, band);
  expectCloseWithBoundaryBand('transmittance', transmittance, want.finalT, band);
  scene.dispose();
  return colour;
}

/** The same field of view at another size. */
const resized = (widthPx: number, heightPx: number): PinholeView => {
  const [sx, sy] = [widthPx / smallView.widthPx, heightPx / smallView.heightPx];
  return { ...smallView, widthPx, heightPx, fx: smallView.fx * sx, fy: smallView.fy * sy, cx: smallView.cx * sx, cy: smallView.cy * sy };
};

describe.each(variants)('render, $name', (variant) => {
  test.each([
    [101, 100, 0, false, {}],
    [102, 100, 3, true, { background: [0.2, 0.5, 0.9] }],
    [103, 120, 1, false, { stopAtT: 0.05, background: [1, 0, 0.5] }],
  ] as [number, number, number, boolean, RasterOptions][])('random scene %i', async (seed, count, degree, antialiased, options) => {
    await compare(variant, toF32(randomSplats(seed, count, degree, antialiased)), smallView, options);
  });

  test.each([
    [1, 1],
    [8, 8],
    [17, 9],
    [16, 16],
    [33, 5],
    [5, 33],
    [67, 41],
  ])('%i x %i px', async (widthPx, heightPx) => {
    await compare(variant, toF32(randomSplats(7, 60, 0)), resized(widthPx, heightPx), { background: [0.1, 0.2, 0.3] });
  });
});

/** `n` splats on the optical axis of smallView-like cameras without rotation, at the given depths. */
function row(depths: number[], logScale: number, opacityLogit: number): Splats {
  const count = depths.length;
  const splats = toF32(randomSplats(1, count, 0));
  depths.forEach((z, i) => splats.means.set([0.02 * i, -0.03 * i, z], 3 * i));
  splats.logScales.fill(logScale);
  splats.opacityLogits.fill(opacityLogit);
  return splats;
}

const straight: PinholeView = { widthPx: 40, heightPx: 24, fx: 30, fy: 30, cx: 20, cy: 12, pose: { q: [1, 0, 0, 0], t: [0, 0, 0] } };
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe.each(variants)('edges, $name', (variant) => {
  const { gpu, tile } = variant;

  test('no splats, and splats that cannot be seen, leave the background', async () => {
    const behind = row([-1, -2, 0, 0.005], -2, 2);
    const beside = row([1, 1], -4, 2);
    beside.means.set([9, 0, 1, 0, -9, 1]);
    const faint = row([1, 2], -1, -6);
    for (const splats of [row([], 0, 0), behind, beside, faint]) {
      const scene = await createGpuScene(gpu, splats, straight, { tile });
      scene.render({ background: [0.25, 0.5, 0.75] });
      const image = await readF32(gpu, scene.raster.image);
      expect([...image.subarray(0, 4)]).toEqual([0.25, 0.5, 0.75, 1]);
      expect(image.every((value, k) => value === [0.25, 0.5, 0.75, 1][k % 4])).toBe(true);
      scene.dispose();
    }
  });

  test('splats that fill the screen, and far more of them than one batch', async () => {
    await compare(variant, row([1, 2, 3], 2, 0), straight);
    // 100 faint layers: every tile's list is longer than any batch and no pixel closes.
    await compare(
      variant,
      row(
        upTo(100).map((i) => 3 + 0.05 * i),
        1.5,
        -3.5,
      ),
      straight,
      { background: [0.4, 0.4, 0.4] },
    );
  });

  test('splats too small for any pixel are widened by the low-pass, not lost', async () => {
    const splats = row([1, 2, 3, 4], -30, 3);
    const colour = await compare(variant, splats, straight);
    expect(colour.some((value) => value > 0.1)).toBe(true);
  });

  test('opaque layers close the pixels: what lies behind is never drawn', async () => {
    const splats = row(
      upTo(60).map((i) => 1 + 0.1 * i),
      1,
      8,
    );
    const front = await compare(variant, splats, straight);
    const behind = { ...splats, sh: splats.sh.map((value, k) => (k < 3 * 10 ? value : 40)) };
    expect(await compare(variant, behind, straight)).toEqual(front);
  });

  test('equal depths go by index', async () => {
    const splats = row([2, 2, 2, 2], -1, 1);
    splats.means.fill(0).set([0, 0, 2, 0, 0, 2, 0, 0, 2, 0, 0, 2]);
    await compare(variant, splats, straight);
  });

  test('the same scene rendered twice is the same to the bit, whatever was rendered in between', async () => {
    const scene = await createGpuScene(gpu, toF32(randomSplats(9, 100, 1)), smallView, { tile });
    scene.render();
    const first = await readF32(gpu, scene.raster.image);
    scene.render({ count: 3, background: [1, 1, 1] });
    scene.render({ count: 0 });
    scene.render();
    expect(await readF32(gpu, scene.raster.image)).toEqual(first);
    scene.dispose();
  });
});
