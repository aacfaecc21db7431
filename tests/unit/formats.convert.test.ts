/** Conversion through every format and back: values within what each format can hold, and refusals. */
import { describe, expect, test } from 'vitest';
import { type SplatFile, convertSplats } from '../../src/core/formats/convert.ts';
import { readPly, writePly } from '../../src/core/formats/ply.ts';
import type { Splats } from '../../src/core/scene/splats.ts';

const count = 300;

/** Plain splats of a common scene: within 2 units, colours and opacities well inside their ranges. */
function commonSplats(): Splats {
  let state = 7;
  const floats = (length: number, low: number, high: number): Float32Array =>
    Float32Array.from({ length }, () => low + ((high - low) * (state = (state * 16807) % 2147483647)) / 2147483647);
  const sh = floats(count * 12, -1.2, 1.2).map((value, i) => (i % 12 < 3 ? value : value / 4));
  const geometry = { means: floats(3 * count, -2, 2), logScales: floats(3 * count, -5, -2), quats: floats(4 * count, -1, 1) };
  return { count, shDegree: 1, antialiased: true, ...geometry, opacityLogits: floats(count, -3, 3), sh };
}

const splats = commonSplats();
const ply: SplatFile = { name: 'scene.ply', bytes: writePly(splats) };

async function convert(input: SplatFile, name: string): Promise<SplatFile> {
  const result = await convertSplats(input, name);
  if (!result.ok) throw new Error(result.failure.detail);
  expect(result.value.map((file) => file.name)).toEqual([name]);
  return result.value[0];
}

async function throughFormat(name: string): Promise<Splats> {
  const back = await convert(await convert(ply, name), 'back.ply');
  const read = readPly(back.bytes, back.name);
  if (!read.ok) throw new Error(read.failure.detail);
  return read.value.splats;
}

/** For each splat, the nearest of the others: formats may change the order. */
function partners(others: Splats): number[] {
  const distance = (i: number, j: number): number => Math.hypot(...[0, 1, 2].map((c) => splats.means[3 * i + c] - others.means[3 * j + c]));
  return Array.from({ length: count }, (_, i) => {
    let best = 0;
    for (let j = 1; j < others.count; j++) if (distance(i, j) < distance(i, best)) best = j;
    return best;
  });
}

const largest = (errors: number[]): number => Math.max(...errors.map(Math.abs));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** |cos| of half the angle between two rotations. */
const alignment = (a: Float32Array, i: number, b: Float32Array, j: number): number => {
  const [p, q] = [a.subarray(4 * i, 4 * i + 4), b.subarray(4 * j, 4 * j + 4)];
  return Math.abs(p.reduce((sum, value, c) => sum + value * q[c], 0)) / Math.hypot(...p) / Math.hypot(...q);
};

describe('there and back', () => {
  // Tolerances: half a quantisation step of each format with a little room; .splat and .sog round down, a whole step of 1/255.
  test.each([
    ['a.ply', { mean: 0, logScale: 0, opacity: 0, colour: 0, align: 1e-6, degree: 1, antialiased: true }],
    ['a.compressed.ply', { mean: 4e-3, logScale: 2e-3, opacity: 3e-3, colour: 0.02, align: 1e-4, degree: 1, antialiased: true }],
    ['a.splat', { mean: 1e-6, logScale: 1e-5, opacity: 3.95e-3, colour: 0.0141, align: 2e-3, degree: 0, antialiased: false }],
    ['a.spz', { mean: 3e-4, logScale: 0.04, opacity: 3e-3, colour: 0.03, align: 1e-4, degree: 1, antialiased: true }],
    ['a.sog', { mean: 1e-3, logScale: 0.1, opacity: 3.95e-3, colour: 0.05, align: 1e-3, degree: 1, antialiased: true }],
  ])('%s', async (name, limit) => {
    const back = await throughFormat(name);
    expect([back.count, back.shDegree, back.antialiased]).toEqual([count, limit.degree, limit.antialiased]);
    const partner = partners(back);
    expect(new Set(partner).size).toBe(count);
    const errors = (stride: number, size: number, of: (s: Splats, i: number) => number): number =>
      largest(partner.flatMap((j, i) => Array.from({ length: size }, (_, c) => of(back, stride * j + c) - of(splats, stride * i + c))));
    expect(errors(3, 3, (s, i) => s.means[i])).toBeLessThanOrEqual(limit.mean);
    expect(errors(3, 3, (s, i) => s.logScales[i])).toBeLessThanOrEqual(limit.logScale);
    expect(errors(1, 1, (s, i) => sigmoid(s.opacityLogits[i]))).toBeLessThanOrEqual(limit.opacity);
    const dc = partner.flatMap((j, i) => [0, 1, 2].map((c) => back.sh[(limit.degree === 1 ? 12 : 3) * j + c] - splats.sh[12 * i + c]));
    expect(largest(dc)).toBeLessThanOrEqual(limit.colour);
    expect(Math.max(...partner.map((j, i) => 1 - alignment(splats.quats, i, back.quats, j)))).toBeLessThanOrEqual(limit.align);
  });

  test('.glb is a glTF 2 binary with as many splats', async () => {
    const { bytes } = await convert(ply, 'a.glb');
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    expect([view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true)]).toEqual([0x46546c67, 2, bytes.length]);
    const json = new TextDecoder().decode(bytes.subarray(20, 20 + view.getUint32(12, true)));
    expect(json).toContain('KHR_gaussian_splatting');
    const { accessors } = JSON.parse(json) as { accessors: { count: number }[] };
    expect(accessors.every((accessor) => accessor.count === count)).toBe(true);
  });

  test('splats that are not finite are left out', async () => {
    const broken = { ...splats, means: splats.means.map((value, i) => (i === 30 ? NaN : value)) };
    const back = await convert({ name: 'x.ply', bytes: writePly(broken) }, 'a.splat');
    expect(back.bytes.length).toBe(32 * (count - 1));
  });
});

describe('refusals', () => {
  const noSplats: SplatFile = {
    name: 'none.ply',
    bytes: writePly({ ...splats, count: 0, means: new Float32Array(0), quats: new Float32Array(0) }),
  };
  const cloud = new TextEncoder().encode(
    'ply\nformat binary_little_endian 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nend_header\n012345678901',
  );

  test.each([
    ['an ending we do not read', { name: 'scene.mjs', bytes: ply.bytes }, 'a.ply', 'scene.mjs', /not a splat file we read/],
    ['a .glb as input', { name: 'scene.glb', bytes: ply.bytes }, 'a.ply', 'scene.glb', /not a splat file we read/],
    ['an ending we do not write', ply, 'scene.html', 'scene.html', /not a splat file we write/],
    ['a truncated .ply', { name: 'b.ply', bytes: ply.bytes.subarray(0, 9000) }, 'a.spz', 'b.ply', /truncated/],
    ['a file that is no .spz', { name: 'b.spz', bytes: ply.bytes }, 'a.ply', 'b.spz', /cannot be read/],
    ['a file that is no .sog', { name: 'b.sog', bytes: ply.bytes }, 'a.ply', 'b.sog', /cannot be read/],
    ['a truncated .splat', { name: 'b.splat', bytes: new Uint8Array(33) }, 'a.ply', 'b.splat', /cannot be read/],
    ['an empty file', { name: 'b.ply', bytes: new Uint8Array(0) }, 'a.splat', 'b.ply', /cannot be read/],
    ['no splats', noSplats, 'a.splat', 'none.ply', /holds no splats/],
    ['a point cloud', { name: 'cloud.ply', bytes: cloud }, 'a.splat', 'cloud.ply', /holds no splats/],
  ])('%s', async (_, input, output, file, words) => {
    expect(await convertSplats(input, output)).toMatchObject({
      ok: false,
      failure: { code: 'bad-file', file, detail: expect.stringMatching(words) as string },
    });
  });
});
