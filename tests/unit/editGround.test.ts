/** Laying a scene on its ground: planes that are known, turned at random, with everything else of a scene around them. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/math/random.ts';
import { type Quaternion, type Vector3, matrixOfQuaternion, rotateBack, rotateVector } from '../../src/core/math/rotation.ts';
import type { EditableSplats, Placement } from '../../src/core/scene/edit/editedState.ts';
import { groundFromPoints, groundOfSplats } from '../../src/core/scene/edit/ground.ts';
import { inverseOf, orientBy, productOf, uprightFromFile } from '../../src/core/scene/edit/orientation.ts';

const random = createRandom(3);
const between = (low: number, high: number): number => low + (high - low) * random();

const inWorld = ({ rotation, offset }: Placement, point: Vector3): Vector3 =>
  rotateVector(matrixOfQuaternion(rotation), point).map((x, k) => x + offset[k]) as Vector3;

const degreesBetween = (a: Vector3, b: Vector3): number =>
  (Math.acos(Math.min(1, (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / Math.hypot(...a) / Math.hypot(...b))) * 180) / Math.PI;

/** A scene in the world (y up): floor at y = `floor`, a smaller table above it, a ball on that, splats in the air. */
function worldPoints(floor: number): Vector3[] {
  const flat = (n: number, y: number, half: number): Vector3[] =>
    Array.from({ length: n }, () => [between(-half, half), y + between(-0.008, 0.008), between(-half, half)]);
  const ball = Array.from({ length: 2000 }, (): Vector3 => {
    const z = between(-1, 1);
    const [angle, r] = [2 * Math.PI * random(), Math.sqrt(1 - z * z)];
    return [0.5 * r * Math.cos(angle), floor + 1.3 + 0.5 * z, 0.5 * r * Math.sin(angle)];
  });
  const air = Array.from({ length: 1500 }, (): Vector3 => [between(-2, 2), floor + between(0, 2.5), between(-2, 2)]);
  return [...flat(4000, floor, 2), ...flat(1500, floor + 0.8, 0.6), ...ball, ...air];
}

/** The file that lies as the scene does after `rotation` (file to world). */
function fileOf(points: readonly Vector3[], rotation: Quaternion): EditableSplats {
  const m = matrixOfQuaternion(rotation);
  return {
    count: points.length,
    means: Float32Array.from(points.flatMap((point) => rotateBack(m, point))),
    logScales: new Float32Array(3 * points.length).fill(-4),
    opacityLogits: new Float32Array(points.length).fill(2),
  };
}

describe('the ground found', () => {
  test.each([
    [0, 0],
    [12, -7],
    [-20, 18],
  ])('lies level at y = 0 with the scene above it, after tilts of %f and %f degrees', (pitch, roll) => {
    const tilted = orientBy(uprightFromFile, { pitch, roll, yaw: 40 });
    const splats = fileOf(worldPoints(-1.7), tilted);
    const found = groundOfSplats(splats, { seed: 5 });
    if (!found) throw new Error('No ground.');
    // Up of the world in the file, and from there to where it is laid.
    const up = rotateBack(matrixOfQuaternion(tilted), [0, 1, 0]);
    expect(degreesBetween(rotateVector(matrixOfQuaternion(found.rotation), up), [0, 1, 0])).toBeLessThan(0.3);
    const heights = Array.from(
      { length: 4000 },
      (_, i) => inWorld(found, Array.from(splats.means.subarray(3 * i, 3 * i + 3)) as Vector3)[1],
    );
    expect(Math.abs(heights.reduce((sum, y) => sum + y, 0) / 4000)).toBeLessThan(0.003);
    expect(Math.max(...heights.map(Math.abs))).toBeLessThan(0.03);
    const ball = inWorld(found, rotateBack(matrixOfQuaternion(tilted), [0, -0.4, 0]));
    expect(ball[1]).toBeCloseTo(1.3, 1);
    expect(groundOfSplats(splats, { seed: 5 })).toEqual(found);
  });

  test('is the floor and not a ceiling with more splats', () => {
    const ceiling = Array.from({ length: 4600 }, (): Vector3 => [between(-2, 2), 1 + between(-0.008, 0.008), between(-2, 2)]);
    const found = groundOfSplats(fileOf([...worldPoints(-1.7), ...ceiling], uprightFromFile));
    expect(found?.offset[1]).toBeCloseTo(1.7, 2);
  });

  test('a cloud without a level surface has none, nor has a scene of few splats', () => {
    const cloud = Array.from({ length: 4000 }, (): Vector3 => [between(-1, 1), between(-1, 1), between(-1, 1)]);
    expect(groundOfSplats(fileOf(cloud, uprightFromFile))).toBeNull();
    expect(groundOfSplats(fileOf(cloud.slice(0, 5), uprightFromFile))).toBeNull();
  });
});

describe('the ground from three points', () => {
  test('puts them at y = 0 in any order, right side up, by the smallest turn', () => {
    for (let round = 0; round < 20; round++) {
      const tilted = orientBy(uprightFromFile, { pitch: between(-60, 60), roll: between(-60, 60) });
      const m = matrixOfQuaternion(tilted);
      const [a, b, c] = [0, 1, 2].map(() => rotateBack(m, [between(-3, 3), 2, between(-3, 3)]));
      for (const points of [
        [a, b, c],
        [c, b, a],
      ] as [Vector3, Vector3, Vector3][]) {
        // prettier-ignore
        const laid = groundFromPoints(points);
        if (!laid) throw new Error('No plane.');
        for (const point of points) expect(inWorld(laid, point)[1]).toBeCloseTo(0, 9);
        const up = rotateBack(m, [0, 1, 0]);
        expect(degreesBetween(rotateVector(matrixOfQuaternion(laid.rotation), up), [0, 1, 0])).toBeLessThan(1e-4);
        // A turn by an angle has cos(angle / 2) as its first number; the smallest one is the angle between the two ups.
        const [w] = productOf(laid.rotation, inverseOf(uprightFromFile));
        const seen = rotateVector(matrixOfQuaternion(uprightFromFile), up);
        expect((2 * Math.acos(Math.abs(w)) * 180) / Math.PI).toBeCloseTo(degreesBetween(seen, [0, 1, 0]), 4);
      }
    }
  });

  test('three points on a line give none', () => {
    expect(groundFromPoints([[0, 0, 0], [1, 2, 3], [2, 4, 6]])).toBeNull(); // prettier-ignore
    expect(groundFromPoints([[1, 1, 1], [1, 1, 1], [2, 4, 6]])).toBeNull(); // prettier-ignore
  });
});
