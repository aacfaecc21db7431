/**
 * Zip archives: the list of entries from the central directory (PKWARE APPNOTE 6.3.10), each unpacked when its bytes are asked for.
 * Invariant: nothing is unpacked beyond the size the archive declares for it, and every unpacked entry has its declared CRC-32.
 */
import { type Result, fail, ok } from '../job/failure.ts';
import type { SourceFile } from '../scene/dataset.ts';
import { type ZipEntry, unpackEntry } from './unpackEntry.ts';

/** No photo set is larger; a small archive that declares more is made to fill the memory. */
const maxTotalBytes = 64 * 2 ** 30;
const maxEntryBytes = 4 * 2 ** 30;
/** Deflate cannot pack better than about 1032 to 1. */
const maxDeflateRatio = 1040;

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const endBytes = 22;
const entryBytes = 46;
const localBytes = 30;
/** Value that stands for "see the zip64 field". */
const elsewhere = 0xffffffff;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Offset of the end record, searched from the back because a comment may follow it; -1 when there is none. */
function endOffset(view: DataView): number {
  const first = Math.max(0, view.byteLength - endBytes - 0xffff);
  for (let at = view.byteLength - endBytes; at >= first; at--) if (view.getUint32(at, true) === endSignature) return at;
  return -1;
}

/** Number of entries and offset of the central directory, from the zip64 end record when there is one; null when it is damaged. */
function directory(view: DataView, end: number): { count: number; offset: number } | null {
  const [count, offset] = [view.getUint16(end + 10, true), view.getUint32(end + 16, true)];
  if (count !== 0xffff && offset !== elsewhere) return { count, offset };
  const locator = end - 20;
  if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) return { count, offset };
  const at = Number(view.getBigUint64(locator + 8, true));
  if (at + 56 > view.byteLength || view.getUint32(at, true) !== 0x06064b50) return null;
  return { count: Number(view.getBigUint64(at + 32, true)), offset: Number(view.getBigUint64(at + 48, true)) };
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

/** The entry at an offset of the central directory, which ends at `end`, and where the next one begins; null when there is none. */
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

function readEntries(bytes: Uint8Array): ZipEntry[] | null {
  const view = viewOf(bytes);
  const end = endOffset(view);
  const where = end < 0 ? null : directory(view, end);
  if (!where || where.count * entryBytes > bytes.length) return null;
  const entries: ZipEntry[] = [];
  for (let i = 0, at = where.offset; i < where.count; i++) {
    const read = readEntry(bytes, at, end);
    if (!read) return null;
    entries.push(read.entry);
    at = read.next;
  }
  return entries;
}

const leavesArchive = (path: string): boolean => path.startsWith('/') || /^[a-z]:/i.test(path) || path.split('/').includes('..');

/** Why an entry is not accepted; null when it is. */
function refusal(entry: ZipEntry): string | null {
  if (leavesArchive(entry.path)) return 'has a path that leads out of the archive';
  if (entry.flags & 1) return 'is encrypted; only archives without a password are read';
  if (entry.method !== 0 && entry.method !== 8) return `is packed by the method ${entry.method}; only "store" and "deflate" are read`;
  if (entry.sizeBytes > maxEntryBytes) return `declares ${entry.sizeBytes} bytes, more than any photo has`;
  if (entry.sizeBytes > maxDeflateRatio * entry.packedBytes)
    return `declares ${entry.sizeBytes} bytes in ${entry.packedBytes}, which no archive can hold`;
  return null;
}

/** The entry's packed bytes; null when they are not inside the archive. */
function packedBytesOf(bytes: Uint8Array, entry: ZipEntry): Uint8Array | null {
  const view = viewOf(bytes);
  const at = entry.localOffset;
  if (at + localBytes > bytes.length || view.getUint32(at, true) !== localSignature) return null;
  const from = at + localBytes + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  return from + entry.packedBytes <= bytes.length ? bytes.subarray(from, from + entry.packedBytes) : null;
}

/**
 * The files of an archive, without its folders; the archive's bytes stay in memory while they are used. A file's bytes() rejects when its
 * data is damaged. `bad-file` when the archive is truncated, encrypted, packed in a way we do not read, or made to do harm.
 */
export function expandZip(bytes: Uint8Array, name: string): Result<SourceFile[]> {
  const bad = (why: string): ReturnType<typeof fail> => fail('bad-file', `${name} ${why}.`, { file: name });
  const entries = readEntries(bytes);
  if (!entries) return bad('is not a whole zip archive; it is truncated, or another kind of file');
  const files: SourceFile[] = [];
  let total = 0;
  for (const entry of entries) {
    if (entry.path.endsWith('/')) continue;
    const why = refusal(entry);
    if (why) return bad(`cannot be unpacked: ${entry.path} ${why}`);
    total += entry.sizeBytes;
    if (total > maxTotalBytes) return bad(`declares more than ${maxTotalBytes} bytes when unpacked`);
    const packed = packedBytesOf(bytes, entry);
    if (!packed) return bad(`is truncated: ${entry.path} lies beyond its end`);
    files.push({ path: entry.path, sizeBytes: entry.sizeBytes, bytes: () => unpackEntry(entry, packed) });
  }
  return ok(files);
}
