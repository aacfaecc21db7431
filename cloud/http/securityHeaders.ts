/**
 * The headers of every answer of the Worker.
 * Invariant: the strict ones are the default; a route that needs others has set them before, and those stay.
 */
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './appEnv.ts';

const always: Record<string, string> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** For answers that say nothing of frames themselves. */
const closed: Record<string, string> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
};

const yearSeconds = 31_536_000;

export const securityHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  // A socket's answer has to be passed on as it is.
  if (c.res.status === 101) return;
  const isClosed = !c.res.headers.has('content-security-policy');
  const isProduction = !c.var.cloud.config.isDevelopment;
  const headers = { ...always, ...(isClosed && closed), ...(isProduction && { 'strict-transport-security': `max-age=${yearSeconds}` }) };
  for (const [name, value] of Object.entries(headers)) if (!c.res.headers.has(name)) c.header(name, value);
});
