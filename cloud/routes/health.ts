/** GET /api/health: that this is the cloud, and how long it keeps photos. Touches nothing, so that anybody may ask often. */
import { Hono } from 'hono';
import type { CloudHealth } from '../../src/core/job/cloudApi.ts';
import type { AppEnv } from '../http/appEnv.ts';

export const healthRoutes = new Hono<AppEnv>().get('/', (c) =>
  c.json<CloudHealth>({ service: 'splat-cloud', photosKeptDays: c.var.cloud.config.photosKeepDays }),
);
