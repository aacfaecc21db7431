/** The viewer's renderer against the trainer's tile rasterizer, which accumulates in floats, and against closed forms. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openNodeGpu } from '../../src/cli/nodeGpu.ts';
import type { Gpu } from '../../src/core/gpu/device.ts';
import { createPreview } from '../../src/core/raster/preview.ts';
import { createSplatBuffers } from '../../src/core/raster/splatBuffers.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import { type Splats, emptySplats } from '../../src/core/scene/splats.ts';
import { type GpuSplatRenderer, createGpuSplatRenderer } from '../../src/core/view/gpuSplatRenderer.ts';
import { packSplats } from '../../src/core/view/packedSplats.ts';
import { probeSplats } from '../../src/core/view/probe.ref.ts';
import { readTexture } from '../../src/core/view/readTexture.ts';
import type { ViewFrame } from '../../src/core/view/splatRenderer.ts';
import { benchSplats } from '../bench/benchScene.ts';
import { randomNumbers } from '../randomScene.ts';
import { openTestGpus } from './openTestGpu.ts';

const { full, portable } = await openTestGpus();

const view: PinholeView = {
  ...{ widthPx: 200, heightPx: 160, fx: 190, fy: 190, cx: 97, cy: 83 },
  pose: { q: [1, 0.02, -0.05, 0.01], t: [0.1, 0, 0.2] },
};
const near = 0.05;

const frameOf = (changes: Partial<ViewFrame> = {}): ViewFrame => ({
  ...{ view, near, shDegree: 3, background: [0, 0, 0, 1], exposure: 1, crop: null },
  ...changes,
});

async function open(gpu: Gpu, splats: Splats): Promise<GpuSplatRenderer> {
  const target = gpu.device.createTexture({ size: [view.widthPx, view.heightPx], format: 'bgra8unorm', usage: 16 });
  const renderer = await createGpuSplatRenderer(gpu, { format: 'bgra8unorm', target: () => target, needsRedraw: () => undefined });
  onTestFinished(() => {
    renderer.dispose();
    target.destroy();
  });
  renderer.open({ shDegree: splats.shDegree, antialiased: splats.antialiased, capacity: splats.count });
  // Two uneven runs, as a stream brings them.
  const third = Math.floor(splats.count / 3);
  renderer.append(packSplats(splats, 0, third));
  renderer.append(packSplats(splats, third));
  return renderer;
}

/** The float-accurate picture over black. */
async function reference(gpu: Gpu, splats: Splats, seen = view): Promise<Uint8Array> {
  const buffers = createSplatBuffers(gpu, splats, splats.count, splats.shDegree);
  const preview = await createPreview(gpu, buffers);
  const { count, shDegree, antialiased } = splats;
  const { rgba } = await preview.render(seen, { count, near, shDegree, antialiased });
  preview.dispose();
  buffers.dispose();
  return rgba;
}

/** dB over red, green and blue of two 8-bit pictures. */
function psnrDb(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) if (i % 4 < 3) sum += (a[i] - b[i]) ** 2;
  return 10 * Math.log10(255 ** 2 / (sum / (0.75 * a.length)));
}

const scene = (count: number, shDegree: number, antialiased = false): Splats => ({ ...benchSplats(count, shDegree), antialiased });

/** One round splat at (x, y, z) in front of a camera at the origin. */
function ball(splats: Splats, i: number, [x, y, z]: number[], sigma: number, opacity: number, [r, g, b]: number[]): void {
  splats.means.set([x, y, z], 3 * i);
  splats.logScales.fill(Math.log(sigma), 3 * i, 3 * i + 3);
  splats.quats[4 * i] = 1;
  splats.opacityLogits[i] = Math.log(opacity / (1 - opacity));
  splats.sh.set(
    [r, g, b].map((c) => (c - 0.5) / 0.28209479177387814),
    3 * i,
  );
}

const straight: PinholeView = { ...view, fx: 200, fy: 200, cx: 100, cy: 80, pose: { q: [1, 0, 0, 0], t: [0, 0, 0] } };
const middle = (rgba: ArrayLike<number>): number[] => [0, 1, 2, 3].map((k) => rgba[4 * (80 * view.widthPx + 100) + k]);

describe.for([
  ['full', full],
  ['portable', portable],
] as const)('%s device', ([, gpu]) => {
  test.for([
    [0, false],
    [1, false],
    [2, true],
    [3, false],
  ] as const)('SH degree %i, antialiased %s: within 45 dB of the float-accurate picture', async ([shDegree, antialiased]) => {
    const splats = scene(3000, shDegree, antialiased);
    const picture = await (await open(gpu, splats)).picture(frameOf());
    expect(psnrDb(picture.rgba, await reference(gpu, splats))).toBeGreaterThan(45);
  });

  test('a lower SH degree in use is that degree’s picture', async () => {
    const splats = scene(500, 3);
    const picture = await (await open(gpu, splats)).picture(frameOf({ shDegree: 1 }));
    const [few, many] = [4 * 3, 16 * 3];
    const sh = Float32Array.from({ length: few * splats.count }, (_, i) => splats.sh[Math.floor(i / few) * many + (i % few)]);
    expect(psnrDb(picture.rgba, await reference(gpu, { ...splats, shDegree: 1, sh }))).toBeGreaterThan(45);
    expect(psnrDb(picture.rgba, await reference(gpu, splats))).toBeLessThan(40);
  });
});

test('many more splats than one chunk or one block of the sort', async () => {
  const splats = scene(300_000, 0);
  const picture = await (await open(portable, splats)).picture(frameOf());
  expect(psnrDb(picture.rgba, await reference(portable, splats))).toBeGreaterThan(45);
});

test('two splats over one another: alpha, background and exposure as the closed form has them', async () => {
  const splats = emptySplats(2, 0);
  ball(splats, 0, [0, 0, 4], 0.5, 0.5, [0, 1, 0]);
  ball(splats, 1, [0, 0, 2], 0.5, 0.6, [1, 0, 0]);
  const renderer = await open(full, splats);
  // Pixel (100, 80) has its centre half a pixel off the axis: the falloff there is below a thousandth.
  const over = middle((await renderer.picture(frameOf({ view: straight, background: [0, 0, 1, 1] }))).rgba);
  [0.6 * 255, 0.4 * 0.5 * 255, 0.4 * 0.5 * 255, 255].forEach((value, k) => expect(Math.abs(over[k] - value)).toBeLessThan(1));
  const darker = middle((await renderer.picture(frameOf({ view: straight, background: [0, 0, 1, 1], exposure: 0.5 }))).rgba);
  [0.3 * 255, 0.1 * 255, 0.2 * 255, 255].forEach((value, k) => expect(Math.abs(darker[k] - value)).toBeLessThan(1));
  // Straight alpha: the colour of what is there, and how much of it.
  const clear = middle((await renderer.picture(frameOf({ view: straight, background: [0, 0, 0, 0] }))).rgba);
  [(0.6 / 0.8) * 255, (0.2 / 0.8) * 255, 0, 0.8 * 255].forEach((value, k) => expect(Math.abs(clear[k] - value)).toBeLessThan(1.5));
});

test('crop leaves out what lies outside; hide takes splats away; open forgets the scene', async () => {
  const splats = emptySplats(2, 0);
  ball(splats, 0, [0, 0, 4], 0.5, 0.9, [0, 1, 0]);
  ball(splats, 1, [0, 0, 2], 0.5, 0.9, [1, 0, 0]);
  const renderer = await open(full, splats);
  const seen = async (changes: Partial<ViewFrame> = {}) => middle((await renderer.picture(frameOf({ view: straight, ...changes }))).rgba);
  const [red, green] = await seen({ crop: { low: [-1, -1, 3], high: [1, 1, 5] } });
  expect(red).toBe(0);
  expect(green).toBeGreaterThan(225);
  renderer.hide(new Uint32Array([1, 77]));
  expect((await seen())[0]).toBe(0);
  renderer.open({ shDegree: 0, antialiased: false, capacity: 0 });
  expect(await seen()).toEqual([0, 0, 0, 255]);
  expect(renderer.stats().splats).toBe(0);
});

test('rewritten rows take the place of the old ones: colour, hidden and back, across chunks, in probes too', async () => {
  const splats = emptySplats(2, 0);
  ball(splats, 0, [0, 0, 4], 0.5, 0.9, [0, 1, 0]);
  ball(splats, 1, [0, 0, 2], 0.5, 0.9, [1, 0, 0]);
  const renderer = await open(full, splats);
  const seen = async () => middle((await renderer.picture(frameOf({ view: straight }))).rgba);
  const depth = async () => (await renderer.probe(frameOf({ view: straight }), [{ xPx: 100, yPx: 80, depth: Infinity }]))[0].surfaceDepth;
  const before = await seen();
  expect(await depth()).toBe(2);
  const rows = packSplats(splats).geometry;
  const hidden = rows.slice(8);
  hidden[4] &= 0xffff;
  renderer.rewrite(1, hidden);
  const [red, green] = await seen();
  expect([red, green > 225]).toEqual([0, true]);
  expect(await depth()).toBe(4);
  renderer.rewrite(0, rows);
  expect(await seen()).toEqual(before);
  expect(await depth()).toBe(2);
  // What lies beyond the scene is passed over.
  renderer.rewrite(1, Uint32Array.from([...rows, ...rows]));
  renderer.rewrite(7, rows);
  expect((await seen())[1]).toBeGreaterThan(200);
});

test('draws without sorting again until the camera has moved enough, and still within 40 dB', async () => {
  const splats = scene(3000, 0);
  const renderer = await open(full, splats);
  const target = full.device.createTexture({ size: [view.widthPx, view.heightPx], format: 'rgba8unorm', usage: 16 | 1 });
  onTestFinished(() => target.destroy());
  const turned = (degrees: number): ViewFrame => {
    const half = (degrees / 360) * Math.PI;
    return frameOf({ view: { ...view, pose: { q: [Math.cos(half), 0, Math.sin(half), 0], t: view.pose.t } } });
  };
  for (const degrees of [0, 0, 0.2, 0.4]) await renderer.drawInto(turned(degrees), target, false);
  expect(renderer.stats()).toMatchObject({ sorts: 1, frames: 4 });
  await renderer.drawInto({ ...turned(0.4), background: [1, 1, 1, 1], exposure: 2 }, target, false);
  expect(renderer.stats().sorts).toBe(1);
  await renderer.drawInto(turned(0.4), target, false);
  expect(psnrDb((await readTexture(full, target)).rgba, await reference(full, splats, turned(0.4).view))).toBeGreaterThan(40);
  await renderer.drawInto(turned(3), target, false);
  expect(renderer.stats().sorts).toBe(2);
});

test('a probe tells the depth at which half of the light is stopped, and what passes before a depth', async () => {
  const splats = emptySplats(3, 0);
  ball(splats, 0, [0, 0, 4], 0.1, 0.5, [0, 1, 0]);
  ball(splats, 1, [0, 0, 2], 0.1, 0.4, [1, 0, 0]);
  ball(splats, 2, [50, 0, 4], 0.1, 0.9, [1, 0, 0]);
  const renderer = await open(full, splats);
  const at = (xPx: number, yPx: number, depth: number) => ({ xPx, yPx, depth });
  const answers = await renderer.probe(frameOf({ view: straight }), [at(100, 80, Infinity), at(100, 80, 3), at(100, 80, 1), at(3, 3, 9)]);
  expect(answers.map(({ surfaceDepth }) => surfaceDepth)).toEqual([4, 4, 4, null]);
  [0.3, 0.6, 1, 1].forEach((value, k) => expect(answers[k].transmittance).toBeCloseTo(value, 3));
  const many = await renderer.probe(
    frameOf({ view: straight }),
    Array.from({ length: 40 }, (_, k) => at(100, 80, k < 39 ? 3 : 1)),
  );
  expect(many.map(({ transmittance }) => Math.round(100 * transmittance))).toEqual([...Array<number>(39).fill(60), 100]);
});

test('probes of a whole scene are those of the twin', async () => {
  const splats = scene(2000, 0);
  const renderer = await open(full, splats);
  const random = randomNumbers(5);
  const points = Array.from({ length: 48 }, () => ({
    xPx: random() * view.widthPx,
    yPx: random() * view.heightPx,
    depth: 1.8 + 1.4 * random(),
  }));
  const answers = await renderer.probe(frameOf({ shDegree: 0 }), points);
  const truth = probeSplats(packSplats(splats).geometry, { antialiased: false }, frameOf({ shDegree: 0 }), points);
  expect(truth.filter(({ surfaceDepth }) => surfaceDepth !== null).length).toBeGreaterThan(16);
  answers.forEach(({ transmittance }, k) => expect(Math.abs(transmittance - truth[k].transmittance)).toBeLessThan(0.02));
  // A splat more or less at 1/255 may move where half of the light is stopped by one splat.
  const same = answers.filter(({ surfaceDepth: a }, k) => {
    const b = truth[k].surfaceDepth;
    return a === null || b === null ? a === b : Math.abs(a - b) < 1e-4;
  });
  expect(same.length).toBeGreaterThanOrEqual(46);
});

test('values no file should hold draw nothing and harm nothing', async () => {
  const splats = scene(600, 1);
  const odd = [NaN, Infinity, -Infinity, 1e38, -1e38, 1e-42, 0];
  for (let i = 0; i < 400; i++) {
    splats.means[3 * i + (i % 3)] = odd[i % 7];
    splats.logScales[3 * i + ((i + 1) % 3)] = odd[(i + 2) % 7];
    splats.quats.fill(odd[(i + 3) % 7], 4 * i, 4 * i + 1 + (i % 4));
    splats.sh[12 * i + (i % 12)] = odd[(i + 5) % 7];
  }
  const renderer = await open(full, splats);
  const { rgba } = await renderer.picture(frameOf());
  expect(rgba.length).toBe(4 * 200 * 160);
  // The sound third shows as it does alone: the odd ones may add light, never take the picture away.
  expect(rgba.some((value, i) => i % 4 < 3 && value > 40)).toBe(true);
});

test('memory: two million splats with SH of degree 3 fit one GiB', async () => {
  const renderer = await open(full, scene(5000, 3));
  await renderer.picture(frameOf());
  const { bytes, splats } = renderer.stats();
  expect((bytes / splats) * 2e6).toBeLessThan(2 ** 30);
});

test('a device that is lost while the renderer is made, or before, is reported; one that outlives it is not', async () => {
  const [early, late, kept] = await Promise.all([openNodeGpu(), openNodeGpu(), openNodeGpu()]);
  if (!early.ok || !late.ok || !kept.ok) throw new Error('The adapter gave no three devices.');
  const make = (gpu: Gpu) =>
    createGpuSplatRenderer(gpu, { format: 'rgba8unorm', target: () => undefined as never, needsRedraw: () => undefined });
  const making = make(early.value);
  early.value.device.destroy();
  expect(await (await making).lost).not.toBe('');
  late.value.device.destroy();
  await late.value.lost;
  expect(await (await make(late.value)).lost).not.toBe('');
  const renderer = await make(kept.value);
  renderer.dispose();
  kept.value.dispose();
  await kept.value.lost;
  expect(await Promise.race([renderer.lost, new Promise((resolve) => setTimeout(resolve, 50, 'not told'))])).toBe('not told');
});
