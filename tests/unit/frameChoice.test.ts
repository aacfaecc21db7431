/** Choosing frames of a video: motion measured on moved views of one scene, and the choice along the path. */
import { describe, expect, test } from 'vitest';
import { type FrameCandidate, chooseFrames } from '../../src/core/image/frameChoice.ts';
import { createMotionMeter, motionBetween, motionFrame } from '../../src/core/image/motion.ts';
import { sharpnessOf } from '../../src/core/image/sharpness.ts';
import { createRandom } from '../../src/core/math/random.ts';
import type { GreyImage } from '../../src/core/sfm/grey.ts';
import { blurred, changed, discs } from './greyTestImages.ts';

const view = (dx: number, dy = 0): GreyImage => discs(320, 240, 5, dx, dy);
const measured = (dx: number, dy = 0): number => motionBetween(motionFrame(view(0)), motionFrame(view(dx, dy)));

describe('motion', () => {
  test.each([
    [0, 0],
    [1, 0],
    [3.2, 0],
    [-9.6, 4],
    [0, 20],
    [28, -6],
  ])('a view moved by (%f, %f) px of 320', (dx, dy) => {
    expect(Math.abs(measured(dx, dy) - Math.hypot(dx, dy) / 320)).toBeLessThan(0.0015);
  });

  test('another scene counts as far away, plain walls as still', () => {
    expect(motionBetween(motionFrame(view(0)), motionFrame(discs(320, 240, 6)))).toBeGreaterThan(0.05);
    const wall = changed(view(0), () => 0.5);
    expect(motionBetween(motionFrame(wall), motionFrame(wall))).toBe(0);
  });

  test('the meter adds up movement too slow to see from frame to frame, and no noise', () => {
    const slow = createMotionMeter();
    let path = 0;
    for (let i = 0; i <= 60; i++) path = slow.add(view(0.5 * i));
    expect(path).toBeGreaterThan(0.9 * (30 / 320));
    expect(path).toBeLessThan(1.1 * (30 / 320));
    const random = createRandom(3);
    const still = createMotionMeter();
    for (let i = 0; i < 30; i++) path = still.add(changed(view(0), (value) => value + 0.03 * (random() - 0.5)));
    expect(path).toBe(0);
  });
});

const candidates = (paths: number[], sharpness: (i: number) => number = () => 0.5): FrameCandidate[] =>
  paths.map((path, frame) => ({ frame, path, sharpness: sharpness(frame) }));
const framesOf = (chosen: FrameCandidate[]): number[] => chosen.map(({ frame }) => frame);

describe('choice', () => {
  test('a held frame is never taken twice', () => {
    const held = candidates(Array.from({ length: 60 }, (_, i) => 0.05 * Math.floor(i / 3)));
    const chosen = framesOf(chooseFrames(held));
    expect(chosen).toHaveLength(20);
    expect(new Set(chosen.map((frame) => Math.floor(frame / 3))).size).toBe(20);
  });

  test('evenly along the path, whatever the speed: a long pause gives one frame', () => {
    const paths = [...Array.from({ length: 50 }, (_, i) => 0.01 * i), ...Array.from({ length: 300 }, () => 0.5)];
    const chosen = chooseFrames(candidates(paths));
    expect(framesOf(chosen).filter((frame) => frame >= 50)).toHaveLength(1);
    for (let i = 1; i < chosen.length; i++) {
      expect(chosen[i].path - chosen[i - 1].path).toBeGreaterThanOrEqual(0.03 - 1e-9);
      expect(chosen[i].path - chosen[i - 1].path).toBeLessThan(0.06);
    }
  });

  test('prefers the sharpest within reach', () => {
    const paths = Array.from({ length: 200 }, (_, i) => 0.01 * i);
    const sharp = (i: number): number => (i % 3 === 2 ? 0.7 : 0.4);
    for (const frame of framesOf(chooseFrames(candidates(paths, sharp), { leastMotion: 0.045 })).slice(0, -1)) expect(frame % 3).toBe(2);
  });

  test('at most as many as asked for, and nearly that many, from start to end', () => {
    const long = candidates(Array.from({ length: 3000 }, (_, i) => 0.004 * i));
    for (const most of [60, 25]) {
      const chosen = chooseFrames(long, { most });
      expect(chosen.length).toBeLessThanOrEqual(most);
      expect(chosen.length).toBeGreaterThanOrEqual(most - 2);
      expect(chosen[0].path).toBeLessThan(0.5);
      expect(chosen[chosen.length - 1].path).toBeGreaterThan(11);
    }
  });

  test('jumps, nothing and standing still', () => {
    expect(framesOf(chooseFrames(candidates([0, 1, 2])))).toEqual([0, 1, 2]);
    expect(chooseFrames([])).toEqual([]);
    expect(framesOf(chooseFrames(candidates([0, 0, 0, 0], (i) => (i === 2 ? 0.9 : 0.5))))).toEqual([2]);
  });
});

test('a shaky pan: the frames that the shaking blurred are passed over', () => {
  const meter = createMotionMeter();
  const frames = Array.from({ length: 40 }, (_, frame) => {
    const image = frame % 3 === 1 ? view(4 * frame) : blurred(view(4 * frame), 2.5, 'x');
    return { frame, path: meter.add(image), sharpness: sharpnessOf(image) };
  });
  const chosen = framesOf(chooseFrames(frames));
  expect(chosen.length).toBeGreaterThan(8);
  expect(chosen.filter((frame) => frame % 3 === 1).length).toBeGreaterThan(0.7 * chosen.length);
});
