/** The split twin, against the moments of the mixture it makes, summed numerically. */
import { describe, expect, test } from 'vitest';
import { splitRef } from '../../src/core/train/split.ref.ts';

/** Mean and variance of equal Gaussians at the given places, by summing their densities on a fine grid. */
function mixtureMoments(offsets: number[], scale: number): { mean: number; variance: number } {
  const step = scale / 50;
  const reach = Math.max(...offsets.map(Math.abs)) + 10 * scale;
  let [mass, first, second] = [0, 0, 0];
  for (let x = -reach; x <= reach; x += step) {
    const density = offsets.reduce((sum, at) => sum + Math.exp(-0.5 * ((x - at) / scale) ** 2), 0);
    mass += density;
    first += density * x;
    second += density * x * x;
  }
  return { mean: first / mass, variance: second / mass - (first / mass) ** 2 };
}

describe('split', () => {
  test.each([2, 3, 5, 8])('%i copies keep the centre and the spread', (copies) => {
    const { offsets, scale } = splitRef(0.6, 0.7, copies);
    const { mean, variance } = mixtureMoments(offsets, scale);
    expect(offsets).toHaveLength(copies);
    expect(mean).toBeCloseTo(0, 6);
    expect(variance).toBeCloseTo(0.49, 5);
  });

  test('two copies stand at +-s / sqrt 2 and are s / sqrt 2 long', () => {
    const { offsets, scale } = splitRef(0.6, 1, 2);
    expect(offsets[0]).toBeCloseTo(-Math.SQRT1_2, 12);
    expect(offsets[1]).toBeCloseTo(Math.SQRT1_2, 12);
    expect(scale).toBeCloseTo(Math.SQRT1_2, 12);
  });

  test.each([0.05, 0.5, 0.95])('as many layers as lie over one another let through what the one did (opacity %f)', (opacity) => {
    for (const copies of [2, 4, 9]) {
      const layers = Math.sqrt(copies);
      expect((1 - splitRef(opacity, 1, copies).opacity) ** layers).toBeCloseTo(1 - opacity, 12);
    }
  });
});
