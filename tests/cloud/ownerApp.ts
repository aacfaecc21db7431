/** Some routes as one owner (or a stranger) sees them, with the test's own Cloud behind and the refusals as the whole app writes them. */
import { Hono } from 'hono';
import { env } from 'cloudflare:workers';
import type { Cloud } from '../../cloud/cloud.ts';
import type { AppEnv } from '../../cloud/http/appEnv.ts';
import { Refusal } from '../../cloud/http/refusal.ts';

export type Ask = (method: string, path: string, body?: unknown) => Promise<Response>;

export function ownerApp(cloud: Cloud, ownerId: string | null, routes: Hono<AppEnv>): Ask {
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set('cloud', cloud);
    c.set('ownerId', ownerId);
    await next();
  });
  app.route('/', routes);
  app.onError((error, c) => {
    if (error instanceof Refusal) return c.json(error.body(), error.status, error.headers);
    throw error;
  });
  return async (method, path, body) =>
    app.request(path, { method, ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }) }, env);
}
