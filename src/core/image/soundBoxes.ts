/**
 * Whether the boxes of an HEIC or AVIF file (ISO/IEC 14496-12, section 4.2) can be walked through to its metadata.
 * Invariant: true only when every box on the way has a length that leads forward and stays inside the file; looking always ends.
 */

const headBytes = 8;

interface Box {
  kind: string;
  /** Of its content. */
  start: number;
  end: number;
}

/** The boxes in [from, to), up to the first of kind `last`; null when one of them leads nowhere. */
function boxesIn(bytes: Uint8Array, from: number, to: number, last?: string): Box[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const boxes: Box[] = [];
  for (let at = from; at < to;) {
    if (at + headBytes > to) return null;
    const short = view.getUint32(at);
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + headBytes));
    const isLong = short === 1;
    if (isLong && at + 16 > to) return null;
    const length = isLong ? Number(view.getBigUint64(at + headBytes)) : short;
    const start = at + (isLong ? 16 : headBytes);
    // Length 0: up to the end.
    const end = length === 0 ? to : at + length;
    if (end < start || end > to) return null;
    boxes.push({ kind, start, end });
    if (kind === last) break;
    at = end;
  }
  return boxes;
}

/** Version and flags stand before the content of these. */
const fullBoxBytes = 4;

/** False for damaged files. Files that are not of this kind must not be asked about. */
export function hasSoundBoxes(bytes: Uint8Array): boolean {
  // What comes behind the metadata, the pixels mostly, does not matter.
  const top = boxesIn(bytes, 0, bytes.length, 'meta');
  const meta = top?.find(({ kind }) => kind === 'meta');
  const inside = meta && boxesIn(bytes, meta.start + fullBoxBytes, meta.end);
  if (!inside) return false;
  const items = inside.find(({ kind }) => kind === 'iinf');
  if (!items) return true;
  // The number of entries has 16 bits in version 0 and 32 in later ones (section 8.11.6).
  const countBytes = bytes[items.start] === 0 ? 2 : 4;
  return boxesIn(bytes, items.start + fullBoxBytes + countBytes, items.end) !== null;
}

/** Whether a file begins like an HEIC, AVIF or another file of boxes. */
export const isBoxFile = (bytes: Uint8Array): boolean =>
  bytes.length >= 12 && String.fromCharCode(...bytes.subarray(4, headBytes)) === 'ftyp';
