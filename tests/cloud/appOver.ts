/** An app without routes on a Cloud that the test holds. Refusals are answered as cloud/app.ts answers them; a bug is thrown to the test. */
import { Hono } from 'hono';
import type { AppEnv } from '../../cloud/http/appEnv.ts';
import { Refusal } from '../../cloud/http/refusal.ts';
import type { Cloud } from '../../cloud/cloud.ts';

/** @param ownerId who asks; as the header x-test-owner says unless given */
export function appOver(cloud: Cloud, ownerId?: string | null): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set('cloud', cloud);
    c.set('ownerId', ownerId === undefined ? (c.req.header('x-test-owner') ?? null) : ownerId);
    await next();
  });
  app.onError((error, c) => {
    if (error instanceof Refusal) return c.json(error.body(), error.status, error.headers);
    throw error;
  });
  return app;
}
