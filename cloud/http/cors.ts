/**
 * Which pages of other sites may read an answer: none, unless a route is opened by this.
 * Invariant: what is open is open to all, for GET and HEAD, and never with cookies.
 */
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './appEnv.ts';

const read = 'GET, HEAD, OPTIONS';

export const openCors = createMiddleware<AppEnv>(async (c, next) => {
  c.header('access-control-allow-origin', '*');
  c.header('cross-origin-resource-policy', 'cross-origin');
  if (c.req.method === 'OPTIONS') {
    const asked = { 'access-control-allow-methods': read, 'access-control-allow-headers': 'range, if-none-match, if-range' };
    return c.body(null, 204, { ...asked, 'access-control-max-age': '86400' });
  }
  c.header('access-control-expose-headers', 'accept-ranges, content-disposition, content-length, content-range, etag');
  await next();
});
