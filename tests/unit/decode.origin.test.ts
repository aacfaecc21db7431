/** URLs and Blobs: names, lengths, what servers answer. */
import { describe, expect, test } from 'vitest';
import { decodeOrigin } from '../../src/core/formats/decode/decodeOrigin.ts';
import type { SplatOrigin, Web } from '../../src/core/formats/decode/openSource.ts';
import { writePly } from '../../src/core/formats/ply.ts';
import { blobScene } from '../fixtures/splatFiles.ts';

const ply = writePly(blobScene(64, 1));

/** A web of one server: a function from URL to answer. Responses are the real thing. */
const webOf = (answer: (url: string) => Response | Error, onLine = true): Web => ({
  fetch: async (url) => {
    const response = answer(url);
    if (response instanceof Error) throw response;
    return response;
  },
  resolve: (relative, base) => new URL(relative, base).href,
  onLine: () => onLine,
});

const at = (url: string): SplatOrigin => ({ url, name: null, withCredentials: false });

async function decode(origin: SplatOrigin, web: Web, gate?: () => Promise<void>) {
  const told = { progress: [] as [number, number | null][], capacity: 0, order: [] as string[] };
  const result = await decodeOrigin(origin, { maxSplats: null, webpWasmUrl: null, ...(gate ? { gate } : {}) }, web, {
    begin: (shape) => {
      told.capacity = shape.capacity;
      told.order.push('begin');
    },
    batch: () => void told.order.push('batch'),
    progress: (loaded, total) => void told.progress.push([loaded, total]),
  });
  return { result, ...told };
}

const body = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

describe('a URL', () => {
  test('is read, with progress up to its length', async () => {
    const headers = { 'content-length': String(ply.length) };
    const decoded = await decode(
      at('https://example.org/a/b%20c.ply?v=1'),
      webOf(() => new Response(body(ply), { headers })),
    );
    expect(decoded.result).toMatchObject({ ok: true, value: { count: 64 } });
    expect(decoded.progress.at(-1)).toEqual([ply.length, ply.length]);
    expect(decoded.order).toEqual(['begin', 'batch']);
  });

  test('a compressed answer has no known length', async () => {
    const headers = { 'content-length': '100', 'content-encoding': 'gzip' };
    const decoded = await decode(
      at('https://example.org/a.ply'),
      webOf(() => new Response(body(ply), { headers })),
    );
    expect(decoded.result.ok).toBe(true);
    expect(decoded.progress.at(-1)).toEqual([ply.length, null]);
  });

  test('another origin may hide the compression: its length is not believed', async () => {
    const response = new Response(body(ply), { headers: { 'content-length': '100' } });
    Object.defineProperty(response, 'type', { value: 'cors' });
    const decoded = await decode(
      at('https://example.org/a.ply'),
      webOf(() => response),
    );
    expect(decoded.result.ok).toBe(true);
  });

  test('a wrong answer is said with its number and the file', async () => {
    const { result } = await decode(
      at('https://example.org/a/x.ply?key=1'),
      webOf(() => new Response('no', { status: 404 })),
    );
    expect(result).toEqual({ ok: false, failure: { code: 'bad-file', detail: 'The server answered 404 for x.ply.', file: 'x.ply' } });
  });

  test('no network is offline; a refusal by the browser names CORS', async () => {
    const failing = (): Error => new TypeError('Failed to fetch');
    expect((await decode(at('https://example.org/x.ply'), webOf(failing, false))).result).toMatchObject({ failure: { code: 'offline' } });
    const { result } = await decode(at('https://example.org/x.ply'), webOf(failing));
    expect(result).toMatchObject({ failure: { code: 'bad-file', detail: expect.stringMatching(/CORS/) as string } });
  });

  test('a network that breaks off is offline', async () => {
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(ply.subarray(0, 3000));
        controller.error(new TypeError('network error'));
      },
    });
    const { result } = await decode(
      at('https://example.org/x.ply'),
      webOf(() => new Response(stream)),
    );
    expect(result).toMatchObject({ ok: false, failure: { code: 'offline', file: 'x.ply' } });
  });

  test('the stream is cancelled when the file turns out to be something else', async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('<!DOCTYPE html><html>'.repeat(100))),
      cancel: () => void (cancelled = true),
    });
    const { result } = await decode(
      at('https://example.org/x.ply'),
      webOf(() => new Response(stream)),
    );
    expect(result).toMatchObject({ failure: { code: 'bad-file', detail: expect.stringMatching(/web page/) as string } });
    expect(cancelled).toBe(true);
  });

  test('what lies beside it is fetched relative to it', async () => {
    const asked: string[] = [];
    const meta = JSON.stringify({ version: 2, count: 4, means: { files: ['means_l.webp'] } });
    const web = webOf((url) => {
      asked.push(url);
      return url.endsWith('meta.json') ? new Response(meta) : new Response('', { status: 403 });
    });
    const { result } = await decode(at('https://example.org/scene/meta.json'), web);
    expect(asked).toEqual(['https://example.org/scene/meta.json', 'https://example.org/scene/means_l.webp']);
    expect(result).toMatchObject({ failure: { detail: 'meta.json names means_l.webp, which is not beside it.' } });
  });
});

describe('a Blob', () => {
  const web = webOf(() => new Error('nothing is fetched'));

  test('is read', async () => {
    const decoded = await decode({ blob: new Blob([body(ply)]), name: 'mine.ply' }, web);
    expect(decoded.result).toMatchObject({ ok: true, value: { count: 64, format: 'ply' } });
    expect(decoded.capacity).toBe(64);
  });

  test('waits at the gate', async () => {
    let open: () => void = () => undefined;
    const gate = (): Promise<void> => new Promise((resolve) => (open = resolve));
    const decoding = decode({ blob: new Blob([body(ply)]), name: 'mine.ply' }, web, gate);
    expect(await Promise.race([decoding, new Promise((resolve) => setTimeout(() => resolve('waiting'), 50))])).toBe('waiting');
    const timer = setInterval(() => open(), 1);
    expect((await decoding).result.ok).toBe(true);
    clearInterval(timer);
  });
});
