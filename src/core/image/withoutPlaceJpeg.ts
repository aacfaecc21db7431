/**
 * Takes the place out of the segments before a JPEG's picture: Exif and XMP in APP1, IPTC in APP13.
 * Invariant: nothing outside a segment that can say the place is touched.
 */
import { standsAt } from './withoutPlaceBlank.ts';
import { blankImageResources } from './withoutPlaceIptc.ts';
import { blankTiff } from './withoutPlaceTiff.ts';
import { blankXmp } from './withoutPlaceXmp.ts';

const exifHead = 'Exif\0\0';
const xmpHead = 'http://ns.adobe.com/xap/1.0/\0';
/** Then 32 letters of GUID, the whole length and the offset of this part (XMP specification part 3, 1.1.3.1). */
const extendedHead = 'http://ns.adobe.com/xmp/extension/\0';
const extendedHeadBytes = extendedHead.length + 40;
const photoshopHead = 'Photoshop 3.0\0';

const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** Extended XMP lies in parts of 64 KB, and a value may lie across two: they are joined, blanked and put back. */
function blankExtended(parts: Uint8Array[]): boolean {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  const changed = blankXmp(whole);
  at = 0;
  for (const part of parts) part.set(whole.subarray(at, (at += part.length)));
  return changed;
}

function blankSegment(marker: number, content: Uint8Array): boolean {
  if (marker === 0xed && standsAt(content, 0, photoshopHead)) return blankImageResources(content.subarray(photoshopHead.length));
  if (marker !== 0xe1) return false;
  if (standsAt(content, 0, exifHead)) return blankTiff(content.subarray(exifHead.length));
  return standsAt(content, 0, xmpHead) && blankXmp(content.subarray(xmpHead.length));
}

/** Changes the file in place. `rest` is where the segments end: at the picture, or where the file is damaged. */
export function blankJpeg(bytes: Uint8Array): { changed: boolean; rest: number } {
  const extended: { offset: number; part: Uint8Array }[] = [];
  let changed = false;
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda) {
    const marker = bytes[at + 1];
    if (marker === 0xff || isBare(marker)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    if (length < 2 || at + 2 + length > bytes.length) break;
    const content = bytes.subarray(at + 4, at + 2 + length);
    if (marker === 0xe1 && content.length > extendedHeadBytes && standsAt(content, 0, extendedHead)) {
      const offset = new DataView(content.buffer, content.byteOffset).getUint32(extendedHeadBytes - 4);
      extended.push({ offset, part: content.subarray(extendedHeadBytes) });
    } else changed = blankSegment(marker, content) || changed;
    at += 2 + length;
  }
  extended.sort((a, b) => a.offset - b.offset);
  if (extended.length > 0) changed = blankExtended(extended.map(({ part }) => part)) || changed;
  return { changed, rest: at };
}
