/**
 * The export worker's work: every format with edits, read back by the viewer's decoders and, for .ply, by hand; sizes before and after; and
 * files that are damaged.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { version } from '@playcanvas/splat-transform';
import { convertSplats } from '../../src/core/formats/convert.ts';
import { readSplats } from '../../src/core/formats/readSplats.ts';
import { writePly } from '../../src/core/formats/ply.ts';
import { aboutBytes, compressedPlyBytes, dotSplatBytes, plyBytes } from '../../src/core/formats/splatFileSizes.ts';
import { ok } from '../../src/core/job/failure.ts';
import type { EditOperation } from '../../src/core/scene/edit/operations.ts';
import { type Splats, emptySplats, shBasisCount } from '../../src/core/scene/splats.ts';
import type { SaveFormat } from '../../workers/protocol.ts';
import { type ExportSession, type ExportTools, openExport } from '../../workers/export/session.ts';
import { type SplatFixture, blobScene, splatFiles } from '../fixtures/splatFiles.ts';

/** Rows whose place in the file is even. */
function everySecond(splats: Splats): Splats {
  const kept = emptySplats(splats.count / 2, splats.shDegree, splats.antialiased);
  const strides = { means: 3, logScales: 3, quats: 4, opacityLogits: 1, sh: 3 * shBasisCount(splats.shDegree) };
  for (const [name, stride] of Object.entries(strides) as [keyof typeof strides, number][])
    for (let i = 0; i < kept.count; i++) kept[name].set(splats[name].subarray(2 * i * stride, (2 * i + 1) * stride), i * stride);
  return kept;
}

const edit: EditOperation = { kind: 'delete', splats: Uint8Array.from({ length: 32 }, () => 0xaa), count: 128 };
const applied: (readonly EditOperation[])[] = [];

const tools: ExportTools = {
  applyEdits(splats, edits) {
    applied.push(edits);
    return edits.some(({ kind }) => kind === 'delete') ? everySecond(splats) : splats;
  },
  async convert(ply, format) {
    const files = await convertSplats(ply, `scene.${format}`);
    return files.ok ? ok(new Blob([files.value[0].bytes as Uint8Array<ArrayBuffer>])) : files;
  },
  writerVersion: version,
  webpWasmUrl: null,
};

const blobOf = (bytes: Uint8Array): Blob => new Blob([bytes as Uint8Array<ArrayBuffer>]);
const bytesOf = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());

async function opened(bytes: Uint8Array, fileName: string, edits: EditOperation[] = []): Promise<ExportSession> {
  const session = await openExport({ file: blobOf(bytes), fileName, edits }, tools);
  if (!session.ok) throw new Error(session.failure.detail);
  return session.value;
}

async function encoded(session: ExportSession, format: SaveFormat): Promise<Uint8Array> {
  const file = await session.encode(format);
  if (!file.ok) throw new Error(file.failure.detail);
  return bytesOf(file.value);
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

async function readBack(bytes: Uint8Array, name: string): Promise<Splats> {
  const read = await readSplats({ chunks: inPieces(bytes), name, totalBytes: bytes.length }, null);
  if (!read.ok) throw new Error(read.failure.detail);
  expect(read.value.warnings).toEqual([]);
  return read.value.splats;
}

/** For each splat of `a` the nearest of `b`: writers change the order. */
function partners(a: Splats, b: Splats): number[] {
  return Array.from({ length: a.count }, (_, i) => {
    let [best, least] = [-1, Infinity];
    for (let j = 0; j < b.count; j++) {
      const distance = Math.hypot(...[0, 1, 2].map((k) => a.means[3 * i + k] - b.means[3 * j + k]));
      if (distance < least) [best, least] = [j, distance];
    }
    return best;
  });
}

const sh0 = 0.28209479177387814;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Largest differences between splats and their partners. Colours and opacities as they are shown, 0..1. */
function differences(a: Splats, b: Splats) {
  const pairs = partners(a, b);
  const most = (of: (i: number, j: number) => number): number => Math.max(...pairs.map((j, i) => Math.abs(of(i, j))));
  const [x, y] = [a, b].map(({ shDegree }) => 3 * shBasisCount(shDegree));
  const alignment = (i: number, j: number): number => {
    const [p, q] = [a.quats.subarray(4 * i, 4 * i + 4), b.quats.subarray(4 * j, 4 * j + 4)];
    return Math.abs(p.reduce((sum, value, k) => sum + value * q[k], 0)) / Math.hypot(...p) / Math.hypot(...q);
  };
  return {
    pairs: new Set(pairs).size,
    mean: most((i, j) => Math.hypot(...[0, 1, 2].map((k) => a.means[3 * i + k] - b.means[3 * j + k]))),
    colour: Math.max(...[0, 1, 2].map((k) => most((i, j) => sh0 * (a.sh[x * i + k] - b.sh[y * j + k])))),
    opacity: most((i, j) => sigmoid(a.opacityLogits[i]) - sigmoid(b.opacityLogits[j])),
    scale: Math.max(...[0, 1, 2].map((k) => most((i, j) => a.logScales[3 * i + k] - b.logScales[3 * j + k]))),
    turn: most((i, j) => 1 - alignment(i, j)),
  };
}

let fixtures: SplatFixture[];
/** A busy machine takes long over the .sog's palette. */
const patientMs = 60_000;
beforeAll(async () => void (fixtures = await splatFiles()), patientMs);
const fixture = (name: string): SplatFixture => {
  const found = fixtures.find((each) => each.name === name);
  if (!found) throw new Error(`There is no ${name}.`);
  return found;
};

describe('with edits', () => {
  const scene = blobScene();
  const wanted = everySecond(scene);
  let session: ExportSession;
  beforeAll(async () => {
    applied.length = 0;
    session = await opened(writePly(scene), 'scene.ply', [edit]);
  }, patientMs);

  // Half a step of each format's numbers with a little room; .splat and .sog round down, a whole step of 1/255.
  test.each<[SaveFormat, { mean: number; colour: number; opacity: number; scale: number; turn: number; degree: number }]>([
    ['ply', { mean: 1e-12, colour: 1e-12, opacity: 1e-12, scale: 1e-12, turn: 1e-6, degree: 3 }],
    ['glb', { mean: 1e-6, colour: 1e-4, opacity: 1e-5, scale: 1e-5, turn: 1e-5, degree: 3 }],
    ['compressed.ply', { mean: 4e-3, colour: 0.005, opacity: 3e-3, scale: 2e-3, turn: 1e-4, degree: 3 }],
    ['splat', { mean: 1e-6, colour: 0.0041, opacity: 4e-3, scale: 1e-5, turn: 2e-3, degree: 0 }],
    ['spz', { mean: 3e-4, colour: 0.01, opacity: 3e-3, scale: 0.04, turn: 1e-4, degree: 3 }],
    ['sog', { mean: 2e-3, colour: 0.02, opacity: 4e-3, scale: 0.03, turn: 1e-3, degree: 3 }],
  ])('%s holds the splats that are left, as exactly as it can', async (format, most) => {
    const back = await readBack(await encoded(session, format), `scene.${format}`);
    expect(back.count).toBe(128);
    expect(back.shDegree).toBe(most.degree);
    const found = differences(wanted, back);
    expect(found.pairs).toBe(128);
    for (const name of ['mean', 'colour', 'opacity', 'scale', 'turn'] as const) expect(found[name], name).toBeLessThanOrEqual(most[name]);
  });

  test('the edits were applied once for all formats, and a format is written once', async () => {
    expect(applied).toEqual([[edit]]);
    const [first, second] = [await session.encode('spz'), await session.encode('spz')];
    expect(first.ok && second.ok && first.value === second.value).toBe(true);
  });

  test('the .ply by hand: its header, its length, and the numbers of a row', async () => {
    const bytes = await encoded(session, 'ply');
    const text = new TextDecoder('latin1').decode(bytes);
    const end = text.indexOf('end_header\n') + 'end_header\n'.length;
    const names = [...text.slice(0, end).matchAll(/property float (\w+)/g)].map(([, name]) => name);
    expect(text.slice(0, end)).toMatch(/^ply\nformat binary_little_endian 1\.0\n(comment .*\n)*element vertex 128\n/);
    expect(names).toHaveLength(62);
    expect(bytes).toHaveLength(end + 128 * 62 * 4);
    const view = new DataView(bytes.buffer, bytes.byteOffset + end);
    const row = (i: number, name: string): number => view.getFloat32(4 * (62 * i + names.indexOf(name)), true);
    // Row 5 of the file is row 10 of the scene; SH go channel by channel in the file, coefficient by coefficient in memory.
    expect(['x', 'y', 'z'].map((name) => row(5, name))).toEqual([...scene.means.subarray(30, 33)]);
    expect(row(5, 'opacity')).toBe(scene.opacityLogits[10]);
    expect([0, 1, 2, 3].map((k) => row(5, `rot_${k}`))).toEqual([...scene.quats.subarray(40, 44)]);
    expect([0, 1, 2].map((c) => row(5, `f_dc_${c}`))).toEqual([...scene.sh.subarray(480, 483)]);
    expect(row(5, 'f_rest_15')).toBe(scene.sh[480 + 3 + 1]);
  });

  test('what is known beforehand is what comes out', async () => {
    const { count, countBefore, exactBytes, aboutBytes: about, ahead } = session.summary;
    expect([count, countBefore]).toEqual([128, 256]);
    for (const format of ['ply', 'compressed.ply', 'splat'] as const)
      expect(exactBytes[format]).toBe((await encoded(session, format)).length);
    expect(Object.keys(exactBytes)).toHaveLength(3);
    expect(Object.keys(about).sort()).toEqual(['glb', 'sog', 'spz']);
    expect(ahead).toEqual(['spz', 'glb', 'sog']);
  });
});

describe('without edits', () => {
  test.each([
    ['scene.ply', 'ply'],
    ['scene.ascii.ply', 'ply'],
    ['scene.compressed.ply', 'compressed.ply'],
    ['scene.splat', 'splat'],
    ['scene.v2.spz', 'spz'],
    ['scene.sog', 'sog'],
    ['scene.glb', 'glb'],
  ] as const)('%s goes out byte for byte', async (name, format) => {
    const { bytes } = fixture(name);
    const session = await opened(bytes, name, [{ kind: 'background', colour: '#102030' }]);
    expect(session.summary.exactBytes[format]).toBe(bytes.length);
    expect(await encoded(session, format)).toEqual(bytes);
  });

  test.each(['scene.compressed.ply', 'scene.splat', 'scene.sog', 'scene.glb', 'scene.gltf', 'scene.ksplat', 'scene.v3.spz'])(
    '%s comes out as a .ply with all its splats in place',
    async (name) => {
      const session = await opened(fixture(name).bytes, name);
      const found = differences(blobScene(), await readBack(await encoded(session, 'ply'), 'back.ply'));
      expect(found.pairs).toBe(256);
      expect(found.mean).toBeLessThan(5e-3);
      expect(found.colour).toBeLessThan(0.02);
    },
  );

  test.each(['scene.ply', 'scene.compressed.ply', 'scene.v4.spz', 'scene.sog', 'scene.glb'])(
    'half of %s is a failure that names it',
    async (name) => {
      const { bytes } = fixture(name);
      const session = await openExport({ file: blobOf(bytes.slice(0, bytes.length / 2)), fileName: name, edits: [] }, tools);
      expect(session).toMatchObject({ ok: false, failure: { code: 'bad-file', file: name } });
    },
  );

  test('a picture under a splat name and an empty file are failures', async () => {
    for (const bytes of [new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]), new Uint8Array()])
      expect(await openExport({ file: blobOf(bytes), fileName: 'a.ply', edits: [] }, tools)).toMatchObject({ ok: false });
  });

  test('edits that leave nothing are a failure', async () => {
    const none: ExportTools = { ...tools, applyEdits: () => emptySplats(0, 0) };
    const { bytes } = fixture('scene.ply');
    expect(await openExport({ file: blobOf(bytes), fileName: 'a.ply', edits: [edit] }, none)).toMatchObject({ ok: false });
  });
});

test('a splat that is not a number is left out and said', async () => {
  const splats = blobScene(256, 0);
  splats.means[3 * 7] = NaN;
  const session = await opened(writePly(splats), 'scene.ply');
  expect(session.summary).toMatchObject({ count: 255, warnings: [{ code: 'bad-file', file: 'scene.ply' }] });
});

test.each([
  [1, 0, false],
  [1000, 1, true],
  [257, 2, false],
  [256, 3, true],
])('sizes by formula of %i splats of degree %i', async (count, shDegree, antialiased) => {
  const splats = { ...blobScene(count, shDegree), antialiased };
  const ply = writePly(splats);
  expect(plyBytes(splats)).toBe(ply.length);
  const real = async (format: string): Promise<number> => {
    const files = await convertSplats({ name: 'scene.ply', bytes: ply }, `scene.${format}`);
    return files.ok ? files.value[0].bytes.length : NaN;
  };
  expect(dotSplatBytes(splats)).toBe(await real('splat'));
  expect(compressedPlyBytes(splats, version)).toBe(await real('compressed.ply'));
});

test('what is said about packed sizes is near the truth', async () => {
  const splats = blobScene(8192, 1);
  const ply = { name: 'scene.ply', bytes: writePly(splats) };
  for (const format of ['spz', 'glb'] as const) {
    const files = await convertSplats(ply, `scene.${format}`);
    const ratio = aboutBytes(splats, format) / (files.ok ? files.value[0].bytes.length : NaN);
    expect(ratio, format).toBeGreaterThan(0.8);
    expect(ratio, format).toBeLessThan(1.25);
  }
});
