/** The orbit camera: what stays true whatever the person does with it. */
import { describe, expect, test } from 'vitest';
import { type Orbit, orbitFrom, orbitPose, orbitView, panned, rotated, zoomed } from '../../../src/app/features/train/orbit.ts';
import type { Vector3 } from '../../../src/core/math/rotation.ts';
import type { PinholeView, Pose } from '../../../src/core/scene/camera.ts';

/** Rotates by the quaternion product q v q*, written out without a matrix, then translates. */
function toCamera({ q: [w, x, y, z], t }: Pose, [a, b, c]: Vector3): Vector3 {
  const r = -x * a - y * b - z * c;
  const i = w * a + y * c - z * b;
  const j = w * b + z * a - x * c;
  const k = w * c + x * b - y * a;
  return [-r * x + i * w - j * z + k * y + t[0], -r * y + j * w - k * x + i * z + t[1], -r * z + k * w - i * y + j * x + t[2]];
}

function project(view: PinholeView, point: Vector3): [number, number, number] {
  const [x, y, z] = toCamera(view.pose, point);
  return [(view.fx * x) / z + view.cx, (view.fy * y) / z + view.cy, z];
}

/** At (0, 0, -4), looking along +z with y down: the identity pose shifted. */
const start: PinholeView = { widthPx: 300, heightPx: 200, fx: 250, fy: 260, cx: 150, cy: 100, pose: { q: [1, 0, 0, 0], t: [0, 0, 4] } };
const up: Vector3 = [0, -1, 0];
const orbit = orbitFrom(start, [0.5, 0.2, 1], up);
const canvas = (o: Orbit): PinholeView => orbitView(o, start, 600, 500);

const somewhere: Orbit[] = [
  orbit,
  rotated(orbit, 1, 0.4),
  rotated(orbit, -2.9, -3),
  rotated(orbit, Math.PI, 9),
  panned(zoomed(rotated(orbit, 0.7, -0.6), 3), 40, -25, 500),
];

describe('orbit camera', () => {
  test('starts at the photo: a point seen in the middle of the start view stays there, at its depth', () => {
    expect(orbit.distance).toBeCloseTo(5, 12); // focus z 1, camera z -4
    const [u, v, depth] = project(canvas(orbit), [0, 0, 3]);
    expect([u, v, depth]).toEqual([expect.closeTo(300, 9), expect.closeTo(250, 9), expect.closeTo(7, 9)]);
  });

  test('the field of view holds all of the start view', () => {
    const view = canvas(orbit);
    // 300x200 into 600x500: twice as large, limited by the width.
    expect([view.fx, view.fy]).toEqual([500, 520]);
  });

  test.each(somewhere.map((o, i) => [i, o] as const))(
    'place %i: unit quaternion, target in the middle at its distance, horizon level',
    (_, o) => {
      const view = canvas(o);
      expect(Math.hypot(...view.pose.q)).toBeCloseTo(1, 12);
      const [u, v, depth] = project(view, o.target);
      expect([u, v, depth]).toEqual([expect.closeTo(300, 6), expect.closeTo(250, 6), expect.closeTo(o.distance, 9)]);
      const above: Vector3 = [o.target[0] + 0.01 * up[0], o.target[1] + 0.01 * up[1], o.target[2] + 0.01 * up[2]];
      const [uAbove, vAbove] = project(view, above);
      expect(uAbove).toBeCloseTo(300, 6);
      expect(vAbove).toBeLessThan(250);
    },
  );

  test('dragging right turns the near side of the scene to the right, dragging down brings its top nearer', () => {
    const near: Vector3 = [orbit.target[0], orbit.target[1], orbit.target[2] - 1];
    expect(project(canvas(rotated(orbit, 0.1, 0)), near)[0]).toBeGreaterThan(310);
    const top: Vector3 = [orbit.target[0], orbit.target[1] - 1, orbit.target[2]];
    expect(project(canvas(rotated(orbit, 0, 0.1)), top)[2]).toBeLessThan(orbit.distance);
  });

  test('panning moves the target by exactly the pixels dragged', () => {
    const o = rotated(orbit, 0.3, 0.5);
    const view = canvas(o);
    const after = canvas(panned(o, 30, 0, view.fx));
    expect(project(after, o.target)[0]).toBeCloseTo(330, 6);
    expect(project(after, o.target)[1]).toBeCloseTo(250, 6);
    expect(project(canvas(panned(o, 0, 30, view.fy)), o.target)[1]).toBeCloseTo(280, 6);
  });

  test('zooming scales the distance and stops at its limits', () => {
    expect(zoomed(orbit, 2).distance).toBeCloseTo(orbit.distance / 2, 12);
    expect(zoomed(orbit, 1e9).distance).toBe(orbit.nearest);
    expect(zoomed(orbit, 1e-9).distance).toBe(orbit.farthest);
  });

  test('a focus behind the camera, and a camera looking straight down, still give finite poses', () => {
    const down = orbitFrom({ ...start, pose: { q: [Math.SQRT1_2, Math.SQRT1_2, 0, 0], t: [0, 0, 4] } }, [0, 0, 0], up);
    const behind = orbitFrom(start, [0, 0, -9], up);
    for (const o of [down, behind]) {
      const { q, t } = orbitPose(o);
      expect([...q, ...t].every(Number.isFinite)).toBe(true);
      expect(o.distance).toBeGreaterThan(0);
    }
  });
});
