/** Solved cameras as a file: everything comes back, and only for the photos it was solved from. */
import { describe, expect, test } from 'vitest';
import { packValue, unpackValue } from '../../src/core/project/packedValue.ts';
import type { SourceFile } from '../../src/core/scene/dataset.ts';
import type { Solved } from '../../src/core/sfm/contract.ts';
import { readSolved, writeSolved } from '../../src/core/sfm/solvedFile.ts';
import { joined } from '../../src/core/train/checkpoint.ts';
import { smallModel } from '../fixtures/smallModel.ts';

const photo = (path: string, sizeBytes: number): SourceFile => ({ path, sizeBytes, bytes: async () => new Uint8Array(sizeBytes) });
const photos = [photo('b.jpg', 20), photo('a.jpg', 10)];

/** As much of a solution as the file must carry: numbers, texts and typed arrays in objects in arrays. */
const solved = {
  reconstruction: smallModel(),
  observations: [
    { xy: Float64Array.of(1.5, -2), point: Int32Array.of(-1) },
    { xy: new Float64Array(0), point: new Int32Array(0) },
  ],
  up: [0, -1, 0],
  warnings: [{ code: 'partial', detail: 'One was left out.' }],
  report: { registered: 4, leftOut: [{ photo: 'ü.jpg', reason: 'blurry', detail: '' }] },
} as unknown as Solved;

describe('packed values', () => {
  test('typed arrays of every kind, empty ones, odd lengths, NaN and infinities come back', () => {
    const value = {
      a: Float64Array.of(NaN, Infinity, -0),
      b: [Float32Array.of(1.5), Uint8Array.of(1, 2, 3), new Int16Array(0)],
      c: { d: Uint32Array.of(2 ** 32 - 1), e: Int8Array.of(-1), f: Uint16Array.of(65535), g: Int32Array.of(-5) },
      text: 'ä"\\',
      none: null,
    };
    expect(unpackValue(joined(packValue(value)))).toEqual(value);
  });

  test('a view of a larger buffer is packed alone', () => {
    const part = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    expect(unpackValue(joined(packValue({ part })))).toEqual({ part: Float32Array.of(1, 2) });
  });

  test('whatever is cut off, it is null or whole, never an exception', () => {
    const bytes = joined(packValue({ a: Float64Array.of(1, 2, 3), b: 'text' }));
    for (let length = 0; length < bytes.length; length++) expect(unpackValue(bytes.slice(0, length)), `${length}`).toBeNull();
    expect(unpackValue(new Uint8Array(40).fill(255))).toBeNull();
  });
});

describe('solved file', () => {
  const bytes = joined(writeSolved(solved, photos));

  test('comes back for the same photos in any order', () => {
    expect(readSolved(bytes, photos)).toEqual(solved);
    expect(readSolved(bytes, [...photos].reverse())).toEqual(solved);
  });

  test('is not taken up for other photos', () => {
    expect(readSolved(bytes, photos.slice(1))).toBeNull();
    expect(readSolved(bytes, [...photos, photo('c.jpg', 5)])).toBeNull();
    expect(readSolved(bytes, [photos[0], photo('a.jpg', 11)])).toBeNull();
    expect(readSolved(bytes.slice(0, -1), photos)).toBeNull();
    expect(readSolved(new Uint8Array(3), photos)).toBeNull();
  });
});
