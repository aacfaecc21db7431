/**
 * Reads a zip from the place where its list says each entry lies, without holding the whole file (PKWARE APPNOTE 6.3.10, no zip64: a
 * project's archive is never that large). Stored and deflated entries, so that an archive packed anew by another program is read too.
 * Invariant: an entry gives exactly the bytes its list declares, in size and CRC-32, or its pieces() throws words that name it.
 */
import { Inflate } from 'fflate';
import { crc32 } from '../formats/unpackEntry.ts';

export interface RandomBytes {
  readonly size: number;
  /** The bytes from..to, both inside. */
  read(from: number, to: number): Promise<Uint8Array>;
}

export interface ArchiveEntry {
  name: string;
  sizeBytes: number;
  pieces(): AsyncGenerator<Uint8Array>;
}

interface Listed {
  name: string;
  flags: number;
  method: number;
  crc32: number;
  packedBytes: number;
  sizeBytes: number;
  localOffset: number;
}

const pieceBytes = 1 << 22;
const [endBytes, entryBytes, localBytes] = [22, 46, 30];
const mostEntries = 65_534;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the list of entries lies; null when the file has no end record. */
async function listPlace(file: RandomBytes): Promise<{ count: number; from: number; to: number } | null> {
  const tailFrom = Math.max(0, file.size - endBytes - 0xffff);
  const view = viewOf(await file.read(tailFrom, file.size));
  for (let at = view.byteLength - endBytes; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    const [count, length, from] = [view.getUint16(at + 10, true), view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
    const fits = count <= mostEntries && from + length <= tailFrom + at && count * entryBytes <= length;
    return fits ? { count, from, to: from + length } : null;
  }
  return null;
}

function listedAt(list: Uint8Array, at: number): { entry: Listed; next: number } | null {
  const view = viewOf(list);
  if (at + entryBytes > list.length || view.getUint32(at, true) !== 0x02014b50) return null;
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
  const next = at + entryBytes + nameBytes + extraBytes + commentBytes;
  if (next > list.length) return null;
  const entry = {
    name: new TextDecoder().decode(list.subarray(at + entryBytes, at + entryBytes + nameBytes)),
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc32: view.getUint32(at + 16, true),
    packedBytes: view.getUint32(at + 20, true),
    sizeBytes: view.getUint32(at + 24, true),
    localOffset: view.getUint32(at + 42, true),
  };
  return { entry, next };
}

const damaged = (name: string, why: string): Error => new Error(`${name} is damaged inside the archive: ${why}`);

async function* packedPieces(file: RandomBytes, entry: Listed): AsyncGenerator<Uint8Array> {
  if (entry.localOffset + localBytes > file.size) throw damaged(entry.name, 'it lies beyond the end');
  const local = viewOf(await file.read(entry.localOffset, entry.localOffset + localBytes));
  if (local.getUint32(0, true) !== 0x04034b50) throw damaged(entry.name, 'it is not where the list says');
  const from = entry.localOffset + localBytes + local.getUint16(26, true) + local.getUint16(28, true);
  const to = from + entry.packedBytes;
  if (to > file.size) throw damaged(entry.name, 'it is cut short');
  for (let at = from; at < to; at += pieceBytes) yield await file.read(at, Math.min(to, at + pieceBytes));
}

async function* inflated(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let out: Uint8Array[] = [];
  const stream = new Inflate((piece) => void out.push(piece));
  for await (const piece of pieces) {
    // Small steps: a made-up file may unpack to a thousand times its size.
    for (let at = 0; at < piece.length; at += 1 << 16) {
      stream.push(piece.subarray(at, at + (1 << 16)));
      yield* out;
      out = [];
    }
  }
}

async function* checked(file: RandomBytes, entry: Listed): AsyncGenerator<Uint8Array> {
  const packed = packedPieces(file, entry);
  let [size, crc] = [0, 0];
  for await (const piece of entry.method === 0 ? packed : inflated(packed)) {
    size += piece.length;
    if (size > entry.sizeBytes) throw damaged(entry.name, 'it holds more than it declares');
    crc = crc32(piece, crc);
    yield piece;
  }
  if (size !== entry.sizeBytes) throw damaged(entry.name, `it holds ${size} of ${entry.sizeBytes} bytes`);
  if (crc !== entry.crc32) throw damaged(entry.name, 'its checksum does not match');
}

const isReadable = ({ flags, method }: Listed): boolean => (flags & 1) === 0 && (method === 0 || method === 8);

/** The entries by name, folders left out; null when this is no whole zip, has one name twice, or is packed in a way that is not read. */
export async function readArchive(file: RandomBytes): Promise<Map<string, ArchiveEntry> | null> {
  const place = file.size >= endBytes ? await listPlace(file) : null;
  if (!place) return null;
  const list = await file.read(place.from, place.to);
  const entries = new Map<string, ArchiveEntry>();
  for (let i = 0, at = 0; i < place.count; i++) {
    const read = listedAt(list, at);
    if (!read || !isReadable(read.entry) || entries.has(read.entry.name)) return null;
    at = read.next;
    const { entry } = read;
    if (entry.name.endsWith('/')) continue;
    entries.set(entry.name, { name: entry.name, sizeBytes: entry.sizeBytes, pieces: () => checked(file, entry) });
  }
  return entries;
}

/** All of an entry's bytes; for small ones. Throws as pieces() does, and when there are more than `mostBytes`. */
export async function wholeEntry(entry: ArchiveEntry, mostBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (entry.sizeBytes > mostBytes) throw damaged(entry.name, 'it is larger than such an entry can be');
  const bytes = new Uint8Array(entry.sizeBytes);
  let at = 0;
  for await (const piece of entry.pieces()) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
