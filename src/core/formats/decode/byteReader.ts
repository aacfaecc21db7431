/**
 * Byte reader: hands out the bytes of a stream in the pieces a decoder asks for, whatever pieces they arrive in.
 * Invariant: memory is taken only for bytes that have arrived, never for a number a header declares.
 */
import type { DecodeEvents, SplatInput } from '../splatStream.ts';
import { Refusal, messageOf, refuse } from './refusal.ts';

export interface ByteReader {
  /** Bytes taken so far. */
  readonly position: number;
  readonly totalBytes: number | null;
  /** The next bytes without taking them: `count` of them, fewer only at the end of the file. */
  peek(count: number): Promise<Uint8Array>;
  /** Takes the next `count` bytes, fewer only at the end of the file. The view is good until the next call. */
  take(count: number): Promise<Uint8Array>;
  /** Takes everything that is left. */
  rest(): Promise<Uint8Array>;
  /** Tells the stream that no more of it is wanted. */
  close(): Promise<void>;
}

const progressEveryMs = 100;

/** `cancelled` is thrown as a Refusal from any call once the signal is set. */
export function createByteReader(input: SplatInput, events: Pick<DecodeEvents, 'progress'>, signal?: { aborted: boolean }): ByteReader {
  const source = input.chunks[Symbol.asyncIterator]();
  let chunks: Uint8Array[] = [];
  /** Bytes of the first chunk that were taken. */
  let start = 0;
  let available = 0;
  let position = 0;
  let ended = false;
  let lastProgressMs = 0;

  const tell = (now: number): void => {
    lastProgressMs = now;
    events.progress(position + available, input.totalBytes);
  };

  const stopIfCancelled = (): void => {
    if (signal?.aborted) refuse(input.name, 'was not read to its end: it was cancelled', 'cancelled');
  };

  async function next(): Promise<void> {
    stopIfCancelled();
    let step: IteratorResult<Uint8Array, unknown>;
    try {
      step = await source.next();
    } catch (error) {
      if (error instanceof Refusal) throw error;
      return refuse(input.name, `could not be read: ${messageOf(error)}`);
    }
    stopIfCancelled();
    if (step.done) ended = true;
    else if (step.value.length > 0) {
      chunks.push(step.value);
      available += step.value.length;
    }
    const now = Date.now();
    if (ended || now - lastProgressMs >= progressEveryMs) tell(now);
  }

  /** The first `count` available bytes in one piece; the chunks are joined where they must be. */
  function joined(count: number): Uint8Array {
    const first = chunks[0];
    if (!first) return new Uint8Array(0);
    if (first.length - start >= count) return first.subarray(start, start + count);
    const whole = new Uint8Array(available);
    let at = 0;
    for (const [i, chunk] of chunks.entries()) {
      const part = i === 0 ? chunk.subarray(start) : chunk;
      whole.set(part, at);
      at += part.length;
    }
    chunks = [whole];
    start = 0;
    return whole.subarray(0, count);
  }

  async function peek(count: number): Promise<Uint8Array> {
    while (available < count && !ended) await next();
    return joined(Math.min(count, available));
  }

  async function take(count: number): Promise<Uint8Array> {
    const bytes = await peek(count);
    start += bytes.length;
    available -= bytes.length;
    position += bytes.length;
    if (chunks[0] && start === chunks[0].length) {
      chunks.shift();
      start = 0;
    }
    return bytes;
  }

  return {
    get position() {
      return position;
    },
    totalBytes: input.totalBytes,
    peek,
    take,
    async rest() {
      while (!ended) await next();
      return take(available);
    },
    async close() {
      // A stream that fails while it is being closed has nothing more to tell.
      if (!ended) await source.return?.().catch(() => undefined);
      ended = true;
    },
  };
}
