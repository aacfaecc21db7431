/** Undistortion and halving on the GPU against the f64 twin and plain averages, at the 8 bits that the photo is stored in. */
import { describe, expect, test } from 'vitest';
import { readU32 } from '../../src/core/gpu/buffers.ts';
import { undistortRef } from '../../src/core/image/undistort.ref.ts';
import { type PhotoLevel, createUndistorter, levelsFor, pixelsOf, viewAt } from '../../src/core/image/undistort.ts';
import type { Camera } from '../../src/core/scene/camera.ts';
import type { Pixels } from '../../src/core/scene/dataset.ts';
import { randomNumbers } from '../randomScene.ts';
import { expectCloseWithBoundaryBand } from './boundaryBand.ts';
import { openTestGpus } from './openTestGpu.ts';

const { portable: gpu } = await openTestGpus();
const undistorter = await createUndistorter(gpu);

function camera(widthPx: number, heightPx: number, changes: Partial<Camera> = {}): Camera {
  const focal = 0.9 * widthPx;
  const base = { id: 1, model: 'OPENCV', widthPx, heightPx, fx: focal, fy: 1.05 * focal, cx: 0.48 * widthPx, cy: 0.53 * heightPx } as const;
  return { ...base, k1: 0, k2: 0, p1: 0, p2: 0, ...changes };
}

/** Smooth waves with a little noise; alpha is 255 as in decoded photos. */
function photo(widthPx: number, heightPx: number): Pixels {
  const random = randomNumbers(widthPx);
  const rgba = new Uint8Array(4 * widthPx * heightPx);
  for (let i = 0; i < widthPx * heightPx; i++) {
    const [x, y] = [i % widthPx, Math.floor(i / widthPx)];
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = 127 + 100 * Math.sin(0.13 * x * (c + 1) + 0.11 * y) + 25 * random();
    rgba[4 * i + 3] = 255;
  }
  return { widthPx, heightPx, rgba };
}

interface Level {
  /** [H, W, 3], 0..255. */
  colour: number[];
  /** [H, W], 0 or 255. */
  alpha: number[];
}

async function load(pixels: Pixels, lens: Camera, levels: PhotoLevel[]): Promise<Level[]> {
  const words = await readU32(gpu, undistorter.load(pixels, lens, levels));
  expect(words.length).toBe(Math.max(4, pixelsOf(levels)));
  return levels.map(({ offset, widthPx, heightPx }) => {
    const own = [...words.subarray(offset, offset + widthPx * heightPx)];
    return { colour: own.flatMap((word) => [word & 255, (word >> 8) & 255, (word >> 16) & 255]), alpha: own.map((word) => word >>> 24) };
  });
}

/** Half a level of rounding, and a little for f32. */
const eightBit = { absolute: 0.52 };

describe('undistort', () => {
  test.each([
    ['a pinhole at its own size', camera(40, 30), 40],
    ['a pinhole made smaller by a broken factor', camera(61, 47), 27],
    ['strong barrel distortion: corners are not in the photo', camera(60, 44, { k1: 0.35, k2: 0.1 }), 30],
    ['pincushion and tangential distortion', camera(60, 44, { k1: -0.2, k2: 0.04, p1: 0.01, p2: -0.015 }), 45],
    ['a photo reduced sixteen times', camera(160, 128), 10],
  ] as [string, Camera, number][])('%s', async (_, lens, widthPx) => {
    const pixels = photo(lens.widthPx, lens.heightPx);
    const [level] = await load(pixels, lens, levelsFor(lens, widthPx));
    const want = undistortRef(pixels, lens, widthPx);
    expectCloseWithBoundaryBand(
      'colour',
      level.colour,
      want.image.map((value) => 255 * value),
      eightBit,
    );
    const wrong = level.alpha.filter((alpha, i) => alpha !== 255 * want.mask[i]).length;
    expect(wrong).toBe(0);
    if (lens.k1 > 0.3) expect(level.alpha.filter((alpha) => alpha === 0).length).toBeGreaterThan(10);
  });

  test('a pinhole photo at its own size keeps its very pixels', async () => {
    const [lens, pixels] = [camera(400, 300), photo(400, 300)];
    const [level] = await load(pixels, lens, levelsFor(lens, 400));
    expect(level.colour).toEqual([...pixels.rgba].filter((_, i) => i % 4 !== 3));
  });

  test('a photo of another size than its camera was solved for is scaled, not cut', async () => {
    const lens = camera(80, 60);
    const small = photo(40, 30);
    const [level] = await load(small, lens, levelsFor(lens, 20));
    const want = undistortRef(small, camera(40, 30), 20);
    expectCloseWithBoundaryBand(
      'colour',
      level.colour,
      want.image.map((value) => 255 * value),
      eightBit,
    );
  });

  test('one colour stays that colour, whatever the lens', async () => {
    const plain = { widthPx: 50, heightPx: 40, rgba: new Uint8Array(4 * 50 * 40).fill(200) };
    const lens = camera(50, 40, { k1: 0.9, k2: -0.7, p1: 0.1 });
    const [level] = await load(plain, lens, levelsFor(lens, 33));
    expect(level.colour.every((value) => value === 200)).toBe(true);
  });
});

describe('levels', () => {
  test.each([
    [40, 30],
    [37, 27],
    [5, 3],
    [1, 1],
  ])('%i x %i px: each level is the mean of 2 x 2 pixels of the one before; unseen spreads', async (widthPx, heightPx) => {
    const lens = camera(widthPx, heightPx, { k1: 0.5 });
    const levels = levelsFor(lens, widthPx);
    const loaded = await load(photo(widthPx, heightPx), lens, levels);
    for (let l = 1; l < levels.length; l++) {
      const [from, to] = [levels[l - 1], levels[l]];
      if (from.widthPx < 2 || from.heightPx < 2) continue;
      for (let i = 0; i < to.widthPx * to.heightPx; i++) {
        const at = 2 * Math.floor(i / to.widthPx) * from.widthPx + 2 * (i % to.widthPx);
        const four = [at, at + 1, at + from.widthPx, at + from.widthPx + 1];
        for (let c = 0; c < 3; c++) {
          const mean = four.reduce((sum, p) => sum + loaded[l - 1].colour[3 * p + c], 0) / 4;
          expect(Math.abs(loaded[l].colour[3 * i + c] - mean)).toBeLessThanOrEqual(0.51);
        }
        expect(loaded[l].alpha[i]).toBe(four.every((p) => loaded[l - 1].alpha[p] === 255) ? 255 : 0);
      }
    }
  });

  test('intrinsics follow the size, and a ray keeps its direction', () => {
    const lens = camera(400, 300);
    const levels = levelsFor(lens, 100);
    expect(levels.map(({ widthPx, heightPx, offset }) => [widthPx, heightPx, offset])).toEqual([
      [100, 75, 0],
      [50, 37, 7500],
      [25, 18, 9350],
    ]);
    for (const [l, level] of levels.entries()) {
      const view = viewAt(level, { q: [1, 0, 0, 0], t: [0, 0, 0] });
      const u = (view.fx * 0.2 + view.cx) * 4 * 2 ** l;
      expect(u).toBeCloseTo(lens.fx * 0.2 + lens.cx, 9);
    }
  });
});
