/**
 * Where a splat file comes from: a URL or a Blob, as the stream of bytes that decodeSplats reads. What fetches is handed in, so that the
 * page, its worker and a test share every word of it.
 * Invariant: a failed request is a Failure whose sentence names the file; a length is believed only where nothing can have compressed it.
 */
import { type Result, fail, ok } from '../../job/failure.ts';
import type { DecodeOptions, SplatInput } from '../splatStream.ts';
import { Refusal, messageOf } from './refusal.ts';

/** As much of a ReadableStream as is used. */
interface ByteStream {
  getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<void> };
}

interface ByteResponse {
  ok: boolean;
  status: number;
  /** 'cors' when headers were held back. */
  type: string;
  headers: { get(name: string): string | null };
  body: ByteStream | null;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** What a page and a worker have and the engine has not. */
export interface Web {
  fetch(url: string, withCredentials: boolean): Promise<ByteResponse>;
  /** Absolute URL of one that is relative to `base`. */
  resolve(relative: string, base: string): string;
  /** False when the machine knows that it has no network. */
  onLine(): boolean;
}

/** As much of a Blob as is used. */
export interface ByteBlob {
  readonly size: number;
  stream(): ByteStream;
}

export type SplatOrigin = { url: string; name: string | null; withCredentials: boolean } | { blob: ByteBlob; name: string };

export interface OpenedSource {
  input: SplatInput;
  sibling: DecodeOptions['sibling'];
  /** What the server says the length is, good enough for a progress bar. */
  lengthHint: number | null;
}

/** The stream's pieces. A network that breaks off is `offline`. */
async function* piecesOf(stream: ByteStream, name: string): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let ended = false;
  try {
    while (!ended) {
      const { done, value } = await reader.read();
      if (done) ended = true;
      else if (value) yield value;
    }
  } catch (error) {
    ended = true;
    throw new Refusal(fail('offline', `${name} broke off while it was loading: ${messageOf(error)}.`, { file: name }).failure);
  } finally {
    // Tells the network that nobody listens any more; whether it minds does not matter.
    if (!ended) void reader.cancel().catch(() => undefined);
  }
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The last part of a URL's path, readable. */
export function nameOfUrl(url: string): string {
  const last =
    url
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? '';
  try {
    return decodeURIComponent(last) || url;
  } catch {
    return last || url;
  }
}

/** Length of the body as the decoder will see it: unknown where a transfer encoding is used or may have been hidden from us. */
function trustedLength(response: ByteResponse, hint: number | null): number | null {
  const encoding = response.headers.get('content-encoding');
  if (encoding !== null && encoding !== 'identity') return null;
  return response.type === 'cors' && encoding === null ? null : hint;
}

function contentLength(response: ByteResponse): number | null {
  const text = response.headers.get('content-length');
  const length = text === null ? NaN : Number(text);
  return Number.isSafeInteger(length) && length > 0 ? length : null;
}

/** The response or the sentence why there is none. */
async function request(url: string, withCredentials: boolean, name: string, web: Web): Promise<Result<ByteResponse>> {
  let response: ByteResponse;
  try {
    response = await web.fetch(url, withCredentials);
  } catch (error) {
    if (!web.onLine()) return fail('offline', `${name} could not be fetched: there is no network.`, { file: name });
    const why = 'the network failed, or the server does not let this page read it (CORS)';
    return fail('bad-file', `${name} could not be fetched: ${why}: ${messageOf(error)}.`, { file: name });
  }
  if (!response.ok) return fail('bad-file', `The server answered ${response.status} for ${name}.`, { file: name });
  return ok(response);
}

async function openUrl(url: string, givenName: string | null, withCredentials: boolean, web: Web): Promise<Result<OpenedSource>> {
  const name = givenName ?? nameOfUrl(url);
  const requested = await request(url, withCredentials, name, web);
  if (!requested.ok) return requested;
  const response = requested.value;
  const lengthHint = contentLength(response);
  const chunks = response.body ? piecesOf(response.body, name) : onePiece(new Uint8Array(await response.arrayBuffer()));
  const sibling = async (relative: string): Promise<Uint8Array | null> => {
    const answer = await request(web.resolve(relative, url), withCredentials, relative, web);
    return answer.ok ? new Uint8Array(await answer.value.arrayBuffer()) : null;
  };
  return ok({ input: { chunks, name, totalBytes: trustedLength(response, lengthHint) }, sibling, lengthHint });
}

/** Opens a source. `bad-file` for an answer that is no success, `offline` without a network. */
export async function openSource(origin: SplatOrigin, web: Web): Promise<Result<OpenedSource>> {
  if ('url' in origin) return openUrl(origin.url, origin.name, origin.withCredentials, web);
  const { blob, name } = origin;
  return ok({ input: { chunks: piecesOf(blob.stream(), name), name, totalBytes: blob.size }, sibling: null, lengthHint: blob.size });
}
