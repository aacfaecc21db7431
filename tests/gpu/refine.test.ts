/**
 * Relocation and growth: which splats move where, and what becomes of them. Weights, parents and shapes are worked out here from the
 * rules that the shaders state, in f64.
 */
import { describe, expect, test } from 'vitest';
import { bufferFrom, readF32 } from '../../src/core/gpu/buffers.ts';
import { createRecorder } from '../../src/core/gpu/recorder.ts';
import { rotationRef } from '../../src/core/raster/rotation.ref.ts';
import { createSplatBuffers, readSplats } from '../../src/core/raster/splatBuffers.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import { createMoments } from '../../src/core/train/backward.ts';
import { type RefineRequest, createRefiner } from '../../src/core/train/refine.ts';
import { randomNumbers, randomSplats } from '../randomScene.ts';
import { toF32 } from './gpuScene.ts';
import { openTestGpus } from './openTestGpu.ts';
import { splitRef } from '../../src/core/train/split.ref.ts';

const { portable: gpu } = await openTestGpus();
const capacity = 256;
const shDegree = 1;
const columns = 12;

interface Refined {
  before: Splats;
  after: Splats;
  momentsOf(i: number): number[];
  scores: Float32Array;
}

/** Splats of opacity 0.5 with known sizes; `dead` get an opacity under the limit. */
function population(count: number, dead: number[]): Splats {
  const splats = toF32(randomSplats(51, count, shDegree));
  splats.opacityLogits.fill(0);
  for (const i of dead) splats.opacityLogits[i] = -8;
  return splats;
}

const defaults = { jitter: 0.37, scoreScale: 1000, deadOpacity: 0.01 };

async function refine(before: Splats, scores: Float32Array, wanted: number, changes: Partial<RefineRequest> = {}): Promise<Refined> {
  const buffers = createSplatBuffers(gpu, before, capacity, shDegree);
  const moments = createMoments(gpu, capacity, shDegree);
  gpu.device.queue.writeBuffer(moments.geometry, 0, new Float32Array(24 * capacity).fill(3));
  gpu.device.queue.writeBuffer(moments.sh, 0, new Float32Array(2 * columns * capacity).fill(4));
  const padded = new Float32Array(capacity);
  padded.set(scores);
  const scoreBuffer = bufferFrom(gpu, 'scores', padded);
  const refiner = await createRefiner(gpu, buffers, moments, scoreBuffer);
  refiner.configure({ count: before.count, wanted, ...defaults, ...changes });
  const encoder = gpu.device.createCommandEncoder();
  const recorder = createRecorder(encoder);
  refiner.record(recorder, before.count, wanted);
  recorder.end();
  gpu.device.queue.submit([encoder.finish()]);
  const after = await readSplats(gpu, buffers, wanted, false);
  const [geometry, sh, left] = [await readF32(gpu, moments.geometry), await readF32(gpu, moments.sh), await readF32(gpu, scoreBuffer)];
  refiner.dispose();
  const momentsOf = (i: number): number[] => [
    ...[0, 1, 2, 3, 4, 5].flatMap((column) => [...geometry.subarray(4 * (column * capacity + i), 4 * (column * capacity + i) + 4)]),
    ...Array.from({ length: 2 * columns }, (_, column) => sh[column * capacity + i]),
  ];
  return { before, after, momentsOf, scores: left };
}

const bare = { means: 3, logScales: 3, quats: 4, opacityLogits: 1, sh: columns } as const;
const splatOf = (splats: Splats, i: number) =>
  Object.fromEntries(
    Object.entries(bare).map(([name, width]) => [name, [...splats[name as keyof typeof bare].subarray(width * i, width * (i + 1))]]),
  );

const moved = ({ before, after }: Refined): number[] =>
  Array.from({ length: after.count }, (_, i) => i).filter(
    (i) => i >= before.count || JSON.stringify(splatOf(before, i)) !== JSON.stringify(splatOf(after, i)),
  );

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Expects `members` (the parent and its children) to stand evenly along the longest axis of what the parent was. */
function expectFamily({ before, after, momentsOf }: Refined, parent: number, members: number[]): void {
  const n = members.length;
  const was = splatOf(before, parent);
  const longest = was.logScales.indexOf(Math.max(...was.logScales));
  const rotation = rotationRef(was.quats as [number, number, number, number]);
  const axis = [rotation[longest], rotation[3 + longest], rotation[6 + longest]];
  const size = Math.exp(was.logScales[longest]);
  const offsets: number[] = [];
  for (const i of members) {
    const now = splatOf(after, i);
    const d = now.means.map((value, k) => value - was.means[k]);
    const along = d[0] * axis[0] + d[1] * axis[1] + d[2] * axis[2];
    expect(Math.hypot(...d.map((value, k) => value - along * axis[k])), 'beside the axis').toBeLessThan(1e-5);
    offsets.push(along);
    was.logScales.forEach((value, k) => expect(now.logScales[k]).toBeCloseTo(k === longest ? value - 0.5 * Math.log(n) : value, 5));
    expect(sigmoid(now.opacityLogits[0])).toBeCloseTo(1 - (1 - sigmoid(was.opacityLogits[0])) ** (1 / Math.sqrt(n)), 5);
    expect([now.quats, now.sh]).toEqual([was.quats, was.sh]);
    // The parent's place and shape are new, its colour is not.
    expect(momentsOf(i), 'moments').toEqual([...new Array<number>(24).fill(0), ...new Array<number>(24).fill(i === parent ? 4 : 0)]);
  }
  const mean = offsets.reduce((a, b) => a + b, 0) / n;
  const variance = offsets.reduce((sum, offset) => sum + (offset - mean) ** 2, 0) / n;
  expect(mean / size).toBeCloseTo(0, 4);
  // Spread of the copies plus the spread of each is the spread that the one had.
  expect(variance / size ** 2 + 1 / n).toBeCloseTo(1, 4);
  const sorted = [...offsets].sort((a, b) => a - b);
  const twin = splitRef(sigmoid(was.opacityLogits[0]), size, n);
  sorted.forEach((offset, k) => expect(offset / size).toBeCloseTo(twin.offsets[k] / size, 4));
  const gaps = sorted.slice(1).map((offset, k) => offset - sorted[k]);
  for (const gap of gaps) expect(gap / gaps[0]).toBeCloseTo(1, 3);
}

/** Children by parent, found by their colour, which they share with nobody else. */
function families({ before, after }: Refined, destinations: number[]): Map<number, number[]> {
  const byColour = new Map(Array.from({ length: before.count }, (_, i) => [splatOf(before, i).sh.join(), i]));
  const out = new Map<number, number[]>();
  for (const i of destinations) {
    const parent = byColour.get(splatOf(after, i).sh.join());
    expect(parent, `splat ${i} has the colour of a splat there was`).toBeDefined();
    out.set(parent!, [...(out.get(parent!) ?? []), i]);
  }
  return out;
}

describe('refine', () => {
  const dead = [3, 70, 71, 99];
  const scores = Float32Array.from({ length: 100 }, (_, i) => (i % 10 === 5 ? 1 : 0));

  test('dead splats and new ones come from the splats that answer for error, and only from those', async () => {
    const result = await refine(population(100, dead), scores, 110);
    const destinations = [...dead, ...Array.from({ length: 10 }, (_, k) => 100 + k)];
    const byParent = families(result, destinations);
    expect([...byParent.keys()].every((parent) => parent % 10 === 5 && !dead.includes(parent))).toBe(true);
    // 14 destinations over ten equal weights: strata give every parent one or two.
    expect(byParent.size).toBe(10);
    for (const [parent, children] of byParent) expectFamily(result, parent, [parent, ...children]);
    expect(moved(result)).toEqual([...new Set([...destinations, ...byParent.keys()])].sort((a, b) => a - b));
    for (const i of [0, 1, 50, 98])
      expect(result.momentsOf(i)).toEqual([...new Array<number>(24).fill(3), ...new Array<number>(24).fill(4)]);
    expect(
      result.scores.subarray(0, 100).every((score) => score === 0),
      'scores start again',
    ).toBe(true);
  });

  test('a heavy splat gets many copies in proportion to its score', async () => {
    const uneven = new Float32Array(100);
    uneven[42] = 8;
    uneven[17] = 2;
    const result = await refine(population(100, dead), uneven, 116);
    const byParent = families(result, [...dead, ...Array.from({ length: 16 }, (_, k) => 100 + k)]);
    expect(byParent.get(42)).toHaveLength(16);
    expect(byParent.get(17)).toHaveLength(4);
    for (const [parent, children] of byParent) expectFamily(result, parent, [parent, ...children]);
  });

  test('with nothing dead and nothing wanted nothing changes', async () => {
    const result = await refine(population(100, []), scores, 100);
    expect(moved(result)).toEqual([]);
  });

  test('opaque splats split too, and stay finite', async () => {
    const splats = population(100, dead);
    splats.opacityLogits[5] = 20;
    const only = new Float32Array(100);
    only[5] = 1;
    const { after } = await refine(splats, only, 104);
    expect([...after.means, ...after.opacityLogits].every((value) => Number.isFinite(value))).toBe(true);
  });

  test('splats with values that are no numbers are dead, whatever their opacity and score, and come back sound', async () => {
    const splats = population(100, []);
    splats.means[3 * 12] = NaN;
    splats.logScales[3 * 35 + 2] = Infinity;
    splats.quats[4 * 58 + 1] = -Infinity;
    splats.opacityLogits[90] = NaN;
    const result = await refine(splats, new Float32Array(100).fill(1), 100);
    const byParent = families(result, [12, 35, 58, 90]);
    for (const broken of [12, 35, 58, 90]) expect(byParent.has(broken)).toBe(false);
    for (const [parent, children] of byParent) expectFamily(result, parent, [parent, ...children]);
    for (const values of [result.after.means, result.after.logScales, result.after.quats, result.after.opacityLogits])
      expect(values.every((value) => Number.isFinite(value))).toBe(true);
  });

  test('scores that are no numbers choose nobody wrongly', async () => {
    const odd = Float32Array.from(scores, (score, i) => (i === 50 ? NaN : i === 51 ? -1 : score));
    const result = await refine(population(100, dead), odd, 100);
    expect([...families(result, dead).keys()].every((parent) => parent % 10 === 5)).toBe(true);
  });

  test('without any score the parents are live splats', async () => {
    const splats = population(100, [3, 99]);
    const result = await refine(splats, new Float32Array(100), 105);
    const byParent = families(result, [3, 99, 100, 101, 102, 103, 104]);
    for (const parent of byParent.keys()) expect([3, 99]).not.toContain(parent);
  });

  test('with all splats dead nothing breaks, and two runs agree', async () => {
    const all = Array.from({ length: 100 }, (_, i) => i);
    const run = () => refine(population(100, all), new Float32Array(100).fill(1), 120);
    const [first, second] = [await run(), await run()];
    expect(first.after.means.every((value) => Number.isFinite(value))).toBe(true);
    expect(second.after).toEqual(first.after);
  });

  test('the same request gives the same bytes, another jitter other ones', async () => {
    const random = randomNumbers(8);
    const mixed = Float32Array.from({ length: 200 }, () => random() ** 4);
    const splats = population(200, [1, 2, 30, 199]);
    const first = await refine(splats, mixed, 256);
    expect((await refine(splats, mixed, 256)).after).toEqual(first.after);
    expect((await refine(splats, mixed, 256, { jitter: 0.9 })).after).not.toEqual(first.after);
  });

  test('the limit of opacity is the one asked for', async () => {
    const splats = population(100, []);
    splats.opacityLogits[7] = Math.log(0.2 / 0.8);
    expect(moved(await refine(splats, scores, 100, { deadOpacity: 0.19 }))).toEqual([]);
    expect(moved(await refine(splats, scores, 100, { deadOpacity: 0.21 }))).toContain(7);
  });
});
