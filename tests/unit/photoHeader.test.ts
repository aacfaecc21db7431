/** Sizes and orientations against files that another program wrote. */
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { readPhotoHeader, uprightSize } from '../../src/core/image/photoHeader.ts';

const blank = (): Sharp => sharp({ create: { width: 300, height: 200, channels: 3, background: 'teal' } });

test('PNG', async () => {
  expect(readPhotoHeader(await blank().png().toBuffer())).toEqual({ widthPx: 300, heightPx: 200, orientation: 1 });
});

describe('JPEG', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i', async (orientation) => {
    const header = readPhotoHeader(await blank().withMetadata({ orientation }).jpeg().toBuffer());
    expect(header).toEqual({ widthPx: 300, heightPx: 200, orientation });
    const upright = await sharp(await blank().withMetadata({ orientation }).jpeg().toBuffer())
      .autoOrient()
      .toBuffer({ resolveWithObject: true });
    expect(uprightSize(header!)).toEqual({ widthPx: upright.info.width, heightPx: upright.info.height });
  });

  test('without EXIF, and progressive', async () => {
    expect(readPhotoHeader(await blank().jpeg({ progressive: true }).toBuffer())).toEqual({ widthPx: 300, heightPx: 200, orientation: 1 });
  });

  test('big-endian EXIF', async () => {
    const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0];
    const segment = [0xff, 0xe1, 0, 8 + tiff.length, 0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
    const plain = await blank().jpeg().toBuffer();
    expect(readPhotoHeader(Uint8Array.of(...plain.subarray(0, 2), ...segment, ...plain.subarray(2)))?.orientation).toBe(8);
  });
});

test('cut anywhere it is null or right, and never an exception', async () => {
  const whole = await blank().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  for (let length = 0; length < whole.length; length++) {
    const header = readPhotoHeader(whole.subarray(0, length));
    if (header) expect(header).toEqual({ widthPx: 300, heightPx: 200, orientation: 6 });
  }
  expect(readPhotoHeader(new TextEncoder().encode('neither of the two kinds'))).toBeNull();
});
