/** The sketch of a snapshot, the slot it travels through, and the small sums around decoding and video. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SolveSnapshot } from '../../../src/core/sfm/contract.ts';
import { workingSize } from '../../../workers/sfm/decodeForSolving.ts';
import { createLatestSlot } from '../../../workers/sfm/latest.ts';
import { sketchOf } from '../../../workers/sfm/solveSketch.ts';
import { candidateTimes, frameName } from '../../../workers/sfm/videoFrames.ts';

function snapshot(count: number): SolveSnapshot {
  const camera = {
    id: 4,
    model: 'PINHOLE',
    widthPx: 640,
    heightPx: 480,
    fx: 320,
    fy: 480,
    cx: 0,
    cy: 0,
    k1: 0,
    k2: 0,
    p1: 0,
    p2: 0,
  } as const;
  const points = {
    count,
    xyz: Float64Array.from({ length: 3 * count }, (_, i) => i / 7),
    rgb: Uint8Array.from({ length: 3 * count }, (_, i) => i),
    error: new Float32Array(count),
    trackLength: new Uint32Array(count),
  };
  const views = [{ photoName: 'a.jpg', cameraId: 4, pose: { q: [1, 0, 0, 0], t: [1, 2, 3] } }] as SolveSnapshot['reconstruction']['views'];
  return { reconstruction: { cameras: [camera], views, points }, photos: 9, up: [0, -1, 0] };
}

describe('sketch', () => {
  test('has every point and camera of a small snapshot, in memory of its own', () => {
    const from = snapshot(5);
    const sketch = sketchOf(from);
    expect(sketch).toMatchObject({ points: 5, names: ['a.jpg'], photos: 9, up: [0, -1, 0] });
    expect([...sketch.poses]).toEqual([1, 0, 0, 0, 1, 2, 3]);
    expect([...sketch.reach]).toEqual([1, 0.5]);
    expect(sketch.xyz).toEqual(Float32Array.from(from.reconstruction.points.xyz));
    expect(sketch.rgb).toEqual(from.reconstruction.points.rgb);
    expect(sketch.rgb.buffer).not.toBe(from.reconstruction.points.rgb.buffer);
  });

  test('of too many points every k-th is kept and their number told', () => {
    const sketch = sketchOf(snapshot(10), 4);
    expect(sketch.points).toBe(10);
    expect([...sketch.rgb]).toEqual([0, 1, 2, 9, 10, 11, 18, 19, 20, 27, 28, 29]);
    expect(sketch.xyz).toHaveLength(12);
  });
});

describe('latest-value slot', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('the first value is used at once, then the newest once per interval', () => {
    const used: number[] = [];
    const slot = createLatestSlot((value: number) => used.push(value), 200);
    for (let i = 0; i < 100; i++) {
      slot.offer(i);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(1000);
    expect(used[0]).toBe(0);
    expect(used.at(-1)).toBe(99);
    expect(used.length).toBeGreaterThan(4);
    expect(used.length).toBeLessThanOrEqual(6);
  });

  test('flush uses the waiting value now, drop forgets it', () => {
    const used: number[] = [];
    const slot = createLatestSlot((value: number) => used.push(value), 200);
    slot.offer(1);
    slot.offer(2);
    slot.flush();
    slot.offer(3);
    slot.drop();
    vi.advanceTimersByTime(1000);
    expect(used).toEqual([1, 2]);
  });
});

test('the working size keeps the shape, never enlarges and never vanishes', () => {
  expect(workingSize(4000, 3000, 1600)).toEqual({ widthPx: 1600, heightPx: 1200 });
  expect(workingSize(3000, 4000, 1600)).toEqual({ widthPx: 1200, heightPx: 1600 });
  expect(workingSize(640, 480, 1600)).toEqual({ widthPx: 640, heightPx: 480 });
  expect(workingSize(50_000, 3, 1600)).toEqual({ widthPx: 1600, heightPx: 1 });
});

describe('looking through a video', () => {
  test('ten times a second from its first frame on; a long one 900 times in all', () => {
    const short = candidateTimes(0.5, 3.5);
    expect(short).toHaveLength(30);
    expect(short[0]).toBe(0.5);
    expect(short[1] - short[0]).toBeCloseTo(0.1, 9);
    const long = candidateTimes(0, 1800);
    expect(long).toHaveLength(900);
    expect(long.at(-1)).toBeLessThan(1800);
    expect(candidateTimes(2, 2)).toEqual([2]);
  });

  test('names of frames sort by time', () => {
    const names = [2, 10.04, 100.5, 1234].map((seconds) => frameName('trip/walk.MOV', seconds));
    expect(names).toEqual(['walk_00002.00s.jpg', 'walk_00010.04s.jpg', 'walk_00100.50s.jpg', 'walk_01234.00s.jpg']);
    expect([...names].sort()).toEqual(names);
  });
});
