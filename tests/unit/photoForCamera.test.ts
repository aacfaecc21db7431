/** Turning photos back, against the pixels that another program stored and turned. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { photoForCamera, storedPixels } from '../../src/core/image/photoForCamera.ts';
import type { Pixels } from '../../src/core/scene/dataset.ts';

const [width, height] = [6, 4];
/** Every pixel different. */
const rgba = Uint8Array.from({ length: 4 * width * height }, (_, i) => (i % 4 === 3 ? 255 : 20 + i));
const raw = { width, height, channels: 4 as const };

async function upright(orientation: number): Promise<Pixels> {
  const tagged = await sharp(rgba, { raw }).withMetadata({ orientation }).tiff({ compression: 'none' }).toBuffer();
  const { data, info } = await sharp(tagged).autoOrient().ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { widthPx: info.width, heightPx: info.height, rgba: new Uint8Array(data) };
}

/** A JPEG that says how it is to be turned; only its header is looked at. */
const jpeg = (orientation: number): Promise<Uint8Array> => sharp(rgba, { raw }).withMetadata({ orientation }).jpeg().toBuffer();

describe.each([2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i', (orientation) => {
  test('is undone pixel for pixel', async () => {
    expect(storedPixels(await upright(orientation), orientation)).toEqual({ widthPx: width, heightPx: height, rgba });
  });

  test('a camera of the stored size gets the stored pixels', async () => {
    const photo = photoForCamera(await upright(orientation), await jpeg(orientation), { widthPx: 60, heightPx: 40 });
    expect(photo).toEqual({ widthPx: width, heightPx: height, rgba });
  });

  test('a camera of the upright size gets the upright pixels when the two differ', async () => {
    const turned = await upright(orientation);
    const photo = photoForCamera(turned, await jpeg(orientation), { widthPx: 4, heightPx: 6 });
    if (orientation >= 5) expect(photo).toBe(turned);
    else expect(photo).toBeNull();
  });
});

test('without an orientation the photo stays, and must have the proportions of the camera', async () => {
  const photo: Pixels = { widthPx: width, heightPx: height, rgba };
  const encoded = await sharp(rgba, { raw }).png().toBuffer();
  expect(photoForCamera(photo, encoded, { widthPx: 1200, heightPx: 803 })).toBe(photo);
  expect(photoForCamera(photo, encoded, { widthPx: 40, heightPx: 60 })).toBeNull();
});
