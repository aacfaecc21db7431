/**
 * Unpacks one zip entry in slices, so that the thread stays free for other work in between.
 * Invariant: the result has exactly the declared size and CRC-32, or the promise rejects.
 */
import { Inflate } from 'fflate';

/** One entry of the central directory. */
export interface ZipEntry {
  path: string;
  flags: number;
  /** 0 stored, 8 deflated. */
  method: number;
  crc32: number;
  packedBytes: number;
  sizeBytes: number;
  /** Where its local header begins in the archive. */
  localOffset: number;
}

/** Packed bytes per slice: a few milliseconds of work. */
const sliceBytes = 1 << 18;

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 (ISO 3309), continued from a former result; starts at 0. */
export function crc32(bytes: Uint8Array, former = 0): number {
  let crc = ~former;
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

const breathe = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve));

async function inflate(entry: ZipEntry, packed: Uint8Array): Promise<Uint8Array> {
  const out = new Uint8Array(entry.sizeBytes);
  let filled = 0;
  const stream = new Inflate((chunk) => {
    if (filled + chunk.length > out.length) throw new Error('it holds more than it declares');
    out.set(chunk, filled);
    filled += chunk.length;
  });
  for (let at = 0; at === 0 || at < packed.length; at += sliceBytes) {
    stream.push(packed.subarray(at, at + sliceBytes), at + sliceBytes >= packed.length);
    if (at + sliceBytes < packed.length) await breathe();
  }
  return out.subarray(0, filled);
}

/** The entry's own bytes. Rejects with words that name the entry when they are not what the archive declares. */
export async function unpackEntry(entry: ZipEntry, packed: Uint8Array): Promise<Uint8Array> {
  const damaged = (why: string): Error => new Error(`${entry.path} is damaged inside the archive: ${why}`);
  const bytes = await (entry.method === 0 ? Promise.resolve(packed) : inflate(entry, packed)).catch((error: unknown) => {
    throw damaged(error instanceof Error ? error.message : String(error));
  });
  if (bytes.length !== entry.sizeBytes) throw damaged(`it holds ${bytes.length} of ${entry.sizeBytes} bytes`);
  if (crc32(bytes) !== entry.crc32) throw damaged('its checksum does not match');
  return bytes;
}
