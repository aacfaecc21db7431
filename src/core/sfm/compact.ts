/**
 * What is posted between solving threads, without the memory around it.
 * Invariant: a message never drags along memory that it does not show: a clone of a view copies the whole buffer behind it (HTML Standard,
 * StructuredSerializeInternal), so views of a part are cut out first.
 */

type View = ArrayBufferView & { slice?(): ArrayBufferView };

const cutOut = (view: View): ArrayBufferView => (view.byteLength < view.buffer.byteLength && view.slice ? view.slice() : view);

/** The same plain data, with every typed array alone in its buffer. */
export function compact<T>(value: T): T {
  if (ArrayBuffer.isView(value)) return cutOut(value) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => compact(each)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]: [string, unknown]) => [key, compact(each)])) as T;
}

/** The buffers behind all typed arrays of plain data, each once: what can be handed over instead of copied. */
export function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) buffersOf(each, found);
  return [...found];
}
