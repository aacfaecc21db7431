/**
 * Views of a headset's eyes against the 4x4 chain that WebXR defines: projection, inverse of the eye's transform, the scene's place in the
 * room. And the modes a browser offers.
 */
import { expect, test } from 'vitest';
import { type Quaternion, type Vector3, matrixOfQuaternion, rotateVector, unitQuaternion } from '../../../src/core/math/rotation.ts';
import type { PinholeView } from '../../../src/core/scene/camera.ts';
import type { Placement } from '../../../src/viewer/xr/placement.ts';
import { viewFromXr } from '../../../src/viewer/xr/viewFromXr.ts';
import type { XrMode, XrSystem } from '../../../src/viewer/xr/webxrTypes.ts';
import { xrModes } from '../../../src/viewer/xr/xrModes.ts';
import { randomNumbers } from '../../randomScene.ts';

type Vector4 = [number, number, number, number];

/** 4x4 by columns times a vector. */
const times = (m: number[], v: Vector4): Vector4 =>
  [0, 1, 2, 3].map((row) => [0, 1, 2, 3].reduce((sum, k) => sum + m[4 * k + row] * v[k], 0)) as Vector4;

/** Perspective from the tangents of the half angles (glFrustum), far away at 1000. */
function frustum(left: number, right: number, down: number, up: number): number[] {
  const [near, far] = [0.1, 1000];
  const [w, h] = [right - left, up - down];
  return [2 / w, 0, 0, 0, 0, 2 / h, 0, 0, (right + left) / w, (up + down) / h, -(far + near) / (far - near), -1, 0, 0, -(2 * far * near) / (far - near), 0]; // prettier-ignore
}

function rigid(q: Quaternion, [x, y, z]: Vector3): number[] {
  const r = matrixOfQuaternion(unitQuaternion(q) as Quaternion);
  return [r[0], r[3], r[6], 0, r[1], r[4], r[7], 0, r[2], r[5], r[8], 0, x, y, z, 1];
}

/** Room to eye of a rigid transform. */
function toEye(m: number[], [x, y, z]: Vector3): Vector4 {
  const d = [x - m[12], y - m[13], z - m[14]];
  const along = (column: number): number => d[0] * m[4 * column] + d[1] * m[4 * column + 1] + d[2] * m[4 * column + 2];
  return [along(0), along(1), along(2), 1];
}

/** The definition, with a turn about y written out as a 4x4. */
function inRoom({ pivot, at, yaw, scale }: Placement, p: Vector3): Vector3 {
  const turn = rigid([Math.cos(yaw / 2), 0, Math.sin(yaw / 2), 0], at);
  return times(turn, [...([0, 1, 2].map((k) => scale * (p[k] - pivot[k])) as Vector3), 1]).slice(0, 3) as Vector3;
}

function pixelOf({ fx, fy, cx, cy, pose }: PinholeView, p: Vector3): { x: number; y: number; depth: number } {
  const [x, y, z] = rotateVector(matrixOfQuaternion(pose.q), p).map((value, k) => value + pose.t[k]);
  return { x: (fx * x) / z + cx, y: (fy * y) / z + cy, depth: z };
}

const size = { width: 640, height: 720 };
const lenses: [string, number[]][] = [
  ['centred', frustum(-0.9, 0.9, -1, 1)],
  ['wide to the left', frustum(-1.3, 0.7, -1, 1)],
  ['wide to the right and down', frustum(-0.6, 1.4, -1.2, 0.8)],
];

test.for(lenses)('a point has the pixel that the matrices give it, and the ray of the pixel meets it: %s', ([, projection]) => {
  const random = randomNumbers(5);
  const between = (low: number, high: number): number => low + (high - low) * random();
  let seen = 0;
  for (let round = 0; round < 200; round++) {
    const quaternion = (): Quaternion => unitQuaternion([between(-1, 1), between(-1, 1), between(-1, 1), between(-1, 1)]) as Quaternion;
    const vector = (reach: number): Vector3 => [between(-reach, reach), between(-reach, reach), between(-reach, reach)];
    const placement: Placement = { pivot: vector(3), at: vector(2), yaw: between(-4, 4), scale: between(0.05, 3) };
    const transform = rigid(quaternion(), vector(2));
    const worldFromFile = quaternion();
    const view = viewFromXr(projection, transform, size, worldFromFile, placement);
    const p_file = vector(4);
    const room = inRoom(placement, rotateVector(matrixOfQuaternion(worldFromFile), p_file));
    const clip = times(projection, toEye(transform, room));
    const mine = pixelOf(view, p_file);
    // Depth in world units: metres by the scale.
    expect(mine.depth * placement.scale).toBeCloseTo(clip[3], 6);
    if (clip[3] < 0.1) continue;
    seen++;
    const tolerance = 1e-6 * (1 + Math.abs(mine.x) + Math.abs(mine.y));
    expect(Math.abs(mine.x - (clip[0] / clip[3] / 2 + 0.5) * size.width)).toBeLessThan(tolerance);
    expect(Math.abs(mine.y - (0.5 - clip[1] / clip[3] / 2) * size.height)).toBeLessThan(tolerance);
  }
  expect(seen).toBeGreaterThan(50);
});

test('the edges of the picture are the edges of the frustum', () => {
  const [left, right, down, up] = [-1.3, 0.7, -0.8, 1.1];
  const straight = rigid([1, 0, 0, 0], [0, 0, 0]);
  const placement: Placement = { pivot: [0, 0, 0], at: [0, 0, 0], yaw: 0, scale: 1 };
  const view = viewFromXr(frustum(left, right, down, up), straight, size, [1, 0, 0, 0], placement);
  // The eye looks along -z with y up; the world is the file here.
  const corner = (x: number, y: number) => pixelOf(view, [2 * x, 2 * y, -2]);
  expect(corner(left, up).x).toBeCloseTo(0, 9);
  expect(corner(left, up).y).toBeCloseTo(0, 9);
  expect(corner(right, down).x).toBeCloseTo(640, 9);
  expect(corner(right, down).y).toBeCloseTo(720, 9);
});

test('modes: what is offered, in the same order; nothing where asking fails', async () => {
  const system = (answer: (mode: XrMode) => Promise<boolean>) => ({ isSessionSupported: answer }) as unknown as XrSystem;
  expect(await xrModes(undefined)).toEqual([]);
  expect(await xrModes(system(async () => true))).toEqual(['immersive-vr', 'immersive-ar']);
  expect(await xrModes(system(async (mode) => mode === 'immersive-ar'))).toEqual(['immersive-ar']);
  expect(await xrModes(system(async () => Promise.reject(new Error('not in this frame'))))).toEqual([]);
  const throwing = system(() => {
    throw new Error('never heard of it');
  });
  expect(await xrModes(throwing)).toEqual([]);
});
