/** The camera's view, points and pixels, and framing, against closed forms. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/math/random.ts';
import { type Quaternion, type Vector3, matrixOfQuaternion, rotateVector, unitQuaternion } from '../../../src/core/math/rotation.ts';
import type { PinholeView } from '../../../src/core/scene/camera.ts';
import { positionOf, stateLookingAt } from '../../../src/viewer/camera/axes.ts';
import type { CameraState } from '../../../src/viewer/camera/cameraState.ts';
import { frameBox } from '../../../src/viewer/camera/framing.ts';
import {
  defaultWorldFromFile,
  fileFromWorld,
  fileFromWorldBox,
  project,
  unproject,
  viewOf,
  worldFromFileBox,
  worldFromFileOf,
  worldFromFilePoint,
} from '../../../src/viewer/camera/toView.ts';

const right = Math.PI / 2;
const state = (changes: Partial<CameraState> = {}): CameraState => ({
  target: [0, 0, 0],
  theta: 0,
  phi: right,
  radius: 4,
  fov: right,
  ...changes,
});

/** The pinhole camera written out once more: X_cam = R X + t, u = f x / z + c. */
function throughPinhole(view: PinholeView, p: Vector3): { xPx: number; yPx: number; depth: number } {
  const [x, y, z] = rotateVector(matrixOfQuaternion(view.pose.q), p).map((value, k) => value + view.pose.t[k]);
  return { xPx: (view.fx * x) / z + view.cx, yPx: (view.fy * y) / z + view.cy, depth: z };
}

const expectPoint = (got: ArrayLike<number>, wanted: number[], digits = 9): void =>
  wanted.forEach((value, k) => expect(got[k]).toBeCloseTo(value, digits));

describe('viewOf', () => {
  test('from +z with an upright file: looks along -z, up is up, right is right', () => {
    const view = viewOf(state(), 400, 200, [1, 0, 0, 0]);
    // 90 degrees over the shorter side of 200 px: 100 px per unit of slope; the origin is 4 away.
    expect(throughPinhole(view, [0, 0, 0])).toEqual({ xPx: 200, yPx: 100, depth: 4 });
    expect(throughPinhole(view, [0, 1, 0]).yPx).toBeCloseTo(75, 9);
    expect(throughPinhole(view, [1, 0, 0]).xPx).toBeCloseTo(225, 9);
    expect(throughPinhole(view, [0, 0, 2]).depth).toBeCloseTo(2, 9);
  });

  test('a PLY point above the origin, at file (0, -1, 0), appears above the middle', () => {
    const seen = throughPinhole(viewOf(state(), 200, 200, defaultWorldFromFile), [0, -1, 0]);
    expect(seen.xPx).toBeCloseTo(100, 9);
    expect(seen.yPx).toBeCloseTo(75, 9);
    expect(seen.depth).toBeCloseTo(4, 9);
    // In PLY files the default camera looks along -z too: what lies towards it is nearer.
    expect(throughPinhole(viewOf(state(), 200, 200, defaultWorldFromFile), [0, 0, 1]).depth).toBeCloseTo(3, 9);
  });

  test('from +x it looks along -x, with -z to its right', () => {
    const seen = throughPinhole(viewOf(state({ theta: right }), 200, 200, [1, 0, 0, 0]), [1, 0, -1]);
    expect(seen.depth).toBeCloseTo(3, 9);
    expect(seen.xPx).toBeCloseTo(100 + 100 / 3, 9);
  });

  test('the field of view belongs to the shorter side', () => {
    const tall = viewOf(state({ fov: Math.PI / 3 }), 100, 300, [1, 0, 0, 0]);
    const wide = viewOf(state({ fov: Math.PI / 3 }), 300, 100, [1, 0, 0, 0]);
    expect(tall.fx).toBeCloseTo(50 / Math.tan(Math.PI / 6), 9);
    expect([tall.fy, wide.fx, wide.fy]).toEqual([tall.fx, tall.fx, tall.fx]);
    expect([tall.cx, tall.cy]).toEqual([50, 150]);
  });
});

describe('points and pixels', () => {
  const random = createRandom(7);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const anyState = (): CameraState => ({
    target: [between(-3, 3), between(-3, 3), between(-3, 3)],
    theta: between(-9, 9),
    phi: between(0.01, Math.PI - 0.01),
    radius: between(0.1, 20),
    fov: between(0.2, 2.5),
  });

  test('project and unproject undo each other, and agree with the file-space view', () => {
    for (let k = 0; k < 200; k++) {
      const at = anyState();
      const q = unitQuaternion([between(-1, 1), between(-1, 1), between(-1, 1), between(-1, 1)]) as Quaternion;
      const pixel = { xPx: between(-50, 700), yPx: between(-50, 500), depth: between(0.05, 30) };
      const p = unproject(pixel.xPx, pixel.yPx, pixel.depth, at, 640, 360);
      const back = project(p, at, 640, 360);
      const seen = throughPinhole(viewOf(at, 640, 360, q), fileFromWorld(p, q));
      for (const got of [back, seen]) {
        expect(got?.xPx).toBeCloseTo(pixel.xPx, 6);
        expect(got?.yPx).toBeCloseTo(pixel.yPx, 6);
        expect(got?.depth).toBeCloseTo(pixel.depth, 8);
      }
      expectPoint(worldFromFilePoint(fileFromWorld(p, q), q), p);
    }
  });

  test('nothing is projected behind the camera', () => {
    expect(project([0, 0, 5], state(), 100, 100)).toBeNull();
    expect(project([0, 0, 4], state(), 100, 100)).toBeNull();
    expect(project([0, 0, 3.9], state(), 100, 100)).not.toBeNull();
  });

  test('a camera given by two points stands and looks there', () => {
    for (let k = 0; k < 50; k++) {
      const at = anyState();
      const again = stateLookingAt(positionOf(at), at.target, at.fov) as CameraState;
      expectPoint(positionOf(again), positionOf(at));
      expect([again.radius, again.phi]).toEqual([expect.closeTo(at.radius, 9), expect.closeTo(at.phi, 7)]);
      expect(Math.cos(again.theta - at.theta)).toBeCloseTo(1, 9);
    }
    expect(stateLookingAt([1, 2, 3], [1, 2, 3], 1)).toBeNull();
    expect(stateLookingAt([0, NaN, 0], [0, 0, 0], 1)).toBeNull();
    const above = stateLookingAt([0, 5, 0], [0, 0, 0], 1) as CameraState;
    expect(above.phi > 0 && above.phi < 0.01).toBe(true);
  });

  test('by default the world is the file turned about z, and an orientation turns that further', () => {
    expectPoint(worldFromFilePoint([1, 2, 3], worldFromFileOf([1, 0, 0, 0])), [-1, -2, 3]);
    // A quarter turn about y takes x to -z and z to x.
    const s = Math.SQRT1_2;
    expectPoint(worldFromFilePoint([1, 2, 3], worldFromFileOf([s, 0, s, 0])), [3, -2, 1]);
  });

  test('boxes turn with their corners in order', () => {
    const box = { low: [-1, -2, 3], high: [4, 5, 6] } satisfies { low: Vector3; high: Vector3 };
    const turned = worldFromFileBox(box, defaultWorldFromFile);
    expectPoint(turned.low, [-4, -5, 3]);
    expectPoint(turned.high, [1, 2, 6]);
    expectPoint(fileFromWorldBox(turned, defaultWorldFromFile).low, box.low);
    // An eighth of a turn makes the square around a square larger by sqrt(2).
    const eighth: Quaternion = [Math.cos(Math.PI / 8), 0, 0, Math.sin(Math.PI / 8)];
    expectPoint(worldFromFileBox({ low: [-1, -1, -1], high: [1, 1, 1] }, eighth).high, [Math.SQRT2, Math.SQRT2, 1]);
  });
});

describe('frameBox', () => {
  /** How much of the half picture the box takes at most, over the circle, in the fuller direction. */
  function fullness(box: { low: Vector3; high: Vector3 }, fov: number, aspect: number): number {
    const start = frameBox(box, fov, aspect);
    let most = 0;
    for (let k = 0; k < 720; k++) {
      for (let corner = 0; corner < 8; corner++) {
        const p = [0, 1, 2].map((axis) => ((corner >> axis) & 1 ? box.high : box.low)[axis]) as Vector3;
        const seen = project(p, { ...start, theta: (k * Math.PI) / 360 }, 1000 * aspect, 1000);
        if (!seen) return Infinity;
        most = Math.max(most, Math.abs(seen.xPx / (500 * aspect) - 1), Math.abs(seen.yPx / 500 - 1));
      }
    }
    return most;
  }

  test.each([
    ['a cube', [2, 2, 2], 0.8, 1],
    ['a tower', [1, 9, 1], 0.8, 16 / 9],
    ['a plain', [9, 0.5, 4], 0.8, 16 / 9],
    ['a tower on a phone', [1, 9, 2], 0.6, 9 / 19],
    ['a wide lens', [3, 1, 2], 1.8, 1.5],
  ] as [string, Vector3, number, number][])('%s fills the picture to the margin while the camera circles it', (_, size, fov, aspect) => {
    const centre: Vector3 = [5, -3, 11];
    const box = { low: centre.map((x, k) => x - size[k] / 2) as Vector3, high: centre.map((x, k) => x + size[k] / 2) as Vector3 };
    expectPoint(frameBox(box, fov, aspect).target, centre);
    const full = fullness(box, fov, aspect);
    expect(full).toBeLessThan(0.9501);
    expect(full).toBeGreaterThan(0.94);
  });

  test('opens from the front, a little above', () => {
    const start = frameBox({ low: [-1, -1, -1], high: [1, 1, 1] });
    expect(start.theta).toBe(0);
    expect(start.phi).toBeCloseTo((75 / 180) * Math.PI, 12);
    expect(positionOf(start)[1]).toBeGreaterThan(0);
  });

  test.each([
    ['a point', [1, 2, 3], [1, 2, 3]],
    ['nothing', [Infinity, Infinity, Infinity], [-Infinity, -Infinity, -Infinity]],
    ['not a number', [NaN, 0, 0], [1, 1, 1]],
    ['inside out', [1, 1, 1], [0, 0, 0]],
  ] as [string, Vector3, Vector3][])('%s still gives a camera', (_, low, high) => {
    const start = frameBox({ low, high }, 0.8, NaN);
    expect([...start.target, start.theta, start.phi, start.radius, start.fov].every(Number.isFinite)).toBe(true);
    expect(start.radius).toBe(1);
  });
});
