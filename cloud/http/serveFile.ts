/**
 * Sending an object of R2: ranges, ETag, and the headers that keep a browser from doing more with it than it should.
 * Invariant: the bytes are streamed; none are held.
 */
import type { Context } from 'hono';
import { byteRangeOf } from '../policy/byteRange.ts';
import type { AppEnv } from './appEnv.ts';
import { notFound } from './refusal.ts';

export interface SentFile {
  key: string;
  bytes: number;
  sha256: string;
  type: string;
  /** With its ending; made of nothing a header cannot hold. */
  name: string;
}

export interface SendOptions {
  /** To be saved, not shown. */
  asDownload: boolean;
  cacheControl: string;
}

/** RFC 6266 and RFC 8187: a plain name for old readers, the true one for the others. */
export function dispositionOf(name: string, asDownload: boolean): string {
  const plain = name.replace(/[^A-Za-z0-9._ -]/g, '_');
  const exact = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${asDownload ? 'attachment' : 'inline'}; filename="${plain}"; filename*=UTF-8''${exact}`;
}

/** If-Range is a strong comparison (RFC 9110, section 13.1.5); a date is taken as not matching. */
const mayBePart = (ifRange: string | undefined, etag: string): boolean => ifRange === undefined || ifRange === etag;

const hasMatch = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch?.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim())) ?? false;

/** Answers 200, 206, 304 or 416. @throws Refusal 404 when the object is gone */
export async function sendFile(c: Context<AppEnv>, file: SentFile, { asDownload, cacheControl }: SendOptions): Promise<Response> {
  const etag = `"${file.sha256}"`;
  const headers: Record<string, string> = {
    etag,
    'accept-ranges': 'bytes',
    'cache-control': cacheControl,
    'content-type': file.type,
    'content-disposition': dispositionOf(file.name, asDownload),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
  };
  if (hasMatch(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
  const range = byteRangeOf(mayBePart(c.req.header('if-range'), etag) ? c.req.header('range') : null, file.bytes);
  if (range.kind === 'unsatisfiable') return c.body(null, 416, { ...headers, 'content-range': `bytes */${file.bytes}` });
  const part = range.kind === 'part' ? range : { offset: 0, length: file.bytes };
  const sized = { ...headers, 'content-length': String(part.length) };
  const last = part.offset + part.length - 1;
  const status = range.kind === 'part' ? 206 : 200;
  const all = status === 206 ? { ...sized, 'content-range': `bytes ${part.offset}-${last}/${file.bytes}` } : sized;
  if (c.req.method === 'HEAD') {
    if (!(await c.env.BUCKET.head(file.key))) throw notFound('file');
    return c.body(null, status, all);
  }
  const object = await c.env.BUCKET.get(file.key, status === 206 ? { range: { offset: part.offset, length: part.length } } : {});
  if (!object) throw notFound('file');
  return c.body(object.body, status, all);
}
