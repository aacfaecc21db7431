/** Rotation averaging against rotations known by construction; rotation vectors against their definition. */
import { describe, expect, test } from 'vitest';
import { createRandom, permutation } from '../../../src/core/math/random.ts';
import { type Quaternion, matrixOfQuaternion, rotateVector, unitQuaternion } from '../../../src/core/math/rotation.ts';
import type { Pose } from '../../../src/core/scene/camera.ts';
import {
  averageRotations,
  consistentEdges,
  resolveTwins,
  rotationOfVector,
  rotationVector,
} from '../../../src/core/sfm/rotationAveraging.ts';
import type { GraphEdge } from '../../../src/core/sfm/viewGraph.ts';
import { geometryOf } from './syntheticScene.ts';
import { createDraw, type Draw } from './synthetic.ts';

const degrees = 180 / Math.PI;
const turnedBy = (draw: Draw, q: Quaternion, noiseDeg: number): Quaternion => {
  const [x, y, z] = [0, 0, 0].map(() => (draw.normal() * noiseDeg) / degrees / 2);
  const [a, b, c, d] = q;
  return unitQuaternion([a - b * x - c * y - d * z, b + a * x + c * z - d * y, c + a * y + d * x - b * z, d + a * z + b * y - c * x])!;
};

/** Edges of random poses, each with the chance `density`; their rotations are off by noise. */
function graphOf(poses: Pose[], density: number, seed: number, noiseDeg = 0): GraphEdge[] {
  const draw = createDraw(seed);
  const edges: GraphEdge[] = [];
  for (let i = 0; i < poses.length; i++)
    for (let j = i + 1; j < poses.length; j++) {
      const neighbours = j === i + 1 || (i === 0 && j === poses.length - 1);
      if (!neighbours && draw.uniform(0, 1) > density) continue;
      const b = { ...poses[j], q: turnedBy(draw, poses[j].q, noiseDeg) };
      const matches = new Uint32Array(2 * Math.round(draw.uniform(20, 300)));
      edges.push({ i, j, matches, geometry: geometryOf(poses[i], b, [], 'general') });
    }
  return edges;
}

const posesOf = (n: number, seed: number): Pose[] => {
  const draw = createDraw(seed);
  return Array.from({ length: n }, () => draw.pose());
};

const product = (a: number[], b: number[]): number[] => {
  const columns = [0, 1, 2].map((c) => rotateVector(a, [b[c], b[3 + c], b[6 + c]]));
  return [0, 1, 2].flatMap((r) => columns.map((column) => column[r]));
};
const transposed = (m: number[]): number[] => [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
const angleBetween = (a: number[], b: number[]): number =>
  2 * Math.asin(Math.min(1, Math.hypot(...a.map((x, k) => x - b[k])) / Math.sqrt(8))) * degrees;

/** Largest angle to the truth once image 0 agrees. */
function worst(rotations: number[][], poses: Pose[], from = 0): number {
  const gauge = product(transposed(rotations[from]), matrixOfQuaternion(poses[from].q));
  return Math.max(...poses.map(({ q }, i) => (i < from ? 0 : angleBetween(product(rotations[i], gauge), matrixOfQuaternion(q)))));
}

describe('rotation vectors', () => {
  test.each([0, 1e-9, 1e-4, 0.1, 1, 3, Math.PI - 1e-4, Math.PI - 1e-8, Math.PI])('angle %f comes back', (angle) => {
    for (const axis of [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0.6, 0, -0.8],
      [-2 / 3, 1 / 3, 2 / 3],
    ]) {
      const m = matrixOfQuaternion([Math.cos(angle / 2), ...axis.map((x) => Math.sin(angle / 2) * x)] as Quaternion);
      const v = rotationVector(m);
      expect(Math.hypot(...v)).toBeCloseTo(angle, 7);
      // At half a turn the axis may point either way; the rotation is the same.
      expect(angleBetween(rotationOfVector(...v), m) / degrees).toBeLessThan(1e-7);
      if (angle > 0 && angle < 3.1) v.forEach((x, k) => expect(x).toBeCloseTo(angle * axis[k], 7));
    }
  });
});

describe('averaging', () => {
  test.each([1, 2, 3])('exact rotations come back, up to the frame (seed %i)', (seed) => {
    const poses = posesOf(15, seed);
    const { rotations, residuals } = averageRotations(15, graphOf(poses, 0.4, seed));
    expect(worst(rotations, poses)).toBeLessThan(1e-5);
    expect(Math.max(...residuals)).toBeLessThan(1e-7);
  });

  test('many noisy pairs are better than each of them', () => {
    const poses = posesOf(20, 4);
    const edges = graphOf(poses, 1, 4, 2);
    const { rotations } = averageRotations(20, edges);
    // Every pair is off by sqrt(3) * 2 degrees. Two photos of a full graph of n differ by sqrt(2 / n) of that, 1.1 degrees; the worst of 19
    // by some 2.5 times as much.
    expect(worst(rotations, poses)).toBeLessThan(2.8);
  });

  test('half turns between photos', () => {
    const poses = Array.from({ length: 4 }, (_, k): Pose => ({ q: k % 2 === 0 ? [1, 0, 0, 0] : [0, 0, 1, 0], t: [k, 0, 0] }));
    const { rotations, residuals } = averageRotations(4, graphOf(poses, 1, 1));
    expect(worst(rotations, poses)).toBeLessThan(1e-4);
    expect(Math.max(...residuals)).toBeLessThan(1e-5);
  });

  test('components do not touch each other; nothing is ever NaN', () => {
    const [first, second] = [posesOf(6, 5), posesOf(5, 6)];
    const moved = graphOf(second, 1, 6).map((edge) => ({ ...edge, i: edge.i + 6, j: edge.j + 6 }));
    // Image 11 has no edges at all.
    const { rotations, residuals } = averageRotations(12, [...graphOf(first, 1, 5), ...moved]);
    expect(worst(rotations, first)).toBeLessThan(1e-5);
    expect(worst(rotations, [...first, ...second], 6)).toBeLessThan(1e-5);
    expect(rotations.flat().every(Number.isFinite) && residuals.every(Number.isFinite)).toBe(true);
    expect(averageRotations(0, [])).toEqual({ rotations: [], residuals: new Float64Array(0) });
  });
});

describe('consistent edges', () => {
  test.each([1, 2, 3, 4])('a fifth of the pairs wrong: exactly those go (seed %i)', (seed) => {
    const poses = posesOf(20, seed);
    const edges = graphOf(poses, 0.6, seed, 0.5);
    const draw = createDraw(seed + 50);
    const wrong = new Set(permutation(edges.length, createRandom(seed)).slice(0, Math.round(edges.length / 5)));
    const spoilt = edges.map((edge, e) => {
      if (!wrong.has(e)) return edge;
      // A turn of 30 degrees or more away from the truth.
      const axis = [draw.normal(), draw.normal(), draw.normal()];
      const angle = draw.uniform(30, 180) / degrees / Math.hypot(...axis);
      const rotation = product(rotationOfVector(axis[0] * angle, axis[1] * angle, axis[2] * angle), edge.geometry.rotation);
      return { ...edge, geometry: { ...edge.geometry, rotation } };
    });
    const named = (some: GraphEdge[]): string[] => some.map(({ i, j }) => `${i}-${j}`);
    expect(named(consistentEdges(20, spoilt, 15))).toEqual(named(spoilt.filter((_, e) => !wrong.has(e))));
  });

  test('a tree has nothing to contradict it', () => {
    const chain = graphOf(posesOf(6, 9), 0, 9).filter(({ i, j }) => j === i + 1);
    expect(consistentEdges(6, chain, 15)).toEqual(chain);
    expect(consistentEdges(0, [], 15)).toEqual([]);
  });
});

test('twins: where the pose not chosen is the true one it takes the place of the other, and only there', () => {
  const poses = posesOf(12, 7);
  const draw = createDraw(8);
  const edges = graphOf(poses, 0.8, 7, 0.2).map((edge, e): GraphEdge => {
    const other = geometryOf(poses[edge.i], draw.pose(), [], 'planar');
    const [right, wrong] = [edge.geometry, { rotation: other.rotation, translation: other.translation, medianAngleDeg: 5 }];
    if (e % 5 > 1) return edge;
    const twin = { rotation: right.rotation, translation: right.translation, medianAngleDeg: right.medianAngleDeg };
    return { ...edge, geometry: e % 5 === 0 ? { ...right, ...wrong, twin } : { ...right, twin: wrong } };
  });
  const resolved = resolveTwins(12, edges);
  resolved.forEach(({ geometry }, e) => {
    const { twin } = edges[e].geometry;
    expect(geometry.rotation).toEqual(e % 5 === 0 ? twin!.rotation : edges[e].geometry.rotation);
    expect(geometry.twin?.rotation).toEqual(e % 5 === 0 ? edges[e].geometry.rotation : twin?.rotation);
  });
});
