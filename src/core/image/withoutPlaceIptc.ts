/**
 * Takes place names out of IPTC data (IPTC-NAA record 2, IIM 4.2), as Photoshop keeps it in JPEG's APP13 and TIFF's tag 33723.
 * Invariant: lengths stay as they are; a data set is text, so it is overwritten with spaces.
 */
import { blankRange, blankSpace, standsAt } from './withoutPlaceBlank.ts';

/** Content location code and name, city, sub-location, province, country code and country name. */
const placeDataSets = new Set([26, 27, 90, 92, 95, 100, 101]);

/** Changes the data sets in `bytes` in place; says whether anything became different. */
export function blankIptc(bytes: Uint8Array): boolean {
  let changed = false;
  for (let at = 0; at + 5 <= bytes.length && bytes[at] === 0x1c;) {
    const size = (bytes[at + 3] << 8) | bytes[at + 4];
    // The highest bit marks an extended length, which no place name needs.
    if (size & 0x8000) break;
    if (bytes[at + 1] === 2 && placeDataSets.has(bytes[at + 2])) {
      changed = blankRange(bytes, at + 5, at + 5 + size, blankSpace) || changed;
    }
    at += 5 + size;
  }
  return changed;
}

const iptcResource = 0x0404;

/** The same for Photoshop's image resources (8BIM blocks), one of which is IPTC data. */
export function blankImageResources(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let changed = false;
  for (let at = 0; standsAt(bytes, at, '8BIM') && at + 12 <= bytes.length;) {
    const name = 1 + bytes[at + 6];
    const sizeAt = at + 6 + name + (name & 1);
    if (sizeAt + 4 > bytes.length) break;
    const size = view.getUint32(sizeAt);
    const content = bytes.subarray(sizeAt + 4, sizeAt + 4 + size);
    if (view.getUint16(at + 4) === iptcResource) changed = blankIptc(content) || changed;
    at = sizeAt + 4 + size + (size & 1);
  }
  return changed;
}
