/**
 * A photo's file without the place it was taken at: photos that are taken in, and files that leave the device.
 * Invariant: same length, same picture, all other EXIF as it was; bytes that are damaged or made to harm never throw and never loop.
 */
import { blankRange, blankSpace, placeOf, standsAt } from './withoutPlaceBlank.ts';
import { blankPng, blankWebp } from './withoutPlaceChunks.ts';
import { blankJpeg } from './withoutPlaceJpeg.ts';
import { blankTiff } from './withoutPlaceTiff.ts';
import { blankXmp } from './withoutPlaceXmp.ts';

/** How a TIFF block begins inside another file: after Exif's head, or with its first directory right behind its header. */
const blockStarts = [
  { text: 'Exif\0\0', headBytes: 6 },
  { text: 'II*\0\x08\0\0\0', headBytes: 0 },
  { text: 'MM\0*\0\0\0\x08', headBytes: 0 },
];
/** Finds per kind; more are a file made to take long. */
const mostFinds = 16;

function eachPlace(bytes: Uint8Array, text: string, visit: (at: number) => boolean): boolean {
  let changed = false;
  let finds = 0;
  for (let at = placeOf(bytes, text); at >= 0 && finds < mostFinds; at = placeOf(bytes, text, at + text.length)) {
    changed = visit(at) || changed;
    finds++;
  }
  return changed;
}

function blankPacketAt(bytes: Uint8Array, at: number): boolean {
  const end = placeOf(bytes, '</x:xmpmeta>', at);
  return end > 0 && blankXmp(bytes.subarray(at, end));
}

/** The place of a video (QuickTime's user data "(c)xyz": length, language, ISO 6709 text), which a moving photo carries behind its picture. */
function blankVideoPlaceAt(bytes: Uint8Array, at: number): boolean {
  const length = (bytes[at + 4] << 8) | bytes[at + 5];
  const isPlace = length <= 64 && (bytes[at + 8] === 0x2b || bytes[at + 8] === 0x2d);
  return isPlace && blankRange(bytes, at + 8, at + 8 + length, blankSpace);
}

/** Files whose parts are not walked (HEIC, AVIF, what follows a JPEG's first picture): looks for the blocks themselves. */
function blankAnywhere(bytes: Uint8Array): boolean {
  let changed = false;
  for (const { text, headBytes } of blockStarts)
    changed = eachPlace(bytes, text, (at) => blankTiff(bytes.subarray(at + headBytes))) || changed;
  changed = eachPlace(bytes, '<x:xmpmeta', (at) => blankPacketAt(bytes, at)) || changed;
  return eachPlace(bytes, '\xa9xyz', (at) => blankVideoPlaceAt(bytes, at)) || changed;
}

function blankFile(bytes: Uint8Array): boolean {
  if (standsAt(bytes, 0, '\x89PNG\r\n\x1a\n')) return blankPng(bytes);
  if (standsAt(bytes, 0, 'RIFF') && standsAt(bytes, 8, 'WEBP')) return blankWebp(bytes);
  if (standsAt(bytes, 0, '\xff\xd8')) {
    const { changed, rest } = blankJpeg(bytes);
    return blankAnywhere(bytes.subarray(rest)) || changed;
  }
  const changed = blankTiff(bytes);
  return blankAnywhere(bytes) || changed;
}

/**
 * The same file without GPS coordinates and place names: EXIF's GPS directory is emptied and its entry taken out, XMP and IPTC values
 * become spaces. JPEG, PNG, WebP, TIFF, HEIC and AVIF; makers' own notes are not searched. Gives back the input itself when it says no
 * place.
 */
export function withoutPlace(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  return blankFile(copy) ? copy : bytes;
}
