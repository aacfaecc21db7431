/**
 * Zip archives: the list of entries from the central directory (PKWARE APPNOTE 6.3.10), each unpacked when its bytes are asked for.
 * Invariant: nothing is unpacked beyond the size the archive declares for it, and every unpacked entry has its declared CRC-32.
 */
import { type Result, fail, ok } from '../job/failure.ts';
import type { SourceFile } from '../scene/dataset.ts';
import { type ZipEntry, unpackEntry } from './unpackEntry.ts';
import { dataOffset, elsewhere, endOffset, entryBytes, localBytes, readEntries, viewOf } from './zipDirectory.ts';

/** No photo set is larger; a small archive that declares more is made to fill the memory. */
const maxTotalBytes = 64 * 2 ** 30;
const maxEntryBytes = 4 * 2 ** 30;
/** Deflate cannot pack better than about 1032 to 1. */
const maxDeflateRatio = 1040;

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

function entriesOf(bytes: Uint8Array): ZipEntry[] | null {
  const view = viewOf(bytes);
  const end = endOffset(view);
  const where = end < 0 ? null : directory(view, end);
  return where && where.count * entryBytes <= bytes.length ? readEntries(bytes, where.offset, end, where.count) : null;
}

const leavesArchive = (path: string): boolean => path.startsWith('/') || /^[a-z]:/i.test(path) || path.split('/').includes('..');

/** Why an entry is not accepted; null when it is. */
export function refusal(entry: ZipEntry): string | null {
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
  const from = dataOffset(viewOf(bytes.subarray(entry.localOffset, entry.localOffset + localBytes)), entry);
  return from !== null && from + entry.packedBytes <= bytes.length ? bytes.subarray(from, from + entry.packedBytes) : null;
}

/**
 * The files of an archive, without its folders; the archive's bytes stay in memory while they are used. A file's bytes() rejects when its
 * data is damaged. `bad-file` when the archive is truncated, encrypted, packed in a way we do not read, or made to do harm.
 */
export function expandZip(bytes: Uint8Array, name: string): Result<SourceFile[]> {
  const bad = (why: string): ReturnType<typeof fail> => fail('bad-file', `${name} ${why}.`, { file: name });
  const entries = entriesOf(bytes);
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
