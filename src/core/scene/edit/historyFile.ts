/**
 * Edit history as bytes, for the project's folder and for archives: "SPLATEDT", version and length of the JSON as u32 little-endian, the
 * JSON, and behind it the sets of splats the JSON points into. A set is stored as its bits or, where that is shorter, as the gaps between
 * its splats (LEB128).
 * Invariant: readHistory(writeHistory(h)) is h; reading never throws, and everything it gives back was checked field by field.
 */
import { bitsOf, countBits, setBit } from './bits.ts';
import { operationReader } from './historyRead.ts';
import type { EditHistory, EditOperation, SplatBits } from './operations.ts';

const magic = 'SPLATEDT';
const version = 1;
const headBytes = 16;

/** Where a set of splats lies behind the JSON. */
export interface StoredBits {
  at: number;
  bytes: number;
  as: 'bits' | 'gaps';
  /** Bytes of the bits. */
  length: number;
}

function gapsOf(bits: SplatBits): Uint8Array {
  const out: number[] = [];
  let last = -1;
  for (let i = 0; i < 8 * bits.length; i++) {
    if ((bits[i >> 3] & (1 << (i & 7))) === 0) continue;
    let gap = i - last - 1;
    last = i;
    for (; gap > 127; gap >>>= 7) out.push((gap & 127) | 128);
    out.push(gap);
  }
  return Uint8Array.from(out);
}

function bitsOfGaps(gaps: Uint8Array, length: number): SplatBits | null {
  const bits = bitsOf(8 * length);
  let [at, last] = [0, -1];
  while (at < gaps.length) {
    let [gap, shift] = [0, 0];
    for (; at < gaps.length && gaps[at] > 127; shift += 7) gap += (gaps[at++] & 127) * 2 ** shift;
    if (at >= gaps.length || shift > 28) return null;
    last += gap + gaps[at++] * 2 ** shift + 1;
    if (last >= 8 * length) return null;
    setBit(bits, last);
  }
  return bits;
}

/** The history as a file's bytes. */
export function writeHistory({ done, undone }: EditHistory): Uint8Array<ArrayBuffer> {
  const blobs: Uint8Array[] = [];
  let at = 0;
  const plain = (operation: EditOperation): object => {
    if (operation.kind !== 'delete') return operation;
    const gaps = countBits(operation.splats) < operation.splats.length ? gapsOf(operation.splats) : operation.splats;
    const isShorter = gaps.length < operation.splats.length;
    const blob = isShorter ? gaps : operation.splats;
    const splats: StoredBits = { at, bytes: blob.length, as: isShorter ? 'gaps' : 'bits', length: operation.splats.length };
    blobs.push(blob);
    at += blob.length;
    return { ...operation, splats };
  };
  const json = new TextEncoder().encode(JSON.stringify({ done: done.map(plain), undone: undone.map(plain) }));
  const out = new Uint8Array(headBytes + json.length + at);
  out.set(new TextEncoder().encode(magic));
  new DataView(out.buffer).setUint32(8, version, true);
  new DataView(out.buffer).setUint32(12, json.length, true);
  out.set(json, headBytes);
  let to = headBytes + json.length;
  for (const blob of blobs) {
    out.set(blob, to);
    to += blob.length;
  }
  return out;
}

/** The set of splats a JSON value points to; null when it points to nothing sound. */
function storedBits(value: unknown, behind: Uint8Array): SplatBits | null {
  const { at, bytes, as, length } = (typeof value === 'object' && value !== null ? value : {}) as Partial<
    Record<keyof StoredBits, unknown>
  >;
  const isPlace = (x: unknown, most: number): x is number => typeof x === 'number' && Number.isInteger(x) && x >= 0 && x <= most;
  if (!isPlace(at, behind.length) || !isPlace(bytes, behind.length - at) || !isPlace(length, 2 ** 27)) return null;
  const blob = behind.subarray(at, at + bytes);
  if (as === 'gaps') return bitsOfGaps(blob, length);
  return as === 'bits' && length === bytes ? blob.slice() : null;
}

/**
 * The history of a file's bytes; null where they are none, are cut off, or come from a version that is not known.
 * @param notes gets a sentence for every operation that was left out: one of an unknown kind, or with a field that makes no sense
 */
export function readHistory(bytes: Uint8Array, notes: string[] = []): EditHistory | null {
  if (bytes.length < headBytes || new TextDecoder('latin1').decode(bytes.subarray(0, 8)) !== magic) return null;
  const head = new DataView(bytes.buffer, bytes.byteOffset, headBytes);
  const jsonEnd = headBytes + head.getUint32(12, true);
  if (head.getUint32(8, true) !== version || jsonEnd > bytes.length) return null;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes.subarray(headBytes, jsonEnd)));
  } catch {
    return null;
  }
  const { done, undone } = (typeof json === 'object' && json !== null ? json : {}) as { done?: unknown; undone?: unknown };
  if (!Array.isArray(done) || !Array.isArray(undone)) return null;
  const behind = bytes.subarray(jsonEnd);
  const read = operationReader((value) => storedBits(value, behind), notes);
  return { done: done.flatMap(read), undone: undone.flatMap(read) };
}
