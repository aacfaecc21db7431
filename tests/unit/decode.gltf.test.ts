/** glTF splats under nodes: places, shapes and colours against the same splats looked at from the node's own space. */
import { beforeAll, describe, expect, test } from 'vitest';
import { convertSplats } from '../../src/core/formats/convert.ts';
import { moveSplats } from '../../src/core/formats/decode/moveSplats.ts';
import { rotateSh } from '../../src/core/formats/decode/rotateSh.ts';
import { writePly } from '../../src/core/formats/ply.ts';
import { shBasisRef } from '../../src/core/raster/sh.ref.ts';
import { matrixOfQuaternion } from '../../src/core/math/rotation.ts';
import { type Splats, shBasisCount } from '../../src/core/scene/splats.ts';
import { randomNumbers } from '../randomScene.ts';
import { decodeBytes, sceneOf, splatsOf } from '../fixtures/decodeBytes.ts';
import { type GltfJson, blobScene, glbParts, gltfBytes } from '../fixtures/splatFiles.ts';

const truth = blobScene(32, 3);
let json: GltfJson;
let bin: Uint8Array;

beforeAll(async () => {
  const files = await convertSplats({ name: 'a.ply', bytes: writePly(truth) }, 'a.glb');
  if (!files.ok) throw new Error(files.failure.detail);
  ({ json, bin } = glbParts(files.value[0].bytes));
});

const copyOf = (parts: GltfJson): GltfJson => structuredClone(parts);
type Vec = [number, number, number];
const times = (m: number[], v: ArrayLike<number>): Vec =>
  [0, 1, 2].map((r) => m[3 * r] * v[0] + m[3 * r + 1] * v[1] + m[3 * r + 2] * v[2]) as Vec;
const transposed = (m: number[]): number[] => [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
const product = (a: number[], b: number[]): number[] =>
  Array.from({ length: 9 }, (_, k) => [0, 1, 2].reduce((sum, j) => sum + a[3 * Math.floor(k / 3) + j] * b[3 * j + (k % 3)], 0));

function colour(splats: Splats, i: number, direction: Vec): number[] {
  const basis = shBasisRef(direction, splats.shDegree);
  const first = 3 * shBasisCount(splats.shDegree) * i;
  return [0, 1, 2].map((c) => basis.reduce((sum, value, k) => sum + value * splats.sh[first + 3 * k + c], 0));
}

function covariance(splats: Splats, i: number): number[] {
  const q = Array.from(splats.quats.subarray(4 * i, 4 * i + 4));
  const length = Math.hypot(...q);
  const r = matrixOfQuaternion(q.map((value) => value / length) as [number, number, number, number]);
  const rs = r.map((value, k) => value * Math.exp(splats.logScales[3 * i + (k % 3)]));
  return product(rs, transposed(rs));
}

const unit = (v: Vec): Vec => {
  const length = Math.hypot(...v);
  return v.map((value) => value / length) as Vec;
};
const random = randomNumbers(21);
const directions = Array.from({ length: 20 }, () => unit([random() - 0.5, random() - 0.5, random() - 0.5]));
const proper = ((): number[] => {
  const q = [0.5, 0.1, -0.7, 0.5];
  const length = Math.hypot(...q);
  return matrixOfQuaternion(q.map((value) => value / length) as [number, number, number, number]);
})();
const mirror = product(proper, [1, 0, 0, 0, -1, 0, 0, 0, 1]);
const halfTurn = [-1, 0, 0, 0, -1, 0, 0, 0, 1];

const copy = (splats: Splats): Splats => structuredClone(splats);

describe('spherical harmonics', () => {
  test.each([
    ['a rotation', proper],
    ['a reflection', mirror],
    ['half a turn', halfTurn],
    ['a quarter turn', [0, -1, 0, 1, 0, 0, 0, 0, 1]],
  ])('turned by %s look as before from directions turned along', (_, q) => {
    const turned = copy(truth);
    rotateSh(turned, q);
    for (let i = 0; i < truth.count; i += 5)
      for (const direction of directions) {
        const now = colour(turned, i, times(q, direction));
        colour(truth, i, direction).forEach((value, c) => expect(now[c]).toBeCloseTo(value, 5));
      }
  });

  test('half a turn about an axis only changes signs', () => {
    const turned = copy(truth);
    rotateSh(turned, halfTurn);
    expect(Array.from(turned.sh, Math.abs)).toEqual(Array.from(truth.sh, Math.abs));
    rotateSh(turned, halfTurn);
    expect(turned.sh).toEqual(truth.sh);
  });
});

describe('moving splats', () => {
  const shear = [1.5, 0.4, 0, 0, 0.5, 0.2, -0.3, 0, 2];
  test.each([
    ['a rotation and a scale', proper.map((value) => 2.5 * value), proper],
    ['a reflection', mirror, mirror],
    ['an uneven scale', product(proper, [3, 0, 0, 0, 0.25, 0, 0, 0, 1]), null],
    ['a shear', shear, null],
  ])('by %s', (_, linear, orthogonal) => {
    const moved = copy(truth);
    moveSplats(moved, { linear, offset: [1, -2, 3] });
    for (let i = 0; i < truth.count; i++) {
      const mean = times(linear, truth.means.subarray(3 * i, 3 * i + 3)).map((value, k) => value + [1, -2, 3][k]);
      mean.forEach((value, k) => expect(moved.means[3 * i + k]).toBeCloseTo(value, 5));
      const expected = product(product(linear, covariance(truth, i)), transposed(linear));
      const size = Math.max(...expected);
      covariance(moved, i).forEach((value, k) => expect(Math.abs(value - expected[k])).toBeLessThan(1e-5 * size));
      if (!orthogonal) continue;
      for (const direction of directions.slice(0, 3))
        colour(truth, i, direction).forEach((value, c) => expect(colour(moved, i, times(orthogonal, direction))[c]).toBeCloseTo(value, 5));
    }
  });

  test('a map that flattens space leaves finite numbers or flat splats', () => {
    const moved = copy(truth);
    moveSplats(moved, { linear: [1, 0, 0, 0, 1, 0, 0, 0, 0], offset: [0, 0, 0] });
    expect(moved.logScales.every((value) => value < Infinity && !Number.isNaN(value))).toBe(true);
    expect(moved.quats.every(Number.isFinite)).toBe(true);
  });
});

/** The decoded file against `truth` moved by the node: file space is glTF space turned by half a turn. */
async function expectMoved(changed: GltfJson, bytes: Uint8Array, linear: number[], offset: Vec, first = 0): Promise<void> {
  const splats = splatsOf(await decodeBytes(gltfBytes(changed, bytes), 'a.gltf'));
  const inFile = product(halfTurn, product(linear, halfTurn));
  const shift = times(halfTurn, offset);
  const size = Math.cbrt(
    Math.abs(
      inFile[0] * (inFile[4] * inFile[8] - inFile[5] * inFile[7]) -
        inFile[1] * (inFile[3] * inFile[8] - inFile[5] * inFile[6]) +
        inFile[2] * (inFile[3] * inFile[7] - inFile[4] * inFile[6]),
    ),
  );
  for (let i = 0; i < truth.count; i++) {
    times(inFile, truth.means.subarray(3 * i, 3 * i + 3)).forEach((value, k) =>
      expect(splats.means[3 * (first + i) + k]).toBeCloseTo(value + shift[k], 4),
    );
    const expected = product(product(inFile, covariance(truth, i)), transposed(inFile));
    covariance(splats, first + i).forEach((value, k) => expect(Math.abs(value - expected[k])).toBeLessThan(0.004 * Math.max(...expected)));
    const q = inFile.map((value) => value / size);
    for (const direction of directions.slice(0, 4))
      colour(truth, i, direction).forEach((value, c) => expect(colour(splats, first + i, times(q, direction))[c]).toBeCloseTo(value, 2));
  }
}

const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];

describe('nodes', () => {
  test('a node that is turned, scaled and moved takes its splats along', async () => {
    const changed = copyOf(json);
    const q = [0.5, 0.1, -0.7, 0.5];
    const length = Math.hypot(...q);
    const [w, x, y, z] = q.map((value) => value / length);
    Object.assign(changed.nodes[0], { rotation: [x, y, z, w], scale: [2, 2, 2], translation: [1, 2, 3] });
    await expectMoved(
      changed,
      bin,
      proper.map((value) => 2 * value),
      [1, 2, 3],
    );
  });

  test('parents count, and a mesh shown twice is there twice', async () => {
    const changed = copyOf(json);
    changed.nodes = [
      { mesh: 0 },
      { children: [2], translation: [0, 5, 0] },
      { mesh: 0, translation: [1, 0, 0] },
      { mesh: 0, translation: [99, 0, 0] },
    ];
    changed.scenes = [{ nodes: [0, 1] }];
    const decoded = await decodeBytes(gltfBytes(changed, bin), 'a.gltf');
    expect(sceneOf(decoded).count).toBe(2 * truth.count);
    expect(decoded.begun[0].shape.capacity).toBe(2 * truth.count);
    await expectMoved(changed, bin, identity, [0, 0, 0]);
    await expectMoved(changed, bin, identity, [1, 5, 0], truth.count);
  });

  test('a reflecting matrix', async () => {
    const changed = copyOf(json);
    changed.nodes = [{ mesh: 0, matrix: [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] }];
    await expectMoved(changed, bin, [-1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]);
  });
});

/** Replaces an attribute's accessor by one of other numbers. */
function withAttribute(
  changed: GltfJson,
  bytes: Uint8Array,
  name: string,
  numbers: ArrayBufferView,
  accessor: Partial<GltfJson['accessors'][0]>,
): Uint8Array {
  const at = Math.ceil(bytes.length / 4) * 4;
  const longer = new Uint8Array(at + numbers.byteLength);
  longer.set(bytes);
  longer.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), at);
  changed.bufferViews.push({ buffer: 0, byteOffset: at, byteLength: numbers.byteLength });
  changed.accessors.push({
    bufferView: changed.bufferViews.length - 1,
    componentType: 5126,
    count: truth.count,
    type: 'VEC3',
    ...accessor,
  });
  changed.meshes[0].primitives[0].attributes[name] = changed.accessors.length - 1;
  return longer;
}

const khr = 'KHR_gaussian_splatting';
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe('how attributes may be stored', () => {
  test('quaternions and opacities as normalised integers, scales as integers', async () => {
    const changed = copyOf(json);
    const unitQuats = Array.from({ length: truth.count }, (_, i) => {
      const q = Array.from(truth.quats.subarray(4 * i, 4 * i + 4));
      const length = Math.hypot(...q);
      // glTF space: half a turn about z before the quaternion of file space.
      const [w, x, y, z] = q.map((value) => value / length);
      return [-y, x, w, -z];
    }).flat();
    const shorts = Int16Array.from(unitQuats, (value) => Math.round(32767 * value));
    let bytes = withAttribute(changed, bin, `${khr}:ROTATION`, shorts, { componentType: 5122, type: 'VEC4', normalized: true });
    const opacities = Uint8Array.from(truth.opacityLogits, (value) => Math.round(255 * sigmoid(value)));
    bytes = withAttribute(changed, bytes, `${khr}:OPACITY`, opacities, { componentType: 5121, type: 'SCALAR', normalized: true });
    const scales = Uint16Array.from({ length: 3 * truth.count }, (_, k) => 1 + (k % 5));
    bytes = withAttribute(changed, bytes, `${khr}:SCALE`, scales, { componentType: 5123 });
    const splats = splatsOf(await decodeBytes(gltfBytes(changed, bytes), 'a.gltf'));
    for (let i = 0; i < truth.count; i++) {
      expect(sigmoid(splats.opacityLogits[i])).toBeCloseTo(sigmoid(truth.opacityLogits[i]), 2);
      const dot = [0, 1, 2, 3].reduce((sum, k) => sum + splats.quats[4 * i + k] * truth.quats[4 * i + k], 0);
      expect(Math.abs(dot) / Math.hypot(...truth.quats.subarray(4 * i, 4 * i + 4))).toBeCloseTo(1, 4);
    }
    scales.forEach((value, k) => expect(splats.logScales[k]).toBeCloseTo(Math.log(value), 3));
  });

  test('without spherical harmonics COLOR_0 is the colour', async () => {
    const changed = copyOf(json);
    const { attributes } = changed.meshes[0].primitives[0];
    for (const name of Object.keys(attributes)) if (/SH_DEGREE/.test(name)) delete attributes[name];
    const decoded = await decodeBytes(gltfBytes(changed, bin), 'a.gltf');
    expect(sceneOf(decoded).shDegree).toBe(0);
    const { sh } = splatsOf(decoded);
    for (let i = 0; i < truth.count; i++) for (let c = 0; c < 3; c++) expect(sh[3 * i + c]).toBeCloseTo(truth.sh[48 * i + c], 1);
  });

  test('colours in linear light become display colours, with a warning', async () => {
    const changed = copyOf(json);
    changed.meshes[0].primitives[0].extensions[khr].colorSpace = 'lin_rec709_display';
    const decoded = await decodeBytes(gltfBytes(changed, bin), 'a.gltf');
    expect(sceneOf(decoded).warnings).toMatchObject([{ detail: expect.stringMatching(/linear light/) as string }]);
    const { sh } = splatsOf(decoded);
    const linear = 0.5 + 0.28209479177387814 * truth.sh[0];
    expect(0.5 + 0.28209479177387814 * sh[0]).toBeCloseTo(1.055 * linear ** (1 / 2.4) - 0.055, 3);
  });

  test('a buffer beside the file comes through sibling', async () => {
    const changed = { ...copyOf(json), buffers: [{ byteLength: bin.length, uri: 'scene.bin' }] };
    const bytes = new TextEncoder().encode(JSON.stringify(changed));
    const asked: string[] = [];
    const sibling = async (name: string): Promise<Uint8Array> => {
      asked.push(name);
      return bin;
    };
    expect(sceneOf(await decodeBytes(bytes, 'a.gltf', { options: { sibling } })).count).toBe(truth.count);
    expect(asked).toEqual(['scene.bin']);
    const alone = await decodeBytes(bytes, 'a.gltf');
    expect(alone.result).toMatchObject({
      ok: false,
      failure: { code: 'bad-file', detail: 'a.gltf needs scene.bin beside it, which is not there.' },
    });
  });

  test('pictures and materials that cannot be had do not matter', async () => {
    const changed = Object.assign(copyOf(json), { images: [{ uri: 'missing.png' }], textures: [{ source: 0 }], materials: [{}] });
    Object.assign(changed.meshes[0].primitives[0], { material: 7 });
    expect(sceneOf(await decodeBytes(gltfBytes(changed, bin), 'a.gltf')).count).toBe(truth.count);
  });
});
