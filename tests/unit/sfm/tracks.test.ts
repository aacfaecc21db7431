/** Tracks from matches made by hand, and against the places of a made-up scene. */
import { describe, expect, test } from 'vitest';
import { createRandom, permutation } from '../../../src/core/math/random.ts';
import { buildTracks, type Tracks } from '../../../src/core/sfm/tracks.ts';
import type { GraphEdge, ViewGraph } from '../../../src/core/sfm/viewGraph.ts';
import { cloud, geometryOf, groupLens, orbit, sceneOf } from './syntheticScene.ts';

const geometry = geometryOf(orbit(2)[0], orbit(2)[1], [], 'general');
const edge = (i: number, j: number, ...matches: [number, number][]): GraphEdge => ({
  i,
  j,
  matches: Uint32Array.from(matches.flat()),
  geometry,
});

/** `counts`: features by image, 100 px apart but for those given. */
function graphOf(counts: number[], edges: GraphEdge[], moved: [image: number, feature: number, x: number][] = []): ViewGraph {
  const images = counts.map((count, i) => ({
    ...{ name: `${i}`, group: 0, widthPx: 1000, heightPx: 750, count },
    xy: Float64Array.from({ length: 2 * count }, (_, k) => (k % 2 === 0 ? 50 * k : 0)),
  }));
  for (const [image, feature, x] of moved) images[image].xy[2 * feature] = x;
  return { images, edges, lenses: [groupLens()] };
}

/** Each track as image:feature, the way people write it. */
const listed = ({ count, start, image, feature }: Tracks): string[] =>
  Array.from({ length: count }, (_, t) =>
    [...image.subarray(start[t], start[t + 1])].map((i, k) => `${i}:${feature[start[t] + k]}`).join(' '),
  );

describe('tracks by hand', () => {
  test('matches join over photos, ordered by image, numbered by the first observation', () => {
    const tracks = buildTracks(graphOf([3, 3, 3], [edge(1, 2, [2, 1]), edge(0, 1, [1, 2], [0, 0])]));
    expect(listed(tracks)).toEqual(['0:0 1:0', '0:1 1:2 2:1']);
    expect(tracks.trackOf.map((of) => [...of])).toEqual([
      [0, 1, -1],
      [0, -1, 1],
      [-1, 1, -1],
    ]);
    expect(tracks.refused).toBe(0);
  });

  test('no edges, no tracks; photos without features', () => {
    expect(buildTracks(graphOf([2, 0], []))).toMatchObject({ count: 0, refused: 0 });
    expect(buildTracks(graphOf([], []))).toMatchObject({ count: 0 });
  });

  test('a contradiction is refused, and the better supported pair is the one believed', () => {
    // 0:0 - 1:0 - 2:0 says that 0:0 is 2:0; the pair (0, 2) says that 2:1 is. It has most matches and wins.
    const weak = [edge(0, 1, [0, 0]), edge(1, 2, [0, 0])];
    const tracks = buildTracks(graphOf([3, 1, 3], [...weak, edge(0, 2, [0, 1], [1, 2])]));
    expect(tracks.refused).toBe(1);
    expect(listed(tracks)).toEqual(['0:0 1:0 2:1', '0:1 2:2']);
    expect(tracks.trackOf[2][0]).toBe(-1);
  });

  test('two features of one photo at one place (two orientations) are one place, and only one of them stays', () => {
    const edges = [edge(0, 1, [0, 0]), edge(0, 2, [0, 0]), edge(1, 2, [0, 1])];
    const near = buildTracks(graphOf([1, 1, 2], edges, [[2, 1, 3.9]]));
    expect([near.count, near.refused, near.image.length]).toEqual([1, 0, 3]);
    const far = buildTracks(graphOf([1, 1, 2], edges, [[2, 1, 4.1]]));
    expect([far.count, far.refused]).toEqual([1, 1]);
  });
});

describe('tracks of a scene', () => {
  const scene = sceneOf(orbit(8, { sweepDeg: 160 }), cloud(200), { outliers: 0 });

  test('without outliers every place seen twice is one track with all its observations', () => {
    const tracks = buildTracks(scene.graph);
    const seen = new Map<number, string[]>();
    scene.placeOf.forEach((of, i) => of.forEach((place, k) => place >= 0 && seen.set(place, [...(seen.get(place) ?? []), `${i}:${k}`])));
    const expected = [...seen.values()].filter((each) => each.length > 1).map((each) => each.join(' '));
    // Pairs with fewer than 20 matches are no edges, so a few places of far pairs may be missing.
    const found = listed(tracks);
    expect(found.filter((track) => !expected.includes(track))).toEqual([]);
    expect(found.length).toBeGreaterThan(0.98 * expected.length);
  });

  test.each([1, 2])('the order of the edges does not matter (seed %i)', (seed) => {
    const order = [...permutation(scene.graph.edges.length, createRandom(seed))];
    const shuffled = { ...scene.graph, edges: order.map((k) => scene.graph.edges[k]) };
    expect(buildTracks(shuffled)).toEqual(buildTracks(scene.graph));
  });

  test('outliers or not: one feature per photo, each feature in one track, at least two photos', () => {
    const tracks = buildTracks(sceneOf(orbit(8, { sweepDeg: 160 }), cloud(200), { outliers: 0.3 }).graph);
    expect(tracks.refused).toBeGreaterThan(0);
    const all = listed(tracks).map((track) => track.split(' '));
    for (const track of all) {
      const images = track.map((each) => each.split(':')[0]);
      expect(new Set(images).size).toBe(images.length);
      expect(images.length).toBeGreaterThanOrEqual(2);
    }
    expect(new Set(all.flat()).size).toBe(all.flat().length);
    const members = tracks.trackOf.reduce((sum, of) => sum + of.filter((track) => track >= 0).length, 0);
    expect(members).toBe(all.flat().length);
  });
});
