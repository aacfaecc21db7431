/**
 * The cookies of the Worker.
 * Invariant: no script reads one, and over TLS none can be set by another host: the prefix __Host- (RFC 6265bis, section 4.1.3.2) is
 * refused by the browser unless the cookie is Secure, of no domain and of the path "/".
 */
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { AppEnv } from '../http/appEnv.ts';

export type CookieName = 'owner' | 'sign-in';

/** Without TLS only on a machine of one's own; a browser would not send a Secure cookie to a phone's view of it on the LAN. */
const isPlain = (c: Context<AppEnv>): boolean => c.var.cloud.config.isDevelopment && new URL(c.req.url).protocol === 'http:';

const prefixOf = (c: Context<AppEnv>): { prefix?: 'host' } => (isPlain(c) ? {} : { prefix: 'host' });

export const readCookie = (c: Context<AppEnv>, name: CookieName): string | undefined =>
  isPlain(c) ? getCookie(c, name) : getCookie(c, name, 'host');

/** @param seconds for which the browser keeps it */
export function writeCookie(c: Context<AppEnv>, name: CookieName, value: string, seconds: number): void {
  const secure = !isPlain(c);
  setCookie(c, name, value, { ...prefixOf(c), path: '/', httpOnly: true, secure, sameSite: 'Lax', maxAge: seconds });
}

export function clearCookie(c: Context<AppEnv>, name: CookieName): void {
  deleteCookie(c, name, { ...prefixOf(c), path: '/', httpOnly: true, secure: !isPlain(c), sameSite: 'Lax' });
}
