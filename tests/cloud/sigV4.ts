/**
 * Amazon's Signature Version 4 in the query, as a server checks it, written from its specification (Amazon S3 API reference, "Authenticating
 * Requests: Using Query Parameters") with node:crypto. Invariant: no signing code of ours, nor that of the package we use, is used by it.
 */
import { createHash, createHmac } from 'node:crypto';

export interface SignedRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hmac = (key: Uint8Array, text: string): Uint8Array => Buffer.from(createHmac('sha256', key).update(text).digest('hex'), 'hex');
/** UriEncode(): everything but the unreserved characters of RFC 3986. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
const ordered = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function canonicalRequest({ method, url, headers }: SignedRequest, signed: readonly string[]): string {
  const { host, pathname, searchParams } = new URL(url);
  const given = new Map(Object.entries({ ...headers, host }).map(([name, value]) => [name.toLowerCase(), value]));
  const query = [...searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort(ordered)
    .join('&');
  const lines = signed.map((name) => `${name}:${(given.get(name) ?? '').trim()}\n`).join('');
  const path = pathname.split('/').map((part) => encoded(decodeURIComponent(part))).join('/'); // prettier-ignore
  return [method, path, query, lines, signed.join(';'), 'UNSIGNED-PAYLOAD'].join('\n');
}

/** The signature that the request should have, hexadecimal. */
export function signatureOf(request: SignedRequest, secretAccessKey: string): string {
  const { searchParams } = new URL(request.url);
  const of = (name: string): string => searchParams.get(name) ?? '';
  const [, ...scope] = of('X-Amz-Credential').split('/');
  const hash = createHash('sha256')
    .update(bytes(canonicalRequest(request, of('X-Amz-SignedHeaders').split(';'))))
    .digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', of('X-Amz-Date'), scope.join('/'), hash].join('\n');
  const key = scope.reduce((so: Uint8Array, part) => hmac(so, part), bytes(`AWS4${secretAccessKey}`));
  return Buffer.from(hmac(key, toSign)).toString('hex');
}

/** Whether a server would take it at that moment. */
export function isWellSigned(request: SignedRequest, keys: { accessKeyId: string; secretAccessKey: string }, nowMs: number): boolean {
  const { searchParams } = new URL(request.url);
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(searchParams.get('X-Amz-Date') ?? '')?.map(Number) ?? [];
  const begin = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
  const seconds = Number(searchParams.get('X-Amz-Expires'));
  if (searchParams.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256' || !(seconds >= 1 && seconds <= 604_800)) return false;
  if (searchParams.get('X-Amz-Credential')?.split('/')[0] !== keys.accessKeyId) return false;
  // Headers of Amazon's own, and the host, must be signed where they are sent.
  const signed = (searchParams.get('X-Amz-SignedHeaders') ?? '').split(';');
  const must = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))];
  if (!must.every((name) => signed.includes(name))) return false;
  if (nowMs < begin || nowMs >= begin + seconds * 1000) return false;
  return searchParams.get('X-Amz-Signature') === signatureOf(request, keys.secretAccessKey);
}
