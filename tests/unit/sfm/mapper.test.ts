/** Mapping from end to end on made-up scenes: poses, lenses, what is left out, and that nothing hangs. */
import { describe, expect, test } from 'vitest';
import { createRandom, permutation } from '../../../src/core/math/random.ts';
import type { Vector3 } from '../../../src/core/math/rotation.ts';
import { mapGraph } from '../../../src/core/sfm/mapGraph.ts';
import type { SceneModel } from '../../../src/core/sfm/sceneModel.ts';
import type { ViewGraph } from '../../../src/core/sfm/viewGraph.ts';
import { expectSound, poseErrors } from './modelChecks.ts';
import {
  cloud,
  type Place,
  geometryOf,
  groupLens,
  lookAt,
  matchesOf,
  orbit,
  plane,
  sceneOf,
  type SyntheticGraph,
  unit,
} from './syntheticScene.ts';
import { createDraw } from './synthetic.ts';

async function mapped(graph: ViewGraph): Promise<SceneModel> {
  const model = await mapGraph(graph, { seed: 0 });
  expect(model).not.toBeNull();
  expectSound(model!);
  return model!;
}

const arc = (n = 10): ReturnType<typeof orbit> => orbit(n, { sweepDeg: 15 * n });

/** The same scene with its photos in another order. */
function reordered({ graph, poses, placeOf, ...rest }: SyntheticGraph, order: number[]): SyntheticGraph {
  const at = new Map(order.map((old, now) => [old, now]));
  const edges = graph.edges.map((edge) => {
    const [i, j] = [at.get(edge.i)!, at.get(edge.j)!];
    if (i < j) return { ...edge, i, j };
    const matches = edge.matches.map((_, k, all) => all[k ^ 1]);
    return {
      ...edge,
      i: j,
      j: i,
      matches,
      geometry: { ...edge.geometry, ...geometryOf(poses[edge.j], poses[edge.i], [], 'general'), ...counts(edge) },
    };
  });
  const images = order.map((old) => graph.images[old]);
  return { ...rest, graph: { ...graph, images, edges }, poses: order.map((old) => poses[old]), placeOf: order.map((old) => placeOf[old]) };
}
const counts = ({ geometry: { kind, inliers, essentialInliers, homographyInliers, medianAngleDeg } }: ViewGraph['edges'][number]) => ({
  ...{ kind, inliers, essentialInliers, homographyInliers, medianAngleDeg },
});

describe('all photos placed', () => {
  test('an orbit of 20 with noise, a tenth of the matches wrong', async () => {
    const scene = sceneOf(orbit(20), cloud(800));
    const model = await mapped(scene.graph);
    const { centre, rotationDeg } = poseErrors(model, scene);
    expect(model.order).toHaveLength(20);
    expect(rotationDeg).toBeLessThan(0.1);
    expect(centre).toBeLessThan(0.003);
    expect(Math.abs(model.lenses[0].f / 800 - 1)).toBeLessThan(0.005);
  });

  test.each([0.85, 1.15])('a focal length that is %f of the truth is put right', async (share) => {
    const scene = sceneOf(orbit(14), cloud(500), { start: { f: 800 * share } });
    const model = await mapped(scene.graph);
    expect(model.order).toHaveLength(14);
    expect(Math.abs(model.lenses[0].f / 800 - 1)).toBeLessThan(0.01);
    expect(poseErrors(model, scene).centre).toBeLessThan(0.005);
  });

  test('k1 is found', async () => {
    const scene = sceneOf(orbit(14, { radius: 3 }), cloud(500), { lens: groupLens({ k1: -0.1 }), start: { k1: 0 } });
    const model = await mapped(scene.graph);
    const { f, k1, k2 } = model.lenses[0];
    // k1 and k2 stand in for each other; what counts is the distortion near the corners of what is seen.
    expect(Math.abs(f * (1 + 0.2 * (k1 + 0.2 * k2)) - 800 * (1 - 0.02))).toBeLessThan(4);
    expect(Math.abs(k1 + 0.1)).toBeLessThan(0.03);
    expect(poseErrors(model, scene).centre).toBeLessThan(0.005);
  });

  test('a given lens stays as it is', async () => {
    const scene = sceneOf(arc(), cloud(300), { lens: groupLens({ given: true, k1: -0.05 }) });
    const model = await mapped(scene.graph);
    expect(model.lenses[0]).toEqual(scene.lens);
    expect(poseErrors(model, scene).centre).toBeLessThan(0.005);
  });

  test('a plane', async () => {
    const eyes = Array.from({ length: 8 }, (_, k): Vector3 => [-1.6 + 0.45 * k, -0.5 + 0.2 * (k % 3), -3.5]);
    const scene = sceneOf(
      eyes.map((eye) => lookAt(eye, [0, 0, 0])),
      plane(300),
      { kind: 'planar', lens: groupLens({ given: true }) },
    );
    const model = await mapped(scene.graph);
    expect(model.order).toHaveLength(8);
    expect(poseErrors(model, scene).rotationDeg).toBeLessThan(0.3);
    expect(poseErrors(model, scene).centre).toBeLessThan(0.01);
  });

  test('walking forward', async () => {
    const draw = createDraw(8);
    const walls = Array.from({ length: 500 }, (): Place => {
      const side = draw.uniform(0, 1) < 0.5 ? -1 : 1;
      return { at: [1.2 * side, draw.uniform(-1, 1), draw.uniform(0, 12)], facing: [-0.7 * side, 0, -0.7] };
    });
    const eyes = Array.from({ length: 10 }, (_, k): Vector3 => [0.05 * (k % 2), 0, 0.5 * k - 2]);
    const scene = sceneOf(
      eyes.map((eye) => lookAt(eye, [0, 0, 20])),
      walls,
      { lens: groupLens({ given: true }) },
    );
    const model = await mapped(scene.graph);
    expect(model.order).toHaveLength(10);
    expect(poseErrors(model, scene).rotationDeg).toBeLessThan(0.3);
    expect(poseErrors(model, scene).centre).toBeLessThan(0.02);
  });

  test('two photos', async () => {
    const scene = sceneOf(orbit(2, { sweepDeg: 40 }), cloud(300));
    const model = await mapped(scene.graph);
    expect(model.order).toHaveLength(2);
    expect(model.livePoints).toBeGreaterThan(50);
  });
});

describe('the answer does not depend on', () => {
  const poses = arc();
  const scene = sceneOf(poses, cloud(300), { lens: groupLens({ given: true }) });

  test('when it is asked for', async () => {
    const [first, second] = [await mapped(scene.graph), await mapped(scene.graph)];
    expect(second.poses).toEqual(first.poses);
    expect(second.points).toEqual(first.points);
  });

  test('the order of the photos', async () => {
    const shuffled = reordered(scene, [...permutation(10, createRandom(4))]);
    const model = await mapped(shuffled.graph);
    expect(model.order).toHaveLength(10);
    expect(poseErrors(model, shuffled).centre).toBeLessThan(0.004);
    expect(poseErrors(model, shuffled).rotationDeg).toBeLessThan(0.15);
  });

  test('how large the world is', async () => {
    // A hundred times larger and the pictures are the same.
    const large = sceneOf(
      poses.map(({ q, t }) => ({ q, t: t.map((v) => 100 * v) as Vector3 })),
      cloud(300).map(({ at, facing }) => ({ at: at.map((v) => 100 * v) as Vector3, facing })),
      { lens: groupLens({ given: true }), reach: 1200 },
    );
    const [small, big] = [await mapped(scene.graph), await mapped(large.graph)];
    expect(big.order).toHaveLength(small.order.length);
    expect(poseErrors(big, large).centre).toBeCloseTo(poseErrors(small, scene).centre, 4);
  });
});

describe('wrong and missing pairs', () => {
  test('of two groups the larger is mapped, even when the smaller has the better pairs', async () => {
    const far: Vector3 = [100, 0, 0];
    const poses = [...orbit(6, { sweepDeg: 100, centre: far }), ...orbit(9, { sweepDeg: 180 })];
    const scene = sceneOf(poses, [...cloud(500, { centre: far }), ...cloud(200)]);
    const model = await mapped(scene.graph);
    expect([...model.order].sort((a, b) => a - b)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(poseErrors(model, scene).centre).toBeLessThan(0.005);
  });

  test('a building whose back looks like its front', async () => {
    const half = cloud(250);
    const back = half.map(({ at: [x, y, z], facing: [a, b, c] }): Place => ({ at: [-x, y, -z], facing: [-a, b, -c] }));
    const poses = orbit(16, { jitter: 0 });
    const scene = sceneOf(poses, [...half, ...back], { outliers: 0.05 });
    const double = (place: number): number => (place + 250) % 500;
    for (const i of [0, 1, 2])
      for (const j of [8, 9, 10]) {
        const matches = matchesOf(scene.placeOf[i], scene.placeOf[j], double);
        const seen = matches.map(([a]) => scene.places[scene.placeOf[i][a]]);
        const same = scene.graph.edges.findIndex((edge) => edge.i === i && edge.j === j);
        if (same >= 0) scene.graph.edges.splice(same, 1);
        const geometry = geometryOf(poses[i], poses[(j + 8) % 16], seen, i === j - 8 ? 'rotation' : 'general');
        scene.graph.edges.push({ i, j, matches: Uint32Array.from(matches.flat()), geometry });
      }
    const model = await mapped(scene.graph);
    expect(model.order).toHaveLength(16);
    expect(poseErrors(model, scene).rotationDeg).toBeLessThan(0.2);
    expect(poseErrors(model, scene).centre).toBeLessThan(0.005);
  });

  test('a camera that only turned gives nothing', async () => {
    const poses = Array.from({ length: 6 }, (_, k) => lookAt([0, 0, -4], [0.4 * k - 1, 0, 0]));
    expect(await mapGraph(sceneOf(poses, cloud(300), { kind: 'rotation' }).graph, { seed: 0 })).toBeNull();
    // Called general by mistake, with a direction and an angle out of noise: nothing may be made of it that looks like a scene.
    const scene = sceneOf(poses, cloud(300), { kind: 'general' });
    const draw = createDraw(6);
    for (const { geometry } of scene.graph.edges) {
      geometry.translation = unit([draw.normal(), draw.normal(), draw.normal()]);
      geometry.medianAngleDeg = 3;
    }
    const model = await mapGraph(scene.graph, { seed: 0 });
    expect(model?.order.length ?? 0).toBeLessThan(3);
  });

  test('no edges, no images', async () => {
    const { graph } = sceneOf(arc(3), cloud(100));
    expect(await mapGraph({ ...graph, edges: [] }, { seed: 0 })).toBeNull();
    expect(await mapGraph({ ...graph, images: [], edges: [] }, { seed: 0 })).toBeNull();
  });

  test('a photo that is hard to place and hard to keep does not hold up the rest', async () => {
    const scene = sceneOf(orbit(5, { sweepDeg: 60 }), cloud(400), { lens: groupLens({ given: true }), outliers: 0 });
    // Off by less than what placing allows, and by more than what an observation may be off afterwards.
    const draw = createDraw(3);
    const { xy } = scene.graph.images[4];
    for (let k = 0; k < xy.length; k += 2) {
      const angle = draw.uniform(0, 2 * Math.PI);
      xy[k] += 5.4 * Math.cos(angle);
      xy[k + 1] += 5.4 * Math.sin(angle);
    }
    for (const edge of scene.graph.edges) if (edge.j === 4) edge.matches = edge.matches.slice(0, 68);
    const model = await mapped(scene.graph);
    expect(model.order).toEqual(expect.arrayContaining([0, 1, 2, 3]));
  });
});

describe('an image that shares no point with the model', () => {
  /** Image 5 is matched with two others only, each in places that nobody else matched. */
  function lonely(): SyntheticGraph {
    const scene = sceneOf(orbit(6, { sweepDeg: 75 }), cloud(900), { outliers: 0, noisePx: 0.3 });
    const shares: [number, number, number, number][] = [
      [0, 5, 600, 750],
      [2, 5, 750, 900],
    ];
    const edges = scene.graph.edges.flatMap((edge) => {
      const share = shares.find(([i, j]) => edge.i === i && edge.j === j);
      if (!share && edge.j === 5) return [];
      const [from, to] = share ? [share[2], share[3]] : [0, 600];
      const kept: number[] = [];
      for (let m = 0; m < edge.matches.length; m += 2) {
        const place = scene.placeOf[edge.i][edge.matches[m]];
        if (place >= from && place < to) kept.push(edge.matches[m], edge.matches[m + 1]);
      }
      return kept.length > 0 ? [{ ...edge, matches: Uint32Array.from(kept) }] : [];
    });
    return { ...scene, graph: { ...scene.graph, edges } };
  }

  test('is placed where the directions from its two partners meet', async () => {
    const scene = lonely();
    const model = await mapGraph(scene.graph, { seed: 1 });
    expect(model?.order.length).toBe(6);
    const { centre, rotationDeg } = poseErrors(model!, scene);
    expect(centre).toBeLessThan(0.02);
    expect(rotationDeg).toBeLessThan(0.5);
    expectSound(model!);
  });
});
