/**
 * Sealed files: a seal of 16 bytes (magic number, number of the write, length, checksum), then the content. The seal is written last, so a
 * tab closed in the middle leaves a file that is not taken for whole.
 * Invariant: what unsealed() gives back is exactly what was sealed; anything else (cut short, altered, empty) is null.
 */

export const sealBytes = 16;
const magic = 0x53504c32;

/** FNV-1a, 32 bits: the start, and what it becomes with more bytes. */
const hashStart = 0x811c9dc5;

function hashed(hash: number, bytes: Uint8Array): number {
  let now = hash;
  for (let i = 0; i < bytes.length; i++) now = Math.imul(now ^ bytes[i], 0x01000193);
  return now;
}

/** Over the parts one after another. */
const checksum = (parts: readonly Uint8Array[]): number => parts.reduce(hashed, hashStart) >>> 0;

/** The seal of content given in parts. `turn` tells which of two whole files is the newer. */
export function sealOf(parts: readonly Uint8Array[], turn = 0): Uint8Array<ArrayBuffer> {
  const seal = new DataView(new ArrayBuffer(sealBytes));
  seal.setUint32(0, magic);
  seal.setUint32(4, turn);
  seal.setUint32(
    8,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  seal.setUint32(12, checksum(parts));
  return new Uint8Array(seal.buffer);
}

/** The turn a seal names; null when the bytes do not begin with a seal. */
export function turnOf(content: Uint8Array): number | null {
  if (content.length < sealBytes) return null;
  const seal = new DataView(content.buffer, content.byteOffset, sealBytes);
  return seal.getUint32(0) === magic ? seal.getUint32(4) : null;
}

/** The content after its seal; null when the two do not belong together. */
export function unsealed(content: Uint8Array): Uint8Array | null {
  const turn = turnOf(content);
  if (turn === null) return null;
  const bytes = content.subarray(sealBytes);
  return sealOf([bytes], turn).every((byte, at) => byte === content[at]) ? bytes : null;
}

/** Bytes read at a time: some milliseconds of work. */
const pieceBytes = 1 << 22;

/**
 * Whether a file of `sizeBytes` is whole, read piece by piece, so that a large one neither fills the memory nor holds up its thread.
 * `read` gives the bytes in [from, to).
 */
export async function isWhole(sizeBytes: number, read: (from: number, to: number) => Promise<Uint8Array>): Promise<boolean> {
  if (sizeBytes < sealBytes) return false;
  const seal = await read(0, sealBytes);
  const view = new DataView(seal.buffer, seal.byteOffset, sealBytes);
  if (turnOf(seal) === null || view.getUint32(8) !== (sizeBytes - sealBytes) >>> 0) return false;
  let hash = hashStart;
  for (let from = sealBytes; from < sizeBytes; from += pieceBytes)
    hash = hashed(hash, await read(from, Math.min(sizeBytes, from + pieceBytes)));
  return hash >>> 0 === view.getUint32(12);
}
