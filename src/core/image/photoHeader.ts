/**
 * Photo header: size and EXIF orientation of a JPEG or PNG, read without decoding it.
 * Invariant: never reads past the bytes; what cannot be read is null, never a guess.
 */
export interface PhotoHeader {
  /** Size as stored, before the orientation is applied. */
  widthPx: number;
  heightPx: number;
  /** EXIF orientation 1..8; 1 (upright) when the file says nothing. */
  orientation: number;
}

/** JPEG (ISO 10918-1) or PNG (RFC 2083); null for anything else or a damaged header. */
export function readPhotoHeader(bytes: Uint8Array): PhotoHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 24 && view.getUint32(0) === 0x89504e47)
    return { widthPx: view.getUint32(16), heightPx: view.getUint32(20), orientation: 1 };
  if (bytes.length >= 4 && view.getUint16(0) === 0xffd8) return readJpegHeader(view);
  return null;
}

/** Size once the photo stands upright. */
export function uprightSize({ widthPx, heightPx, orientation }: PhotoHeader): { widthPx: number; heightPx: number } {
  return orientation >= 5 ? { widthPx: heightPx, heightPx: widthPx } : { widthPx, heightPx };
}

/** Start-of-frame markers; C4, C8 and CC of that range are other things. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

function readJpegHeader(view: DataView): PhotoHeader | null {
  let orientation = 1;
  for (let at = 2; at + 4 <= view.byteLength;) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff || isBare(marker)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (length < 2 || at + 2 + length > view.byteLength) return null;
    if (isFrame(marker)) return length < 7 ? null : { widthPx: view.getUint16(at + 7), heightPx: view.getUint16(at + 5), orientation };
    if (marker === 0xe1) orientation = exifOrientation(new DataView(view.buffer, view.byteOffset + at + 4, length - 2)) ?? orientation;
    at += 2 + length;
  }
  return null;
}

const exifHead = [0x45, 0x78, 0x69, 0x66, 0, 0];
const orientationTag = 0x0112;

/** Orientation from an APP1 segment (EXIF 2.32, section 4.6); null when it holds none. */
function exifOrientation(segment: DataView): number | null {
  if (segment.byteLength < 14 || !exifHead.every((byte, at) => segment.getUint8(at) === byte)) return null;
  const tiff = new DataView(segment.buffer, segment.byteOffset + 6, segment.byteLength - 6);
  const little = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return null;
  const entries = tiff.getUint16(directory, little);
  for (let entry = 0, at = directory + 2; entry < entries && at + 12 <= tiff.byteLength; entry++, at += 12) {
    if (tiff.getUint16(at, little) !== orientationTag) continue;
    const value = tiff.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : null;
  }
  return null;
}
