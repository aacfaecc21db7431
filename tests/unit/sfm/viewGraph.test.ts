/** Connected groups against groups known by construction. */
import { describe, expect, test } from 'vitest';
import { createRandom, permutation } from '../../../src/core/math/random.ts';
import { connectedGroups } from '../../../src/core/sfm/viewGraph.ts';

describe('connected groups', () => {
  test('no images, no groups; no edges, one group each', () => {
    expect(connectedGroups(0, [])).toEqual([]);
    expect(connectedGroups(3, [])).toEqual([[0], [1], [2]]);
  });

  test('the largest first, equal ones by their first image', () => {
    const edges = [
      { i: 0, j: 6 },
      { i: 2, j: 3 },
      { i: 3, j: 5 },
    ];
    expect(connectedGroups(7, edges)).toEqual([[2, 3, 5], [0, 6], [1], [4]]);
  });

  test.each([1, 2, 3])('chains of known members in any order (seed %i)', (seed) => {
    const random = createRandom(seed);
    const order = [...permutation(30, random)];
    const chains = [order.slice(0, 14), order.slice(14, 24), order.slice(24)];
    const links = chains.flatMap((chain) => chain.slice(1).map((b, k) => ({ i: Math.min(b, chain[k]), j: Math.max(b, chain[k]) })));
    const edges = [...permutation(links.length, random)].map((k) => links[k]);
    expect(connectedGroups(30, edges)).toEqual(chains.map((chain) => [...chain].sort((a, b) => a - b)));
  });
});
