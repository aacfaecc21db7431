/** Some routes as one owner (or a stranger) sees them, with the test's own Cloud behind and the refusals as the whole app writes them. */
import type { Hono } from 'hono';
import { env } from 'cloudflare:workers';
import type { Cloud } from '../../cloud/cloud.ts';
import type { AppEnv } from '../../cloud/http/appEnv.ts';
import { appOver } from './appOver.ts';

export type Ask = (method: string, path: string, body?: unknown) => Promise<Response>;

export function ownerApp(cloud: Cloud, ownerId: string | null, routes: Hono<AppEnv>): Ask {
  const app = appOver(cloud, ownerId);
  app.route('/', routes);
  return async (method, path, body) =>
    app.request(path, { method, ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }) }, env);
}
