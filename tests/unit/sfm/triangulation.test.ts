/** Triangulation against exact data, the theory of its noise, and tracks with observations that do not belong. */
import { describe, expect, test } from 'vitest';
import { type Vector3, matrixOfQuaternion, rotateVector } from '../../../src/core/math/rotation.ts';
import type { Pose } from '../../../src/core/scene/camera.ts';
import { refinePoint, type TrackObservations } from '../../../src/core/sfm/pointRefinement.ts';
import { rayAngle, triangulatePair, triangulateTrack } from '../../../src/core/sfm/triangulation.ts';
import { createDraw, type Draw } from './synthetic.ts';

const f = 1000;
const options = { maxErrorPx: 4, minAngleDeg: 1.5, maxAngularErrorDeg: 2 };

function observe(poses: Pose[], point: Vector3, noise: () => number = () => 0): TrackObservations {
  const n = poses.length;
  const track = { poses: new Float64Array(12 * n), rays: new Float64Array(2 * n), focals: new Float64Array(n).fill(f), n };
  poses.forEach(({ q, t }, k) => {
    const m = matrixOfQuaternion(q);
    track.poses.set([...m, ...t], 12 * k);
    const [x, y, z] = rotateVector(m, point).map((value, r) => value + t[r]);
    track.rays.set([x / z + noise() / f, y / z + noise() / f], 2 * k);
  });
  return track;
}

/** A camera at a centre that looks along +z, turned by a small rotation vector. */
function cameraAt(centre: Vector3, turn: Vector3 = [0, 0, 0]): Pose {
  const angle = Math.hypot(...turn);
  const s = angle > 0 ? Math.sin(angle / 2) / angle : 0;
  const q: Pose['q'] = [Math.cos(angle / 2), turn[0] * s, turn[1] * s, turn[2] * s];
  const back = rotateVector(matrixOfQuaternion(q), centre);
  return { q, t: [-back[0], -back[1], -back[2]] };
}

/** Cameras side by side along x over a width, all seeing what is around (0, 0, 5). */
function row(draw: Draw, n: number, width: number): Pose[] {
  const turn = (): Vector3 => [0.1 * draw.normal(), 0.1 * draw.normal(), draw.normal()];
  return Array.from({ length: n }, (_, k) => cameraAt([width * (k / (n - 1) - 0.5), 0.2 * draw.normal(), 0.2 * draw.normal()], turn()));
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

describe('two rays', () => {
  test('that meet give their crossing', () => {
    const centres = Float64Array.of(0, 0, 0, 2, 0, 0);
    const side = Math.SQRT1_2;
    const out = new Float64Array(3);
    expect(triangulatePair(centres, Float64Array.of(side, 0, side, -side, 0, side), 0, 1, out)).toBe(true);
    expect(distance(out, [1, 0, 1])).toBeLessThan(1e-15);
  });

  test('that pass each other give the middle when both cameras are equally far, else a point nearer to the close camera', () => {
    const out = new Float64Array(3);
    const centres = Float64Array.of(0, 0, 0, 1, 0.1, 1);
    expect(triangulatePair(centres, Float64Array.of(0, 0, 1, -1, 0, 0), 0, 1, out)).toBe(true);
    expect(distance(out, [0, 0.05, 1])).toBeLessThan(1e-15);
    centres[3] = 3;
    triangulatePair(centres, Float64Array.of(0, 0, 1, -1, 0, 0), 0, 1, out);
    // Weights 1 / depth^2: 1 and 1/9.
    expect(distance(out, [0, 0.01, 1])).toBeLessThan(1e-15);
  });

  test('that are parallel, part or share their centre give nothing', () => {
    const out = new Float64Array(3);
    const apart = Float64Array.of(0, 0, 0, 1, 0, 0);
    expect(triangulatePair(apart, Float64Array.of(0, 0, 1, 0, 0, 1), 0, 1, out)).toBe(false);
    expect(triangulatePair(apart, Float64Array.of(-Math.SQRT1_2, 0, Math.SQRT1_2, 0, 0, 1), 0, 1, out)).toBe(false);
    // Meets the other ray in front of the one camera and behind the other.
    const backward = Float64Array.of(0, 0, 1, Math.SQRT1_2, 0, -Math.SQRT1_2);
    expect(triangulatePair(apart, backward, 0, 1, out)).toBe(false);
    expect(
      triangulatePair(
        Float64Array.of(1, 0, 0, 0, 0, 0),
        backward.map((_, k) => backward[(k + 3) % 6]),
        0,
        1,
        out,
      ),
    ).toBe(false);
    expect(triangulatePair(new Float64Array(6), Float64Array.of(0, 0, 1, 0, 1, 0), 0, 1, out)).toBe(false);
    expect(triangulatePair(apart, Float64Array.of(0, 0, 1, NaN, 0, 1), 0, 1, out)).toBe(false);
  });

  test('angles from 1e-9 to half a turn', () => {
    for (const angle of [0, 1e-9, 1e-4, 1, Math.PI / 2, 3, Math.PI])
      expect(rayAngle([0, 0, 3], [Math.sin(angle), 0, Math.cos(angle)])).toBeCloseTo(angle, 14);
  });
});

describe('tracks without noise', () => {
  test.each([2, 3, 6, 7, 20])('of %i observations are exact', (n) => {
    const draw = createDraw(n);
    for (let trial = 0; trial < 50; trial++) {
      const point: Vector3 = [draw.uniform(-1, 1), draw.uniform(-1, 1), draw.uniform(4, 6)];
      const found = triangulateTrack(observe(row(draw, n, 2), point), options, trial)!;
      expect(distance(found.xyz, point)).toBeLessThan(1e-9);
      expect(found.inliers).toEqual(Array.from({ length: n }, (_, k) => k));
      expect(found.meanErrorPx).toBeLessThan(1e-8);
    }
  });

  test('the angle is the largest between two of the rays', () => {
    const poses = [cameraAt([-1, 0, 0]), cameraAt([0, 0, 0]), cameraAt([1, 0, 0])];
    expect(triangulateTrack(observe(poses, [0, 0, 5]), options, 1)!.angleDeg).toBeCloseTo((2 * Math.atan(0.2) * 180) / Math.PI, 10);
  });
});

describe('noise', () => {
  test('the depth of a stereo pair varies as z^2 / (f b) times the noise of the disparity', () => {
    const draw = createDraw(3);
    const [z, baseline, noisePx] = [5, 1, 0.5];
    const poses = [cameraAt([-baseline / 2, 0, 0]), cameraAt([baseline / 2, 0, 0])];
    const trials = 4000;
    let [sum, sum2] = [0, 0];
    for (let trial = 0; trial < trials; trial++) {
      const found = triangulateTrack(
        observe(poses, [0, 0, z], () => noisePx * draw.normal()),
        options,
        trial,
      )!;
      sum += found.xyz[2] - z;
      sum2 += (found.xyz[2] - z) ** 2;
    }
    const want = ((z * z) / (f * baseline)) * Math.SQRT2 * noisePx;
    // The deviation of a deviation over n trials is 1 / sqrt(2 n) of it, 1.1 %.
    expect(Math.sqrt(sum2 / trials) / want).toBeGreaterThan(0.95);
    expect(Math.sqrt(sum2 / trials) / want).toBeLessThan(1.05);
    expect(Math.abs(sum / trials)).toBeLessThan(0.1 * want);
  });

  test('the squared errors add up to chi squared with 2 n - 3 degrees of freedom', () => {
    const draw = createDraw(4);
    const n = 5;
    const noisePx = 0.5;
    const trials = 2000;
    let sum = 0;
    for (let trial = 0; trial < trials; trial++) {
      const track = observe(row(draw, n, 2), [0, 0, 5], () => noisePx * draw.normal());
      const xyz = Float64Array.of(...triangulateTrack(track, options, trial)!.xyz);
      sum += refinePoint(track, [0, 1, 2, 3, 4], n, xyz) / noisePx ** 2;
    }
    // Mean 7, deviation of the mean sqrt(2 * 7 / 2000) = 0.084.
    expect(Math.abs(sum / trials - 7)).toBeLessThan(0.3);
  });

  test('refinement comes from far off to where no small step helps', () => {
    const draw = createDraw(5);
    const track = observe(row(draw, 4, 2), [0.3, -0.2, 5], () => draw.normal());
    const all = [0, 1, 2, 3];
    const xyz = Float64Array.of(1, 1, 3);
    const cost = refinePoint(track, all, 4, xyz, 30);
    for (let k = 0; k < 6; k++) {
      const moved = xyz.slice();
      moved[k >> 1] += k % 2 === 0 ? 1e-4 : -1e-4;
      expect(refinePoint(track, all, 4, moved, 0)).toBeGreaterThan(cost);
    }
  });
});

describe('observations that do not belong', () => {
  test.each([3, 5, 12])('one of %i is left out and the point is as good as without it', (n) => {
    const draw = createDraw(10 + n);
    for (let trial = 0; trial < 50; trial++) {
      const point: Vector3 = [draw.uniform(-1, 1), draw.uniform(-1, 1), 5];
      const track = observe(row(draw, n, 2), point);
      const wrong = trial % n;
      track.rays[2 * wrong] += 0.03;
      track.rays[2 * wrong + 1] += 0.04;
      const found = triangulateTrack(track, options, trial)!;
      // Two of three that are left can be any two when the third happens to be on its epipolar line; off both axes it is not.
      expect(found.inliers).not.toContain(wrong);
      expect(found.inliers).toHaveLength(n - 1);
      expect(distance(found.xyz, point)).toBeLessThan(1e-8);
    }
  });

  test('a camera that has the point behind it, on the very line of its ray', () => {
    const poses = [cameraAt([-1, 0, 0]), cameraAt([1, 0, 0]), cameraAt([0, 0.5, 9])];
    expect(triangulateTrack(observe(poses, [0, 0, 5]), options, 1)!.inliers).toEqual([0, 1]);
  });

  test('half of a long track', () => {
    const draw = createDraw(30);
    const point: Vector3 = [0.2, 0.1, 5];
    const track = observe(row(draw, 20, 2), point, () => 0.3 * draw.normal());
    for (let k = 0; k < 20; k += 2) track.rays[2 * k + 1] += draw.uniform(0.05, 0.3);
    const found = triangulateTrack(track, options, 1)!;
    expect(found.inliers).toEqual(Array.from({ length: 10 }, (_, k) => 2 * k + 1));
    expect(distance(found.xyz, point)).toBeLessThan(0.02);
  });
});

describe('nothing to find', () => {
  const side = [cameraAt([-1, 0, 0]), cameraAt([1, 0, 0])];

  test('one observation, none, or not a number', () => {
    expect(triangulateTrack(observe([], [0, 0, 5]), options, 1)).toBeNull();
    expect(triangulateTrack(observe(side.slice(1), [0, 0, 5]), options, 1)).toBeNull();
    const track = observe(side, [0, 0, 5]);
    track.rays[0] = NaN;
    expect(triangulateTrack(track, options, 1)).toBeNull();
  });

  test('parallel rays', () => {
    const track = observe(side, [0, 0, 5]);
    track.rays.fill(0);
    expect(triangulateTrack(track, { maxErrorPx: 1e6, minAngleDeg: 0 }, 1)).toBeNull();
  });

  test('cameras that only turned', () => {
    const turned = [cameraAt([0, 0, 0]), cameraAt([0, 0, 0], [0, 0.2, 0]), cameraAt([0, 0, 0], [0.1, 0, 0])];
    expect(triangulateTrack(observe(turned, [0, 0, 5]), { maxErrorPx: 4, minAngleDeg: 0 }, 1)).toBeNull();
  });

  test('a point behind the cameras', () => {
    expect(triangulateTrack(observe(side, [0, 0, -5]), options, 1)).toBeNull();
  });

  test('an angle just too small, and one just large enough', () => {
    const distanceOf = (angleDeg: number): number => 1 / Math.tan((angleDeg / 2 / 180) * Math.PI);
    expect(triangulateTrack(observe(side, [0, 0, distanceOf(1.49)]), options, 1)).toBeNull();
    expect(triangulateTrack(observe(side, [0, 0, distanceOf(1.51)]), options, 1)).not.toBeNull();
  });

  test('rays that miss each other by more than the limits in px or in degrees', () => {
    const track = observe(side, [0, 0, 5]);
    track.rays[1] += 0.01;
    expect(triangulateTrack(track, { maxErrorPx: 4, minAngleDeg: 1 }, 1)).toBeNull();
    expect(triangulateTrack(track, { maxErrorPx: 6, minAngleDeg: 1 }, 1)).not.toBeNull();
    expect(triangulateTrack(track, { maxErrorPx: 6, minAngleDeg: 1, maxAngularErrorDeg: 0.2 }, 1)).toBeNull();
  });
});
