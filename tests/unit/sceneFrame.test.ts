/** Extent, near plane, focus and up of scenes whose answers are known. */
import { describe, expect, test } from 'vitest';
import type { Camera, Pose, View } from '../../src/core/scene/camera.ts';
import type { Reconstruction } from '../../src/core/scene/reconstruction.ts';
import { sceneFrame } from '../../src/core/train/sceneFrame.ts';
import { proceduralScene } from '../fixtures/proceduralScene.ts';

const camera: Camera = { id: 1, model: 'PINHOLE', widthPx: 100, heightPx: 80, fx: 90, fy: 90, cx: 50, cy: 40, k1: 0, k2: 0, p1: 0, p2: 0 };

/** Views without rotation, camera centres as given; points in front of them. */
function straight(centres: number[][], points: number[] = []): Reconstruction {
  const views: View[] = centres.map(([x, y, z], i) => {
    const pose: Pose = { q: [1, 0, 0, 0], t: [-x, -y, -z] };
    return { photoName: `${i}.png`, cameraId: 1, pose };
  });
  const count = points.length / 3;
  const xyz = Float64Array.from(points);
  return {
    cameras: [camera],
    views,
    points: { count, xyz, rgb: new Uint8Array(3 * count), error: new Float32Array(count), trackLength: new Uint32Array(count) },
  };
}

describe('sceneFrame', () => {
  test('an orbit: extent from the cameras, focus where they look, up along z', () => {
    const { reconstruction } = proceduralScene({ widthPx: 32, heightPx: 24, viewCount: 24, pointCount: 200 });
    const { extent, near, focus, up } = sceneFrame(reconstruction);
    // Radius 3.2, heights up to 0.5 from their mean, and the 1.1 of the 3DGS code.
    expect(extent).toBeCloseTo(1.1 * Math.hypot(3.2, 0.5), 2);
    [0, 0, 0.45].forEach((value, k) => expect(focus[k]).toBeCloseTo(value, 6));
    [0, 0, 1].forEach((value, k) => expect(up[k]).toBeCloseTo(value, 6));
    expect(near > 0 && near < 0.2).toBe(true);
  });

  test('cameras in a row that look the same way focus ahead of the first one, at the depth of the points', () => {
    const { extent, focus, up } = sceneFrame(
      straight(
        [
          [-1, 0, 0],
          [0, 0, 0],
          [1, 0, 0],
        ],
        [0, 0, 4, 0.1, 0, 4, 0, 0.1, 4],
      ),
    );
    expect(extent).toBeCloseTo(1.1, 9);
    expect(focus).toEqual([-1, 0, 4]);
    [0, -1, 0].forEach((value, k) => expect(up[k]).toBeCloseTo(value, 12));
  });

  test('the near plane lies before the nearest points', () => {
    const { near, extent } = sceneFrame(
      straight(
        [
          [-30, 0, 0],
          [0, 0, 0],
          [30, 0, 0],
        ],
        Array.from({ length: 300 }, (_, k) => (k % 3 === 2 ? 0.5 : 0)),
      ),
    );
    expect(near).toBeCloseTo(0.15, 9);
    expect(near).toBeLessThan(0.05 * extent);
  });

  test('all cameras in one place, no points, a single view: everything stays finite and positive', () => {
    for (const scene of [
      straight([[5, 5, 5]]),
      straight([
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 3],
      ]),
      straight(
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
        [0, 0, 7],
      ),
    ]) {
      const { extent, near, focus, up } = sceneFrame(scene);
      expect(extent).toBeGreaterThan(0);
      expect(near).toBeGreaterThan(0);
      expect([extent, near, ...focus, ...up].every(Number.isFinite)).toBe(true);
      expect(Math.hypot(...up)).toBeCloseTo(1, 9);
    }
    expect(
      sceneFrame(
        straight(
          [
            [0, 0, 0],
            [0, 0, 0],
          ],
          [0, 0, 7],
        ),
      ).extent,
    ).toBe(7);
  });

  test('photos taken outwards do not focus behind the camera', () => {
    const views = Array.from({ length: 8 }, (_, i): View => {
      const angle = (2 * Math.PI * i) / 8;
      // Turned about y by the angle, standing one unit along its own axis from the middle.
      return { photoName: `${i}.png`, cameraId: 1, pose: { q: [Math.cos(angle / 2), 0, Math.sin(angle / 2), 0], t: [0, 0, -1] } };
    });
    const { focus } = sceneFrame({ ...straight([[0, 0, 0]]), views });
    expect(focus[2]).toBeGreaterThan(1);
  });
});
