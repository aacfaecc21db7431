/** Seeded random numbers and permutations. */
import { describe, expect, test } from 'vitest';
import { createRandom, permutation } from '../../src/core/math/random.ts';

const draw = (seed: number, n: number): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: n }, random);
};

describe('random', () => {
  test('the published values of mulberry32 for seed 1', () => {
    // Tommy Ettinger's C code, state 1, as u32 / 2^32.
    expect(draw(1, 3).map((value) => Math.round(value * 2 ** 32))).toEqual([2693262067, 11749833, 2265367787]);
  });

  test('one seed, one sequence; other seeds, others; negative and large seeds work', () => {
    expect(draw(5, 20)).toEqual(draw(5, 20));
    expect(draw(5, 20)).not.toEqual(draw(6, 20));
    for (const seed of [-1, 0, 2 ** 31, 2 ** 40 + 3]) for (const value of draw(seed, 50)) expect(value >= 0 && value < 1).toBe(true);
  });

  test('evenly spread', () => {
    const bins = new Uint32Array(10);
    for (const value of draw(9, 20_000)) bins[Math.floor(10 * value)]++;
    for (const bin of bins) expect(Math.abs(bin - 2000)).toBeLessThan(200);
  });
});

describe('permutation', () => {
  test.each([0, 1, 2, 17, 1000])('of %i holds every number once', (n) => {
    expect([...permutation(n, createRandom(3))].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  test('every order of three is equally likely', () => {
    const seen = new Map<string, number>();
    const random = createRandom(4);
    for (let k = 0; k < 6000; k++) {
      const order = permutation(3, random).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(150);
  });
});
