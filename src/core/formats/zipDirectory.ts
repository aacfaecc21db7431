/**
 * The list of a zip's entries (central directory, PKWARE APPNOTE 6.3.10), from bytes in memory or from a file that is read in places.
 * Invariant: an entry is given back only when its whole record lies inside the list; nothing of it is believed beyond that.
 */
import type { ZipEntry } from './unpackEntry.ts';

export const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
export const endBytes = 22;
export const entryBytes = 46;
export const localBytes = 30;
/** Value that stands for "see the zip64 field". */
export const elsewhere = 0xffffffff;

/** A file read in places. */
export interface RandomBytes {
  readonly size: number;
  /** The bytes from..to, both inside. */
  read(from: number, to: number): Promise<Uint8Array>;
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Offset of the end record, searched from the back because a comment may follow it; -1 when there is none. */
export function endOffset(view: DataView): number {
  const first = Math.max(0, view.byteLength - endBytes - 0xffff);
  for (let at = view.byteLength - endBytes; at >= first; at--) if (view.getUint32(at, true) === endSignature) return at;
  return -1;
}

/** Replaces the sizes that did not fit 32 bits by those of the zip64 extra field (id 1), which come in this order. */
function takeZip64(entry: ZipEntry, extra: DataView): void {
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    const end = Math.min(extra.byteLength, at + 4 + extra.getUint16(at + 2, true));
    let from = at + 4;
    for (const key of ['sizeBytes', 'packedBytes', 'localOffset'] as const) {
      if (entry[key] !== elsewhere || from + 8 > end) continue;
      entry[key] = Number(extra.getBigUint64(from, true));
      from += 8;
    }
  }
}

/** The entry at an offset of the list, which ends at `end`, and where the next one begins; null when there is none. */
function readEntry(bytes: Uint8Array, at: number, end: number): { entry: ZipEntry; next: number } | null {
  const view = viewOf(bytes);
  if (at + entryBytes > end || view.getUint32(at, true) !== entrySignature) return null;
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
  const nameAt = at + entryBytes;
  const next = nameAt + nameBytes + extraBytes + commentBytes;
  if (next > end) return null;
  const entry: ZipEntry = {
    path: new TextDecoder().decode(bytes.subarray(nameAt, nameAt + nameBytes)).replaceAll('\\', '/'),
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc32: view.getUint32(at + 16, true),
    packedBytes: view.getUint32(at + 20, true),
    sizeBytes: view.getUint32(at + 24, true),
    localOffset: view.getUint32(at + 42, true),
  };
  takeZip64(entry, new DataView(bytes.buffer, bytes.byteOffset + nameAt + nameBytes, extraBytes));
  return { entry, next };
}

/** `count` entries, one after another from `start` on; null when the list ends or breaks off before. */
export function readEntries(bytes: Uint8Array, start: number, end: number, count: number): ZipEntry[] | null {
  const entries: ZipEntry[] = [];
  for (let at = start; entries.length < count;) {
    const read = readEntry(bytes, at, end);
    if (!read) return null;
    entries.push(read.entry);
    at = read.next;
  }
  return entries;
}

/** The entries of a file that is not read as a whole; null when its list is damaged, or needs 64 bits to be found. */
export async function readDirectory(file: RandomBytes): Promise<ZipEntry[] | null> {
  const tailFrom = Math.max(0, file.size - endBytes - 0xffff);
  const tail = viewOf(await file.read(tailFrom, file.size));
  const end = endOffset(tail);
  if (end < 0) return null;
  const [count, length, from] = [tail.getUint16(end + 10, true), tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  const fits = count < 0xffff && from + length <= tailFrom + end && count * entryBytes <= length;
  return fits ? readEntries(await file.read(from, from + length), 0, length, count) : null;
}

/** Where the packed bytes begin behind an entry's local header, whose fixed part is given; null when it is none. */
export function dataOffset(local: DataView, { localOffset }: ZipEntry): number | null {
  if (local.byteLength < localBytes || local.getUint32(0, true) !== localSignature) return null;
  return localOffset + localBytes + local.getUint16(26, true) + local.getUint16(28, true);
}
