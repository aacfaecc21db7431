/** Images in and out: upright, sRGB, 8 bits, 4 channels; damage is an exception; PNGs come back as they went. */
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage, encodePng } from '../../src/cli/images.ts';
import type { Pixels, SourceFile } from '../../src/core/scene/dataset.ts';

const file = (bytes: Uint8Array): SourceFile => ({ path: 'a.img', sizeBytes: bytes.length, bytes: () => Promise.resolve(bytes) });

function chunk(type: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** A PNG from its specification (W3C PNG, sections 5 and 11): rows without a filter. */
function png(widthPx: number, heightPx: number, bits: number, colourType: number, rows: number[][], extra: Buffer[] = []): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(widthPx, 0);
  header.writeUInt32BE(heightPx, 4);
  header.set([bits, colourType, 0, 0, 0], 8);
  const data = deflateSync(Buffer.from(rows.flatMap((row) => [0, ...row])));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), ...extra, chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

const red = [255, 0, 0];
const green = [0, 255, 0];
const blue = [0, 0, 255];
const white = [255, 255, 255];

/** TIFF 6.0: big-endian, first directory at byte 8. */
const tiffHeader = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8];

const rgbOf = ({ rgba }: Pixels): number[][] => Array.from({ length: rgba.length / 4 }, (_, i) => [...rgba.subarray(4 * i, 4 * i + 3)]);

describe('decoding', () => {
  test('RGB rows from top to bottom, alpha 255', async () => {
    const pixels = await decodeImage(
      file(
        png(2, 2, 8, 2, [
          [...red, ...green],
          [...blue, 1, 2, 3],
        ]),
      ),
    );
    expect(pixels).toMatchObject({ widthPx: 2, heightPx: 2 });
    expect([...pixels.rgba]).toEqual([...red, 255, ...green, 255, ...blue, 255, 1, 2, 3, 255]);
  });

  test('grey of 8 and of 16 bits becomes RGB of 8', async () => {
    expect(rgbOf(await decodeImage(file(png(2, 1, 8, 0, [[0, 200]]))))).toEqual([
      [0, 0, 0],
      [200, 200, 200],
    ]);
    const deep = rgbOf(await decodeImage(file(png(3, 1, 16, 0, [[0, 0, 0x80, 0x00, 0xff, 0xff]]))));
    expect(deep.map(([r]) => r)).toEqual([0, 128, 255]);
    expect(deep.every(([r, g, b]) => r === g && g === b)).toBe(true);
  });

  test('RGB of 16 bits and a palette', async () => {
    expect(rgbOf(await decodeImage(file(png(1, 1, 16, 2, [[0xff, 0xff, 0x40, 0x00, 0, 0]]))))).toEqual([[255, 64, 0]]);
    const palette = chunk('PLTE', Buffer.from([...blue, ...red]));
    expect(rgbOf(await decodeImage(file(png(2, 1, 8, 3, [[1, 0]], [palette]))))).toEqual([red, blue]);
  });

  test('colours under full transparency are kept', async () => {
    const pixels = await decodeImage(file(png(1, 1, 8, 6, [[10, 20, 30, 0]])));
    expect([...pixels.rgba]).toEqual([10, 20, 30, 0]);
  });

  /** EXIF 2.3, tag 0x0112: where the stored picture's row 0 and column 0 belong. Stored: red green / blue white. */
  test.each([
    [1, [red, green, blue, white]],
    [2, [green, red, white, blue]],
    [3, [white, blue, green, red]],
    [4, [blue, white, red, green]],
    [5, [red, blue, green, white]],
    [6, [blue, red, white, green]],
    [7, [white, green, blue, red]],
    [8, [green, white, red, blue]],
  ])('EXIF orientation %i comes out upright', async (orientation, upright) => {
    const exif = Buffer.from([...tiffHeader, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
    const stored = png(
      2,
      2,
      8,
      2,
      [
        [...red, ...green],
        [...blue, ...white],
      ],
      [chunk('eXIf', exif)],
    );
    expect(rgbOf(await decodeImage(file(stored)))).toEqual(upright);
  });

  test('a wide photo on its side comes out tall', async () => {
    const jpeg = await sharp({ create: { width: 40, height: 20, channels: 3, background: 'grey' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect(await decodeImage(file(jpeg))).toMatchObject({ widthPx: 20, heightPx: 40 });
  });

  test('what is no image, or not a whole one, throws', async () => {
    const noise = Buffer.alloc(64 * 64 * 3, 0).map((_, i) => (i * 7919) % 256);
    const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    const whole = png(2, 2, 8, 2, [
      [...red, ...green],
      [...blue, ...white],
    ]);
    await expect(decodeImage(file(jpeg))).resolves.toMatchObject({ widthPx: 64 });
    await expect(decodeImage(file(jpeg.subarray(0, jpeg.length / 2)))).rejects.toThrow();
    await expect(decodeImage(file(whole.subarray(0, whole.length - 20)))).rejects.toThrow();
    await expect(decodeImage(file(Buffer.from('hello')))).rejects.toThrow();
    await expect(decodeImage(file(Buffer.alloc(0)))).rejects.toThrow();
  });
});

test('a PNG written has three channels and every value', async () => {
  const rgba = new Uint8Array(4 * 256).map((_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256));
  const bytes = Buffer.from(await encodePng({ widthPx: 16, heightPx: 16, rgba }));
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[24], bytes[25]]).toEqual([16, 16, 8, 2]);
  expect([...(await decodeImage(file(bytes))).rgba]).toEqual([...rgba]);
});
