/** A PUT whose connection breaks in the middle. Invariant: the server gets a part of the body, never all of it, and no end. */
import { request } from 'node:http';

/** Sends the first half of the body under a header that announces all of it, then cuts the connection. */
export function cutPut(url: string, body: Buffer, headers: Record<string, string>): Promise<void> {
  return new Promise((resolve) => {
    const put = request(url, { method: 'PUT', headers: { ...headers, 'content-length': String(body.length) } });
    put.on('error', () => resolve());
    put.on('close', () => resolve());
    put.write(body.subarray(0, body.length >> 1), () => put.destroy());
  });
}
