/** Looking along rays: closed forms for a few splats on the axis, and the transmittance of the rasterizer's twin for many. */
import { expect, test } from 'vitest';
import { renderRef } from '../../src/core/raster/render.ref.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import { type Splats, emptySplats } from '../../src/core/scene/splats.ts';
import { packSplats, unpackSplats } from '../../src/core/view/packedSplats.ts';
import { probeSplats } from '../../src/core/view/probe.ref.ts';
import type { ProbePoint, ViewFrame } from '../../src/core/view/splatRenderer.ts';
import { randomSplats, smallView } from '../randomScene.ts';

const straightOn: PinholeView = { widthPx: 64, heightPx: 48, fx: 60, fy: 60, cx: 32, cy: 24, pose: { q: [1, 0, 0, 0], t: [0, 0, 0] } };
const frameOf = (view: PinholeView, more: Partial<ViewFrame> = {}): ViewFrame => ({
  view,
  near: 0.01,
  shDegree: 0,
  background: [0, 0, 0, 0],
  exposure: 1,
  crop: null,
  ...more,
});

/** Balls of standard deviation 0.5 on the optical axis, of the given depths and opacities. */
function ballsAt(balls: [depth: number, opacity: number][]): Uint32Array {
  const splats = emptySplats(balls.length, 0);
  balls.forEach(([depth, opacity], i) => {
    splats.means[3 * i + 2] = depth;
    splats.quats[4 * i] = 1;
    splats.opacityLogits[i] = Math.log(opacity / (1 - opacity));
  });
  splats.logScales.fill(Math.log(0.5));
  return packSplats(splats).geometry;
}

const middle = (depth: number): ProbePoint => ({ xPx: 32, yPx: 24, depth });

test('on the axis the falloff is 1: transmittances multiply, whatever the order in memory', () => {
  const rows = ballsAt([
    [6, 0.5],
    [2, 0.25],
    [4, 0.4],
  ]);
  const asked = [1, 2, 3, 5, Infinity].map(middle);
  const answers = probeSplats(rows, { antialiased: false }, frameOf(straightOn), asked);
  const expected = [1, 1, 0.75, 0.75 * 0.6, 0.75 * 0.6 * 0.5];
  answers.forEach(({ transmittance, surfaceDepth }, k) => {
    expect(transmittance).toBeCloseTo(expected[k], 4);
    expect(surfaceDepth).toBe(4);
  });
});

test('off the axis the light grows as the Gaussian falls; where too little is stopped there is no surface', () => {
  const rows = ballsAt([[5, 0.9]]);
  const variance = (60 * 0.5 / 5) ** 2 + 0.3; // prettier-ignore
  for (const dx of [0, 3, 7.5]) {
    const [answer] = probeSplats(rows, { antialiased: false }, frameOf(straightOn), [{ xPx: 32 + dx, yPx: 24, depth: Infinity }]);
    const expected = 1 - 0.9 * Math.exp((-0.5 * dx * dx) / variance);
    expect(answer.transmittance).toBeCloseTo(expected, 3);
    expect(answer.surfaceDepth).toBe(expected < 0.5 ? 5 : null);
  }
  expect(probeSplats(rows, { antialiased: false }, frameOf(straightOn), [{ xPx: 32, yPx: -40, depth: Infinity }])).toEqual([
    { surfaceDepth: null, transmittance: 1 },
  ]);
});

test('what is nearer than near, outside the crop or hidden is not met', () => {
  const rows = ballsAt([
    [2, 0.9],
    [4, 0.9],
    [6, 0.9],
  ]);
  const surface = (frame: ViewFrame): number | null => probeSplats(rows, { antialiased: false }, frame, [middle(Infinity)])[0].surfaceDepth;
  expect(surface(frameOf(straightOn))).toBe(2);
  expect(surface(frameOf(straightOn, { near: 2 }))).toBe(4);
  expect(surface(frameOf(straightOn, { crop: { low: [-1, -1, 5], high: [1, 1, 9] } }))).toBe(6);
  rows[4] &= 0xffff;
  expect(surface(frameOf(straightOn))).toBe(4);
});

test.for([false, true])('behind everything it is what the rasterizer lets through, antialiased %s', (antialiased) => {
  const scene = randomSplats(5, 60, 1, antialiased);
  const splats: Splats = emptySplats(60, 1, antialiased);
  for (const key of ['means', 'logScales', 'quats', 'opacityLogits', 'sh'] as const) splats[key].set(scene[key]);
  const packed = packSplats(splats);
  const { finalT } = renderRef(unpackSplats(packed, antialiased), smallView, { near: 0.2, stopAtT: 0 });
  const points = Array.from(finalT, (_, k) => ({ xPx: (k % 24) + 0.5, yPx: Math.floor(k / 24) + 0.5, depth: Infinity }));
  const answers = probeSplats(packed.geometry, { antialiased }, frameOf(smallView, { near: 0.2 }), points);
  expect(Math.min(...finalT)).toBeLessThan(0.3);
  // Unpacked splats are f32, which may flip a cut at 1/255.
  answers.forEach(({ transmittance }, k) => expect(Math.abs(transmittance - finalT[k])).toBeLessThan(1e-5 + (1 / 255) * finalT[k]));
  const apart = answers.filter(({ transmittance }, k) => Math.abs(transmittance - finalT[k]) > 1e-5);
  expect(apart.length).toBeLessThan(0.01 * points.length);
});
