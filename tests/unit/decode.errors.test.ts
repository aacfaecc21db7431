/** What is no splat file is refused in a plain sentence, quickly, without taking memory for numbers that no bytes stand behind. */
import { gzipSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import { writePly } from '../../src/core/formats/ply.ts';
import { randomNumbers } from '../randomScene.ts';
import { decodeBytes, sceneOf } from '../fixtures/decodeBytes.ts';
import { type SplatFixture, blobScene, glbParts, gltfBytes, splatFiles } from '../fixtures/splatFiles.ts';

let files: SplatFixture[] = [];
const bytesOf = (name: string): Uint8Array => files.find((file) => file.name === name)!.bytes;
const ply = writePly(blobScene(64, 1));
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const patched = (bytes: Uint8Array, at: number, ...values: number[]): Uint8Array => {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
};
const plyHeader = (lines: string, more = 64): Uint8Array =>
  text(`ply\nformat binary_little_endian 1.0\n${lines}\nend_header\n${'\0'.repeat(more)}`);
const fourBillion = [0x00, 0x28, 0x6b, 0xee];

beforeAll(async () => {
  files = await splatFiles(blobScene(64, 1));
}, 60_000);

const splatProperties = [
  'x',
  'y',
  'z',
  'f_dc_0',
  'f_dc_1',
  'f_dc_2',
  'opacity',
  'scale_0',
  'scale_1',
  'scale_2',
  'rot_0',
  'rot_1',
  'rot_2',
  'rot_3',
];
const floats = (names: string[]): string => names.map((name) => `property float ${name}`).join('\n');

describe('files that are something else', () => {
  test.each<[string, string, () => Uint8Array, RegExp]>([
    ['a JPEG', 'photo.ply', () => patched(new Uint8Array(5000), 0, 0xff, 0xd8, 0xff, 0xe0), /JPEG/],
    ['a JPEG called .splat', 'photo.splat', () => patched(new Uint8Array(6400), 0, 0xff, 0xd8, 0xff, 0xe0), /JPEG/],
    ['a page', 'scene.ply', () => text('<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>'), /web page/],
    ['a page called .splat', 'scene.splat', () => text('  <html><body>nothing here, sorry about that</body></html>'), /web page/],
    ['nothing', 'scene.ply', () => new Uint8Array(0), /empty/],
    ['nothing, called .splat', 'scene.splat', () => new Uint8Array(0), /empty/],
    ['words', 'scene.txt', () => text('These are only words.'), /none of the splat formats/],
    [
      'words called .splat',
      'scene.splat',
      () => text('These words are just sixty-four bytes, two rows of a splat file.'),
      /no positions and sizes/,
    ],
    [
      'a PLY mesh',
      'm.ply',
      () => plyHeader(`element vertex 1\n${floats(['x', 'y', 'z'])}\nelement face 1\nproperty list uchar int vertex_indices`),
      /without splats.*f_dc_0/,
    ],
    [
      'a point cloud',
      'p.ply',
      () => plyHeader(`element vertex 1\n${floats(['x', 'y', 'z'])}\nproperty uchar red`),
      /point cloud without splats/,
    ],
    [
      'a big-endian PLY',
      'b.ply',
      () => text('ply\nformat binary_big_endian 1.0\nelement vertex 1\nproperty float x\nend_header\n0000'),
      /big_endian/,
    ],
    ['a PLY without an end', 'b.ply', () => text(`ply\nformat ascii 1.0\n${'comment x\n'.repeat(9000)}`), /header is truncated/],
    [
      'f_rest of no degree',
      'b.ply',
      () => plyHeader(`element vertex 1\n${floats([...splatProperties, 'f_rest_0', 'f_rest_1'])}`),
      /no SH degree/,
    ],
    ['gzip of something', 'x.spz', () => gzipSync(text('twenty bytes of words or so')), /no SPZ splats/],
    ['a ZIP of something', 'x.sog', () => patched(new Uint8Array(100), 0, 0x50, 0x4b, 3, 4), /truncated or damaged/],
    ['JSON of something', 'x.json', () => text('{"version": 1}'), /holds no SOG splats/],
    ['a glTF without splats', 'x.gltf', () => text('{"asset": {"version": "2.0"}, "meshes": []}'), /glTF without splats/],
    ['half a glTF', 'x.gltf', () => text('{"asset": {"version": "2.0"}, "mes'), /truncated or damaged/],
  ])('%s', async (_, name, make, words) => {
    const { result, begun } = await decodeBytes(make(), name);
    expect(begun).toEqual([]);
    expect(result).toMatchObject({ ok: false, failure: { code: 'bad-file', file: name, detail: expect.stringMatching(words) as string } });
    expect(result.ok ? '' : result.failure.detail).toMatch(/^[^\n]{10,250}\.$/);
  });
});

describe('files that are cut off', () => {
  const cuts: [string, RegExp][] = [
    ['scene.ply', /ends inside splat 33\b/],
    ['scene.ascii.ply', /truncated.*ends inside splat \d+/],
    ['scene.compressed.ply', /truncated.*ends inside splat \d+/],
    ['scene.splat', /ends inside splat 33\b/],
    ['scene.ksplat', /ends inside splat \d+/],
    ['scene.v2.spz', /truncated/],
    ['scene.v3.spz', /truncated/],
    ['scene.v4.spz', /truncated or damaged.*stream/],
    ['scene.sog', /truncated or damaged/],
    ['scene.glb', /truncated/],
    ['scene.gltf', /truncated or damaged/],
  ];

  const headBytes = (name: string): number =>
    /ply$/.test(name) ? new TextDecoder('latin1').decode(bytesOf(name)).indexOf('end_header') + 11 : 0;

  test.each(cuts)('%s', async (name, words) => {
    const bytes = bytesOf(name);
    const head = name === 'scene.ksplat' ? 5120 : headBytes(name);
    const cut = bytes.subarray(0, head + Math.floor((bytes.length - head) / 2) + 5);
    for (const totalBytes of [cut.length, null]) {
      const { result } = await decodeBytes(cut, name, { totalBytes });
      expect(result).toMatchObject({
        ok: false,
        failure: { code: 'bad-file', file: name, detail: expect.stringMatching(words) as string },
      });
    }
  });

  test('a known length refuses before anything is handed on; an unknown one says where it ends', async () => {
    const cut = ply.subarray(0, ply.length - 10);
    expect((await decodeBytes(cut, 'a.ply')).begun).toEqual([]);
    const { result, batches } = await decodeBytes(cut, 'a.ply', { totalBytes: null });
    expect(result).toMatchObject({ failure: { detail: 'a.ply is truncated: it declares 64 splats and ends inside splat 64.' } });
    expect(batches[0].count).toBe(63);
  });

  test('bytes after the last splat of a .ply do not matter', async () => {
    const longer = new Uint8Array([...ply, 1, 2, 3]);
    expect(sceneOf(await decodeBytes(longer, 'a.ply')).count).toBe(64);
  });
});

describe('numbers that no bytes stand behind', () => {
  const glb = (change: (parts: ReturnType<typeof glbParts>) => void): Uint8Array => {
    const parts = glbParts(bytesOf('scene.glb'));
    change(parts);
    return gltfBytes(parts.json, parts.bin);
  };

  test.each<[string, string, () => Uint8Array]>([
    ['a.ply', 'four billion rows', () => plyHeader(`element vertex 4000000000\n${floats(splatProperties)}`)],
    ['a.ply', 'no rows', () => plyHeader(`element vertex 0\n${floats(splatProperties)}`)],
    ['a.ply', 'more rows than a number holds', () => plyHeader(`element vertex 1e300\n${floats(splatProperties)}`)],
    [
      'c.ply',
      'four billion runs',
      () =>
        text(
          new TextDecoder('latin1')
            .decode(bytesOf('scene.compressed.ply').subarray(0, 1500))
            .replace('element chunk 1', 'element chunk 4000000000'),
        ),
    ],
    [
      'c.ply',
      'four billion packed rows',
      () =>
        text(
          new TextDecoder('latin1')
            .decode(bytesOf('scene.compressed.ply').subarray(0, 1500))
            .replace('element vertex 64', 'element vertex 4000000000'),
        ),
    ],
    ['k.ksplat', 'four billion splats', () => patched(bytesOf('scene.ksplat'), 16, ...fourBillion)],
    ['k.ksplat', 'four billion sections', () => patched(bytesOf('scene.ksplat'), 4, ...fourBillion)],
    ['k.ksplat', 'four billion in a section', () => patched(patched(bytesOf('scene.ksplat'), 4096, ...fourBillion), 4100, ...fourBillion)],
    ['k.ksplat', 'none', () => patched(bytesOf('scene.ksplat'), 16, 0, 0, 0, 0)],
    ['s.spz', 'four billion in version 4', () => patched(bytesOf('scene.v4.spz'), 8, ...fourBillion)],
    ['s.spz', 'none in version 4', () => patched(bytesOf('scene.v4.spz'), 8, 0, 0, 0, 0)],
    ['s.spz', 'degree 4', () => patched(bytesOf('scene.v4.spz'), 12, 4)],
    ['s.spz', 'version 9', () => patched(bytesOf('scene.v4.spz'), 4, 9)],
    ['s.spz', 'four billion in gzip', () => gzipSync(patched(new Uint8Array(64), 0, 0x4e, 0x47, 0x53, 0x50, 2, 0, 0, 0, ...fourBillion))],
    ['s.spz', 'four billion, not in gzip', () => patched(new Uint8Array(64), 0, 0x4e, 0x47, 0x53, 0x50, 2, 0, 0, 0, ...fourBillion)],
    ['g.gltf', 'four billion in an accessor', () => glb(({ json }) => json.accessors.forEach((accessor) => (accessor.count = 4e9)))],
    [
      'g.gltf',
      'zeros without bytes',
      () => glb(({ json }) => json.accessors.forEach((accessor) => Object.assign(accessor, { count: 4e9, bufferView: undefined }))),
    ],
    ['g.gltf', 'a view beyond its buffer', () => glb(({ json }) => (json.bufferViews[0].byteOffset = 4e9))],
    ['g.gltf', 'attributes of different lengths', () => glb(({ json }) => (json.accessors[2].count = 3))],
    ['g.gltf', 'a buffer that is not there', () => glb(({ json }) => (json.bufferViews[0].buffer = 5))],
    [
      'g.gltf',
      'compression that is not read',
      () => glb(({ json }) => json.extensionsUsed.push('KHR_gaussian_splatting_compression_spz_2')),
    ],
  ])('%s with %s', async (name, _, make) => {
    const before = process.memoryUsage();
    const startMs = Date.now();
    const { result } = await decodeBytes(make(), name);
    expect(result).toMatchObject({ ok: false, failure: { code: 'bad-file', file: name } });
    expect(result.ok ? '' : result.failure.detail).toMatch(/^[^\n]{10,250}\.$/);
    expect(Date.now() - startMs).toBeLessThan(2000);
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(1e8);
  });

  test('an inflating file is not inflated beyond what it declares', async () => {
    const bomb = new Uint8Array(8e6);
    bomb.set([0x4e, 0x47, 0x53, 0x50, 2, 0, 0, 0, 64, 0, 0, 0, 0, 12]);
    const { result } = await decodeBytes(gzipSync(bomb), 'bomb.spz');
    expect(result.ok).toBe(true);
  });
});

describe('stopping', () => {
  test('a signal that is set ends it as cancelled', async () => {
    const signal = { aborted: true };
    expect((await decodeBytes(ply, 'a.ply', { signal })).result).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
  });

  test('so does one that is set on the way, after which nothing is handed on', async () => {
    const big = writePly(blobScene(1 << 15, 0));
    let reads = 0;
    const signal = {
      get aborted() {
        return ++reads > 30;
      },
    };
    const decoded = await decodeBytes(big, 'a.ply', { chunkBytes: 10_000, signal, totalBytes: null });
    expect(decoded.result).toMatchObject({ failure: { code: 'cancelled' } });
    expect(decoded.batches).toEqual([]);
  });

  test('a stream that fails is a failure', async () => {
    const { decodeSplats } = await import('../../src/core/formats/decode/decodeSplats.ts');
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield ply.subarray(0, 100);
      throw new Error('the cable is out');
    }
    const none = (): void => undefined;
    const result = await decodeSplats(
      { chunks: chunks(), name: 'a.ply', totalBytes: null },
      { maxSplats: null, webpWasmUrl: null, sibling: null },
      { begin: none, batch: none, progress: none },
    );
    expect(result).toMatchObject({ ok: false, failure: { code: 'bad-file', detail: 'a.ply could not be read: the cable is out.' } });
  });
});

describe('damage of any kind', () => {
  test('truncations and flipped bits neither throw nor hang', async () => {
    const random = randomNumbers(99);
    const slowest = { ms: 0, what: '' };
    for (const { name, bytes } of files) {
      for (let round = 0; round < 40; round++) {
        const damaged = bytes.slice(0, round % 2 === 0 ? bytes.length : Math.floor(random() * bytes.length));
        // Heads decide most: half of the flips go there.
        for (let flip = 0; flip < 1 + (round % 4); flip++) {
          const reach = flip % 2 === 0 ? Math.min(damaged.length, 600) : damaged.length;
          if (reach > 0) damaged[Math.floor(random() * reach)] ^= 1 << Math.floor(8 * random());
        }
        const startMs = Date.now();
        const { result, begun, batches } = await decodeBytes(damaged, name, {
          chunkBytes: 4000,
          totalBytes: round % 3 === 0 ? null : damaged.length,
        });
        const ms = Date.now() - startMs;
        if (ms > slowest.ms) Object.assign(slowest, { ms, what: `${name} ${round}` });
        if (result.ok) {
          expect(begun).toHaveLength(1);
          expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(result.value.count);
          for (const { geometry } of batches)
            expect(new Float32Array(geometry.buffer).filter((_, k) => k % 8 < 3).every(Number.isFinite)).toBe(true);
        } else expect(['bad-file', 'out-of-memory']).toContain(result.failure.code);
      }
    }
    expect(slowest.ms, slowest.what).toBeLessThan(3000);
  }, 60_000);
});
