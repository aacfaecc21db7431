/** The same scene through every format: what the decoder hands on is the scene, as closely as each format can hold it. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Splats, shBasisCount } from '../../src/core/scene/splats.ts';
import { shBasisRef } from '../../src/core/raster/sh.ref.ts';
import { decodeBytes, sceneOf, splatsOf } from '../fixtures/decodeBytes.ts';
import { type SplatFixture, blobScene, splatFiles } from '../fixtures/splatFiles.ts';

const truth = { ...blobScene(), antialiased: true };
const count = truth.count;
let files: SplatFixture[] = [];

beforeAll(async () => {
  files = await splatFiles(truth);
}, 60_000);

/** For each splat, the nearest of the others: formats may change the order. */
function partners(others: Splats): number[] {
  const apart = (i: number, j: number): number => Math.hypot(...[0, 1, 2].map((c) => truth.means[3 * i + c] - others.means[3 * j + c]));
  return Array.from({ length: count }, (_, i) => {
    let best = 0;
    for (let j = 1; j < others.count; j++) if (apart(i, j) < apart(i, best)) best = j;
    return best;
  });
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const directions: [number, number, number][] = [
  [1, 0, 0],
  [0, -1, 0],
  [0.6, 0.48, 0.64],
  [-0.36, 0.48, -0.8],
];

/** Colour without the clamp, seen along a direction, with the degrees up to `degree`. */
function colour(splats: Splats, i: number, direction: [number, number, number], degree: number): number[] {
  const basis = shBasisRef(direction, degree);
  const first = 3 * shBasisCount(splats.shDegree) * i;
  return [0, 1, 2].map((c) => 0.5 + basis.reduce((sum, value, k) => sum + value * splats.sh[first + 3 * k + c], 0));
}

/** Covariance, which alone tells whether shape and orientation belong together. */
function covariance(splats: Splats, i: number): number[] {
  const q = Array.from(splats.quats.subarray(4 * i, 4 * i + 4));
  const length = Math.hypot(...q);
  const [w, x, y, z] = q.map((value) => value / length);
  const r = [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
  const s = [0, 1, 2].map((k) => Math.exp(2 * splats.logScales[3 * i + k]));
  return [0, 1, 2].flatMap((a) => [0, 1, 2].map((b) => s.reduce((sum, value, k) => sum + r[a][k] * value * r[b][k], 0)));
}

const worst = (errors: number[]): number => errors.reduce((most, error) => Math.max(most, Math.abs(error)), 0);

interface Limits {
  format: string;
  /** Where the format can say that splats were trained antialiased. */
  antialiased?: true;
  degree: number;
  mean: number;
  opacity: number;
  /** Of colours in four directions. */
  colour: number;
  /** Of covariances, as a share of their largest entry. */
  shape: number;
}

// Half a quantisation step of each format with a little room; .splat and .sog round down. The packed form itself keeps 16 bits.
const limits: Record<string, Limits> = {
  'scene.ply': { format: 'ply', antialiased: true, degree: 3, mean: 0, opacity: 1e-5, colour: 5e-3, shape: 2e-3 },
  'scene.ascii.ply': { format: 'ply', antialiased: true, degree: 3, mean: 0, opacity: 1e-5, colour: 5e-3, shape: 2e-3 },
  'scene.compressed.ply': { format: 'compressed-ply', antialiased: true, degree: 3, mean: 2e-3, opacity: 3e-3, colour: 0.06, shape: 0.02 },
  'scene.splat': { format: 'splat', degree: 0, mean: 0, opacity: 5e-3, colour: 5e-3, shape: 0.05 },
  'scene.v4.spz': { format: 'spz', antialiased: true, degree: 3, mean: 3e-4, opacity: 3e-3, colour: 0.16, shape: 0.1 },
  'scene.sog': { format: 'sog', antialiased: true, degree: 3, mean: 1e-3, opacity: 5e-3, colour: 0.06, shape: 0.1 },
  'scene.glb': { format: 'glb', degree: 3, mean: 1e-6, opacity: 1e-5, colour: 5e-3, shape: 2e-3 },
  'scene.gltf': { format: 'gltf', degree: 3, mean: 1e-6, opacity: 1e-5, colour: 5e-3, shape: 2e-3 },
  'scene.ksplat': { format: 'ksplat', degree: 2, mean: 0, opacity: 3e-3, colour: 5e-3, shape: 2e-3 },
  'scene.v2.spz': { format: 'spz', antialiased: true, degree: 3, mean: 3e-4, opacity: 3e-3, colour: 0.03, shape: 0.2 },
  'scene.v3.spz': { format: 'spz', degree: 3, mean: 3e-4, opacity: 3e-3, colour: 0.16, shape: 0.1 },
};

describe('every format', () => {
  test('is covered', () => {
    expect(files.map(({ name }) => name).sort()).toEqual(Object.keys(limits).sort());
  });

  test.each(Object.entries(limits))('%s', async (name, limit) => {
    const decoded = await decodeBytes(files.find((file) => file.name === name)!.bytes, name);
    const scene = sceneOf(decoded);
    expect(scene).toMatchObject({
      format: limit.format,
      count,
      shDegree: limit.degree,
      antialiased: limit.antialiased ?? false,
      dropped: { notFinite: 0, overBudget: 0 },
    });
    expect(scene.warnings).toEqual([]);
    expect(scene.gigantic).toHaveLength(0);
    expect(decoded.begun).toEqual([
      { shape: { shDegree: limit.degree, antialiased: limit.antialiased ?? false, capacity: count }, format: limit.format },
    ]);
    const splats = splatsOf(decoded);
    const partner = partners(splats);
    expect(new Set(partner).size).toBe(count);
    const errors = (of: (s: Splats, i: number) => number[]): number =>
      worst(partner.flatMap((j, i) => of(splats, j).map((value, k) => value - of(truth, i)[k])));
    expect(errors((s, i) => Array.from(s.means.subarray(3 * i, 3 * i + 3)))).toBeLessThanOrEqual(limit.mean);
    expect(errors((s, i) => [sigmoid(s.opacityLogits[i])])).toBeLessThanOrEqual(limit.opacity);
    for (const direction of directions) expect(errors((s, i) => colour(s, i, direction, limit.degree))).toBeLessThanOrEqual(limit.colour);
    const shapes = partner.map((j, i) => {
      const exact = covariance(truth, i);
      return worst(covariance(splats, j).map((value, k) => value - exact[k])) / worst(exact);
    });
    expect(worst(shapes)).toBeLessThanOrEqual(limit.shape);
  });

  test('names do not matter where the bytes say what they are', async () => {
    for (const { name, bytes } of files.filter((file) => !/\.splat$/.test(file.name))) {
      const renamed = /gltf/.test(name) ? 'download.json' : 'download';
      expect([name, (await decodeBytes(bytes, renamed)).result.ok]).toEqual([name, true]);
    }
  });

  test('.splat is told by the ending of a URL, query and all', async () => {
    const { bytes } = files.find(({ name }) => name === 'scene.splat')!;
    expect(sceneOf(await decodeBytes(bytes, 'https://example.org/a.splat?v=3#x')).count).toBe(count);
    expect((await decodeBytes(bytes, 'https://example.org/a?v=.splat')).result).toMatchObject({ ok: false, failure: { code: 'bad-file' } });
  });
});
