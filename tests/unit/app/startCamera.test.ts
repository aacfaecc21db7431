/** The viewer's start: read back by the viewer's own parsers, a trained scene stands upright and is seen from where its preview began. */
import { describe, expect, test } from 'vitest';
import { orbitFrom, orbitPose } from '../../../src/app/features/train/orbit.ts';
import { fieldOfView, orientationFor, startCamera } from '../../../src/app/features/view/startCamera.ts';
import { type Vector3, matrixOfQuaternion, rotateVector } from '../../../src/core/math/rotation.ts';
import type { Pose } from '../../../src/core/scene/camera.ts';
import { parseFov, parseOrbit, parseOrientation, parseTarget } from '../../../src/viewer/camera/orbitGrammar.ts';
import { viewOf, worldFromFileOf } from '../../../src/viewer/camera/toView.ts';
import { randomNumbers } from '../../randomScene.ts';

const valueOf = <T>(result: { ok: true; value: T } | { ok: false }): T => {
  if (!result.ok) throw new Error('The viewer cannot read this.');
  return result.value;
};
const worldFromFile = (orientation: string) => worldFromFileOf(valueOf(parseOrientation(orientation)));
const inWorld = (orientation: string, direction: Vector3): Vector3 =>
  rotateVector(matrixOfQuaternion(worldFromFile(orientation)), direction);

const random = randomNumbers(4);
const direction = (): Vector3 => {
  const d: Vector3 = [random() - 0.5, random() - 0.5, random() - 0.5];
  const length = Math.hypot(...d);
  return [d[0] / length, d[1] / length, d[2] / length];
};

describe('orientation', () => {
  test('a file with y down needs nothing', () => {
    expect(orientationFor([0, -1, 0])).toBe('0deg 0deg 0deg');
  });

  test.each<[string, Vector3]>([
    ['y up', [0, 1, 0]],
    ['z up', [0, 0, 1]],
    ['z down', [0, 0, -1]],
    ['x up', [1, 0, 0]],
    ['x down', [-1, 0, 0]],
    ...Array.from({ length: 20 }, (_, i): [string, Vector3] => [`any direction ${i}`, direction()]),
  ])('%s comes out upright', (_, up) => {
    const [x, y, z] = inWorld(orientationFor([3 * up[0], 3 * up[1], 3 * up[2]]), up);
    expect(y).toBeCloseTo(1, 5);
    expect(Math.hypot(x, z)).toBeLessThan(1e-5);
  });

  test.each<[string, Vector3]>([
    ['zero', [0, 0, 0]],
    ['not a number', [NaN, 0, 1]],
    ['infinite', [Infinity, 0, 0]],
  ])('a direction that is %s changes nothing', (_, up) => {
    expect(orientationFor(up)).toBe('0deg 0deg 0deg');
  });
});

test('the viewer starts with the camera of the preview, in file space', () => {
  for (let i = 0; i < 10; i++) {
    const [up, focus, centre] = [direction(), direction(), direction().map((x) => 4 * x) as Vector3];
    const looking = orbitPose({
      ...orbitFrom({ widthPx: 64, heightPx: 48, fx: 60, fy: 60, cx: 32, cy: 24, pose: { q: [1, 0, 0, 0], t: centre } }, focus, up),
    });
    const startView = { widthPx: 64, heightPx: 48, fx: 60, fy: 60, cx: 32, cy: 24, pose: looking };
    const start = startCamera({ startView, focusPoint: focus, up });
    const anyBase = { theta: 9, phi: 9, radius: 9, framedRadius: 9 };
    const state = {
      ...valueOf(parseOrbit(start.orbit, anyBase)),
      target: valueOf(parseTarget(start.target, [9, 9, 9])),
      fov: valueOf(parseFov(fieldOfView(start.lens, 640, 480), 9)),
    };
    // On a canvas of the photo's shape the preview shows the photo's view: same pose, same focal length.
    const view = viewOf(state, 640, 480, worldFromFile(start.orientation));
    const wanted: Pose = orbitPose(orbitFrom(startView, focus, up));
    const same = Math.abs(view.pose.q.reduce((sum, x, k) => sum + x * wanted.q[k], 0));
    expect(same).toBeCloseTo(1, 6);
    view.pose.t.forEach((x, k) => expect(x).toBeCloseTo(wanted.t[k], 3));
    expect(view.fx).toBeCloseTo(600, 1);
  }
});

test.each([
  [900, 480],
  [480, 900],
  [640, 480],
])('on a stage of %i x %i all of the photo is in sight, and it touches two sides', (width, height) => {
  const lens = { widthPx: 64, heightPx: 48, fx: 60 };
  const fov = valueOf(parseFov(fieldOfView(lens, width, height), 9));
  const { fx } = viewOf({ target: [0, 0, 0], theta: 0, phi: 1, radius: 1, fov }, width, height, [1, 0, 0, 0]);
  const [halfAcross, halfDown] = [(fx * 32) / 60, (fx * 24) / 60];
  expect(Math.max(halfAcross / (width / 2), halfDown / (height / 2))).toBeCloseTo(1, 4);
});
