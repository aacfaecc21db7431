/**
 * The Worker's HTTP side: what every request goes through, and which routes there are.
 * Invariant: every "no" is a CloudRefusal in JSON; nothing internal is told to a stranger.
 */
import { Hono } from 'hono';
import { createCloud } from './cloud.ts';
import type { AppEnv } from './http/appEnv.ts';
import { Refusal } from './http/refusal.ts';
import { healthRoutes } from './routes/health.ts';
import { count } from './store/counters.ts';
import { migrated } from './store/migrate.ts';

/** A caller's own request id is taken when it looks like one, so that one id follows the work through all parts. */
const requestIdOf = (given: string | undefined): string => (given && /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : crypto.randomUUID());

export const app = new Hono<AppEnv>();

app.use(async (c, next) => {
  const cloud = createCloud(c.env, c.executionCtx, requestIdOf(c.req.header('x-request-id')));
  c.set('cloud', cloud);
  c.set('ownerId', null);
  c.header('x-request-id', cloud.requestId);
  await migrated(c.env.DB);
  await next();
});

app.route('/api/health', healthRoutes);

app.notFound((c) => c.json(new Refusal(404, 'not-found', 'There is nothing at this address.').body(), 404));

app.onError((error, c) => {
  if (error instanceof Refusal) return c.json(error.body(), error.status, error.headers);
  c.var.cloud?.log.error('error', { path: c.req.path, error: error.stack ?? String(error) });
  if (c.var.cloud) count(c.var.cloud, 'error');
  return c.json(new Refusal(500, 'internal', 'Something went wrong on the server; it has been written down.').body(), 500);
});
