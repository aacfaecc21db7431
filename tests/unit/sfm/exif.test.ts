/** EXIF: tags written by libvips and by hand come back; damage and impossible values are null. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { hasSoundBoxes, isBoxFile } from '../../../src/core/image/soundBoxes.ts';
import { focalPxOf, noExif, readExif } from '../../../src/core/sfm/exif.ts';

const blank = () => sharp({ create: { width: 40, height: 30, channels: 3, background: '#777' } });

type Tags = Record<string, string>;
const jpeg = async (ifd0: Tags, exif: Tags, gps: Tags = {}): Promise<Uint8Array> =>
  new Uint8Array(await blank().withExif({ IFD0: ifd0, IFD2: exif, IFD3: gps }).jpeg().toBuffer());

const camera = { Make: 'Maker ', Model: 'M 1' };
const lens = {
  FocalLength: '425/100',
  FocalLengthIn35mmFilm: '26',
  FocalPlaneXResolution: '4000/1',
  FocalPlaneResolutionUnit: '3',
  DateTimeOriginal: '2024:05:06 07:08:09',
  SubSecTimeOriginal: '25',
  LensModel: 'Glass 26 mm',
  BodySerialNumber: 'ABC 7',
};

describe('reading', () => {
  test('boxes that lead nowhere end at once, without tags', async () => {
    const avif = new Uint8Array(await blank().withExif({ IFD0: camera }).avif().toBuffer());
    expect(isBoxFile(avif) && hasSoundBoxes(avif)).toBe(true);
    const endless = avif.slice();
    endless.fill(0, 0, 4); // The first box reaches to the end of the file, and so does all behind it.
    expect(isBoxFile(endless) && !hasSoundBoxes(endless)).toBe(true);
    expect(await readExif(endless)).toEqual(noExif);
    const cut = avif.slice(0, 60);
    expect(await readExif(cut)).toEqual(noExif);
  });

  test('every tag that is used, and nothing else', async () => {
    const bytes = await jpeg(camera, lens, { GPSLatitude: '55/1 41/1 53/1', GPSLatitudeRef: 'N' });
    expect(await readExif(bytes)).toEqual({
      make: 'Maker',
      model: 'M 1',
      lens: 'Glass 26 mm',
      focalLengthMm: 4.25,
      focal35Mm: 26,
      focalPlanePxPerMm: 400,
      pixelXDimension: 40,
      timeMs: Date.UTC(2024, 4, 6, 7, 8, 9, 250),
      orientation: 1,
      serial: 'ABC 7',
    });
  });

  test('the orientation of a photo lying on its side', async () => {
    const bytes = await blank().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect((await readExif(new Uint8Array(bytes))).orientation).toBe(6);
  });

  test('inches are what a missing unit means', async () => {
    const { focalPlanePxPerMm } = await readExif(await jpeg({}, { FocalPlaneXResolution: '2540/1' }));
    expect(focalPlanePxPerMm).toBeCloseTo(100, 9);
  });

  test.each([
    ['unknown is written as 0', { FocalLength: '0/1', FocalLengthIn35mmFilm: '0', DateTimeOriginal: '0000:00:00 00:00:00' }],
    ['0 over 0', { FocalLength: '0/0', FocalPlaneXResolution: '1/0', DateTimeOriginal: '    :  :     :  :  ' }],
    ['a unit of no kind', { FocalPlaneXResolution: '100/1', FocalPlaneResolutionUnit: '9' }],
  ])('%s is null', async (_, exif) => {
    const read = await readExif(await jpeg({}, exif));
    expect(read).toMatchObject({ focalLengthMm: null, focal35Mm: null, focalPlanePxPerMm: null, timeMs: null });
  });

  test('no EXIF, no photo, and every way of cutting one short give nulls', async () => {
    const whole = await jpeg(camera, lens);
    expect(await readExif(new Uint8Array(await blank().jpeg().toBuffer()))).toEqual(noExif);
    expect(await readExif(new Uint8Array(await blank().png().toBuffer()))).toEqual(noExif);
    for (let length = 0; length < 200; length += 7) expect(await readExif(whole.subarray(0, length))).toEqual(noExif);
  });

  test('flipped bytes never reject and never give numbers that are none', async () => {
    const whole = await jpeg(camera, lens);
    for (let at = 0; at < 420; at += 3) {
      const damaged = whole.slice();
      damaged[at] ^= 0xff;
      for (const value of Object.values(await readExif(damaged))) if (typeof value === 'number') expect(value).toBeGreaterThan(-1e15);
    }
  });
});

describe('focal length in px', () => {
  /** 36 x 24 mm film has a diagonal of 43.27 mm: a 4:3 photo of 4000 x 3000 has one of 5000 px. */
  test('from the 35 mm equivalent, alike for both ways up', () => {
    const exif = { ...noExif, focal35Mm: 26 };
    expect(focalPxOf(exif, 4000, 3000)!.f).toBeCloseTo((26 * 5000) / 43.2666, 0);
    expect(focalPxOf(exif, 3000, 4000)).toEqual(focalPxOf(exif, 4000, 3000));
    expect(focalPxOf(exif, 400, 300)!.f).toBeCloseTo(focalPxOf(exif, 4000, 3000)!.f / 10, 9);
    expect(focalPxOf(exif, 4000, 3000)!.from).toBe('exif 35 mm');
  });

  /** 5 mm in front of 600 px/mm is 3000 px. */
  const sensor = { ...noExif, focalLengthMm: 5, focalPlanePxPerMm: 600, pixelXDimension: 4000 };

  test('from the sensor', () => {
    expect(focalPxOf(sensor, 4000, 3000)).toEqual({ f: 3000, from: 'exif focal plane' });
    expect(focalPxOf(sensor, 3000, 4000)).toEqual({ f: 3000, from: 'exif focal plane' });
  });

  test('from the sensor, for a copy of half the size', () => {
    expect(focalPxOf(sensor, 2000, 1500)!.f).toBeCloseTo(1500, 9);
    expect(focalPxOf({ ...sensor, orientation: 6 }, 1500, 2000)!.f).toBeCloseTo(1500, 9);
  });

  test('an impossible one gives way to the next, or to nothing', () => {
    expect(focalPxOf({ ...sensor, focal35Mm: 5 }, 4000, 3000)!.from).toBe('exif focal plane');
    expect(focalPxOf({ ...noExif, focal35Mm: 5 }, 4000, 3000)).toBeNull();
    expect(focalPxOf({ ...noExif, focal35Mm: 400 }, 4000, 3000)).toBeNull();
    expect(focalPxOf({ ...noExif, focalLengthMm: 5 }, 4000, 3000)).toBeNull();
    expect(focalPxOf(noExif, 4000, 3000)).toBeNull();
  });
});
