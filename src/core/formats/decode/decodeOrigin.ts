/**
 * From a URL or Blob to decoded splats: what the worker runs, and the page itself where it cannot have a worker.
 * Invariant: never throws; the answer is the scene or a Failure.
 */
import { type Result, fail } from '../../job/failure.ts';
import type { DecodeEvents, DecodedScene, SplatInput } from '../splatStream.ts';
import { decodeSplats } from './decodeSplats.ts';
import { type SplatOrigin, type Web, openSource } from './openSource.ts';
import { messageOf } from './refusal.ts';

export interface OriginOptions {
  maxSplats: number | null;
  webpWasmUrl: string | null;
  /** Awaited before each piece of the file is read: holds the decoder back while whoever listens is behind. */
  gate?: () => Promise<void>;
}

async function* gated(chunks: AsyncIterable<Uint8Array>, gate: () => Promise<void>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    await gate();
    yield chunk;
  }
}

export async function decodeOrigin(
  origin: SplatOrigin,
  options: OriginOptions,
  web: Web,
  events: DecodeEvents,
  signal?: { aborted: boolean },
): Promise<Result<DecodedScene>> {
  const { maxSplats, webpWasmUrl, gate } = options;
  try {
    const opened = await openSource(origin, web);
    if (!opened.ok) return opened;
    const { input, sibling, lengthHint } = opened.value;
    const held: SplatInput = gate ? { ...input, chunks: gated(input.chunks, gate) } : input;
    const progress = (loaded: number, total: number | null): void =>
      events.progress(loaded, total ?? (lengthHint !== null && lengthHint >= loaded ? lengthHint : null));
    return await decodeSplats(held, { maxSplats, webpWasmUrl, sibling }, { ...events, progress }, signal);
  } catch (error) {
    return fail('bad-file', `The splats could not be read: ${messageOf(error)}.`);
  }
}
