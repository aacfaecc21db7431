/** Neighbour distances against brute force over all pairs. */
import { describe, expect, test } from 'vitest';
import { neighbourDistance } from '../../src/core/math/neighbours.ts';
import { randomNumbers } from '../randomScene.ts';

/** Root mean square of the k smallest distances to the others. */
function bruteForce(xyz: Float32Array, k: number): number[] {
  const n = xyz.length / 3;
  return Array.from({ length: n }, (_, i) => {
    const squares = Array.from({ length: n }, (_unused, j) =>
      [0, 1, 2].reduce((sum, c) => sum + (xyz[3 * i + c] - xyz[3 * j + c]) ** 2, 0),
    );
    squares.splice(i, 1);
    const nearest = squares.sort((a, b) => a - b).slice(0, k);
    return Math.sqrt(nearest.reduce((a, b) => a + b, 0) / nearest.length);
  });
}

function expectSame(xyz: Float32Array, k: number): void {
  const got = neighbourDistance(xyz, k);
  bruteForce(xyz, k).forEach((want, i) => expect(got[i]).toBeCloseTo(want, 5));
}

function cloud(seed: number, n: number, place: (random: () => number) => number[]): Float32Array {
  const random = randomNumbers(seed);
  return Float32Array.from(Array.from({ length: n }, () => place(random)).flat());
}

describe('neighbourDistance', () => {
  test.each([2, 3, 4, 7, 8, 9, 33, 500])('%i points in a box', (n) => {
    const points = cloud(n, n, (random) => [random(), 2 * random(), 3 * random()]);
    for (const k of [1, 3, 5]) if (k < n) expectSame(points, k);
  });

  test('on a line, in a plane, in clusters and with many at one place', () => {
    expectSame(
      cloud(1, 200, (random) => [random(), 0, 0]),
      3,
    );
    expectSame(
      cloud(2, 200, (random) => [0.5, random(), random()]),
      3,
    );
    expectSame(
      cloud(3, 200, (random) => [Math.floor(3 * random()) * 100 + random(), random(), random()]),
      3,
    );
    expectSame(
      cloud(4, 200, (random) => [Math.floor(4 * random()), Math.floor(4 * random()), 0]),
      3,
    );
    expect([...neighbourDistance(new Float32Array(60).fill(2))]).toEqual(new Array(20).fill(0));
  });

  test('fewer points than neighbours asked for, one point, none', () => {
    expect(neighbourDistance(Float32Array.of(0, 0, 0, 3, 4, 0), 3)).toEqual(Float32Array.of(5, 5));
    expect(neighbourDistance(Float32Array.of(1, 2, 3))).toEqual(Float32Array.of(0));
    expect(neighbourDistance(new Float32Array(0))).toEqual(new Float32Array(0));
  });

  test('100,000 points take well under brute force', () => {
    const started = performance.now();
    neighbourDistance(cloud(5, 100_000, (random) => [random(), random(), random()]));
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
