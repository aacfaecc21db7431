/** The blend's CPU twin and the whole rasterizer's: pictures worked out by hand, gradients by finite differences, rough input. */
import { describe, expect, test } from 'vitest';
import { blendBackwardRef, blendRef } from '../../src/core/raster/blend.ref.ts';
import { type Projected, type RasterOptions, projectRef } from '../../src/core/raster/project.ref.ts';
import { backwardRef, renderRef } from '../../src/core/raster/render.ref.ts';
import { expectGradient } from '../finiteDifference.ts';
import { randomNumbers, randomSplats, smallView, uniform } from '../randomScene.ts';

const { widthPx, heightPx } = smallView;
const pixels = widthPx * heightPx;

/** Round splats of variance 1 px^2, each at the centre of pixel (2, 1) of a 5 x 4 image. */
function stack(layers: { opacity: number; colour: number; depth: number }[]): Projected {
  const n = layers.length;
  return {
    count: n,
    visible: new Uint8Array(n).fill(1),
    u: new Float64Array(n).fill(2.5),
    v: new Float64Array(n).fill(1.5),
    depth: Float64Array.from(layers, (l) => l.depth),
    cov2: Float64Array.from({ length: 3 * n }, (_, k) => (k % 3 === 1 ? 0 : 1)),
    conic: Float64Array.from({ length: 3 * n }, (_, k) => (k % 3 === 1 ? 0 : 1)),
    opacity: Float64Array.from(layers, (l) => l.opacity),
    colour: Float64Array.from({ length: 3 * n }, (_, k) => layers[Math.floor(k / 3)].colour),
    radius: new Float64Array(2 * n).fill(10),
  };
}
const centre = 1 * 5 + 2;

describe('blend by hand', () => {
  test('one splat falls off as a Gaussian and is dropped below 1/255', () => {
    const { image, finalT, perPixelCounts } = blendRef(stack([{ opacity: 0.5, colour: 2, depth: 1 }]), 5, 4);
    expect(image[3 * centre]).toBeCloseTo(1, 12);
    expect(finalT[centre]).toBeCloseTo(0.5, 12);
    expect(image[3 * (centre + 1) + 1]).toBeCloseTo(Math.exp(-0.5), 12);
    expect(image[3 * (centre + 2 + 5) + 2]).toBeCloseTo(Math.exp(-2.5), 12);
    const faint = blendRef(stack([{ opacity: 0.5, colour: 2, depth: 1 }]), 9, 1);
    // Row 0 is 1 px above the centre: 0.5 exp(-(9 + 1) / 2) = 0.0034 < 1/255 < 0.5 exp(-(4 + 1) / 2).
    expect([...faint.perPixelCounts]).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0]);
    expect(perPixelCounts[centre]).toBe(1);
  });

  test('nearer splats cover farther ones; equal depths go by index; the background shows through the rest', () => {
    const at = (layers: { opacity: number; colour: number; depth: number }[], options: RasterOptions = {}): number =>
      blendRef(stack(layers), 5, 4, options).image[3 * centre];
    const [red, green] = [
      { opacity: 0.5, colour: 1, depth: 2 },
      { opacity: 0.25, colour: 4, depth: 1 },
    ];
    expect(at([red, green])).toBeCloseTo(0.25 * 4 + 0.75 * 0.5 * 1, 12);
    expect(at([red, { ...green, depth: 2 }])).toBeCloseTo(0.5 * 1 + 0.5 * 0.25 * 4, 12);
    expect(at([{ ...green, depth: 2 }, red])).toBeCloseTo(0.25 * 4 + 0.75 * 0.5 * 1, 12);
    expect(at([red, green], { background: [8, 0, 0] })).toBeCloseTo(1 + 0.375 + 0.375 * 8, 12);
  });

  test('a pixel stops before the splat that would bring its transmittance below the limit', () => {
    const layers = [1, 2, 3].map((depth) => ({ opacity: 0.99, colour: 1, depth }));
    const stopped = blendRef(stack(layers), 5, 4, { stopAtT: 1e-3 });
    expect(stopped.perPixelCounts[centre]).toBe(1);
    expect(stopped.finalT[centre]).toBeCloseTo(0.01, 12);
    // exp(-0.5) * 0.99 = 0.60 leaves 0.4, 0.16, 0.064: beside the centre nothing stops.
    expect(stopped.perPixelCounts[centre + 1]).toBe(3);
    expect(blendRef(stack(layers), 5, 4, { stopAtT: 0 }).perPixelCounts[centre]).toBe(3);
  });

  test('alpha never exceeds 0.999 and its gradient is zero there, except that of the colour', () => {
    const projected = stack([{ opacity: 0.9999, colour: 1, depth: 1 }]);
    const blended = blendRef(projected, 5, 4);
    expect(blended.finalT[centre]).toBeCloseTo(0.001, 12);
    const onlyCentre = Float64Array.from(blended.image, (_, k) => (k === 3 * centre ? 1 : 0));
    const grad = blendBackwardRef(projected, blended, {}, onlyCentre);
    expect(grad.opacity[0]).toBe(0);
    expect(grad.colour[0]).toBeCloseTo(0.999, 12);
  });
});

describe('gradients', () => {
  const weights = uniform(randomNumbers(77), 3 * pixels, -1, 1);
  const weighted = (image: Float64Array): number => image.reduce((sum, value, k) => sum + value * weights[k], 0);

  test('of the blend, with pixels that stop and a background', () => {
    const options: RasterOptions = { stopAtT: 0.02, background: [0.3, 0.6, 0.9] };
    const projected = projectRef(randomSplats(21, 40, 0), smallView);
    const blended = blendRef(projected, widthPx, heightPx, options);
    expect(blended.endRank.some((rank) => rank < blended.order.length)).toBe(true);
    const grad = blendBackwardRef(projected, blended, options, weights);
    const f = (): number => weighted(blendRef(projected, widthPx, heightPx, options).image);
    for (const name of ['u', 'v', 'conic', 'colour', 'opacity'] as const) expectGradient(name, f, projected[name], grad[name]);
  });

  test.each([
    ['plain', 31, 24, 1, false, {}],
    ['antialiased, third degree, background', 32, 10, 3, true, { background: [0.2, 0.5, 0.1] }],
    ['stopping early, no direction', 33, 40, 0, false, { stopAtT: 0.05 }],
  ] as [string, number, number, number, boolean, RasterOptions][])(
    'of the rasterizer: %s',
    (_, seed, count, degree, antialiased, options) => {
      const splats = randomSplats(seed, count, degree, antialiased);
      const rendered = renderRef(splats, smallView, options);
      const grad = backwardRef(splats, smallView, options, rendered, weights).splats;
      const f = (): number => weighted(renderRef(splats, smallView, options).image);
      // The colour's direction passes no gradient by design: hold the colours while the means move.
      const heldColour = (): number => {
        const moved = projectRef(splats, smallView, options);
        return weighted(blendRef({ ...moved, colour: rendered.projected.colour }, widthPx, heightPx, options).image);
      };
      expectGradient('means', heldColour, splats.means, grad.means);
      for (const name of ['logScales', 'quats', 'opacityLogits', 'sh'] as const) expectGradient(name, f, splats[name], grad[name]);
    },
  );
});

test('NaN, infinities, denormals, empty and huge splats: finite pictures, finite gradients', () => {
  const random = randomNumbers(123);
  const awkward = [NaN, Infinity, -Infinity, 5e-324, 1e-310, 0, -0, 1e30, -1e30, 1e300, 88, -88, 700, -700];
  for (let round = 0; round < 60; round++) {
    const splats = randomSplats(round, 8, 1, round % 2 === 1);
    for (const name of ['means', 'logScales', 'quats', 'opacityLogits', 'sh'] as const) {
      const values = splats[name];
      for (let k = 0; k < 3; k++) values[Math.floor(random() * values.length)] = awkward[Math.floor(random() * awkward.length)];
    }
    const rendered = renderRef(splats, smallView);
    expect(rendered.image.every(Number.isFinite), `image of round ${round}`).toBe(true);
    const { splats: grad } = backwardRef(splats, smallView, {}, rendered, new Float64Array(3 * pixels).fill(1));
    for (const [name, values] of Object.entries(grad))
      expect((values as Float64Array).every(Number.isFinite), `${name} of round ${round}`).toBe(true);
  }
});

test('no splats give the background', () => {
  const { image, finalT } = renderRef(randomSplats(1, 0, 0), smallView, { background: [0.1, 0.2, 0.3] });
  expect([...image.subarray(0, 3)]).toEqual([0.1, 0.2, 0.3]);
  expect(finalT.every((t) => t === 1)).toBe(true);
});
