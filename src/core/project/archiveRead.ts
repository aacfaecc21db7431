/**
 * Reads a zip from the place where its list says each entry lies, without holding the whole file (PKWARE APPNOTE 6.3.10, no zip64: a
 * project's archive is never that large). Stored and deflated entries, so that an archive packed anew by another program is read too.
 * Invariant: an entry gives exactly the bytes its list declares, in size and CRC-32, or its pieces() throws words that name it.
 */
import { Inflate } from 'fflate';
import { type ZipEntry, crc32 } from '../formats/unpackEntry.ts';
import { type RandomBytes, dataOffset, localBytes, readDirectory, viewOf } from '../formats/zipDirectory.ts';

export interface ArchiveEntry {
  name: string;
  sizeBytes: number;
  pieces(): AsyncGenerator<Uint8Array>;
}

const pieceBytes = 1 << 22;

const damaged = (name: string, why: string): Error => new Error(`${name} is damaged inside the archive: ${why}`);

async function* packedPieces(file: RandomBytes, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  if (entry.localOffset + localBytes > file.size) throw damaged(entry.path, 'it lies beyond the end');
  const from = dataOffset(viewOf(await file.read(entry.localOffset, entry.localOffset + localBytes)), entry);
  if (from === null) throw damaged(entry.path, 'it is not where the list says');
  const to = from + entry.packedBytes;
  if (to > file.size) throw damaged(entry.path, 'it is cut short');
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

async function* checked(file: RandomBytes, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const packed = packedPieces(file, entry);
  let [size, crc] = [0, 0];
  for await (const piece of entry.method === 0 ? packed : inflated(packed)) {
    size += piece.length;
    if (size > entry.sizeBytes) throw damaged(entry.path, 'it holds more than it declares');
    crc = crc32(piece, crc);
    yield piece;
  }
  if (size !== entry.sizeBytes) throw damaged(entry.path, `it holds ${size} of ${entry.sizeBytes} bytes`);
  if (crc !== entry.crc32) throw damaged(entry.path, 'its checksum does not match');
}

const isReadable = ({ flags, method }: ZipEntry): boolean => (flags & 1) === 0 && (method === 0 || method === 8);

/** The entries by name, folders left out; null when this is no whole zip, has one name twice, or is packed in a way that is not read. */
export async function readArchive(file: RandomBytes): Promise<Map<string, ArchiveEntry> | null> {
  const listed = await readDirectory(file);
  if (!listed?.every(isReadable)) return null;
  const entries = new Map<string, ArchiveEntry>();
  for (const entry of listed) {
    if (entries.has(entry.path)) return null;
    if (entry.path.endsWith('/')) continue;
    entries.set(entry.path, { name: entry.path, sizeBytes: entry.sizeBytes, pieces: () => checked(file, entry) });
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
