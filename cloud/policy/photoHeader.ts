/**
 * What a photo is and how large, read from its first bytes.
 * Invariant: the size is the one that a decoder will make room for. That is why no general library reads it: those answer what a picture
 * shows (less its crop), or find a later, smaller frame by searching on when the structure ends, and a bomb would pass as a stamp.
 */
import { maxPixels, maxSidePx } from './uploadLimits.ts';

export type PhotoType = 'image/jpeg' | 'image/png' | 'image/webp' | 'image/avif' | 'image/heic' | 'image/heif';

export interface PhotoHeader {
  type: PhotoType;
  widthPx: number;
  heightPx: number;
}

/** `not-a-photo`: of no type that we take; `broken`: no size is to be found; `too-many-pixels`: a bomb, or nothing we could work on. */
export type HeaderProblem = 'not-a-photo' | 'broken' | 'too-many-pixels';

interface Size {
  widthPx: number;
  heightPx: number;
}

/** Enough to know the type by. */
export const typeBytes = 64;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const textAt = (bytes: Uint8Array, at: number, length: number): string => String.fromCharCode(...bytes.subarray(at, at + length));

/** ISO/IEC 23008-12, section 10, and AVIF 1.1, section 6; which brand is the major one differs between cameras. */
const heifBrands: Record<string, PhotoType> = {
  avif: 'image/avif',
  heic: 'image/heic',
  heix: 'image/heic',
  heim: 'image/heic',
  heis: 'image/heic',
  mif1: 'image/heif',
};

/** The first brand that names a codec; `mif1` alone says only that it is a HEIF. */
function heifType(bytes: Uint8Array): PhotoType | null {
  const end = Math.min(viewOf(bytes).getUint32(0), typeBytes, bytes.length);
  const offsets = Array.from({ length: Math.max(0, Math.floor((end - 8) / 4)) }, (_, index) => 8 + 4 * index);
  // At 12 is the minor version, which is no brand.
  const types = offsets.flatMap((at) => (at === 12 ? [] : (heifBrands[textAt(bytes, at, 4)] ?? [])));
  return types.find((type) => type !== 'image/heif') ?? types.at(0) ?? null;
}

/** By the magic bytes alone; null when it is none that we take. @param bytes the first `typeBytes`, or all there are */
export function photoTypeOf(bytes: Uint8Array): PhotoType | null {
  if (bytes.length < 16) return null;
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'image/jpeg';
  if (textAt(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png';
  if (textAt(bytes, 0, 4) === 'RIFF' && textAt(bytes, 8, 4) === 'WEBP') return 'image/webp';
  return textAt(bytes, 4, 4) === 'ftyp' ? heifType(bytes) : null;
}

/** SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC): ITU-T T.81, table B.1. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** The first frame header, found as libjpeg finds it (next_marker in jdmarker.c): bytes that belong to nothing are passed over. */
function jpegSize(bytes: Uint8Array): Size | null {
  const view = viewOf(bytes);
  for (let at = 2; at + 9 <= bytes.length;) {
    while (at < bytes.length && bytes[at] !== 0xff) at++;
    while (at < bytes.length && bytes[at] === 0xff) at++;
    const marker = bytes[at++];
    if (marker === 0 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) continue;
    // A second image, the end, or the scan: all before the size is known.
    if (at + 7 > bytes.length || (marker >= 0xd8 && marker <= 0xda)) return null;
    if (isFrame(marker)) return { heightPx: view.getUint16(at + 3), widthPx: view.getUint16(at + 5) };
    at += view.getUint16(at);
  }
  return null;
}

/** PNG, third edition, section 11.2.1: IHDR comes first. */
function pngSize(bytes: Uint8Array): Size | null {
  if (bytes.length < 24 || textAt(bytes, 12, 4) !== 'IHDR') return null;
  return { widthPx: viewOf(bytes).getUint32(16), heightPx: viewOf(bytes).getUint32(20) };
}

/** RFC 9649, section 2: the canvas where there is one, which no frame may exceed. */
function webpSize(bytes: Uint8Array): Size | null {
  if (bytes.length < 30) return null;
  const view = viewOf(bytes);
  const chunk = textAt(bytes, 12, 4);
  const uint24 = (at: number): number => view.getUint16(at, true) + bytes[at + 2] * 0x10000;
  if (chunk === 'VP8X') return { widthPx: 1 + uint24(24), heightPx: 1 + uint24(27) };
  if (chunk === 'VP8L' && bytes[20] === 0x2f) {
    const bits = view.getUint32(21, true);
    return { widthPx: 1 + (bits & 0x3fff), heightPx: 1 + ((bits >>> 14) & 0x3fff) };
  }
  const isKeyFrame = chunk === 'VP8 ' && textAt(bytes, 23, 3) === '\x9d\x01\x2a';
  return isKeyFrame ? { widthPx: view.getUint16(26, true) & 0x3fff, heightPx: view.getUint16(28, true) & 0x3fff } : null;
}

/** Boxes of one level, each [type, where its content begins, where it ends]; ISO/IEC 14496-12, section 4.2. One that is cut off is the last. */
function* boxesIn(bytes: Uint8Array, from: number, to: number): Generator<[type: string, begin: number, end: number]> {
  const view = viewOf(bytes);
  for (let at = from; at + 8 <= to;) {
    const size = view.getUint32(at);
    const isLong = size === 1 && at + 16 <= to;
    const length = isLong ? Number(view.getBigUint64(at + 8)) : size === 0 ? to - at : size;
    const head = isLong ? 16 : 8;
    if (length < head || at + length > to) return;
    yield [textAt(bytes, at + 4, 4), at + head, at + length];
    at += length;
  }
}

/** Every image's size: tiles, thumbnails and the whole (`ispe`, ISO/IEC 23008-12, section 6.5.3); cropping is not looked at. */
function heifSizes(bytes: Uint8Array): Size[] {
  const view = viewOf(bytes);
  let level: [begin: number, end: number][] = [[0, bytes.length]];
  for (const [name, versionBytes] of [
    ['meta', 4],
    ['iprp', 0],
    ['ipco', 0],
    ['ispe', 4],
  ] as const)
    // prettier-ignore
    level = level.flatMap(([begin, end]) =>
      [...boxesIn(bytes, begin, end)].flatMap(([type, from, to]): [number, number][] => (type === name ? [[from + versionBytes, to]] : [])),
    );
  return level.flatMap(([at, end]) => (at + 8 <= end ? [{ widthPx: view.getUint32(at), heightPx: view.getUint32(at + 4) }] : []));
}

const readers: Partial<Record<PhotoType, (bytes: Uint8Array) => Size | null>> = {
  'image/jpeg': jpegSize,
  'image/png': pngSize,
  'image/webp': webpSize,
};

function sizesOf(type: PhotoType, bytes: Uint8Array): Size[] {
  const read = readers[type];
  return read ? [read(bytes)].filter((size) => size !== null) : heifSizes(bytes);
}

/**
 * Reads the header.
 * @param bytes the first `headerBytes` of the photo, or all of it; what does not show its size in them is broken
 */
export function readPhotoHeader(bytes: Uint8Array): PhotoHeader | HeaderProblem {
  const type = photoTypeOf(bytes.subarray(0, typeBytes));
  if (type === null) return 'not-a-photo';
  const sizes = sizesOf(type, bytes);
  if (sizes.length === 0 || sizes.some(({ widthPx, heightPx }) => widthPx === 0 || heightPx === 0)) return 'broken';
  if (sizes.some(({ widthPx, heightPx }) => Math.max(widthPx, heightPx) > maxSidePx || widthPx * heightPx > maxPixels))
    return 'too-many-pixels';
  const largest = sizes.reduce((a, b) => (b.widthPx * b.heightPx > a.widthPx * a.heightPx ? b : a));
  return { type, ...largest };
}
