/**
 * Byte reader: little-endian numbers from bytes, front to back.
 * Invariant: the caller asks `left` before it takes, so nothing is read past the end; counts from the file are never trusted.
 */
export interface ByteReader {
  /** Bytes from here to the end. */
  readonly left: number;
  skip(count: number): void;
  u8(): number;
  u32(): number;
  i32(): number;
  /** Unsigned 64-bit as a number; Infinity above 2^53, where a number is no longer exact. */
  u64(): number;
  f64(): number;
  /** UTF-8 up to a zero byte, which is taken too; null when there is none before the end. */
  zeroEndedText(): string | null;
}

export function byteReader(bytes: Uint8Array): ByteReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (count: number): number => (at += count) - count;
  return {
    get left() {
      return bytes.length - at;
    },
    skip: (count) => void take(count),
    u8: () => view.getUint8(take(1)),
    u32: () => view.getUint32(take(4), true),
    i32: () => view.getInt32(take(4), true),
    u64: () => {
      const value = Number(view.getBigUint64(take(8), true));
      return value > Number.MAX_SAFE_INTEGER ? Infinity : value;
    },
    f64: () => view.getFloat64(take(8), true),
    zeroEndedText: () => {
      const end = bytes.indexOf(0, at);
      if (end < 0) return null;
      return new TextDecoder().decode(bytes.subarray(take(end + 1 - at), end));
    },
  };
}
