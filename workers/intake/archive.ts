/**
 * An archive opened entry by entry. A large one stays on disk: its directory is read, and of each entry that is asked for a small archive
 * of that entry alone is made, so that all checks of reading zips hold for it too.
 * Invariant: a large archive is never in memory as a whole; a damaged one is a `bad-file` that names it.
 */
import { expandZip } from '../../src/core/formats/zip.ts';
import { type Result, fail, ok } from '../../src/core/job/failure.ts';
import type { SourceFile } from '../../src/core/scene/dataset.ts';

/** Archives up to this size are simply read. */
const smallBytes = 32e6;

/** Sizes and marks of PKWARE APPNOTE 6.3.10, as in src/core/formats/zip.ts. */
const endBytes = 22;
const longestEnd = endBytes + 0xffff;
const endSignature = 0x06054b50;
const recordSignature = 0x02014b50;
const recordBytes = 46;
const localBytes = 30;
const elsewhere = 0xffffffff;
/** An entry's own extra field may be longer than the directory's. */
const extraSlack = 4096;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const read = async (file: Blob, from: number, to: number): Promise<Uint8Array> => new Uint8Array(await file.slice(from, to).arrayBuffer());

/** The directory's records, one array each; null when it is damaged or needs 64 bits. */
async function recordsOf(file: Blob): Promise<Uint8Array[] | null> {
  const tail = await read(file, Math.max(0, file.size - longestEnd), file.size);
  const view = viewOf(tail);
  let end = tail.length - endBytes;
  while (end >= 0 && view.getUint32(end, true) !== endSignature) end--;
  if (end < 0) return null;
  const [count, sizeBytes, offset] = [view.getUint16(end + 10, true), view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  if (count === 0xffff || sizeBytes === elsewhere || offset === elsewhere) return null;
  const directory = await read(file, offset, offset + sizeBytes);
  const fields = viewOf(directory);
  const records: Uint8Array[] = [];
  for (let at = 0; records.length < count;) {
    if (at + recordBytes > directory.length || fields.getUint32(at, true) !== recordSignature) return null;
    const length = recordBytes + [28, 30, 32].reduce((sum, field) => sum + fields.getUint16(at + field, true), 0);
    records.push(directory.subarray(at, at + length));
    at += length;
  }
  return records;
}

/** An archive of this entry alone: its data, its record moved to the beginning, an end. */
async function archiveOf(file: Blob, record: Uint8Array): Promise<Uint8Array> {
  const fields = viewOf(record);
  const from = fields.getUint32(42, true);
  const data = await read(file, from, from + localBytes + fields.getUint16(28, true) + extraSlack + fields.getUint32(20, true));
  const alone = new Uint8Array(data.length + record.length + endBytes);
  alone.set(data);
  alone.set(record, data.length);
  const view = viewOf(alone);
  view.setUint32(data.length + 42, 0, true);
  const end = data.length + record.length;
  view.setUint32(end, endSignature, true);
  view.setUint16(end + 8, 1, true);
  view.setUint16(end + 10, 1, true);
  view.setUint32(end + 12, record.length, true);
  view.setUint32(end + 16, data.length, true);
  return alone;
}

function entryOf(file: Blob, archiveName: string, record: Uint8Array): SourceFile {
  const fields = viewOf(record);
  const path = new TextDecoder().decode(record.subarray(recordBytes, recordBytes + fields.getUint16(28, true))).replaceAll('\\', '/');
  return {
    path,
    sizeBytes: fields.getUint32(24, true),
    async bytes() {
      const alone = expandZip(await archiveOf(file, record), archiveName);
      if (!alone.ok) throw new Error(alone.failure.detail);
      return alone.value[0].bytes();
    },
  };
}

const needs64Bits = (record: Uint8Array): boolean => [20, 24, 42].some((field) => viewOf(record).getUint32(field, true) === elsewhere);

/** Files of an archive that stays on disk; null when it has to be read as a whole. An archive that is refused is so for its first file. */
async function openLarge(file: Blob, name: string): Promise<Result<SourceFile[]> | null> {
  const records = await recordsOf(file);
  if (!records || records.some(needs64Bits)) return null;
  const entries = records
    .map((record) => ({ record, entry: entryOf(file, name, record) }))
    .filter(({ entry }) => !entry.path.endsWith('/'));
  if (entries.length === 0) return ok([]);
  const first = expandZip(await archiveOf(file, entries[0].record), name);
  return first.ok ? ok(entries.map(({ entry }) => entry)) : first;
}

/** The files of an archive. `readWholeBytes` is the size up to which it is read at once. */
export async function openArchive(file: Blob, name: string, readWholeBytes = smallBytes): Promise<Result<SourceFile[]>> {
  try {
    const large = file.size > readWholeBytes ? await openLarge(file, name) : null;
    return large ?? expandZip(new Uint8Array(await file.arrayBuffer()), name);
  } catch (error) {
    return fail('bad-file', `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { file: name });
  }
}
