/**
 * SPZ files (Niantic, versions 2 to 4) up to where the library takes over: inflated, with a header that the file's bytes can hold.
 * Invariant: memory is taken only for what the header's numbers and the compressed bytes agree on.
 */
import { Gunzip } from 'fflate';
import { Refusal, messageOf, refuse } from './refusal.ts';

/** Deflate cannot do better than this; Zstandard can, for splats that are all alike. */
const mostExpansion = 1032;
/** Splats that are always let through: they cost next to nothing. */
const freeSplats = 1 << 16;

const restCounts = [0, 9, 24, 45];

export interface SpzHeader {
  version: number;
  count: number;
  shDegree: number;
  antialiased: boolean;
  /** Bytes of each stream after inflation: positions, opacities, colours, scales, quaternions, SH. */
  streamBytes: number[];
  headerBytes: number;
}

/** Reads the first 16 (versions 2, 3) or 32 bytes (version 4). `packedBytes` is the file's length. */
export function readSpzHeader(bytes: Uint8Array, name: string, packedBytes: number): SpzHeader {
  if (bytes.length < 16) refuse(name, 'is truncated: it ends inside the SPZ header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== 0x5053474e) refuse(name, 'is compressed but holds no SPZ splats');
  const [version, count, shDegree] = [view.getUint32(4, true), view.getUint32(8, true), bytes[12]];
  if (version < 2 || version > 4) refuse(name, `is an SPZ file of version ${version}; versions 2 to 4 are read`);
  if (shDegree > 3) refuse(name, `is an SPZ file with spherical harmonics of degree ${shDegree}; degrees 0 to 3 are read`);
  if (count === 0) refuse(name, 'holds no splats: it declares 0 of them');
  const streamBytes = [9, 1, 3, 3, version === 2 ? 3 : 4, restCounts[shDegree]].map((each) => each * count);
  const raw = streamBytes.reduce((sum, each) => sum + each, 0);
  if (count > freeSplats && raw > mostExpansion * packedBytes)
    refuse(name, `is truncated or damaged: its ${packedBytes} bytes cannot hold the ${count} splats that it declares`);
  return { version, count, shDegree, antialiased: (bytes[14] & 1) === 1, streamBytes, headerBytes: version === 4 ? 32 : 16 };
}

/** Bytes pushed into the inflater at a time: what they can expand to is the most that is held too much. */
const pieceBytes = 1 << 14;

/** Inflates until the header's number of bytes is there. */
function gunzip(bytes: Uint8Array, name: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  let wanted = 16;
  let header: SpzHeader | null = null;
  const inflater = new Gunzip((piece) => {
    pieces.push(piece);
    length += piece.length;
  });
  try {
    for (let at = 0; at < bytes.length && length < wanted; at += pieceBytes) {
      inflater.push(bytes.slice(at, at + pieceBytes), at + pieceBytes >= bytes.length);
      if (header || length < 16) continue;
      header = readSpzHeader(join(pieces, 16), name, bytes.length);
      if (header.version === 4) refuse(name, 'is a damaged SPZ file: version 4 is not wrapped in gzip');
      wanted = header.headerBytes + header.streamBytes.reduce((sum, each) => sum + each, 0);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // What follows the wanted bytes (a checksum) may be cut off.
    if (length < wanted) refuse(name, `is truncated or damaged: ${messageOf(error)}`);
  }
  if (length < wanted) refuse(name, `is truncated: it inflates to ${length} bytes of ${wanted}`);
  return join(pieces, wanted);
}

function join(pieces: Uint8Array[], length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    if (at >= length) break;
    const part = piece.subarray(0, length - at);
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Bytes that a decoder of this Zstandard frame (RFC 8878, 3.1.1.1) would reserve; null when it is no frame. */
function zstdReserve(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 18 || view.getUint32(0, true) !== 0xfd2fb528) return null;
  const flags = bytes[4];
  const single = (flags & 32) !== 0;
  const sizeField = [single ? 1 : 0, 2, 4, 8][flags >>> 6];
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][flags & 3];
  if (sizeField === 1) return bytes[at];
  if (sizeField === 2) return view.getUint16(at, true) + 256;
  if (sizeField === 4) return view.getUint32(at, true);
  if (sizeField === 8) return Number(view.getBigUint64(at, true));
  const base = 2 ** (10 + (bytes[5] >>> 3));
  return base + (base / 8) * (bytes[5] & 7);
}

/** Window a Zstandard frame may ask for beyond what it holds. */
const mostWindow = 1 << 27;

/** Checks version 4's table of streams against the header and the file. */
function checkStreams(bytes: Uint8Array, header: SpzHeader, name: string): void {
  const damaged = (why: string): never => refuse(name, `is truncated or damaged: ${why}`);
  if (bytes.length < 32) damaged('it ends inside its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const streams = header.shDegree === 0 ? 5 : 6;
  const table = view.getUint32(16, true);
  if (bytes[15] !== streams) damaged(`it has ${bytes[15]} streams instead of ${streams}`);
  if (table < 32 || table + 16 * streams > bytes.length) damaged('it ends inside its table of streams');
  let at = table + 16 * streams;
  for (let s = 0; s < streams; s++) {
    const packed = Number(view.getBigUint64(table + 16 * s, true));
    const raw = Number(view.getBigUint64(table + 16 * s + 8, true));
    if (raw !== header.streamBytes[s]) damaged(`stream ${s + 1} does not belong to ${header.count} splats`);
    if (at + packed > bytes.length) damaged(`it ends inside stream ${s + 1} of ${streams}`);
    const reserve = zstdReserve(bytes.subarray(at, at + packed));
    if (reserve !== null && reserve > Math.max(raw, mostWindow)) damaged(`stream ${s + 1} asks for ${reserve} bytes`);
    at += packed;
  }
}

/** The file as the library reads it without reserving more than the file is worth. */
export function openSpz(bytes: Uint8Array, name: string): { bytes: Uint8Array; header: SpzHeader } {
  const plain = bytes[0] === 0x1f ? gunzip(bytes, name) : bytes;
  const header = readSpzHeader(plain, name, bytes.length);
  if (header.version === 4) checkStreams(plain, header, name);
  else if (plain.length < header.headerBytes + header.streamBytes.reduce((sum, each) => sum + each, 0))
    refuse(name, `is truncated: its ${plain.length} bytes cannot hold the ${header.count} splats that it declares`);
  return { bytes: plain, header };
}
