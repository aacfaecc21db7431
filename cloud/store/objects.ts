/**
 * Photos on their way into R2.
 * Invariant: an object is there only if it is whole: of the announced length and hash, with a header that was looked at before the rest was
 * taken. No more of a photo than its header is held, whatever its length.
 */
import { type HeaderProblem, type PhotoHeader, photoTypeOf, readPhotoHeader, typeBytes } from '../policy/photoHeader.ts';
import { headerBytes } from '../policy/uploadLimits.ts';

export interface Announced {
  key: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

export type StoreProblem = HeaderProblem | 'wrong-length' | 'wrong-hash';

/** Chunks until there are so many bytes or the stream ends. */
async function readAtLeast(reader: ReadableStreamDefaultReader<Uint8Array>, chunks: Uint8Array[], bytes: number): Promise<void> {
  for (let length = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0); length < bytes;) {
    const { done, value } = await reader.read();
    if (done) return;
    chunks.push(value);
    length += value.byteLength;
  }
}

/** The first so many bytes in one piece. */
export function startOf(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const length = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  const start = new Uint8Array(Math.min(length, bytes));
  let at = 0;
  for (const chunk of chunks) {
    if (at === start.byteLength) break;
    start.set(chunk.subarray(0, start.byteLength - at), at);
    at += chunk.byteLength;
    if (at > start.byteLength) break;
  }
  return start;
}

/** Reads as far as the header needs. @returns the header and what has been read of the stream */
async function lookAtHeader(body: ReadableStream<Uint8Array>): Promise<{ header: PhotoHeader | HeaderProblem; chunks: Uint8Array[] }> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  try {
    // What is no photo at all is refused with its first bytes.
    await readAtLeast(reader, chunks, typeBytes);
    if (photoTypeOf(startOf(chunks, typeBytes)) === null) return { header: 'not-a-photo', chunks };
    await readAtLeast(reader, chunks, headerBytes);
    return { header: readPhotoHeader(startOf(chunks, headerBytes)), chunks };
  } finally {
    reader.releaseLock();
  }
}

/** Writes what has been read already, then lets the runtime move the rest. */
async function pour(chunks: readonly Uint8Array[], body: ReadableStream<Uint8Array>, into: WritableStream<Uint8Array>): Promise<void> {
  const writer = into.getWriter();
  try {
    for (const chunk of chunks) await writer.write(chunk);
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    throw error;
  } finally {
    writer.releaseLock();
  }
  await body.pipeTo(into);
}

const says = (result: PromiseSettledResult<unknown>, words: RegExp): boolean =>
  result.status === 'rejected' && words.test(String(result.reason));

/**
 * Streams a photo into R2.
 * @param body is read to its end, or cancelled when it is refused
 * @returns what the photo is, or why it was not stored
 * @throws when R2 or the connection fails
 */
export async function storePhoto(
  bucket: R2Bucket,
  { key, bytes, sha256 }: Announced,
  body: ReadableStream<Uint8Array>,
): Promise<PhotoHeader | StoreProblem> {
  const { header, chunks } = await lookAtHeader(body);
  if (typeof header === 'string') {
    await body.cancel(header).catch(() => undefined);
    return header;
  }
  const { readable, writable } = new FixedLengthStream(bytes);
  const put = bucket.put(key, readable, { sha256, httpMetadata: { contentType: header.type } });
  const [stored, poured] = await Promise.allSettled([put, pour(chunks, body, writable)]);
  if ([stored, poured].some((result) => says(result, /FixedLengthStream/))) return 'wrong-length';
  // R2's error 10037: the checksum is another one.
  if (says(stored, /10037|checksum/i)) return 'wrong-hash';
  if (stored.status === 'rejected') throw stored.reason;
  if (poured.status === 'rejected') throw poured.reason;
  return header;
}

/** Chunks that are in memory already, as a stream. */
export function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = chunks.values();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = left.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

/** Lengths of all objects whose name begins so. R2 lists what has been written before the question (it is strongly consistent). */
export async function sizesUnder(bucket: R2Bucket, prefix: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (let cursor: string | undefined, isMore = true; isMore;) {
    const page: R2Objects = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) });
    for (const { key, size } of page.objects) sizes.set(key, size);
    isMore = page.truncated;
    if (page.truncated) cursor = page.cursor;
  }
  return sizes;
}
