/** Where the scene stands for a viewer with a headset, and how sticks and squeezes move the viewer. */
import { expect, test } from 'vitest';
import type { Vector3 } from '../../../src/core/math/rotation.ts';
import { snapAngle, squeezeTurn, steer, stickOf } from '../../../src/viewer/xr/locomotion.ts';
import {
  type Placement,
  headingOf,
  placeAhead,
  turnViewer,
  walk,
  worldDirection,
  worldFromRoom,
} from '../../../src/viewer/xr/placement.ts';
import type { XrInputSource } from '../../../src/viewer/xr/webxrTypes.ts';

const degrees = Math.PI / 180;

/** A head at `position` that was turned left by `yaw`, then looks up by `pitch`. By columns: right, up, back. */
function head(position: Vector3, yaw: number, pitch = 0): number[] {
  const [c, s, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  return [c, 0, -s, 0, s * sp, cp, c * sp, 0, s * cp, -sp, c * cp, 0, ...position, 1];
}

/** The definition of a placement, by complex numbers in the ground plane. */
function inRoom({ pivot, at, yaw, scale }: Placement, p: Vector3): Vector3 {
  const [x, y, z] = [0, 1, 2].map((k) => scale * (p[k] - pivot[k]));
  const [length, angle] = [Math.hypot(x, z), Math.atan2(x, z) + yaw];
  return [at[0] + length * Math.sin(angle), at[1] + y, at[2] + length * Math.cos(angle)];
}

function expectPoint(actual: ArrayLike<number>, wanted: readonly number[]): void {
  for (let k = 0; k < 3; k++) expect(actual[k]).toBeCloseTo(wanted[k], 9);
}

test.for([0, 40, -89, -90, 90, 89.9])('the heading is that of the body, also when looking up or down by %d degrees', (pitch) => {
  for (const yaw of [0, 1.2, -2.5]) expect(headingOf(head([1, 2, 3], yaw, pitch * degrees))).toBeCloseTo(yaw, 6);
});

test('the viewer stands where the camera is and looks where it looks', () => {
  // The camera is 2 units in +x of its target and looks level along -x.
  const camera = { target: [5, 1, -3] as Vector3, theta: 90 * degrees, phi: 90 * degrees, radius: 2 };
  // The viewer faces +x: turned right by a quarter.
  const placement = placeAhead(camera, head([0.5, 1.6, 0.2], -90 * degrees), 0.25);
  expectPoint(inRoom(placement, camera.target), [0.5 + 2 * 0.25, 1.6, 0.2]);
  expectPoint(inRoom(placement, [7, 1, -3]), [0.5, 1.6, 0.2]);
  // What is up stays up; what the camera has to its right, -z, is to the viewer's right, +z.
  expectPoint(inRoom(placement, [5, 2, -3]), [1, 1.85, 0.2]);
  expectPoint(inRoom(placement, [5, 1, -4]), [1, 1.6, 0.45]);
});

test('a camera above its target leaves it below the eyes', () => {
  const camera = { target: [0, 0, 0] as Vector3, theta: 0, phi: 60 * degrees, radius: 4 };
  const placement = placeAhead(camera, head([0, 1.6, 0], 0), 1);
  expectPoint(inRoom(placement, [0, 0, 0]), [0, 1.6 - 2, -4 * Math.sin(60 * degrees)]);
});

test.for([NaN, 0, -1, Infinity])('a size of %d counts as 1', (scale) => {
  const camera = { target: [0, 0, 0] as Vector3, theta: 0, phi: 1, radius: 4 };
  expect(placeAhead(camera, head([0, 0, 0], 0), scale).scale).toBe(1);
});

const somewhere: Placement = { pivot: [1, 2, 3], at: [-0.4, 1, 0.7], yaw: 0.8, scale: 0.3 };

test('points and directions come back to the world', () => {
  expectPoint(worldFromRoom(somewhere, inRoom(somewhere, [4, -2, 0.5])), [4, -2, 0.5]);
  const [from, to] = [inRoom(somewhere, [1, 1, 1]), inRoom(somewhere, [1, 3, 2])];
  const direction = [0, 1, 2].map((k) => (to[k] - from[k]) / somewhere.scale) as Vector3;
  expectPoint(worldDirection(somewhere, direction), [0, 2, 1]);
});

test('turning left brings what was to the left in front, and keeps the viewer in place', () => {
  const viewer: Vector3 = [0.3, 1.6, -0.2];
  // One metre to the left of somebody who faces -z.
  const leftWorld = worldFromRoom(somewhere, [viewer[0] - 1, 1.6, viewer[2]]);
  const hereWorld = worldFromRoom(somewhere, viewer);
  const after = turnViewer(somewhere, viewer, 90 * degrees);
  expectPoint(inRoom(after, leftWorld), [viewer[0], 1.6, viewer[2] - 1]);
  expectPoint(inRoom(after, hereWorld), viewer);
});

test('walking brings closer what is ahead', () => {
  const ahead = worldFromRoom(somewhere, [-3, 1, 0]);
  // Facing -x is turned left by a quarter.
  expectPoint(inRoom(walk(somewhere, 90 * degrees, 2), ahead), [-1, 1, 0]);
});

const source = (axes: number[] | null): XrInputSource => ({
  handedness: 'left',
  targetRaySpace: new EventTarget(),
  gamepad: axes && { axes },
});

test('the stick is the one that is pushed most; hands without a gamepad have none', () => {
  expect(stickOf([])).toEqual({ x: 0, y: 0 });
  expect(stickOf([source(null), source([])])).toEqual({ x: 0, y: 0 });
  expect(stickOf([source([0, 0, 0.2, 0.1]), source([0.9, 0.9, -0.6, 0])])).toEqual({ x: -0.6, y: 0 });
  expect(stickOf([source([0.5, -0.5])])).toEqual({ x: 0.5, y: -0.5 });
});

test('one push of the stick is one step of 30 degrees', () => {
  const pushes = [0, 0.5, 0.8, 1, 0.9, 0.6, 0.8, 0.3, 0.9, 0, -0.9];
  let held = false;
  const turns = pushes.map((x) => {
    const step = steer({ x, y: 0.1 }, held, 0.01);
    held = step.held;
    expect(step.ahead).toBe(0);
    return Math.round(step.turn / degrees);
  });
  expect(turns).toEqual([0, 0, -30, 0, 0, 0, 0, 0, -30, 0, 30]);
});

test('a stick pushed ahead walks ahead in proportion to time, a resting one does not creep', () => {
  const full = steer({ x: 0.1, y: -1 }, false, 0.5);
  expect(full).toMatchObject({ turn: 0, held: false });
  expect(full.ahead).toBeCloseTo(0.7, 12);
  expect(steer({ x: 0, y: 1 }, false, 0.5).ahead).toBeCloseTo(-0.7, 12);
  expect(steer({ x: 0.02, y: -0.15 }, false, 0.5).ahead).toBe(0);
  expect(steer({ x: 0.1, y: -0.6 }, false, 0.5).ahead).toBeCloseTo(0.35, 12);
});

test('a squeeze turns to its side', () => {
  expect([squeezeTurn('left'), squeezeTurn('right'), squeezeTurn('none')]).toEqual([snapAngle, -snapAngle, 0]);
});
