/**
 * Who is the operator: the bearer of the admin token, a browser that has shown it, or whom Cloudflare Access lets through.
 * Invariant: where neither token nor Access is set up there is no admin at all (404), and what a browser sends by itself changes nothing:
 * a change needs a token that only our own page holds.
 */
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import { verifyWithJwks } from 'hono/jwt';
import type { Cloud } from '../cloud.ts';
import { sign, verify } from '../policy/keys.ts';
import { sha256Hex, timingSafeEqualText } from '../policy/tokens.ts';
import { count } from '../store/counters.ts';
import type { AppEnv } from './appEnv.ts';
import { countTry } from './rateLimit.ts';
import { Refusal } from './refusal.ts';

export interface Admin {
  how: 'token' | 'cookie' | 'access';
  /** What a change must carry; null for the bearer of the token, which no browser sends by itself. */
  csrf: string | null;
}

const sessionSeconds = 8 * 3600;
const tries = { limit: 10, windowSeconds: 600 };
const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

/** @throws Refusal 404 */
export function requireSetUp({ env }: Cloud): void {
  const isThere = isSet(env.ADMIN_TOKEN) || (isSet(env.ACCESS_TEAM) && isSet(env.ACCESS_AUDIENCE));
  if (!isThere) throw new Refusal(404, 'not-found', 'There is nothing at this address.');
}

const isToken = ({ env }: Cloud, given: string): boolean => isSet(env.ADMIN_TOKEN) && timingSafeEqualText(given, env.ADMIN_TOKEN);

/** With the token's hash in it, so that another token ends every session. */
const sessionText = async (token: string, until: number): Promise<string> => `${until}.${await sha256Hex(token)}`;
const csrfOf = (cloud: Cloud, session: string): Promise<string> => sign(cloud.env, 'admin-csrf', session);

/** As policy/cookie.ts: without TLS only on a machine of one's own. */
const isSecure = (c: Context<AppEnv>): boolean => !c.var.cloud.config.isDevelopment || new URL(c.req.url).protocol === 'https:';
const cookieName = (c: Context<AppEnv>): string => (isSecure(c) ? '__Host-admin' : 'admin');

async function byCookie(c: Context<AppEnv>): Promise<Admin | null> {
  const { cloud } = c.var;
  const value = getCookie(c, cookieName(c));
  const token = cloud.env.ADMIN_TOKEN;
  const [, until, signature] = /^(\d{13})\.([0-9a-f]{64})$/.exec(value ?? '') ?? [];
  if (value === undefined || !isSet(token) || until === undefined || signature === undefined || Number(until) <= cloud.now()) return null;
  const isOurs = await verify(cloud.env, 'admin-session', await sessionText(token, Number(until)), signature);
  return isOurs ? { how: 'cookie', csrf: await csrfOf(cloud, value) } : null;
}

/** "acme" and "acme.cloudflareaccess.com" are the same team. */
const teamHost = (team: string): string => (team.includes('.') ? team : `${team}.cloudflareaccess.com`);

async function accessKeys(cloud: Cloud, issuer: string) {
  const answer = await cloud.fetch(`${issuer}/cdn-cgi/access/certs`, { redirect: 'manual', signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return (await answer.json<{ keys: Parameters<typeof verifyWithJwks>[1]['keys'] }>()).keys ?? [];
}

/**
 * Cloudflare Access: "Validate JWTs", the token in Cf-Access-Jwt-Assertion, RS256, the keys at /cdn-cgi/access/certs. Its times are
 * compared here, with the clock of the Cloud.
 */
async function byAccess(c: Context<AppEnv>): Promise<Admin | null> {
  const { cloud } = c.var;
  const { ACCESS_TEAM: team, ACCESS_AUDIENCE: aud } = cloud.env;
  const assertion = c.req.header('cf-access-jwt-assertion');
  if (!isSet(team) || !isSet(aud) || assertion === undefined) return null;
  const iss = `https://${teamHost(team)}`;
  try {
    const verification = { iss, aud, exp: false, nbf: false, iat: false };
    const { exp, nbf, sub } = await verifyWithJwks(assertion, {
      keys: await accessKeys(cloud, iss),
      allowedAlgorithms: ['RS256'],
      verification,
    });
    const seconds = cloud.now() / 1000;
    if (typeof exp !== 'number' || exp <= seconds || (typeof nbf === 'number' && nbf > seconds)) return null;
    return { how: 'access', csrf: await csrfOf(cloud, `access ${String(sub)} ${exp}`) };
  } catch (error) {
    // The library's words hold the whole token; its name says enough.
    cloud.log.warn('access-refused', { error: error instanceof Error ? error.name : 'unknown' });
    return null;
  }
}

const countAdminTry = (c: Context<AppEnv>): Promise<void> => countTry(c, 'admin', tries.limit, tries.windowSeconds);

/** Null for anybody else. @throws Refusal 404 where there is no admin, 429 after too many wrong tokens */
export async function adminOf(c: Context<AppEnv>): Promise<Admin | null> {
  requireSetUp(c.var.cloud);
  const [, bearer] = /^Bearer (.{1,500})$/.exec(c.req.header('authorization') ?? '') ?? [];
  if (bearer !== undefined) {
    if (isToken(c.var.cloud, bearer)) return { how: 'token', csrf: null };
    count(c.var.cloud, 'refused', 'admin');
    await countAdminTry(c);
    return null;
  }
  return (await byCookie(c)) ?? (await byAccess(c));
}

/** Sets the cookie when the token is right. @throws Refusal 429 */
export async function logIn(c: Context<AppEnv>, given: string): Promise<boolean> {
  const { cloud } = c.var;
  requireSetUp(cloud);
  // Counted before it is looked at, so that guessing ends even for one who guesses right at last.
  await countAdminTry(c);
  if (!isToken(cloud, given)) {
    count(cloud, 'refused', 'admin');
    return false;
  }
  const until = cloud.now() + sessionSeconds * 1000;
  const value = `${until}.${await sign(cloud.env, 'admin-session', await sessionText(given, until))}`;
  setCookie(c, cookieName(c), value, { path: '/', httpOnly: true, sameSite: 'Strict', secure: isSecure(c), maxAge: sessionSeconds });
  return true;
}

export function logOut(c: Context<AppEnv>): void {
  deleteCookie(c, cookieName(c), { path: '/', secure: isSecure(c) });
}

/** @throws Refusal 403 */
export function requireCsrf({ csrf }: Admin, given: string | undefined): void {
  if (csrf !== null && !timingSafeEqualText(given ?? '', csrf))
    throw new Refusal(403, 'bad-csrf', 'This form is not of this session: open the page again.');
}

/** For /api/admin. Browsers must send the page's token as x-csrf-token with what changes something. */
export const adminOnly = createMiddleware<AppEnv>(async (c, next) => {
  const admin = await adminOf(c);
  if (!admin) throw new Refusal(401, 'no-admin', 'This needs the admin token.', { 'www-authenticate': 'Bearer' });
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') requireCsrf(admin, c.req.header('x-csrf-token'));
  c.header('cache-control', 'private, no-store');
  await next();
});
