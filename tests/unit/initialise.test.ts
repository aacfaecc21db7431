/** Initial splats: from points, from too many points, from none. */
import { describe, expect, test } from 'vitest';
import { initialSplats } from '../../src/core/train/initialise.ts';
import { sceneFrame } from '../../src/core/train/sceneFrame.ts';
import { proceduralScene } from '../fixtures/proceduralScene.ts';

const { reconstruction } = proceduralScene({ widthPx: 32, heightPx: 24, viewCount: 6, pointCount: 300 });
const frame = sceneFrame(reconstruction);
const noPoints = {
  ...reconstruction,
  points: { count: 0, xyz: new Float64Array(0), rgb: new Uint8Array(0), error: new Float32Array(0), trackLength: new Uint32Array(0) },
};
const sh0 = 0.28209479177387814;

describe('from points', () => {
  const splats = initialSplats(reconstruction, frame, 1000, 2, 1, 0.25);

  test('every point becomes a round splat of its place, colour and neighbourhood', () => {
    expect([splats.count, splats.shDegree]).toEqual([300, 2]);
    const { xyz, rgb } = reconstruction.points;
    for (let i = 0; i < 300; i++) {
      for (let k = 0; k < 3; k++) {
        expect(splats.means[3 * i + k]).toBeCloseTo(xyz[3 * i + k], 5);
        expect(0.5 + sh0 * splats.sh[27 * i + k]).toBeCloseTo(rgb[3 * i + k] / 255, 5);
      }
      expect(splats.sh.subarray(27 * i + 3, 27 * i + 27).every((value) => value === 0)).toBe(true);
      expect(splats.logScales[3 * i]).toBe(splats.logScales[3 * i + 2]);
      expect([...splats.quats.subarray(4 * i, 4 * i + 4)]).toEqual([1, 0, 0, 0]);
      expect(1 / (1 + Math.exp(-splats.opacityLogits[i]))).toBeCloseTo(0.25, 6);
    }
  });

  test('too many points: a random part of them, in order, the same for one seed', () => {
    const few = initialSplats(reconstruction, frame, 40, 0, 7, 0.1);
    expect(few.count).toBe(40);
    expect(initialSplats(reconstruction, frame, 40, 0, 7, 0.1)).toEqual(few);
    expect(initialSplats(reconstruction, frame, 40, 0, 8, 0.1).means).not.toEqual(few.means);
    const places = Array.from({ length: 300 }, (_, p) =>
      [...Float32Array.from(reconstruction.points.xyz.subarray(3 * p, 3 * p + 3))].join(),
    );
    const chosen = Array.from({ length: 40 }, (_, i) => places.indexOf([...few.means.subarray(3 * i, 3 * i + 3)].join()));
    expect(chosen.every((p, i) => p >= 0 && (i === 0 || p > chosen[i - 1]))).toBe(true);
  });

  test('a stray point and points at one place get sizes near those of the rest', () => {
    const xyz = reconstruction.points.xyz.slice();
    xyz.set([1e5, 0, 0], 0);
    for (let p = 1; p < 9; p++) xyz.set([0.5, 0.5, 0.5], 3 * p);
    const odd = initialSplats({ ...reconstruction, points: { ...reconstruction.points, xyz } }, frame, 1000, 0, 1, 0.1);
    const sizes = Array.from({ length: 300 }, (_, i) => Math.exp(odd.logScales[3 * i]));
    const median = [...sizes].sort((a, b) => a - b)[150];
    expect(sizes[0]).toBeLessThanOrEqual(10.001 * median);
    expect(Math.min(...sizes)).toBeGreaterThan(0.0009 * median);
  });
});

describe('without points', () => {
  const splats = initialSplats(noPoints, frame, 500, 1, 5, 0.1);

  test('as many as the budget allows, finite, grey, seeded', () => {
    expect(splats.count).toBe(500);
    for (const values of [splats.means, splats.logScales, splats.quats, splats.opacityLogits, splats.sh])
      expect(values.every((value) => Number.isFinite(value))).toBe(true);
    expect(Math.abs(splats.sh[0])).toBeLessThan(0.02);
    expect(initialSplats(noPoints, frame, 500, 1, 5, 0.1)).toEqual(splats);
    expect(initialSplats(noPoints, frame, 500, 1, 6, 0.1).means).not.toEqual(splats.means);
  });

  test('every splat lies inside the frustum of some view', () => {
    const [camera] = reconstruction.cameras;
    const inside = (i: number): boolean =>
      reconstruction.views.some(({ pose }) => {
        const [w, x, y, z] = pose.q;
        const p = splats.means.subarray(3 * i, 3 * i + 3);
        const cross = [y * p[2] - z * p[1] + w * p[0], z * p[0] - x * p[2] + w * p[1], x * p[1] - y * p[0] + w * p[2]];
        // R p = p + 2 v x (v x p + w p)
        const c = [
          p[0] + 2 * (y * cross[2] - z * cross[1]),
          p[1] + 2 * (z * cross[0] - x * cross[2]),
          p[2] + 2 * (x * cross[1] - y * cross[0]),
        ];
        const [X, Y, Z] = c.map((value, k) => value + pose.t[k]);
        const [u, v] = [(camera.fx * X) / Z + camera.cx, (camera.fy * Y) / Z + camera.cy];
        return Z > 0 && u > -1e-3 && v > -1e-3 && u < camera.widthPx + 1e-3 && v < camera.heightPx + 1e-3;
      });
    expect(Array.from({ length: splats.count }, (_, i) => i).filter((i) => !inside(i))).toEqual([]);
  });
});

test('one point is enough', () => {
  const one = {
    count: 1,
    xyz: Float64Array.of(0, 0, 0),
    rgb: Uint8Array.of(9, 9, 9),
    error: new Float32Array(1),
    trackLength: new Uint32Array(1),
  };
  const splats = initialSplats({ ...reconstruction, points: one }, frame, 10, 0, 1, 0.1);
  expect(splats.count).toBe(1);
  expect(splats.logScales.every((value) => Number.isFinite(value))).toBe(true);
});
