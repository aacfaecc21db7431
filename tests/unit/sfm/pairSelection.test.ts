/** Which photos are matched with which: every pair once, neighbours always, probes by what they find. */
import { expect, test } from 'vitest';
import { allPairs, choosePairs, keepProbed, largestScale } from '../../../src/core/sfm/pairSelection.ts';

test('all pairs of four photos', () => {
  const six = [
    [0, 1],
    [0, 2],
    [0, 3],
    [1, 2],
    [1, 3],
    [2, 3],
  ];
  expect(allPairs(4)).toEqual(six);
  expect(allPairs(1)).toEqual([]);
  expect(allPairs(0)).toEqual([]);
});

test('up to sixty photos are matched all with all', () => {
  expect(choosePairs(60, { video: false })).toEqual({ sure: allPairs(60), toProbe: [] });
});

test.for([
  [61, false],
  [200, false],
  [40, true],
] as const)('%i photos, video %s: neighbours and strides are sure, the rest is probed, nothing is lost or twice', ([n, video]) => {
  const { sure, toProbe } = choosePairs(n, { video });
  const all = [...sure, ...toProbe].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  expect(all).toEqual(allPairs(n));
  const gaps = new Set(sure.map(([i, j]) => j - i));
  const strides = [16, 32, 64, 128].filter((gap) => gap < n);
  expect([...gaps].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...strides]);
  for (const list of [sure, toProbe]) expect(list).toEqual([...list].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
});

test('the features of largest scale keep their order, the first of equals come in', () => {
  const scales = [1, 5, 2, 5, 3, 2];
  const keypoints = Float32Array.from(scales.flatMap((scale, i) => [i, i, scale, 0]));
  const descriptors = Uint8Array.from({ length: 6 * 128 }, (_, k) => k >> 7);
  const picked = (count: number): number[] => {
    const bytes = largestScale({ count: 6, keypoints, descriptors }, count);
    return Array.from({ length: bytes.length / 128 }, (_, i) => bytes[i * 128 + 127]);
  };
  expect(picked(3)).toEqual([1, 3, 4]);
  expect(picked(4)).toEqual([1, 2, 3, 4]);
  expect(picked(512)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(picked(0)).toEqual([]);
});

test('proven overlaps are all kept, weak ones only for photos that have no better, chance never', () => {
  const probed = [
    { i: 0, j: 4, matches: 5 },
    { i: 0, j: 1, matches: 40 },
    { i: 0, j: 2, matches: 6 },
    { i: 0, j: 3, matches: 7 },
    { i: 1, j: 2, matches: 5 },
    { i: 4, j: 5, matches: 2 },
    { i: 3, j: 4, matches: 0 },
  ];
  const kept = [
    [0, 1],
    [0, 2],
    [0, 3],
    [0, 4],
  ];
  // Photos 1 and 2 have their best already, photo 4 has only the weak one.
  expect(keepProbed(probed, 6, 1)).toEqual(kept);
  expect(keepProbed([...probed].reverse(), 6, 1)).toEqual(kept);
  expect(keepProbed(probed, 6, 2)).toEqual([...kept, [1, 2]]);
  expect(keepProbed([], 6, 2)).toEqual([]);
});
