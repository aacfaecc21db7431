/** Essential matrices: error, poses and refinement against definitions and known truth. */
import { expect, test } from 'vitest';
import {
  type RayPairs,
  choosePose,
  essentialCost,
  essentialInliers,
  essentialOf,
  posesOfEssential,
  sampsonError,
} from '../../../src/core/sfm/essential.ts';
import { createEssentialRefiner } from '../../../src/core/sfm/essentialRefine.ts';
import { raysOfPixels } from '../../../src/core/sfm/lens.ts';
import { type MadePair, directionErrorDeg, essentialByDefinition, makePair, rotationErrorDeg } from './twoViewScene.ts';

function raysOf({ pair }: MadePair): RayPairs {
  const count = pair.a.length / 2;
  const [a, b] = [raysOfPixels(pair.lensA, pair.a, count), raysOfPixels(pair.lensB, pair.b, count)];
  return { count, a, b, focalA: pair.lensA.f, focalB: pair.lensB.f };
}

const poseOf = ({ rotation, translation }: MadePair) => ({
  rotation: Float64Array.from(rotation),
  translation: Float64Array.from(translation),
});

test('E is [t]x R', () => {
  const made = makePair(1, { n: 1 });
  const e = new Float64Array(9);
  essentialOf(poseOf(made), e);
  essentialByDefinition(made.rotation, made.translation).forEach((value, k) => expect(e[k]).toBeCloseTo(value, 15));
});

test('the Sampson error is |residual| over its gradient by finite differences, in px of each image', () => {
  const made = makePair(2, { n: 20, noisePx: 2 });
  const pairs = { ...raysOf(made), focalB: 700 };
  const e = Float64Array.from(essentialByDefinition(made.rotation, made.translation));
  for (let i = 0; i < pairs.count; i++) {
    const p = [pairs.a[2 * i], pairs.a[2 * i + 1], pairs.b[2 * i], pairs.b[2 * i + 1]];
    const residual = ([ax, ay, bx, by]: number[]): number =>
      [bx, by, 1].reduce((sum, value, r) => sum + value * (e[3 * r] * ax + e[3 * r + 1] * ay + e[3 * r + 2]), 0);
    const slope = p.map((_, k) => {
      const moved = (h: number): number => residual(p.map((value, c) => value + (c === k ? h : 0)));
      return (moved(1e-4) - moved(-1e-4)) / 2e-4 / (k < 2 ? pairs.focalA : pairs.focalB);
    });
    expect(Math.sqrt(sampsonError(pairs, e, 0, i)) / (Math.abs(residual(p)) / Math.hypot(...slope))).toBeCloseTo(1, 6);
  }
});

test('cost and inliers are those of the single errors, and an early stop is above its bound', () => {
  const made = makePair(3, { n: 100, outliers: 0.4, noisePx: 1 });
  const pairs = raysOf(made);
  const e = Float64Array.from(essentialByDefinition(made.rotation, made.translation));
  const errors = Array.from({ length: 100 }, (_, i) => sampsonError(pairs, e, 0, i));
  const sum = errors.reduce((total, error) => total + Math.min(error, 4), 0);
  expect(essentialCost(pairs, e, 0, 2)).toBeCloseTo(sum, 9);
  expect(essentialCost(pairs, e, 0, 2, sum / 3)).toBeGreaterThan(sum / 3);
  expect([...essentialInliers(pairs, e, 2)]).toEqual(errors.flatMap((error, i) => (error < 4 ? [i] : [])));
});

test('the true pose is one of the four, and cheirality picks it', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const made = makePair(seed, { n: 20, motion: seed % 2 ? 'general' : 'forward' });
    const e = essentialByDefinition(made.rotation, made.translation).map((value) => -3 * value);
    const near = posesOfEssential(e).filter(
      ({ rotation, translation }) =>
        rotationErrorDeg(rotation, made.rotation) < 1e-5 && directionErrorDeg(translation, made.translation) < 1e-5,
    );
    expect(near).toHaveLength(1);
    const chosen = choosePose(
      raysOf(made),
      e,
      Array.from({ length: 20 }, (_, i) => i),
    );
    expect(rotationErrorDeg(chosen.rotation, made.rotation)).toBeLessThan(1e-5);
    expect(directionErrorDeg(chosen.translation, made.translation)).toBeLessThan(1e-5);
  }
});

test.each([0, 0.2])('refinement returns from 0.3 degrees off to the truth on exact matches with a share of %d outliers', (outliers) => {
  for (let seed = 1; seed <= 20; seed++) {
    const made = makePair(seed, { n: 120, outliers });
    const pairs = raysOf(made);
    const pose = poseOf(made);
    const tilt = 0.005;
    for (let c = 0; c < 3; c++) {
      const [y, z] = [pose.rotation[3 + c], pose.rotation[6 + c]];
      pose.rotation[3 + c] = Math.cos(tilt) * y - Math.sin(tilt) * z;
      pose.rotation[6 + c] = Math.sin(tilt) * y + Math.cos(tilt) * z;
    }
    const refiner = createEssentialRefiner(pairs);
    const before = refiner.refine({ rotation: pose.rotation.slice(), translation: pose.translation.slice() }, 20, 0);
    const wide = refiner.refine(pose, 20, 20);
    for (const limitPx of [8, 4, 2, 1, 0.1]) refiner.refine(pose, limitPx, 20);
    expect(wide).toBeLessThan(before);
    // Positions are f32: errors of about 1e-4 px remain.
    expect(rotationErrorDeg(pose.rotation, made.rotation)).toBeLessThan(1e-3);
    expect(directionErrorDeg(pose.translation, made.translation)).toBeLessThan(2e-2);
    expect(Math.hypot(...pose.translation)).toBeCloseTo(1, 12);
  }
});
