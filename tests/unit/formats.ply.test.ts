/** The splat PLY: its documented layout by hand, the way there and back, and damage. */
import { describe, expect, test } from 'vitest';
import { readPly, writePly } from '../../src/core/formats/ply.ts';
import { type Splats, shBasisCount } from '../../src/core/scene/splats.ts';

/** Every value different and exactly a float: 1, 2, 3, ... in eighths. */
function countingSplats(count: number, shDegree: number, antialiased = false): Splats {
  let next = 0;
  const floats = (each: number): Float32Array => Float32Array.from({ length: count * each }, () => ++next / 8);
  const [means, logScales, quats, opacityLogits] = [floats(3), floats(3), floats(4), floats(1)];
  return { count, shDegree, antialiased, means, logScales, quats, opacityLogits, sh: floats(3 * shBasisCount(shDegree)) };
}

const headerOf = (bytes: Uint8Array): string => {
  const text = new TextDecoder('latin1').decode(bytes);
  return text.slice(0, text.indexOf('end_header\n') + 'end_header\n'.length);
};
const valuesOf = (bytes: Uint8Array): number[] => {
  const data = bytes.slice(headerOf(bytes).length);
  return [...new Float32Array(data.buffer)];
};

describe('layout', () => {
  test('degree 1: rest coefficients lie channel by channel', () => {
    const bytes = writePly(countingSplats(1, 1));
    const names = headerOf(bytes).match(/(?<=property float )\S+/g)!;
    const rest = Array.from({ length: 9 }, (_, i) => `f_rest_${i}`);
    expect(names.join(' ')).toBe(
      `x y z nx ny nz f_dc_0 f_dc_1 f_dc_2 ${rest.join(' ')} opacity scale_0 scale_1 scale_2 rot_0 rot_1 rot_2 rot_3`,
    );
    // In eighths: means 1-3, scales 4-6, rotation 7-10, opacity 11, then coefficients of r g b: 12-14 (DC), 15-17, 18-20, 21-23.
    const wanted = [1, 2, 3, 0, 0, 0, 12, 13, 14, 15, 18, 21, 16, 19, 22, 17, 20, 23, 11, 4, 5, 6, 7, 8, 9, 10];
    expect(valuesOf(bytes).map((value) => value * 8)).toEqual(wanted);
  });

  test('the header', () => {
    const header = headerOf(writePly(countingSplats(7, 0, true)));
    expect(header).toMatch(
      /^ply\nformat binary_little_endian 1.0\ncomment splat-app antialiased\ncomment SplatRenderMode: mip\nelement vertex 7\nproperty float x\n/,
    );
    expect(headerOf(writePly(countingSplats(7, 0)))).not.toContain('comment');
  });
});

describe('there and back', () => {
  test.each([0, 1, 2, 3])('degree %i, bit for bit', (shDegree) => {
    const splats = countingSplats(5, shDegree, shDegree % 2 === 1);
    expect(readPly(writePly(splats), 'a.ply')).toEqual({ ok: true, value: { splats, warnings: [] } });
  });

  test('no splats', () => {
    expect(readPly(writePly(countingSplats(0, 3)), 'a.ply')).toMatchObject({ ok: true, value: { splats: { count: 0 } } });
  });

  test('properties in another order and of other types, and comments of other programs', () => {
    const names = [
      'opacity',
      'rot_3',
      'rot_2',
      'rot_1',
      'rot_0',
      'scale_2',
      'scale_1',
      'scale_0',
      'f_dc_2',
      'f_dc_1',
      'f_dc_0',
      'z',
      'y',
      'x',
    ];
    const properties = names.map((name) => `property double ${name}`).join('\r\n');
    const header = `ply\r\nformat binary_little_endian 1.0\r\ncomment Antialiased 1\r\nelement vertex 1\r\n${properties}\r\nproperty uchar extra\r\nend_header\r\n`;
    const data = new Uint8Array(names.length * 8 + 1);
    const view = new DataView(data.buffer);
    for (let i = 0; i < names.length; i++) view.setFloat64(8 * i, i + 0.5, true);
    const read = readPly(Uint8Array.of(...new TextEncoder().encode(header), ...data), 'a.ply');
    if (!read.ok) throw new Error(read.failure.detail);
    const { splats } = read.value;
    expect([...splats.opacityLogits, ...splats.quats, ...splats.logScales, ...splats.sh, ...splats.means]).toEqual([
      0.5, 4.5, 3.5, 2.5, 1.5, 7.5, 6.5, 5.5, 10.5, 9.5, 8.5, 13.5, 12.5, 11.5,
    ]);
    expect(splats.antialiased).toBe(true);
  });
});

describe('damage', () => {
  const splats = countingSplats(3, 1);
  const whole = writePly(splats);
  const failureOf = (bytes: Uint8Array): string => {
    const read = readPly(bytes, 'a.ply');
    if (read.ok) throw new Error('It was read without a failure.');
    expect([read.failure.code, read.failure.file]).toEqual(['bad-file', 'a.ply']);
    return read.failure.detail;
  };
  const edited = (from: string | RegExp, to: string): Uint8Array => {
    const header = headerOf(whole);
    return Uint8Array.of(...new TextEncoder().encode(header.replace(from, to)), ...whole.subarray(header.length));
  };

  test('cut anywhere', () => {
    for (let length = 0; length < whole.length; length++) expect(failureOf(whole.subarray(0, length))).toMatch(/truncated/);
    expect(failureOf(whole.subarray(0, whole.length - 1))).toContain('ends inside vertex 3');
  });

  test.each([NaN, Infinity, -Infinity])('a row with %f is dropped and counted', (bad) => {
    const broken = { ...splats, quats: splats.quats.map((value, i) => (i === 5 ? bad : value)) };
    const read = readPly(writePly(broken), 'a.ply');
    if (!read.ok) throw new Error(read.failure.detail);
    expect(read.value.warnings.map(({ detail }) => detail)).toEqual([
      '1 of 3 splats in a.ply have values that are not finite and are left out.',
    ]);
    expect([...read.value.splats.means]).toEqual([1, 2, 3, 7, 8, 9].map((value) => value / 8));
    expect(read.value.splats.sh.length).toBe(2 * 12);
  });

  test.each([
    ['ASCII', 'binary_little_endian', 'ascii', /ASCII PLY/],
    ['big-endian', 'little', 'big', /only ascii and little-endian/],
    ['a property of an unknown type', 'float nx', 'quad nx', /"quad"/],
    ['a list property', 'property float nx', 'property list uchar int nx', /"list"/],
    ['no opacity', 'float opacity', 'float other', /no opacity/],
    ['no rest at the end', 'float f_rest_8', 'float other', /no SH degree/],
    ['another element first', 'element vertex 3', 'element face 3', /no vertices/],
    ['an absurd count', 'element vertex 3', 'element vertex 99999999999', /truncated/],
    ['a count below 0', 'element vertex 3', 'element vertex -1', /no valid number/],
  ])('%s is refused in words', (_, from, to, words) => {
    expect(failureOf(edited(from, to))).toMatch(words);
  });
});
