/** The tidy frame is a similarity, and up is where gravity was when the made-up photos were taken. */
import { describe, expect, test } from 'vitest';
import { matrixOfQuaternion, rotateBack, rotateVector, type Vector3 } from '../../../src/core/math/rotation.ts';
import type { Pose } from '../../../src/core/scene/camera.ts';
import { centreOf, poseOf, refreshExtrinsics, type SceneModel, squaredErrorAt } from '../../../src/core/sfm/sceneModel.ts';
import { tidyFrame, upDirection } from '../../../src/core/sfm/tidyFrame.ts';
import { expectSound, umeyama } from './modelChecks.ts';
import { centreOfPose, cloud, dot, lookAt, orbit, relative, sceneOf, trueModel } from './syntheticScene.ts';
import { createDraw } from './synthetic.ts';

const degrees = 180 / Math.PI;

/** The truth, seen from a world that is turned, scaled and moved at random. */
function turnedModel(poses: Pose[], seed: number): { model: SceneModel; up: Vector3 } {
  const scene = sceneOf(poses, cloud(200), { outliers: 0, leastMatches: 5 });
  const model = trueModel(scene);
  const draw = createDraw(seed);
  const [turn, scale] = [matrixOfQuaternion(draw.pose().q), draw.uniform(0.2, 5)];
  const shift: Vector3 = [3 * draw.normal(), 3 * draw.normal(), 3 * draw.normal()];
  // X' = s T X + m: R' = R T^t, t' = s t - R' m.
  for (const point of model.points) point!.xyz = rotateVector(turn, point!.xyz).map((x, c) => scale * x + shift[c]) as Vector3;
  scene.poses.forEach((pose, image) => {
    const r = matrixOfQuaternion(pose.q);
    const rows = [0, 3, 6].map((k) => rotateVector(turn, r.slice(k, k + 3)));
    const back = rows.map((row) => dot(row, shift));
    const quaternion = poseQuaternion(rows.flat());
    model.poses.set([...quaternion, ...pose.t.map((x, c) => scale * x - back[c])], 7 * image);
    refreshExtrinsics(model, image);
  });
  return { model, up: rotateVector(turn, [0, -1, 0]) };
}

/** From the axis and the trace; enough for rotations that are not half a turn. */
function poseQuaternion(m: number[]): number[] {
  const w = Math.sqrt(Math.max(0, 1 + m[0] + m[4] + m[8])) / 2;
  return [w, (m[7] - m[5]) / (4 * w), (m[2] - m[6]) / (4 * w), (m[3] - m[1]) / (4 * w)];
}

const offBy = (a: ArrayLike<number>, b: ArrayLike<number>): number => Math.acos(Math.min(1, dot(a, b))) * degrees;

describe('up', () => {
  test.each([1, 2, 3, 4, 5, 6])('level cameras all round, rolled by up to 5 degrees (seed %i)', (seed) => {
    const exact = turnedModel(orbit(20, { seed, jitter: 0.02 }), seed);
    expect(offBy(upDirection(exact.model), exact.up)).toBeLessThan(1e-4);
    const rolled = turnedModel(orbit(20, { seed, rollDeg: 5, jitter: 0.02 }), seed);
    // A roll of 2.9 degrees (standard deviation) over 20 photos leaves sqrt(2 / 20) of it, 0.9 degrees, in each of two directions.
    expect(offBy(upDirection(rolled.model), rolled.up)).toBeLessThan(3.5);
  });

  test('a third of the photos held upright', () => {
    const poses = orbit(18, { seed: 3 }).map((pose, k) => (k % 3 === 0 ? quarterTurn(pose) : pose));
    const { model, up } = turnedModel(poses, 3);
    expect(offBy(upDirection(model), up)).toBeLessThan(20);
  });

  test('cameras that all look one way: as they are held, level or not', () => {
    const poses = Array.from({ length: 8 }, (_, k) => lookAt([0.4 * k - 1.4, 0, -4], [0.4 * k - 1.4, 0, 0]));
    const { model, up } = turnedModel(poses, 4);
    expect(offBy(upDirection(model), up)).toBeLessThan(1e-4);
  });

  test('a camera that goes over the top, its x axis the same all along, is not taken for gravity', () => {
    const poses = Array.from({ length: 9 }, (_, k) => {
      const angle = (0.1 * (k - 4) * Math.PI) / 2;
      return lookAt([0, -4 * Math.sin(angle), -4 * Math.cos(angle)], [0, 0, 0]);
    });
    const { model, up } = turnedModel(poses, 5);
    expect(offBy(upDirection(model), up)).toBeLessThan(1);
  });
});

/** The same photo from a camera turned by a quarter about its axis. */
function quarterTurn({ q, t }: Pose): Pose {
  const m = matrixOfQuaternion(q);
  const turned = [...m.slice(3, 6), ...m.slice(0, 3).map((x) => -x), ...m.slice(6)];
  const [w, x, y, z] = poseQuaternion(turned);
  return { q: [w, x, y, z], t: [t[1], -t[0], t[2]] };
}

describe('the frame', () => {
  const errorsOf = (model: SceneModel): number[] =>
    model.points.flatMap((point) =>
      point!.images.map((image, k) => Math.sqrt(squaredErrorAt(model, point!.xyz, image, point!.features[k]))),
    );

  test.each([1, 2, 3])('is a similarity of the old one (seed %i)', (seed) => {
    const { model } = turnedModel(orbit(10, { seed, rollDeg: 5 }), seed);
    const before = { errors: errorsOf(model), poses: model.order.map((image) => poseOf(model, image)) };
    const points = model.points.map((point) => [...point!.xyz] as Vector3);
    const up = tidyFrame(model);
    expect(up).toEqual([0, -1, 0]);
    expectSound(model);
    errorsOf(model).forEach((error, k) => expect(error).toBeCloseTo(before.errors[k], 6));
    const after = model.order.map((image) => poseOf(model, image));
    for (let k = 1; k < after.length; k++) {
      const [old, now] = [relative(before.poses[0], before.poses[k]), relative(after[0], after[k])];
      [...now.rotation, ...now.translation].forEach((x, c) => expect(x).toBeCloseTo([...old.rotation, ...old.translation][c], 9));
    }
    const { scale, rotation, translation } = umeyama(
      points,
      model.points.map((point) => point!.xyz),
    );
    points.forEach((p, k) => {
      const moved = rotateVector(rotation, p).map((x, c) => scale * x + translation[c]);
      moved.forEach((x, c) => expect(x).toBeCloseTo(model.points[k]!.xyz[c], 9));
    });
  });

  test('gravity is +y, the median of the points the origin, the median camera one away, the first looks along +z', () => {
    const { model } = turnedModel(orbit(11, { jitter: 0.02 }), 7);
    tidyFrame(model);
    const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];
    for (const c of [0, 1, 2]) expect(median(model.points.map((point) => point!.xyz[c]))).toBeCloseTo(0, 9);
    const eye = [0, 0, 0];
    const distances = model.order.map((image) => {
      centreOf(model, image, eye);
      return Math.hypot(...eye);
    });
    expect(median(distances)).toBeCloseTo(1, 9);
    for (const image of model.order) {
      const { q } = poseOf(model, image);
      // Level cameras above the middle: x has no height, and they look down.
      expect(rotateBack(matrixOfQuaternion(q), [1, 0, 0])[1]).toBeCloseTo(0, 5);
      expect(rotateBack(matrixOfQuaternion(q), [0, 0, 1])[1]).toBeGreaterThan(0);
      expect(centreOfPose(poseOf(model, image))[1]).toBeLessThan(0);
    }
    const [x, , z] = rotateBack(matrixOfQuaternion(poseOf(model, 0).q), [0, 0, 1]);
    expect(x).toBeCloseTo(0, 6);
    expect(z).toBeGreaterThan(0);
  });

  test('a camera that looks straight down', () => {
    const poses = orbit(8, { jitter: 0 });
    const down = [1, 0, 0, 0, 0, 1, 0, -1, 0];
    // x right, y away along +z of the world's floor, looking along +y: rows are the camera's axes.
    poses[0] = { q: poseQuaternion([...down.slice(0, 3), 0, 0, -1, 0, 1, 0]) as Pose['q'], t: [0, 0, 4] };
    const { model } = turnedModel(poses, 2);
    tidyFrame(model);
    expectSound(model);
    expect(model.points.every((point) => point!.xyz.every(Number.isFinite))).toBe(true);
  });
});
