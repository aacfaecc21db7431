/** Where a model begins: the order of pairs by construction, and the first model against the truth. */
import { describe, expect, test } from 'vitest';
import { beginModel, initialPairs } from '../../../src/core/sfm/initialPair.ts';
import { buildTracks } from '../../../src/core/sfm/tracks.ts';
import type { PairGeometry } from '../../../src/core/sfm/pairGeometry.ts';
import type { GraphEdge } from '../../../src/core/sfm/viewGraph.ts';
import { expectSound } from './modelChecks.ts';
import { cloud, geometryOf, groupLens, orbit, relative, sceneOf } from './syntheticScene.ts';
import { matrixOfQuaternion } from '../../../src/core/math/rotation.ts';
import { poseOf } from '../../../src/core/sfm/sceneModel.ts';

const [a, b] = orbit(2, { sweepDeg: 30 });
const pair = (j: number, matches: number, medianAngleDeg: number, changes: Partial<PairGeometry> = {}): GraphEdge => ({
  ...{ i: 0, j, matches: new Uint32Array(2 * matches) },
  geometry: {
    ...geometryOf(a, b, [], 'general'),
    ...{ medianAngleDeg, translation: [1, 0, 0], essentialInliers: matches, homographyInliers: matches / 4 },
    ...changes,
  },
});
const orderOf = (...edges: GraphEdge[]): number[] => initialPairs(edges).map(({ j }) => j);

describe('pairs to begin with', () => {
  test('more matches, a wider angle, less of a plane', () => {
    expect(orderOf(pair(1, 150, 15), pair(2, 300, 15))).toEqual([2, 1]);
    expect(orderOf(pair(1, 200, 13), pair(2, 200, 19))).toEqual([2, 1]);
    expect(orderOf(pair(1, 200, 15, { homographyInliers: 190 }), pair(2, 200, 15))).toEqual([2, 1]);
  });

  test('strict demands before weaker ones, whatever the number of matches', () => {
    expect(orderOf(pair(1, 2000, 3), pair(2, 25, 30), pair(3, 100, 12), pair(4, 4000, 9))).toEqual([3, 4, 1, 2]);
  });

  test('straight ahead is a level worse', () => {
    expect(orderOf(pair(1, 900, 15, { translation: [0.1, 0, -0.99] }), pair(2, 110, 12.5))).toEqual([2, 1]);
  });

  test('too few matches, too small an angle, turns and nothings are no beginning', () => {
    const kinds = [pair(1, 500, 20, { kind: 'rotation' }), pair(2, 500, 20, { kind: 'none' })];
    expect(orderOf(...kinds, pair(3, 19, 20), pair(4, 500, 1.9), pair(5, 20, 2))).toEqual([5]);
    expect(orderOf()).toEqual([]);
  });

  test('ties by number, and the order given does not matter', () => {
    const edges = [pair(3, 200, 15), pair(1, 200, 15), pair(2, 200, 15)];
    expect(orderOf(...edges)).toEqual([1, 2, 3]);
    expect(orderOf(...edges.reverse())).toEqual([1, 2, 3]);
  });
});

describe('the first model', () => {
  const scene = sceneOf(orbit(2, { sweepDeg: 50, jitter: 0 }), cloud(600), { lens: groupLens({ given: true }), noisePx: 0.3 });

  test('has the relative pose of the truth, also from a pair that is some degrees off', async () => {
    const { graph, poses } = scene;
    const edge = structuredClone(graph.edges[0]);
    const turned = relative(poses[0], { ...poses[1], t: poses[1].t.map((x, k) => x + 0.05 * k) as [number, number, number] });
    edge.geometry = { ...edge.geometry, ...turned };
    for (const from of [graph.edges[0], edge]) {
      const model = (await beginModel(graph, buildTracks(graph), from))!;
      expectSound(model);
      expect(model.order).toEqual([0, 1]);
      const truth = relative(poses[0], poses[1]);
      const found = relative(poseOf(model, 0), poseOf(model, 1));
      const off = Math.hypot(...found.rotation.map((x, k) => x - truth.rotation[k])) / Math.SQRT2;
      expect((off * 180) / Math.PI).toBeLessThan(0.4);
      expect(model.livePoints).toBeGreaterThan(0.85 * (graph.edges[0].matches.length / 2));
      expect(Math.hypot(...found.translation.map((x, k) => x - truth.translation[k]))).toBeLessThan(0.01);
      expect(matrixOfQuaternion(poseOf(model, 0).q)).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    }
  });

  test('is none when the pose is wrong or the points are few', async () => {
    const { graph } = scene;
    const wrong = structuredClone(graph.edges[0]);
    wrong.geometry.translation = wrong.geometry.translation.map((x) => -x) as [number, number, number];
    expect(await beginModel(graph, buildTracks(graph), wrong)).toBeNull();
    const few = { ...graph, edges: [{ ...graph.edges[0], matches: graph.edges[0].matches.slice(0, 38) }] };
    expect(await beginModel(few, buildTracks(few), few.edges[0])).toBeNull();
    const broken = structuredClone(graph.edges[0]);
    broken.geometry.rotation.fill(NaN);
    expect(await beginModel(graph, buildTracks(graph), broken)).toBeNull();
  });
});
