/** Streaming, budgets, robust boxes and what is left out. */
import { describe, expect, test } from 'vitest';
import { convertSplats } from '../../src/core/formats/convert.ts';
import { writePly } from '../../src/core/formats/ply.ts';
import { type Splats, emptySplats, shBasisCount } from '../../src/core/scene/splats.ts';
import { packSplats } from '../../src/core/view/packedSplats.ts';
import { randomNumbers } from '../randomScene.ts';
import { decodeBytes, sceneOf, splatsOf } from '../fixtures/decodeBytes.ts';
import { asciiPly, blobScene } from '../fixtures/splatFiles.ts';

async function written(splats: Splats, name: string): Promise<Uint8Array> {
  const files = await convertSplats({ name: 'scene.ply', bytes: writePly(splats) }, name);
  if (!files.ok) throw new Error(files.failure.detail);
  return files.value[0].bytes;
}

/** A cloud of small splats in a cube of side 2 about the origin. */
function cloud(count: number, shDegree = 0, seed = 5): Splats {
  const random = randomNumbers(seed);
  const splats = emptySplats(count, shDegree);
  for (let k = 0; k < 3 * count; k++) {
    splats.means[k] = 2 * random() - 1;
    splats.logScales[k] = -4 + random();
  }
  for (let k = 0; k < 4 * count; k++) splats.quats[k] = random() - 0.5;
  for (let k = 0; k < count; k++) splats.opacityLogits[k] = 4 * random() - 2;
  for (let k = 0; k < splats.sh.length; k++) splats.sh[k] = random() - 0.5;
  return splats;
}

describe('streaming', () => {
  const many = cloud(40_000);

  test.each([
    ['a.ply', async () => writePly(many)],
    ['a.splat', async () => written(cloud(80_000), 'a.splat')],
    ['a.compressed.ply', async () => written(cloud(80_000), 'a.compressed.ply')],
  ])('%s is handed on before it is complete', async (name, make) => {
    const bytes = await make();
    const decoded = await decodeBytes(bytes, name, { chunkBytes: 50_000 });
    const scene = sceneOf(decoded);
    expect(decoded.fedAtBatch[0]).toBeLessThan(0.9 * bytes.length);
    expect(decoded.batches.reduce((sum, { count }) => sum + count, 0)).toBe(scene.count);
    expect(Math.max(...decoded.batches.map(({ count }) => count))).toBeLessThanOrEqual(65536);
    expect(decoded.progress.at(-1)).toEqual([bytes.length, bytes.length]);
    expect(decoded.begun).toHaveLength(1);
    expect(decoded.begun[0].shape.capacity).toBe(scene.count);
  });

  test('compressed .ply with SH is handed on while its SH arrive', async () => {
    const bytes = await written(cloud(60_000, 1), 'a.compressed.ply');
    const decoded = await decodeBytes(bytes, 'a.compressed.ply', { chunkBytes: 50_000 });
    expect(sceneOf(decoded).count).toBe(60_000);
    expect(decoded.fedAtBatch[0]).toBeLessThan(bytes.length);
  });

  test('pieces of any size give the same splats', async () => {
    const scene = blobScene(32, 2);
    const ply = writePly(scene);
    for (const [name, bytes] of [
      ['a.ply', ply],
      ['ascii.ply', asciiPly(scene)],
      ['a.compressed.ply', await written(scene, 'a.compressed.ply')],
      ['a.splat', await written(scene, 'a.splat')],
      ['a.spz', await written(scene, 'a.spz')],
    ] as const) {
      const whole = await decodeBytes(bytes, name);
      for (const chunkBytes of [1, 3, 7, 61, 97, 1021]) {
        const pieces = await decodeBytes(bytes, name, { chunkBytes, totalBytes: null });
        expect(splatsOf(pieces)).toEqual(splatsOf(whole));
      }
    }
  });

  test('what is handed on is what packing gives', async () => {
    const scene = blobScene(64, 3);
    const { batches } = await decodeBytes(writePly(scene), 'a.ply');
    expect(batches).toEqual([packSplats(scene)]);
  });

  test('an unknown length asks for modest room', async () => {
    const decoded = await decodeBytes(writePly(many), 'a.ply', { totalBytes: null });
    expect(sceneOf(decoded).count).toBe(40_000);
    expect(decoded.begun[0].shape.capacity).toBe(40_000);
    const lying = new TextEncoder().encode(
      new TextDecoder('latin1').decode(writePly(cloud(1)).subarray(0, 400)).replace('vertex 1\n', 'vertex 4000000000\n'),
    );
    const refused = await decodeBytes(lying, 'a.ply', { totalBytes: null });
    expect(refused.result.ok).toBe(false);
    expect(refused.begun[0]?.shape.capacity ?? 0).toBeLessThanOrEqual(1 << 17);
  });

  test('any order and type of properties', async () => {
    const names = [
      'opacity',
      'rot_3',
      'rot_2',
      'rot_1',
      'rot_0',
      'id',
      'scale_2',
      'scale_1',
      'scale_0',
      'z',
      'y',
      'x',
      'f_dc_2',
      'f_dc_1',
      'f_dc_0',
    ];
    const types: Record<string, string> = { id: 'uchar', x: 'double', opacity: 'short' };
    const row: Record<string, number> = { x: 1.5, y: -2, z: 3, opacity: 2, rot_0: 1, rot_1: 0, rot_2: 0, rot_3: 0, id: 7 };
    Object.assign(row, { scale_0: -3, scale_1: -2, scale_2: -1, f_dc_0: 0.25, f_dc_1: 0.5, f_dc_2: -0.25 });
    const properties = names.map((name) => `property ${types[name] ?? 'float'} ${name}`).join('\n');
    const head = new TextEncoder().encode(`ply\r\nformat binary_little_endian 1.0\nelement vertex 2\n${properties}\nend_header\n`);
    const view = new DataView(new ArrayBuffer(200));
    let at = 0;
    for (let i = 0; i < 2; i++)
      for (const name of names) {
        if (types[name] === 'double') view.setFloat64((at += 8) - 8, row[name], true);
        else if (types[name] === 'short') view.setInt16((at += 2) - 2, row[name], true);
        else if (types[name] === 'uchar') view.setUint8((at += 1) - 1, row[name]);
        else view.setFloat32((at += 4) - 4, row[name], true);
      }
    const bytes = new Uint8Array([...head, ...new Uint8Array(view.buffer, 0, at)]);
    const splats = splatsOf(await decodeBytes(bytes, 'odd.ply', { chunkBytes: 5 }));
    for (let i = 0; i < 2; i++) {
      expect(Array.from(splats.means.subarray(3 * i, 3 * i + 3))).toEqual([1.5, -2, 3]);
      expect(splats.logScales[3 * i + 2]).toBeCloseTo(-1, 3);
      expect(Array.from(splats.sh.subarray(3 * i, 3 * i + 3))).toEqual([0.25, 0.5, -0.25]);
      expect(splats.opacityLogits[i]).toBeCloseTo(2, 3);
      expect(splats.quats[4 * i]).toBeCloseTo(1, 4);
    }
  });

  test('SH above degree 3 are left out and said', async () => {
    const splats = cloud(4, 3);
    const names = [
      'x',
      'y',
      'z',
      'opacity',
      'scale_0',
      'scale_1',
      'scale_2',
      'rot_0',
      'rot_1',
      'rot_2',
      'rot_3',
      'f_dc_0',
      'f_dc_1',
      'f_dc_2',
    ];
    names.push(...Array.from({ length: 72 }, (_, k) => `f_rest_${k}`));
    const head = `ply\nformat ascii 1.0\nelement vertex 4\n${names.map((name) => `property float ${name}`).join('\n')}\nend_header\n`;
    const rows = Array.from({ length: 4 }, (_, i) => {
      const rest = Array.from({ length: 72 }, (_, k) => {
        const [channel, coefficient] = [Math.floor(k / 24), 1 + (k % 24)];
        return coefficient < 16 ? splats.sh[48 * i + 3 * coefficient + channel] : 99;
      });
      const plain = [...splats.means.subarray(3 * i, 3 * i + 3), splats.opacityLogits[i], ...splats.logScales.subarray(3 * i, 3 * i + 3)];
      return [...plain, ...splats.quats.subarray(4 * i, 4 * i + 4), ...splats.sh.subarray(48 * i, 48 * i + 3), ...rest].join(' ');
    });
    const decoded = await decodeBytes(new TextEncoder().encode(head + rows.join('\n')), 'four.ply');
    expect(sceneOf(decoded).warnings).toMatchObject([{ code: 'bad-file', detail: expect.stringMatching(/degree 4/) as string }]);
    expect(decoded.batches).toEqual([packSplats(splats)]);
  });
});

describe('what is left out', () => {
  test('rows that are not finite, and quaternions that are zero', async () => {
    const splats = cloud(100, 1);
    splats.means[3 * 10] = NaN;
    splats.means[3 * 11 + 2] = Infinity;
    splats.logScales[3 * 12] = Infinity;
    splats.opacityLogits[13] = NaN;
    splats.sh[12 * 14 + 7] = -Infinity;
    splats.quats.fill(0, 4 * 15, 4 * 16);
    splats.quats[4 * 16] = NaN;
    splats.means[3 * 17] = 1e30;
    const decoded = await decodeBytes(writePly(splats), 'a.ply');
    const scene = sceneOf(decoded);
    expect(scene.count).toBe(92);
    expect(scene.dropped).toEqual({ notFinite: 8, overBudget: 0 });
    expect(scene.warnings.map(({ detail }) => detail)).toEqual([
      '8 splats of 100 in a.ply had values that are not finite and were left out.',
    ]);
    const kept = Array.from({ length: 100 }, (_, i) => i).filter((i) => i < 10 || i > 17);
    expect(Array.from(splatsOf(decoded).means)).toEqual(kept.flatMap((i) => Array.from(splats.means.subarray(3 * i, 3 * i + 3))));
  });

  test('surfels and infinite opacities are kept', async () => {
    const splats = cloud(3);
    splats.logScales[2] = -Infinity;
    splats.opacityLogits[1] = Infinity;
    splats.opacityLogits[2] = 1e30;
    const decoded = await decodeBytes(writePly(splats), 'a.ply');
    expect(sceneOf(decoded).count).toBe(3);
    const back = splatsOf(decoded);
    expect(back.logScales[2]).toBe(-20);
    expect(Array.from(back.opacityLogits.subarray(1))).toEqual([15, 15]);
  });

  test('nothing usable at all is a failure', async () => {
    const splats = cloud(3);
    splats.means.fill(NaN);
    expect((await decodeBytes(writePly(splats), 'a.ply')).result).toMatchObject({ ok: false, failure: { code: 'bad-file' } });
  });

  test('a budget keeps what covers most, in order', async () => {
    for (const [count, most] of [
      [3000, 700],
      [40_000, 8_000],
      [50, 1],
    ]) {
      const splats = cloud(count, 1, count);
      const decoded = await decodeBytes(writePly(splats), 'a.ply', { options: { maxSplats: most } });
      const scene = sceneOf(decoded);
      const covers = Array.from({ length: count }, (_, i) => {
        const [small, middle, large] = Array.from(splats.logScales.subarray(3 * i, 3 * i + 3)).sort((a, b) => a - b);
        return small > Infinity ? 0 : Math.exp(middle + large) / (1 + Math.exp(-splats.opacityLogits[i]));
      });
      const best = covers
        .map((cover, i) => ({ cover, i }))
        .sort((a, b) => b.cover - a.cover)
        .slice(0, most)
        .map(({ i }) => i)
        .sort((a, b) => a - b);
      expect(scene).toMatchObject({ count: most, dropped: { notFinite: 0, overBudget: count - most } });
      expect(scene.warnings).toHaveLength(1);
      expect(decoded.begun[0].shape.capacity).toBe(most);
      expect(Array.from(splatsOf(decoded).means)).toEqual(best.flatMap((i) => Array.from(splats.means.subarray(3 * i, 3 * i + 3))));
    }
  });

  test('a budget that is not exceeded changes nothing', async () => {
    const bytes = writePly(cloud(40_000));
    const decoded = await decodeBytes(bytes, 'a.ply', { chunkBytes: 100_000, options: { maxSplats: 40_000 } });
    expect(sceneOf(decoded).dropped.overBudget).toBe(0);
    expect(decoded.fedAtBatch[0]).toBeLessThan(bytes.length);
  });
});

describe('the robust box and gigantic splats', () => {
  test('the box is that of the 5th to 95th percentile, whatever lies far out', async () => {
    const splats = cloud(20_000);
    for (let i = 0; i < 400; i++) splats.means.set([1000 + i, -5000, 300], 3 * i);
    const { box } = sceneOf(await decodeBytes(writePly(splats), 'a.ply'));
    for (let k = 0; k < 3; k++) {
      const sorted = Array.from({ length: splats.count }, (_, i) => splats.means[3 * i + k]).sort((a, b) => a - b);
      expect(box.low[k]).toBeCloseTo(sorted[Math.round(0.05 * (splats.count - 1))], 6);
      expect(box.high[k]).toBeCloseTo(sorted[Math.round(0.95 * (splats.count - 1))], 6);
    }
  });

  test('a sample of a large scene is close to the percentiles', async () => {
    const { box } = sceneOf(await decodeBytes(writePly(cloud(150_000)), 'a.ply'));
    for (let k = 0; k < 3; k++) {
      expect(box.low[k]).toBeCloseTo(-0.9, 1);
      expect(box.high[k]).toBeCloseTo(0.9, 1);
    }
  });

  test('giants are listed, a sky and large splats are not', async () => {
    const splats = cloud(5000);
    const size = Math.hypot(1.8, 1.8, 1.8);
    // A sky: splats 30 to 1000 sizes away, each as wide as a quarter of its distance.
    const random = randomNumbers(3);
    for (let i = 100; i < 300; i++) {
      const distance = size * (30 + 970 * random());
      const direction = [random() - 0.5, random() - 0.5, random() - 0.5];
      const length = Math.hypot(...direction);
      splats.means.set(
        direction.map((value) => (value / length) * distance),
        3 * i,
      );
      splats.logScales.fill(Math.log(distance / 4), 3 * i, 3 * i + 3);
    }
    splats.logScales.fill(Math.log(2 * size), 3 * 400, 3 * 402);
    const giants = [7, 2500, 4999];
    for (const i of giants) splats.logScales[3 * i + 1] = Math.log(30 * size);
    splats.logScales[3 * 2500] = 80;
    const scene = sceneOf(await decodeBytes(writePly(splats), 'a.ply'));
    expect(Array.from(scene.gigantic)).toEqual(giants);
    expect(scene.count).toBe(5000);
    expect(scene.warnings.map(({ detail }) => detail)).toEqual([
      '3 splats of 5000 in a.ply were far larger than the scene and are hidden.',
    ]);
  });

  test('places of giants count the splats that were kept', async () => {
    const splats = cloud(1000);
    splats.means[0] = NaN;
    splats.logScales[3 * 500] = 9;
    expect(Array.from(sceneOf(await decodeBytes(writePly(splats), 'a.ply')).gigantic)).toEqual([499]);
  });

  test('a single splat, however large, is the scene', async () => {
    const splats = cloud(1);
    splats.logScales.fill(6);
    const scene = sceneOf(await decodeBytes(writePly(splats), 'a.ply'));
    expect(scene.gigantic).toHaveLength(0);
    expect(scene.box.low).toEqual(scene.box.high);
  });

  test('memory of SH rows belongs to each batch alone', async () => {
    const decoded = await decodeBytes(writePly(cloud(20_000, 2)), 'a.ply');
    const buffers = decoded.batches.flatMap(({ geometry, sh }) => [geometry.buffer, sh.buffer]);
    expect(new Set(buffers).size).toBe(buffers.length);
    expect(shBasisCount(decoded.begun[0].shape.shDegree)).toBe(9);
  });
});
