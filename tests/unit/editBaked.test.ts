/** Edits made real: what a turned splat is must follow from the matrix of the turn, computed here in f64 and not by what is tested. */
import { describe, expect, test } from 'vitest';
import { matrixOfQuaternion, rotateBack, rotateVector, type Quaternion, type Vector3 } from '../../src/core/math/rotation.ts';
import { shBasisRef } from '../../src/core/raster/sh.ref.ts';
import { applyEdits } from '../../src/core/scene/edit/applyEdits.ts';
import { bitsOf, setBit } from '../../src/core/scene/edit/bits.ts';
import type { EditOperation } from '../../src/core/scene/edit/operations.ts';
import { type Splats, shBasisCount } from '../../src/core/scene/splats.ts';
import { randomNumbers, randomSplats } from '../randomScene.ts';

const random = randomNumbers(31);

function unit<T extends number[]>(values: T): T {
  const length = Math.hypot(...values);
  return values.map((value) => value / length) as T;
}

const direction = (): Vector3 => unit([random() - 0.5, random() - 0.5, random() - 0.5]);
const turn = (): Quaternion => unit([random() - 0.5, random() - 0.5, random() - 0.5, random() - 0.5]);

function splatsOf(shDegree: number): Splats {
  const { means, logScales, quats, opacityLogits, sh, ...rest } = randomSplats(5, 40, shDegree, true);
  const f32 = (values: Float64Array): Float32Array => Float32Array.from(values);
  return {
    ...rest,
    means: f32(means),
    logScales: f32(logScales),
    quats: f32(quats),
    opacityLogits: f32(opacityLogits),
    sh: f32(sh),
  };
}

/** Axes of a splat, each as long as its standard deviation: columns of R S. */
function axesOf({ quats, logScales }: Splats, i: number): Vector3[] {
  const m = matrixOfQuaternion(unit(Array.from(quats.subarray(4 * i, 4 * i + 4)) as Quaternion));
  return [0, 1, 2].map((k) => {
    const s = Math.exp(logScales[3 * i + k]);
    return [s * m[k], s * m[3 + k], s * m[6 + k]];
  });
}

const covarianceAlong = (splats: Splats, i: number, d: Vector3): number =>
  axesOf(splats, i).reduce((sum, axis) => sum + (axis[0] * d[0] + axis[1] * d[1] + axis[2] * d[2]) ** 2, 0);

function colourAt({ sh, shDegree }: Splats, i: number, d: Vector3, channel: number): number {
  const n = shBasisCount(shDegree);
  return shBasisRef(d, shDegree).reduce((sum, value, k) => sum + value * sh[3 * (n * i + k) + channel], 0);
}

const orient = (rotation: Quaternion, offset: Vector3): EditOperation => ({ kind: 'orient', rotation, offset });

/** Viewers turn every file by half a turn about z, so a file that is to lie at (x, y, z) of the world holds (-x, -y, z). */
const inFile = ([x, y, z]: Vector3): Vector3 => [-x, -y, z];

describe('an orientation made real', () => {
  test.each([0, 1, 2, 3])('turns means, shapes and colours of degree %i alike', (degree) => {
    const splats = splatsOf(degree);
    const before = structuredClone(splats);
    for (let round = 0; round < 4; round++) {
      const rotation = turn();
      const offset: Vector3 = [2 * random() - 1, 2 * random() - 1, 2 * random() - 1];
      const m = matrixOfQuaternion(rotation);
      const turned = applyEdits(splats, [orient(rotation, offset)]);
      for (let i = 0; i < splats.count; i++) {
        const mean = rotateVector(m, splats.means.subarray(3 * i, 3 * i + 3)).map((x, k) => x + offset[k]) as Vector3;
        inFile(mean).forEach((x, k) => expect(turned.means[3 * i + k]).toBeCloseTo(x, 5));
        const d = direction();
        const back = rotateBack(m, inFile(d));
        expect(covarianceAlong(turned, i, d) / covarianceAlong(splats, i, back)).toBeCloseTo(1, 4);
        for (let c = 0; c < 3; c++) expect(Math.abs(colourAt(turned, i, d, c) - colourAt(splats, i, back, c))).toBeLessThan(1e-5);
      }
      expect(turned.opacityLogits).toEqual(splats.opacityLogits);
      expect(turned.antialiased).toBe(true);
    }
    expect(splats).toEqual(before);
  });

  test('one that says what viewers do anyway changes nothing', () => {
    const splats = splatsOf(2);
    expect(applyEdits(splats, [orient([0, 0, 0, 1], [0, 0, 0])])).toEqual(splats);
  });
});

describe('splats that are gone', () => {
  test('are not there, and the others are as they were and in their order', () => {
    const splats = splatsOf(1);
    const marked = bitsOf(splats.count);
    for (const i of [0, 7, 8, 39]) setBit(marked, i);
    const left = applyEdits(splats, [{ kind: 'delete', splats: marked, count: 4 }]);
    const stay = Array.from({ length: splats.count }, (_, i) => i).filter((i) => ![0, 7, 8, 39].includes(i));
    expect(left.count).toBe(36);
    for (const [name, each] of [
      ['means', 3],
      ['logScales', 3],
      ['quats', 4],
      ['opacityLogits', 1],
      ['sh', 12],
    ] as const)
      // prettier-ignore
      expect(Array.from(left[name])).toEqual(stay.flatMap((i) => Array.from(splats[name].subarray(each * i, each * (i + 1)))));
  });

  test('without operations, and after ones that are not about splats, every value comes out', () => {
    const splats = splatsOf(3);
    const before = structuredClone(splats);
    expect(applyEdits(splats, [])).toEqual(before);
    expect(applyEdits(splats, [{ kind: 'background', colour: '#102030' }, { kind: 'floaters', strength: 0 }])).toEqual(before); // prettier-ignore
  });
});
