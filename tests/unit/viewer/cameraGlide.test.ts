/** The damper against a numerical integration of its equation; the glide: frame rates, limits, rest, fly mode. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/math/random.ts';
import { positionOf } from '../../../src/viewer/camera/axes.ts';
import type { CameraMode, CameraState } from '../../../src/viewer/camera/cameraState.ts';
import { damp } from '../../../src/viewer/camera/damper.ts';
import { createGlide } from '../../../src/viewer/camera/glide.ts';

const start: CameraState = { target: [0, 0, 0], theta: 0, phi: 1.2, radius: 4, fov: 0.8 };
const goal: CameraState = { target: [1, -2, 0.5], theta: 2, phi: 0.6, radius: 1, fov: 1.1 };

function damped(x: number, v: number, to: number, steps: number[], decay: number): [number, number] {
  const [values, speeds] = [Float64Array.of(x), Float64Array.of(v)];
  for (const dt of steps) damp(values, speeds, 0, to, dt, decay);
  return [values[0], speeds[0]];
}

describe('damp', () => {
  test('solves x″ = -2 w x′ - w² (x - g)', () => {
    const [decay, to] = [50, 3];
    let [x, v] = [0, 0.02];
    const dt = 0.001;
    for (let k = 0; k < 100 / dt; k++) {
      v += dt * ((-2 / decay) * v - (x - to) / decay ** 2);
      x += dt * v;
    }
    const [gotX, gotV] = damped(0, 0.02, to, [100], decay);
    expect(gotX).toBeCloseTo(x, 3);
    expect(gotV).toBeCloseTo(v, 5);
  });

  test('one step of 100 ms is ten of 10 ms and a ragged hundred', () => {
    const once = damped(1, 0.01, 5, [100], 40);
    const ragged = [3, 17, 0.5, 29.5, 40, 10];
    for (const steps of [Array<number>(10).fill(10), ragged]) {
      damped(1, 0.01, 5, steps, 40).forEach((value, k) => expect(value).toBeCloseTo(once[k], 12));
    }
  });

  test('stops at the goal where a free spring would swing past, however the time is cut', () => {
    for (const steps of [[1000], Array<number>(1000).fill(1)]) expect(damped(-0.1, 1, 0, steps, 50)).toEqual([0, 0]);
  });

  test('never leaves the range that its goals lie in', () => {
    const random = createRandom(3);
    const [values, speeds] = [Float64Array.of(0.5), new Float64Array(1)];
    let [least, most] = [Infinity, -Infinity];
    for (let k = 0; k < 20_000; k++) {
      damp(values, speeds, 0, random() < 0.5 ? Math.round(random()) : random(), random() * 80, 50);
      least = Math.min(least, values[0]);
      most = Math.max(most, values[0]);
    }
    expect(least).toBeGreaterThanOrEqual(0);
    expect(most).toBeLessThanOrEqual(1);
    expect(most - least).toBeGreaterThan(0.9);
  });

  test('without a decay it jumps', () => {
    expect(damped(1, 5, 2, [0], 0)).toEqual([2, 0]);
  });
});

describe('glide', () => {
  function after(mode: CameraMode, steps: number[]): CameraState {
    const glide = createGlide(start);
    for (const dt of steps) glide.advance(goal, mode, dt, 50);
    return glide.state;
  }
  const numbers = (s: CameraState): number[] => [...s.target, s.theta, s.phi, s.radius, s.fov];

  test.each(['orbit', 'fly'] as const)('%s: 1 x 100 ms shows what 10 x 10 ms show', (mode) => {
    const once = numbers(after(mode, [100]));
    numbers(after(mode, Array<number>(10).fill(10))).forEach((value, k) => expect(value).toBeCloseTo(once[k], 9));
    // It is on its way: neither here nor there.
    expect(once[3] > 0.5 && once[3] < 1.9).toBe(true);
  });

  test('radius and field of view move by equal factors in equal times', () => {
    const glide = createGlide(start);
    glide.advance({ ...start, radius: 1 }, 'orbit', 60, 50);
    const nearer = start.radius / glide.state.radius;
    const other = createGlide({ ...start, radius: 1 });
    other.advance(start, 'orbit', 60, 50);
    expect(other.state.radius).toBeCloseTo(nearer, 9);
  });

  test('comes to rest at the goal itself within a second, and then says so', () => {
    const glide = createGlide(start);
    let ms = 0;
    while (glide.advance(goal, 'orbit', 16, 50)) ms += 16;
    expect(ms).toBeGreaterThan(300);
    expect(ms).toBeLessThan(1000);
    expect(glide.state).toEqual(goal);
    expect(glide.atRest).toBe(true);
    const shown = glide.state;
    expect(glide.advance(goal, 'orbit', 16, 50)).toBe(false);
    expect(glide.state).toBe(shown);
  });

  test('fly mode: looking around leaves the position where it is; orbit mode: swinging around leaves the target', () => {
    const eye = positionOf(start);
    const looked = { ...start, theta: 1.3, phi: 2 };
    const p = positionOf(looked);
    const target = looked.target.map((x, k) => x + eye[k] - p[k]) as CameraState['target'];
    const glide = createGlide(start);
    do glide.advance({ ...looked, target }, 'fly', 16, 50);
    while (!glide.atRest && positionOf(glide.state).every((x, k) => Math.abs(x - eye[k]) < 1e-9));
    expect(glide.atRest).toBe(true);
    const orbit = createGlide(start);
    do orbit.advance(looked, 'orbit', 16, 50);
    while (!orbit.atRest && orbit.state.target.every((x) => x === 0));
    expect(orbit.atRest).toBe(true);
  });

  test('a change of mode in the middle of a glide does not move the camera', () => {
    const glide = createGlide(start);
    glide.advance(goal, 'orbit', 60, 50);
    const eye = positionOf(glide.state);
    glide.advance(goal, 'fly', 0, 50);
    positionOf(glide.state).forEach((x, k) => expect(x).toBeCloseTo(eye[k], 9));
  });
});
