/** The CPU twins against PyTorch autograd: another program's image, loss and gradients of the same scene. */
import { strToU8 } from 'fflate';
import { describe, expect, test } from 'vitest';
import { depthOrderRef } from '../../src/core/raster/blend.ref.ts';
import type { Projected } from '../../src/core/raster/project.ref.ts';
import { backwardRef, renderRef } from '../../src/core/raster/render.ref.ts';
import { lossRef } from '../../src/core/train/loss.ref.ts';
import { type Oracle, compareVectors, findLargeOracle, readNpy, readOracle, smallOraclePath } from '../oracle.ts';

const groups = ['means', 'logScales', 'quats', 'opacityLogits', 'sh'] as const;

/** The reference never stops a pixel early. */
function run(oracle: Oracle) {
  const options = { near: oracle.near, stopAtT: 0 };
  const { widthPx, heightPx } = oracle.view;
  const rendered = renderRef(oracle.splats, oracle.view, options);
  const loss = lossRef(rendered.image, oracle.target, widthPx, heightPx);
  const gradients = backwardRef(oracle.splats, oracle.view, options, rendered, loss.gradient).splats;
  return { image: rendered.image, projected: rendered.projected, loss: loss.loss, gradients };
}

const largestDifference = (a: Float64Array, b: Float64Array): number =>
  a.reduce((most, value, k) => Math.max(most, Math.abs(value - b[k])), 0);

test('an .npy file made by hand is read', () => {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }\n";
  const bytes = new Uint8Array([0x93, ...strToU8('NUMPY'), 1, 0, header.length, 0, ...strToU8(header), 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  expect(readNpy(bytes)).toEqual({ shape: [2, 1], data: Float64Array.of(1, -2) });
  expect(() => readNpy(bytes.with(7 - 6, 0))).toThrow('not an .npy file');
});

describe('small scene, f64', () => {
  const oracle = readOracle(smallOraclePath);
  const got = run(oracle);

  test('image and loss', () => {
    expect(largestDifference(got.image, oracle.image)).toBeLessThan(1e-12);
    expect(Math.abs(got.loss / oracle.loss - 1)).toBeLessThan(1e-12);
  });
  test.each(groups)('gradient of %s', (group) => {
    expect(compareVectors(got.gradients[group], oracle.gradients[group]).relativeL2).toBeLessThan(1e-9);
  });
});

/**
 * Splats whose order is a matter of rounding: within 1e-6 of another's depth and overlapping it. An f32 sort may have put them either way
 * (the sparse points hold exact duplicates), so these are the boundary band of the comparison.
 */
function tiedSplats(projected: Projected): Set<number> {
  const { u, v, radius, depth } = projected;
  const order = depthOrderRef(projected);
  const overlap = (i: number, j: number): boolean =>
    Math.abs(u[i] - u[j]) < radius[2 * i] + radius[2 * j] && Math.abs(v[i] - v[j]) < radius[2 * i + 1] + radius[2 * j + 1];
  const tied = new Set<number>();
  order.forEach((i, rank) => {
    for (let next = rank + 1; next < order.length && depth[order[next]] - depth[i] < 1e-6 * depth[i]; next++) {
      if (overlap(i, order[next])) tied.add(i).add(order[next]);
    }
  });
  return tied;
}

/** Pixels that a tied splat's box touches. */
function pixelsUnder(splats: Set<number>, { u, v, radius }: Projected, widthPx: number): (pixel: number) => boolean {
  return (pixel) => {
    const [x, y] = [(pixel % widthPx) + 0.5, Math.floor(pixel / widthPx) + 0.5];
    return [...splats].some((i) => Math.abs(x - u[i]) < radius[2 * i] && Math.abs(y - v[i]) < radius[2 * i + 1]);
  };
}

const largePath = findLargeOracle();
if (!largePath) {
  console.log('oracle.ref.test: the large scene did not run; no oracle.npz in SPLAT_ORACLE, ../shared/data/fox or .cache.');
} else {
  describe(`large scene, f32: ${largePath}`, () => {
    const oracle = readOracle(largePath);
    const got = run(oracle);
    const tied = tiedSplats(got.projected);

    test('few splats are in the boundary band', () => {
      expect(tied.size / oracle.splats.count).toBeLessThan(0.02);
    });
    test('image, and bounded differences where tied splats lie', () => {
      const inBand = pixelsUnder(tied, got.projected, oracle.view.widthPx);
      let [outside, inside] = [0, 0];
      got.image.forEach((value, k) => {
        const difference = Math.abs(value - oracle.image[k]);
        if (difference > 1e-4 && inBand((k - (k % 3)) / 3)) inside = Math.max(inside, difference);
        else outside = Math.max(outside, difference);
      });
      expect(outside).toBeLessThan(1e-4);
      expect(inside).toBeLessThan(1e-2);
    });
    test('loss', () => {
      expect(Math.abs(got.loss / oracle.loss - 1)).toBeLessThan(1e-5);
    });
    test.each(groups)('gradient of %s', (group) => {
      const width = oracle.gradients[group].length / oracle.splats.count;
      const settled = (values: Float64Array): Float64Array => values.filter((_, k) => !tied.has(Math.floor(k / width)));
      const [ours, theirs] = [settled(got.gradients[group]), settled(oracle.gradients[group])];
      // Round splats do not change when turned: their gradient is zero, and so must ours be.
      if (theirs.every((value) => value === 0)) return expect(largestDifference(ours, theirs)).toBeLessThan(1e-15);
      const { relativeL2, cosine } = compareVectors(ours, theirs);
      expect(relativeL2).toBeLessThan(1e-3);
      expect(cosine).toBeGreaterThan(0.99999);
    });
  });
}
