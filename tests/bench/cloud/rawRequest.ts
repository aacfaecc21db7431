/**
 * A request whose body is made while it is sent.
 * Invariant: it is known how much had left this end when the answer came; an answer before the end of the body ends the sending.
 */
import { type IncomingHttpHeaders, request } from 'node:http';

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Bytes of the body that had been handed to the connection when the answer began: what the server took, and what lay between. */
  sentBytes: number;
  ms: number;
}

interface RawRequest {
  method: 'PUT' | 'POST';
  headers: Record<string, string | number>;
  body: Iterable<Buffer>;
}

export function rawRequest(url: string, { method, headers, body }: RawRequest): Promise<RawAnswer> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    let [sentBytes, isAnswered] = [0, false];
    const sending = request(url, { method, headers });
    sending.on('response', (response) => {
      isAnswered = true;
      const sent = sentBytes;
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, sentBytes: sent, ms: performance.now() - begun });
        sending.destroy();
      });
      response.on('error', reject);
    });
    // Who has answered may hang up in the middle of what it does not want.
    sending.on('error', (error) => (isAnswered ? undefined : reject(error)));
    const chunks = body[Symbol.iterator]();
    // A turn of the event loop for each chunk, so that an answer is seen at once.
    const next = (): void => {
      if (isAnswered || sending.destroyed) return;
      const { done, value } = chunks.next();
      if (done) return void sending.end();
      sentBytes += value.length;
      if (sending.write(value)) setImmediate(next);
      else sending.once('drain', next);
    };
    next();
  });
}
