/**
 * Turns an upright photo the way its camera was solved for. COLMAP, and what builds on it, looks at the pixels as they are stored and
 * ignores the EXIF orientation; other programs turn the photo first. Where the sizes cannot tell the two apart, stored is meant.
 * Invariant: pixels are only moved, never changed, and the result has the camera's proportions.
 */
import type { Camera } from '../scene/camera.ts';
import type { Pixels } from '../scene/dataset.ts';
import { readPhotoHeader } from './photoHeader.ts';

/** Photos may be smaller copies of what the camera was solved for, rounded to whole pixels. */
const proportionTolerance = 0.01;

type Size = Pick<Camera, 'widthPx' | 'heightPx'>;

const sameProportions = (a: Size, b: Size): boolean =>
  Math.abs((a.widthPx * b.heightPx) / (a.heightPx * b.widthPx) - 1) < proportionTolerance;

/** Undoes an EXIF orientation (2..8): the pixels as they lie in the file. */
export function storedPixels(upright: Pixels, orientation: number): Pixels {
  const swapped = orientation >= 5;
  const [mirrorX, mirrorY] = [[2, 3, 6, 7].includes(orientation), [3, 4, 7, 8].includes(orientation)];
  const { widthPx: across, heightPx: down } = upright;
  const [widthPx, heightPx] = swapped ? [down, across] : [across, down];
  const from = new Uint32Array(upright.rgba.slice().buffer);
  const to = new Uint32Array(from.length);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const [u, v] = swapped ? [y, x] : [x, y];
      to[y * widthPx + x] = from[(mirrorY ? down - 1 - v : v) * across + (mirrorX ? across - 1 - u : u)];
    }
  }
  return { widthPx, heightPx, rgba: new Uint8Array(to.buffer) };
}

/** The decoded photo as the camera sees it; null when it has other proportions either way. `encoded` is the photo's file. */
export function photoForCamera(upright: Pixels, encoded: Uint8Array, camera: Size): Pixels | null {
  const orientation = readPhotoHeader(encoded)?.orientation ?? 1;
  const stored = orientation >= 5 ? { widthPx: upright.heightPx, heightPx: upright.widthPx } : upright;
  if (orientation > 1 && sameProportions(stored, camera)) return storedPixels(upright, orientation);
  return sameProportions(upright, camera) ? upright : null;
}
