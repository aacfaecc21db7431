/** The exact tile test: circles by their distance, ellipses by dense sampling from both sides. */
import { expect, test } from 'vitest';
import { conicRef } from '../../src/core/raster/conic.ref.ts';
import { tilesTouchedRef } from '../../src/core/raster/tiles.ref.ts';
import { randomNumbers } from '../randomScene.ts';

const [width, height, size] = [40, 28, 8];
const columns = 5;

/** Largest alpha on a grid of points of a tile, edges included, that stay in the image. */
function sampledAlpha(tile: number, u: number, v: number, conic: number[], opacity: number): number {
  const [left, top] = [(tile % columns) * size, Math.floor(tile / columns) * size];
  let best = 0;
  for (let i = 0; i <= 160; i++) {
    for (let j = 0; j <= 160; j++) {
      const [dx, dy] = [left + i / 20 - u, Math.min(top + j / 20, height) - v];
      best = Math.max(best, opacity * Math.exp(-0.5 * (conic[0] * dx * dx + conic[2] * dy * dy) - conic[1] * dx * dy));
    }
  }
  return best;
}

test('a round splat touches the tiles within its reach', () => {
  // Variance 1, opacity e^2 / 255: alpha is 1/255 at 2 px from the centre.
  const opacity = Math.exp(2) / 255;
  const at = (u: number, v: number): number[] => tilesTouchedRef(u, v, [1, 0, 1], opacity, size, width, height);
  expect(at(4, 4)).toEqual([0]);
  expect(at(6.01, 4)).toEqual([0, 1]);
  expect(at(5.99, 4)).toEqual([0]);
  // Near a corner: the diagonal neighbour is sqrt(2) * 1.4 = 1.98 px away, or sqrt(2) * 1.42 = 2.01.
  expect(at(8 - 1.4, 8 - 1.4)).toEqual([0, 1, 5, 6]);
  expect(at(8 - 1.42, 8 - 1.42)).toEqual([0, 1, 5]);
  expect(at(-1.99, 4)).toEqual([0]);
  expect(at(-2.01, 4)).toEqual([]);
  // The last row of tiles is cut by the image at y = 28.
  expect(at(4, 29.9)).toEqual([15]);
  expect(at(4, 30.1)).toEqual([]);
});

test('thin splats at every angle: every sampled hit is listed and every listed tile is hit', () => {
  const random = randomNumbers(8);
  let edges = 0;
  for (let round = 0; round < 60; round++) {
    const [long, short, angle] = [1 + 8 * random(), 0.1 + random(), Math.PI * random()];
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const cov = [long ** 2 * c * c + short ** 2 * s * s, (long ** 2 - short ** 2) * c * s, long ** 2 * s * s + short ** 2 * c * c];
    const conic = conicRef(cov[0], cov[1], cov[2], 0.3, false).conic;
    const [u, v, opacity] = [60 * random() - 10, 48 * random() - 10, 0.02 + 0.9 * random()];
    const listed = new Set(tilesTouchedRef(u, v, conic, opacity, size, width, height));
    for (let tile = 0; tile < columns * 4; tile++) {
      const alpha = sampledAlpha(tile, u, v, conic, opacity);
      if (listed.has(tile)) {
        expect(alpha * 255, `tile ${tile} of round ${round} is listed`).toBeGreaterThan(0.97);
        if (alpha * 255 < 3) edges++;
      } else {
        expect(alpha * 255, `tile ${tile} of round ${round} is not listed`).toBeLessThan(1);
      }
    }
  }
  expect(edges).toBeGreaterThan(10);
});
