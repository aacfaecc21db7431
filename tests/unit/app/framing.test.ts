/** How a sketch is looked at: everything in sight, and the same look after the sketch changed its frame. */
import { describe, expect, test } from 'vitest';
import { carried, framed, sketchLens } from '../../../src/app/features/solve/framing.ts';
import { type Orbit, orbitPose, orbitView, panned, rotated, zoomed } from '../../../src/app/features/train/orbit.ts';
import { cameraCentre } from '../../../src/core/math/pose.ts';
import { createRandom } from '../../../src/core/math/random.ts';
import { type Vector3, matrixOfQuaternion, quaternionOfMatrix, rotateBack } from '../../../src/core/math/rotation.ts';
import type { PinholeView, Pose } from '../../../src/core/scene/camera.ts';
import type { SolveSketch } from '../../../workers/protocol.ts';

const transform = (m: number[], v: Vector3): Vector3 =>
  [0, 1, 2].map((r) => m[3 * r] * v[0] + m[3 * r + 1] * v[1] + m[3 * r + 2] * v[2]) as Vector3;

/** Cameras on a ring of radius 3 that look at the origin, y down, and points in a unit ball. */
function ring(count: number, points = 400): SolveSketch {
  const random = createRandom(3);
  const poses = new Float32Array(7 * count);
  for (let i = 0; i < count; i++) {
    const angle = (2 * Math.PI * i) / count;
    const rotation = [Math.cos(angle), 0, -Math.sin(angle), 0, 1, 0, Math.sin(angle), 0, Math.cos(angle)];
    poses.set([...quaternionOfMatrix(rotation)!, 0, 0, 3], 7 * i);
  }
  const xyz = Float32Array.from({ length: 3 * points }, () => random() - 0.5);
  const names = Array.from({ length: count }, (_, i) => `p${i}`);
  const reach = new Float32Array(2 * count).fill(0.5);
  return { xyz, rgb: new Uint8Array(3 * points), points, names, poses, reach, photos: count, up: [0, -1, 0] };
}

/** The sketch in the frame X' = s A X + m. */
function moved(sketch: SolveSketch, a: number[], s: number, m: Vector3): SolveSketch {
  const { names, xyz, poses } = sketch;
  const nextXyz = new Float32Array(xyz.length);
  for (let i = 0; i < xyz.length; i += 3)
    nextXyz.set(
      transform(a, [...xyz.subarray(i, i + 3)] as Vector3).map((v, c) => s * v + m[c]),
      i,
    );
  const nextPoses = new Float32Array(poses.length);
  for (const [i] of names.entries()) {
    const pose: Pose = { q: [...poses.subarray(7 * i, 7 * i + 4)] as Pose['q'], t: [...poses.subarray(7 * i + 4, 7 * i + 7)] as Vector3 };
    const r = matrixOfQuaternion(pose.q);
    const turned = [0, 1, 2].flatMap((row) => transform(a, r.slice(3 * row, 3 * row + 3) as Vector3));
    const centre = transform(a, cameraCentre(pose)).map((v, c) => s * v + m[c]) as Vector3;
    nextPoses.set([...quaternionOfMatrix(turned)!, ...transform(turned, centre).map((v) => -v)], 7 * i);
  }
  return { ...sketch, xyz: nextXyz, poses: nextPoses, up: transform(a, sketch.up) };
}

function project(view: PinholeView, point: Vector3): [number, number, number] {
  const [x, y, z] = transform(matrixOfQuaternion(view.pose.q), point).map((v, c) => v + view.pose.t[c]);
  return [(view.fx * x) / z + view.cx, (view.fy * y) / z + view.cy, z];
}
const seen = (orbit: Orbit): PinholeView => orbitView(orbit, sketchLens, 800, 500);
const centres = (sketch: SolveSketch): Vector3[] =>
  sketch.names.map((_, i) => {
    const r = matrixOfQuaternion([...sketch.poses.subarray(7 * i, 7 * i + 4)] as Pose['q']);
    return rotateBack(
      r,
      [...sketch.poses.subarray(7 * i + 4, 7 * i + 7)].map((v) => -v),
    );
  });

describe('framing', () => {
  test('every camera is in sight, seen from above', () => {
    const sketch = ring(12);
    const { orbit } = framed(sketch, null)!;
    const view = seen(orbit);
    for (const centre of centres(sketch)) {
      const [u, v, depth] = project(view, centre);
      expect(u).toBeGreaterThan(0);
      expect(u).toBeLessThan(800);
      expect(v).toBeGreaterThan(0);
      expect(v).toBeLessThan(500);
      expect(depth).toBeGreaterThan(0);
    }
    expect(cameraCentre(orbitPose(orbit))[1]).toBeLessThan(-1);
  });

  test('a few points far away do not make the scene small', () => {
    const sketch = ring(12);
    const strays = { ...sketch, xyz: sketch.xyz.map((value, i) => (i < 60 ? value * 1e4 : value)) };
    expect(framed(strays, null)!.radius).toBeLessThan(1.3 * framed(sketch, null)!.radius);
  });

  test('nothing to see, or nothing finite, is null', () => {
    expect(framed({ ...ring(0) }, null)).toBeNull();
    expect(framed({ ...ring(3), poses: new Float32Array(21).fill(NaN), xyz: new Float32Array(3).fill(NaN) }, null)).toBeNull();
  });

  test('a sketch that hardly changes keeps its framing', () => {
    const sketch = ring(12);
    const framing = framed(sketch, null);
    const jitter = { ...sketch, xyz: sketch.xyz.map((v) => 1.01 * v), poses: sketch.poses.map((v) => v + 1e-4) };
    expect(framed(jitter, framing)).toBe(framing);
  });

  test('after a turn, a scale and a shift of the frame the person sees the same picture', () => {
    const sketch = ring(9);
    const before = framed(sketch, null)!;
    const theirs = zoomed(panned(rotated(before.orbit, 0.8, -0.3), 60, -25, 500), 1.7);
    const a = matrixOfQuaternion([0.6, -0.4, 0.3, Math.sqrt(1 - 0.36 - 0.16 - 0.09)]);
    const tidied = moved(sketch, a, 0.2, [5, -1, 2]);
    const after = framed(tidied, before)!;
    expect(after).not.toBe(before);
    const [old, now] = [seen(theirs), seen(carried(theirs, before, after))];
    const [from, to] = [centres(sketch), centres(tidied)];
    // The target is the middle of a box along the axes, which turns a little differently; directions and size must agree.
    for (const [i] of from.entries()) {
      const [u, v] = project(old, from[i]);
      const [x, y] = project(now, to[i]);
      expect(Math.hypot(x - u, y - v)).toBeLessThan(60);
    }
  });
});
