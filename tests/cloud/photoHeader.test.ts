/** Type and size from the first bytes: against image-size on whole files, and against files that are made to deceive. */
import { imageSize } from 'image-size';
import { describe, expect, test } from 'vitest';
import { photoTypeOf, readPhotoHeader } from '../../cloud/policy/photoHeader.ts';
import { box, clap, heifOf, ispe, joined, jpegFrame, jpegOf, pngOf, samples, segment } from './samplePhotos.ts';

const types = {
  jpeg: 'image/jpeg',
  progressiveJpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  losslessWebp: 'image/webp',
  extendedWebp: 'image/webp',
  avif: 'image/avif',
} as const;

describe('real files', () => {
  for (const [name, type] of Object.entries(types))
    test(`${name}: type and size, as image-size has them`, () => {
      const bytes = samples[name as keyof typeof types];
      const { width, height } = imageSize(bytes);
      expect([width, height]).toEqual([12, 8]);
      expect(readPhotoHeader(bytes)).toEqual({ type, widthPx: width, heightPx: height });
    });

  test('a HEIC whose tiles are smaller than the whole', () => {
    const bytes = heifOf('heic', ispe(512, 512), ispe(4032, 3024), ispe(320, 240));
    expect(imageSize(bytes)).toMatchObject({ width: 4032, height: 3024 });
    expect(readPhotoHeader(bytes)).toEqual({ type: 'image/heic', widthPx: 4032, heightPx: 3024 });
  });

  test('an EXIF block with a preview in it is passed over', () => {
    const preview = joined(jpegOf(jpegFrame(160, 120)));
    const bytes = jpegOf(segment(0xe1, joined('Exif\0\0', preview)), segment(0xe2, new Uint8Array(60_000)), jpegFrame(4000, 3000));
    expect(readPhotoHeader(bytes)).toEqual({ type: 'image/jpeg', widthPx: 4000, heightPx: 3000 });
  });

  test('fill bytes before a marker and stray bytes between segments, as decoders take them', () => {
    const bytes = jpegOf([0xff, 0xff, 0xff], segment(0xfe, [1]), [0, 0, 0xff, 0x00], jpegFrame(40, 30));
    expect(readPhotoHeader(bytes)).toEqual({ type: 'image/jpeg', widthPx: 40, heightPx: 30 });
  });
});

describe('what is no photo', () => {
  const others: Record<string, Uint8Array> = {
    nothing: new Uint8Array(),
    HTML: joined('<!doctype html><html><script>alert(1)</script></html>'),
    SVG: joined('<svg xmlns="http://www.w3.org/2000/svg" width="12" height="8"></svg>'),
    GIF: joined('GIF89a', [12, 0, 8, 0], new Uint8Array(40)),
    BMP: joined('BM', new Uint8Array(60)),
    TIFF: joined('II*\0', new Uint8Array(60)),
    ZIP: joined('PK\x03\x04', new Uint8Array(60)),
    MP4: joined(box('ftyp', 'isom', [0, 0, 2, 0], 'isomiso2mp41'), box('mdat', [1])),
    'a RIFF that is a sound': joined('RIFF', [50, 0, 0, 0], 'WAVEfmt ', new Uint8Array(40)),
    'a brand where the version is': joined(box('ftyp', 'isom', 'avif', 'mp41'), box('mdat', [1])),
  };
  for (const [name, bytes] of Object.entries(others))
    test(name, () => {
      expect(photoTypeOf(bytes)).toBeNull();
      expect(readPhotoHeader(bytes)).toBe('not-a-photo');
    });
});

describe('bombs', () => {
  test('60,000 × 60,000, in each format', () => {
    expect(readPhotoHeader(jpegOf(jpegFrame(60_000, 60_000)))).toBe('too-many-pixels');
    expect(readPhotoHeader(pngOf(60_000, 60_000))).toBe('too-many-pixels');
    expect(readPhotoHeader(heifOf('avif', ispe(60_000, 60_000)))).toBe('too-many-pixels');
    const canvas = [0x5f, 0xea, 0, 0x5f, 0xea, 0];
    expect(readPhotoHeader(joined('RIFF', [22, 0, 0, 0], 'WEBPVP8X', [10, 0, 0, 0, 0, 0, 0, 0], canvas))).toBe('too-many-pixels');
  });

  test('the limits themselves pass, one pixel more does not', () => {
    expect(readPhotoHeader(pngOf(20_000, 5000))).toMatchObject({ widthPx: 20_000, heightPx: 5000 });
    expect(readPhotoHeader(pngOf(20_000, 5001))).toBe('too-many-pixels');
    expect(readPhotoHeader(pngOf(20_001, 1))).toBe('too-many-pixels');
    expect(readPhotoHeader(pngOf(0xffff_ffff, 0xffff_ffff))).toBe('too-many-pixels');
  });

  test('one that is cropped to a stamp', () => {
    const bytes = heifOf('avif', ispe(60_000, 20_000), clap(60_000, 59_990));
    expect(imageSize(bytes).width).toBe(10);
    expect(readPhotoHeader(bytes)).toBe('too-many-pixels');
  });

  test('a large image beside a small one', () => {
    expect(readPhotoHeader(heifOf('heic', ispe(512, 512), ispe(30_000, 30_000)))).toBe('too-many-pixels');
  });

  test('a frame of a kind that is rarely met, before a small one of the usual kind', () => {
    for (const marker of [0xc3, 0xc5, 0xc9, 0xcf]) {
      const bytes = jpegOf(jpegFrame(60_000, 60_000, marker), jpegFrame(12, 8));
      expect(imageSize(bytes).width).toBe(12);
      expect(readPhotoHeader(bytes)).toBe('too-many-pixels');
    }
  });

  test('a small frame that only looks like one', () => {
    const table = segment(0xc4, joined(jpegFrame(12, 8)));
    expect(readPhotoHeader(jpegOf(table, jpegFrame(60_000, 60_000)))).toBe('too-many-pixels');
  });
});

describe('damaged files', () => {
  test('every beginning of a file that does not yet show its size is broken, none throws', () => {
    for (const bytes of [...Object.values(samples), heifOf('heic', ispe(40, 30))])
      for (let length = 0; length < bytes.length; length++) {
        const read = readPhotoHeader(bytes.subarray(0, length));
        if (typeof read === 'string') expect(['not-a-photo', 'broken']).toContain(read);
        else expect(Math.max(read.widthPx, read.heightPx)).toBe(Math.max(read.widthPx, read.heightPx) === 40 ? 40 : 12);
      }
  });

  test('no side of no length, no scan before a frame, no boxes of no length', () => {
    expect(readPhotoHeader(pngOf(0, 8))).toBe('broken');
    expect(readPhotoHeader(jpegOf(jpegFrame(12, 0)))).toBe('broken');
    expect(readPhotoHeader(jpegOf(segment(0xda, [1, 2, 3, 4, 5, 6, 7, 8]), jpegFrame(12, 8)))).toBe('broken');
    expect(readPhotoHeader(joined(box('ftyp', 'avif', [0, 0, 0, 0], 'avif'), new Uint8Array(400)))).toBe('broken');
    expect(readPhotoHeader(joined(box('ftyp', 'avif', [0, 0, 0, 0], 'avif'), [0, 0, 0, 1], 'meta', new Uint8Array(8).fill(255)))).toBe(
      'broken',
    );
  });

  test('bytes changed at random never throw', () => {
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
    for (const bytes of [...Object.values(samples), heifOf('heic', ispe(40, 30), clap(20))])
      for (let round = 0; round < 500; round++) {
        const changed = bytes.slice();
        for (let change = 0; change < 4; change++) changed[random(changed.length)] = random(256);
        expect(() => readPhotoHeader(changed)).not.toThrow();
      }
  });
});
