/**
 * Pages of other sites cannot act in a person's name.
 * Invariant: what changes anything is taken from a browser only when the page that sends it is our own. A request with a cookie must say
 * where it comes from; one without may be a program's, which says nothing, but none may say that it comes from elsewhere. Outside of /api
 * nothing is done in an owner's name.
 */
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { readCookie } from '../policy/cookie.ts';
import { count } from '../store/counters.ts';
import type { AppEnv } from './appEnv.ts';
import { isMachineRoute } from './machineRoutes.ts';
import { Refusal } from './refusal.ts';

/** On a machine of one's own TLS may end before the Worker, in a tunnel; then only the hosts can be compared. */
function isOwnOrigin(c: Context<AppEnv>, origin: string): boolean {
  const [given, own] = [URL.canParse(origin) ? new URL(origin) : null, new URL(c.req.url)];
  return c.var.cloud.config.isDevelopment ? given?.host === own.host : given?.origin === own.origin;
}

/**
 * Whether our own page sent it: true, false, or null when nothing says so. Sec-Fetch-Site comes first, because no page can set it
 * (Fetch Metadata, section 2.3), and because a page with `Referrer-Policy: no-referrer` sends its own forms with `Origin: null`.
 */
function isFromOwnPage(c: Context<AppEnv>): boolean | null {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = c.req.header('origin');
  return origin === undefined ? null : isOwnOrigin(c, origin);
}

/** @throws Refusal 403 */
export const csrf = createMiddleware<AppEnv>(async (c, next) => {
  const isSafe = ['GET', 'HEAD', 'OPTIONS'].includes(c.req.method);
  // No page of another site can send this header without being asked for it by a preflight, which is refused.
  const isProgram = /^Bearer /i.test(c.req.header('authorization') ?? '');
  const isOwners = c.req.path.startsWith('/api/') && !isMachineRoute(c.req.path);
  if (!isSafe && !isProgram && isOwners) {
    const isOwn = isFromOwnPage(c) ?? readCookie(c, 'owner') === undefined;
    if (!isOwn) {
      count(c.var.cloud, 'refused', 'csrf');
      throw new Refusal(403, 'other-site', 'Pages of other sites may not do this; programs use an access token.');
    }
  }
  await next();
});
