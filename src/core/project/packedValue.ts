/**
 * Plain data with typed arrays as bytes: a JSON text in which each typed array stands as its kind, length and place, then the arrays' bytes.
 * Invariant: what unpackValue() gives back equals what packValue() was given, NaN and infinities in typed arrays included; numbers outside
 * typed arrays that JSON cannot hold come back as null.
 */

const kinds = { Float64Array, Float32Array, Uint32Array, Int32Array, Uint16Array, Int16Array, Uint8Array, Int8Array } as const;
type Kind = keyof typeof kinds;

/** Stands for a typed array in the JSON text. */
interface Placed {
  $array: Kind;
  at: number;
  length: number;
}

const isPlaced = (value: unknown): value is Placed =>
  typeof value === 'object' && value !== null && '$array' in value && 'at' in value && 'length' in value;

/** Every array begins at a multiple of 8 bytes, as its kind may ask. */
const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** The bytes in parts: length of the text, the text, padding and arrays. */
export function packValue(value: unknown): Uint8Array[] {
  const arrays: Uint8Array[] = [];
  let at = 0;
  const place = (array: ArrayBufferView): Placed => {
    const placed = { $array: array.constructor.name as Kind, at, length: (array as Uint8Array).length };
    const room = aligned(array.byteLength);
    arrays.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), new Uint8Array(room - array.byteLength));
    at += room;
    return placed;
  };
  const text = JSON.stringify(value, (_, each: unknown) => (ArrayBuffer.isView(each) ? place(each) : each));
  const json = new TextEncoder().encode(text);
  const start = new Uint8Array(aligned(4 + json.length));
  new DataView(start.buffer).setUint32(0, json.length, true);
  start.set(json, 4);
  return [start, ...arrays];
}

function arrayAt(bytes: Uint8Array, start: number, { $array, at, length }: Placed): ArrayBufferView {
  const Kind = kinds[$array];
  const from = start + at;
  const size = length * Kind.BYTES_PER_ELEMENT; // An unknown kind throws here.
  if (!(at >= 0) || !(size >= 0) || from + size > bytes.length) throw new RangeError('An array lies outside.');
  return new Kind(bytes.slice(from, from + size).buffer);
}

/** What was packed; null when the bytes are not such a file. */
export function unpackValue(bytes: Uint8Array): unknown {
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
    const start = aligned(4 + length);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(4, 4 + length));
    return JSON.parse(text, (_, each: unknown) => (isPlaced(each) ? arrayAt(bytes, start, each) : each)) as unknown;
  } catch {
    return null;
  }
}
