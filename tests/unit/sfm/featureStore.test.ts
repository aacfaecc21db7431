/** Features and matches as bytes: there and back, and whatever else a store may give back. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/math/random.ts';
import { packPhoto, packRow, type StoredPhoto, unpackPhoto, unpackRow } from '../../../src/core/sfm/featureStore.ts';

const random = createRandom(5);
const bytesOf = (n: number): Uint8Array => Uint8Array.from({ length: n }, () => 256 * random());

const photoOf = (count: number): StoredPhoto => ({
  ...{ widthPx: 4032, heightPx: 3024, sharpness: 12.345678901234 },
  features: {
    ...{ widthPx: 1600, heightPx: 1200, count },
    keypoints: Float32Array.from({ length: 4 * count }, () => 1600 * random()),
    descriptors: bytesOf(128 * count),
    colours: bytesOf(3 * count),
  },
});
const row = new Map([
  ['a'.repeat(64), Uint32Array.from([0, 7, 4095, 1])],
  [`${'0'.repeat(63)}f`, new Uint32Array(0)],
  [`${'0'.repeat(63)}e`, Uint32Array.from([4294967295, 3])],
]);

describe('there and back', () => {
  test.each([0, 1, 57])('a photo of %i features', (count) => {
    const photo = photoOf(count);
    expect(unpackPhoto(packPhoto(photo))).toEqual(photo);
  });

  test('matches with other photos; none', () => {
    expect(unpackRow(packRow(row))).toEqual(row);
    expect(unpackRow(packRow(new Map()))).toEqual(new Map());
  });

  test.each([1, 8, 13])('bytes that begin at offset %i of a pool, as a Buffer too', (offset) => {
    const photo = photoOf(9);
    for (const [packed, unpack, expected] of [[packPhoto(photo), unpackPhoto, photo] as const, [packRow(row), unpackRow, row] as const]) {
      const pool = Buffer.alloc(offset + packed.length + 5, 77);
      pool.set(packed, offset);
      expect(unpack(pool.subarray(offset, offset + packed.length))).toEqual(expected);
      expect(unpack(new Uint8Array(pool.buffer, pool.byteOffset + offset, packed.length))).toEqual(expected);
    }
  });

  test('what is read back shares no memory with the bytes', () => {
    const packed = packPhoto(photoOf(3));
    const photo = unpackPhoto(packed)!;
    const before = photo.features.descriptors.slice();
    packed.fill(0);
    expect(photo.features.descriptors).toEqual(before);
  });
});

describe('not ours', () => {
  const photo = packPhoto(photoOf(2));
  const matches = packRow(row);

  test('cut short anywhere, or with something behind', () => {
    for (let n = 0; n < photo.length; n++) expect(unpackPhoto(photo.slice(0, n))).toBeNull();
    for (let n = 0; n < matches.length; n++) expect(unpackRow(matches.slice(0, n))).toBeNull();
    expect(unpackPhoto(Uint8Array.from([...photo, 0]))).toBeNull();
    expect(unpackRow(Uint8Array.from([...matches, 0]))).toBeNull();
  });

  test('each other, noise, and a match with half a pair', () => {
    expect(unpackPhoto(matches)).toBeNull();
    expect(unpackRow(photo)).toBeNull();
    for (let n = 0; n < 200; n++) {
      const noise = bytesOf(n);
      expect([unpackPhoto(noise), unpackRow(noise)]).toEqual([null, null]);
      // Noise behind the right first word.
      noise.set(photo.subarray(0, Math.min(4, n)));
      expect(unpackPhoto(noise)).toBeNull();
      noise.set(matches.subarray(0, Math.min(4, n)));
      expect(unpackRow(noise)).toBeNull();
    }
    expect(unpackRow(packRow(new Map([['a', Uint32Array.from([1, 2, 3])]])))).toBeNull();
  });
});
