/**
 * EXIF: what a photo's file says of the camera that took it (EXIF 2.32, tables 4 and 7), and the focal length in pixels that follows.
 * Invariant: a value that is missing, malformed or impossible is null, never a guess; places (GPS) are never read.
 */
import exifr from 'exifr/dist/lite.esm.mjs';
import { hasSoundBoxes, isBoxFile } from '../image/soundBoxes.ts';

export interface PhotoExif {
  make: string | null;
  model: string | null;
  lens: string | null;
  focalLengthMm: number | null;
  /** Focal length of a 35 mm film camera with the same angle of view. */
  focal35Mm: number | null;
  /** Pixels per millimetre on the sensor, of the image as the camera stored it. */
  focalPlanePxPerMm: number | null;
  /** Width of the image as the camera stored it, before any turning upright. */
  pixelXDimension: number | null;
  /** When it was taken by the camera's own clock, read as if that were UTC. */
  timeMs: number | null;
  /** 1..8. */
  orientation: number | null;
  /** Of the camera's body. */
  serial: string | null;
}

export const noExif: PhotoExif = {
  make: null,
  model: null,
  lens: null,
  focalLengthMm: null,
  focal35Mm: null,
  focalPlanePxPerMm: null,
  pixelXDimension: null,
  timeMs: null,
  orientation: null,
  serial: null,
};

/** Tag numbers by directory, so that nothing but these is read. */
const mainTags = { make: 0x010f, model: 0x0110, orientation: 0x0112 };
const exifTags = {
  timeOriginal: 0x9003,
  subSecTimeOriginal: 0x9291,
  focalLength: 0x920a,
  pixelXDimension: 0xa002,
  focalPlaneXResolution: 0xa20e,
  focalPlaneResolutionUnit: 0xa210,
  focalLengthIn35mm: 0xa405,
  bodySerialNumber: 0xa431,
  lensModel: 0xa434,
};
const tags = { ...mainTags, ...exifTags };

const options = {
  ifd0: { pick: Object.values(mainTags) },
  exif: { pick: Object.values(exifTags) },
  ...{ translateKeys: false, translateValues: false, reviveValues: false },
  ...{ gps: false, interop: false, ifd1: false, xmp: false, icc: false, iptc: false, jfif: false, makerNote: false, userComment: false },
};

const words = (value: unknown): string | null => {
  const text = typeof value === 'string' ? value.replaceAll('\0', '').trim() : '';
  return text === '' ? null : text;
};

const positive = (value: unknown): number | null => (typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : null);

/** Millimetres per unit of FocalPlaneResolutionUnit: inch, centimetre, and two that makers added. */
const unitMm: Record<number, number> = { 2: 25.4, 3: 10, 4: 1, 5: 0.001 };

function pxPerMm(resolution: unknown, unit: unknown): number | null {
  const value = positive(resolution);
  const mm = unitMm[typeof unit === 'number' ? unit : 2];
  return value === null || mm === undefined ? null : value / mm;
}

function timeOf(text: unknown, subSeconds: unknown): number | null {
  const parts = /^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)/.exec(words(text) ?? '');
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > 31) return null;
  const fraction = Number(`0.${/^\d+/.exec(words(subSeconds) ?? '')?.[0] ?? '0'}`);
  return Date.UTC(year, month - 1, day, hour, minute, second) + Math.round(1000 * fraction);
}

function orientationOf(value: unknown): number | null {
  const number = positive(value);
  return number !== null && Number.isInteger(number) && number <= 8 ? number : null;
}

/** Reads the tags of a JPEG, HEIC or AVIF. Never rejects: other files, and damaged or missing tags, give nulls. */
export async function readExif(bytes: Uint8Array): Promise<PhotoExif> {
  // The library walks through boxes for ever when one of them has no length.
  if (isBoxFile(bytes) && !hasSoundBoxes(bytes)) return noExif;
  const found = await exifr.parse(bytes, options).catch(() => undefined);
  if (!found) return noExif;
  const tag = (name: keyof typeof tags): unknown => found[tags[name]];
  return {
    make: words(tag('make')),
    model: words(tag('model')),
    lens: words(tag('lensModel')),
    focalLengthMm: positive(tag('focalLength')),
    focal35Mm: positive(tag('focalLengthIn35mm')),
    focalPlanePxPerMm: pxPerMm(tag('focalPlaneXResolution'), tag('focalPlaneResolutionUnit')),
    pixelXDimension: positive(tag('pixelXDimension')),
    timeMs: timeOf(tag('timeOriginal'), tag('subSecTimeOriginal')),
    orientation: orientationOf(tag('orientation')),
    serial: words(tag('bodySerialNumber')),
  };
}

export type ExifFocalSource = 'exif 35 mm' | 'exif focal plane';

/** Diagonal of a 35 mm film frame (36 x 24 mm). */
const filmDiagonalMm = 43.27;
/** Focal lengths outside these, as shares of the longer side, are no photo's but a wrong tag's (an edited or cropped file). */
const leastRatio = 0.4;
const mostRatio = 3;

/** Pixels of this photo per pixel of the image that the camera stored. */
function resized({ pixelXDimension, orientation }: PhotoExif, widthPx: number, heightPx: number): number {
  if (pixelXDimension === null || pixelXDimension === widthPx || pixelXDimension === heightPx) return 1;
  return ((orientation ?? 1) >= 5 ? heightPx : widthPx) / pixelXDimension;
}

/**
 * Focal length in px of a photo of this upright size, and which tags it comes from: the 35 mm equivalent (by the diagonal, CIPA DCG-001),
 * else the focal length times the sensor's resolution. Null when neither gives a possible one.
 */
export function focalPxOf(exif: PhotoExif, widthPx: number, heightPx: number): { f: number; from: ExifFocalSource } | null {
  const longer = Math.max(widthPx, heightPx);
  const possible = (f: number): boolean => f >= leastRatio * longer && f <= mostRatio * longer;
  if (exif.focal35Mm !== null) {
    const f = (exif.focal35Mm / filmDiagonalMm) * Math.hypot(widthPx, heightPx);
    if (possible(f)) return { f, from: 'exif 35 mm' };
  }
  if (exif.focalLengthMm !== null && exif.focalPlanePxPerMm !== null) {
    const f = exif.focalLengthMm * exif.focalPlanePxPerMm * resized(exif, widthPx, heightPx);
    if (possible(f)) return { f, from: 'exif focal plane' };
  }
  return null;
}
