/**
 * How often somebody may try: coarsely by address at the edge, and exactly, in D1, where guessing must be stopped.
 * Invariant: no address is stored; a count is kept under a keyed hash of what is counted and goes when its window is over.
 */
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Cloud } from '../cloud.ts';
import { sign } from '../policy/keys.ts';
import { networkOf } from '../policy/network.ts';
import { count } from '../store/counters.ts';
import type { AppEnv } from './appEnv.ts';
import { isMachineRoute } from './machineRoutes.ts';
import { later } from './refusal.ts';

/** The binding's own period, as wrangler.toml has it. */
const coarseSeconds = 60;

/** Who is counted together: the network that Cloudflare saw the request come from; one for all where nobody says. */
export const callerOf = (c: Context<AppEnv>): string => networkOf(c.req.header('cf-connecting-ip') ?? '') ?? 'unknown';

/** @throws Refusal 429. Reading is not counted, nor what is signed: a thousand photos are a thousand PUTs. */
export const rateLimit = createMiddleware<AppEnv>(async (c, next) => {
  const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(c.req.method);
  if (!isRead && !isMachineRoute(c.req.path)) {
    const { success } = await c.env.LIMIT.limit({ key: callerOf(c) });
    if (!success) throw refused(c.var.cloud, 'coarse', coarseSeconds);
  }
  await next();
});

function refused(cloud: Cloud, limit: string, seconds: number): Error {
  count(cloud, 'refused', `rate ${limit}`);
  return later('too-often', 'Too many tries; wait a little.', seconds, 429);
}

/**
 * Counts a try, and says whether it is one too many in the present window.
 * @param bucket what is counted, e.g. "recover 203.0.113.7"
 * @param limit tries that go through in each window of `windowSeconds`
 */
export async function tooMany(cloud: Cloud, bucket: string, limit: number, windowSeconds: number): Promise<boolean> {
  const window = Math.floor(cloud.now() / (windowSeconds * 1000));
  const id = `tries ${await sign(cloud.env, 'tries', `${window} ${windowSeconds} ${bucket}`)}`;
  const add =
    "INSERT INTO challenges (id, kind, value, expires_at) VALUES (?1, 'tries', '1', ?2)" +
    ' ON CONFLICT (id) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING CAST(value AS INTEGER) AS tries';
  const row = await cloud.db
    .prepare(add)
    .bind(id, (window + 1) * windowSeconds * 1000)
    .first<{ tries: number }>();
  return (row?.tries ?? 0) > limit;
}

/** @throws Refusal 429 when this is one try too many */
export async function countTry(c: Context<AppEnv>, what: string, limit: number, windowSeconds: number): Promise<void> {
  if (await tooMany(c.var.cloud, `${what} ${callerOf(c)}`, limit, windowSeconds)) throw refused(c.var.cloud, what, windowSeconds);
}
