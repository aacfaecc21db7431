/** Drawing points and cameras, against pixels worked out by hand. */
import { describe, expect, test } from 'vitest';
import { cameraLines, drawPoints, newRaster } from '../../../src/app/features/solve/drawSketch.ts';
import { wordOf } from '../../../src/app/features/solve/sketchPainter.ts';
import type { PinholeView } from '../../../src/core/scene/camera.ts';
import type { SolveSketch } from '../../../workers/protocol.ts';

const ground = wordOf('#15161a');
/** 20 x 10 px, looking along +z from the origin: (x, y, z) falls on (10 x / z + 10, 10 y / z + 5). */
const view: PinholeView = { widthPx: 20, heightPx: 10, fx: 10, fy: 10, cx: 10, cy: 5, pose: { q: [1, 0, 0, 0], t: [0, 0, 0] } };

const sketchOf = (points: [x: number, y: number, z: number, grey: number][], cameras: number[][] = []): SolveSketch => ({
  xyz: Float32Array.from(points.flatMap(([x, y, z]) => [x, y, z])),
  rgb: Uint8Array.from(points.flatMap(([, , , grey]) => [grey, grey, grey])),
  points: points.length,
  names: cameras.map((_, i) => `p${i}`),
  poses: Float32Array.from(cameras.flat()),
  reach: Float32Array.from(cameras.flatMap(() => [0.75, 0.5])),
  photos: cameras.length,
  up: [0, -1, 0],
});

function drawn(sketch: SolveSketch, sizePx = 1, from = view): [u: number, v: number, word: number][] {
  const raster = newRaster(view.widthPx, view.heightPx);
  raster.pixels.fill(7);
  drawPoints(sketch, from, raster, ground, sizePx);
  return [...raster.pixels].flatMap((word, at) =>
    word === ground ? [] : [[at % 20, Math.floor(at / 20), word] as [number, number, number]],
  );
}

describe('points', () => {
  test('fall on the pixel that the pinhole says, whole, and nowhere else', () => {
    expect(drawn(sketchOf([[0.42, -0.22, 1, 255]])).map(([u, v]) => [u, v])).toEqual([[14, 2]]);
    expect(drawn(sketchOf([[0, 0, 1, 255]]), 2)).toHaveLength(4);
  });

  test('move with the pose of the view', () => {
    const shifted: PinholeView = { ...view, pose: { q: [1, 0, 0, 0], t: [0.3, 0, 1] } };
    expect(drawn(sketchOf([[0.12, 0.2, 1, 9]]), 1, shifted).map(([u, v]) => [u, v])).toEqual([[12, 6]]);
  });

  test('behind the camera, beside the picture or not finite: nothing is drawn', () => {
    expect(
      drawn(
        sketchOf([
          [0, 0, -1, 255],
          [0, 0, 0, 255],
          [9, 0, 1, 255],
          [0, -9, 1, 255],
          [NaN, 0, 1, 255],
          [0, 0, Infinity, 9],
        ]),
      ),
    ).toEqual([]);
  });

  test('at the edge only the part inside is drawn', () => {
    expect(drawn(sketchOf([[-1, -0.5, 1, 255]]), 3).length).toBeGreaterThan(0);
    expect(drawn(sketchOf([[-1, -0.5, 1, 255]]), 3).length).toBeLessThan(9);
  });

  test('the nearer of two wins, whichever comes first', () => {
    const bright = drawn(sketchOf([[0, 0, 1, 255]]))[0][2];
    for (const order of [
      [
        [0, 0, 1, 255],
        [0, 0, 2, 0],
      ],
      [
        [0, 0, 2, 0],
        [0, 0, 1, 255],
      ],
    ] as [number, number, number, number][][])
      expect(drawn(sketchOf(order))[0][2]).toBe(bright);
  });

  test('black points can be told from the dark ground', () => {
    const [[, , word]] = drawn(sketchOf([[0, 0, 1, 0]]));
    for (const shift of [0, 8, 16]) expect((word >>> shift) & 255).toBeGreaterThan(60);
  });
});

describe('cameras', () => {
  const ahead = [1, 0, 0, 0, 0, 0, -4];

  test('a camera ahead that looks away is a pyramid: apex in the middle, corners in the shape of the photo', () => {
    const [lines] = cameraLines(sketchOf([], [ahead.map((v) => v)]), { ...view }, 0);
    expect(lines).toHaveLength(8);
    const [[x0, y0]] = lines;
    expect([x0, y0]).toEqual([10, 5]);
    const [open] = cameraLines(sketchOf([], [ahead]), view, Math.hypot(0.75, 0.5, 1));
    // Corners at depth 4 + 1, half sides 0.75 and 0.5: 10 * 0.75 / 5 = 1.5 and 1 px from the middle.
    const xs = open.slice(0, 4).map(([, , x]) => x - 10);
    const ys = open.slice(0, 4).map(([, , , y]) => y - 5);
    expect(xs.map(Math.abs)).toEqual(Array(4).fill(expect.closeTo(1.5, 5)));
    expect(ys.map(Math.abs)).toEqual(Array(4).fill(expect.closeTo(1, 5)));
  });

  test('a camera behind is not drawn; one around the viewer is cut off, never infinite', () => {
    expect(cameraLines(sketchOf([], [[1, 0, 0, 0, 0, 0, 9]]), view, 1)).toEqual([[]]);
    const [lines] = cameraLines(sketchOf([], [[1, 0, 0, 0, 0.01, 0, 0.3]]), view, 1);
    expect(lines.length).toBeGreaterThan(0);
    for (const value of lines.flat()) expect(Number.isFinite(value)).toBe(true);
  });
});

test('colours of the page as words of little-endian pixels', () => {
  expect(wordOf(' #0c0d0f').toString(16)).toBe('ff0f0d0c');
});
