/**
 * Takes the place out of the chunks of PNG (PNG 3, eXIf and text chunks) and WebP (RIFF: EXIF and XMP).
 * Invariant: chunks keep their lengths, and the checksum of every PNG chunk that changes is made anew.
 */
import { blankRange, blankSpace, standsAt } from './withoutPlaceBlank.ts';
import { blankTiff } from './withoutPlaceTiff.ts';
import { blankXmp } from './withoutPlaceXmp.ts';

/** CRC-32 of PNG (ISO 3309), bit by bit: a changed chunk is small. */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** An Exif block with or without the head that JPEG puts before it. */
const blankExif = (content: Uint8Array): boolean => blankTiff(standsAt(content, 0, 'Exif\0\0') ? content.subarray(6) : content);

const xmpKeyword = 'XML:com.adobe.xmp\0';

function blankInternationalText(content: Uint8Array): boolean {
  if (!standsAt(content, 0, xmpKeyword)) return false;
  const flags = xmpKeyword.length;
  if (content[flags] === 0) return blankXmp(content.subarray(flags + 2));
  // Packed: it cannot change without changing its length, so it goes as a whole, and is then an unpacked text of spaces.
  content.fill(0, flags, flags + 4);
  blankRange(content, flags + 4, content.length, blankSpace);
  return true;
}

/** Keywords of Latin-1 and packed text under which ImageMagick and libvips keep Exif (in hexadecimal), IPTC and XMP. */
const packedProfile = /^(raw profile type (exif|app1|xmp|iptc|8bim)|xml:com\.adobe\.xmp)$/i;

/** Metadata in such a text is mostly packed, so it goes as a whole, and is then plain text. */
function blankPlainText(kind: Uint8Array, content: Uint8Array): boolean {
  const end = content.indexOf(0);
  const keyword = new TextDecoder('latin1').decode(content.subarray(0, Math.max(0, Math.min(end, 79))));
  if (!packedProfile.test(keyword)) return false;
  const packed = standsAt(kind, 0, 'zTXt');
  if (packed) kind.set([0x74, 0x45]);
  const changed = blankRange(content, end + 1, content.length, blankSpace);
  return changed || packed;
}

function blankPngChunk(kind: Uint8Array, content: Uint8Array): boolean {
  if (standsAt(kind, 0, 'eXIf')) return blankExif(content);
  if (standsAt(kind, 0, 'iTXt')) return blankInternationalText(content);
  return (standsAt(kind, 0, 'tEXt') || standsAt(kind, 0, 'zTXt')) && blankPlainText(kind, content);
}

/** Changes a PNG in place; says whether anything became different. */
export function blankPng(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let changed = false;
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) break;
    if (blankPngChunk(bytes.subarray(at + 4, at + 8), bytes.subarray(at + 8, end))) {
      view.setUint32(end, crc32(bytes.subarray(at + 4, end)));
      changed = true;
    }
    at = end + 4;
  }
  return changed;
}

/** Changes a WebP in place; says whether anything became different. */
export function blankWebp(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let changed = false;
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    const content = bytes.subarray(at + 8, at + 8 + size);
    if (standsAt(bytes, at, 'EXIF')) changed = blankExif(content) || changed;
    if (standsAt(bytes, at, 'XMP ')) changed = blankXmp(content) || changed;
    at += 8 + size + (size & 1);
  }
  return changed;
}
