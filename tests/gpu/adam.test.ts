/**
 * The optimiser step on the GPU against its f64 twin, on the gradients that the GPU itself writes out at the same place, and the position
 * noise. Invariant: what is not in view does not move.
 */
import { describe, expect, test } from 'vitest';
import type { Gpu } from '../../src/core/gpu/device.ts';
import { readF32 } from '../../src/core/gpu/buffers.ts';
import { sigmoid } from '../../src/core/raster/project.ref.ts';
import { packSplats } from '../../src/core/raster/splatBuffers.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import { type AdamState, adamRef } from '../../src/core/train/adam.ref.ts';
import { randomSplats, smallView } from '../randomScene.ts';
import { expectCloseWithBoundaryBand } from './boundaryBand.ts';
import { type GpuScene, createGpuScene, readGradients, toF32 } from './gpuScene.ts';
import { openTestGpus } from './openTestGpu.ts';
import { randomPhoto } from './photos.ts';

const { full, portable } = await openTestGpus();
const { widthPx, heightPx } = smallView;
const parameters = ['means', 'logScales', 'quats', 'opacityLogits', 'sh'] as const;
const rates = { lrMean: 2e-3, lrScale: 5e-3, lrQuat: 1e-3, lrOpacity: 4e-2, lrDc: 3e-3, lrRest: 5e-4 };

function upload(gpu: Gpu, scene: GpuScene, splats: Splats): void {
  const packed = packSplats(splats, scene.splats.capacity, splats.shDegree);
  gpu.device.queue.writeBuffer(scene.splats.geometry, 0, packed.geometry as Float32Array<ArrayBuffer>);
  gpu.device.queue.writeBuffer(scene.splats.sh, 0, packed.sh as Float32Array<ArrayBuffer>);
}

/** Rate of every single value of a parameter. */
function rateOf(name: (typeof parameters)[number], k: number, columns: number): number {
  if (name === 'sh') return k % columns < 3 ? rates.lrDc : rates.lrRest;
  return { means: rates.lrMean, logScales: rates.lrScale, quats: rates.lrQuat, opacityLogits: rates.lrOpacity }[name];
}

/** Values after one twin step with a rate of their own each: the update is linear in the rate. */
function stepRef(
  name: (typeof parameters)[number],
  before: Float32Array,
  gradient: Float64Array,
  state: AdamState,
  step: number,
): Float64Array {
  const moves = new Float64Array(before.length);
  adamRef(moves, gradient, state, step, { learningRate: 1 });
  const columns = name === 'sh' ? 12 : 1;
  return Float64Array.from(before, (value, k) => value + rateOf(name, k, columns) * moves[k]);
}

describe.each([
  ['portable', portable],
  ['full', full],
])('steps, %s', (_, gpu) => {
  test('several steps move every parameter as the twin says', async () => {
    const splats = toF32(randomSplats(301, 100, 1));
    const photo = randomPhoto(301, widthPx, heightPx).packed;
    const trained = await createGpuScene(gpu, splats, smallView, { photo });
    const measured = await createGpuScene(gpu, splats, smallView, { photo, dump: true });
    const zeros = (length: number): AdamState => ({ m: new Float64Array(length), v: new Float64Array(length) });
    const states = Object.fromEntries(parameters.map((name) => [name, zeros(splats[name].length)]));
    for (let step = 1; step <= 4; step++) {
      const before = await trained.read();
      upload(gpu, measured, before);
      measured.train({ step });
      const gradients = await readGradients(gpu, measured, splats.count);
      trained.train({ step, ...rates });
      const after = await trained.read();
      for (const name of parameters) {
        const want = stepRef(name, before[name], gradients[name], states[name], step);
        expectCloseWithBoundaryBand(`${name} after step ${step}`, after[name], want, { absolute: 1e-6, relative: 1e-6 });
        expect(after[name], `${name} moved`).not.toEqual(before[name]);
      }
    }
    for (const scene of [trained, measured]) scene.dispose();
  });

  test('splats that were not in view stay as they are, moments too', async () => {
    const splats = toF32(randomSplats(302, 80, 1));
    splats.opacityLogits.fill(-7, 10, 20);
    const scene = await createGpuScene(gpu, splats, smallView, { photo: randomPhoto(302, widthPx, heightPx).packed });
    for (let step = 1; step <= 3; step++) scene.train({ step, ...rates, noise: 1, opacityDecay: 0.1, scaleDecay: 0.1 });
    const after = await scene.read();
    // randomSplats puts the first two behind the camera.
    const unseen = [0, 1, ...Array.from({ length: 10 }, (_, i) => 10 + i)];
    const moments = await readF32(gpu, scene.moments!.geometry);
    for (const i of unseen) {
      for (const name of parameters) {
        const width = splats[name].length / splats.count;
        expect(after[name].subarray(width * i, width * (i + 1)), `${name} of splat ${i}`).toEqual(
          splats[name].subarray(width * i, width * (i + 1)),
        );
      }
      for (let column = 0; column < 6; column++) {
        const at = 4 * (column * scene.splats.capacity + i);
        expect([...moments.subarray(at, at + 4)]).toEqual([0, 0, 0, 0]);
      }
    }
    scene.dispose();
  });
});

test('noise moves faint splats and no others, and is drawn from seed and step', async () => {
  const splats = toF32(randomSplats(303, 100, 0));
  splats.opacityLogits.forEach((_, i) => (splats.opacityLogits[i] = i % 2 === 0 ? 3 : -4.5));
  const photo = randomPhoto(303, widthPx, heightPx).packed;
  const moved = async (seed: number, step: number, noise: number): Promise<Splats> => {
    const scene = await createGpuScene(portable, splats, smallView, { photo });
    scene.train({ seed, step, noise });
    const after = await scene.read();
    scene.dispose();
    return after;
  };
  const after = await moved(5, 1, 2);
  const distance = (i: number): number => Math.hypot(...[0, 1, 2].map((k) => after.means[3 * i + k] - splats.means[3 * i + k]));
  const [solid, faint] = [0, 1].map((odd) => Array.from({ length: 49 }, (_, i) => distance(2 + 2 * i + odd)));
  expect(Math.max(...solid)).toBe(0);
  expect(sigmoid(-4.5)).toBeGreaterThan(1 / 255);
  expect(faint.filter((d) => d > 0).length).toBeGreaterThan(25);
  expect(await moved(5, 1, 2)).toEqual(after);
  expect((await moved(6, 1, 2)).means).not.toEqual(after.means);
  expect((await moved(5, 2, 2)).means).not.toEqual(after.means);
  expect((await moved(5, 1, 0)).means).toEqual(splats.means);
  for (const name of ['logScales', 'quats', 'opacityLogits', 'sh'] as const) expect(after[name]).toEqual(splats[name]);
});
