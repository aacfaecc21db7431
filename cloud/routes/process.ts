/** POST /api/process: a model is ordered. Invariant: the same order gives the same job, however often it is sent. */
import { Hono } from 'hono';
import { processRequest } from '../../src/core/job/cloudSchema.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { idempotent } from '../http/idempotent.ts';
import { requireOwner } from '../http/owner.ts';
import { readJson } from '../http/readJson.ts';
import { orderJob } from '../jobs/order.ts';

export const processRoutes = new Hono<AppEnv>().post('/', async (c) => {
  const ownerId = requireOwner(c);
  const request = await readJson(c, processRequest, 4096);
  const apiBase = new URL(c.req.url).origin;
  return idempotent(c, ownerId, request, async () => {
    const { job, isNew } = await orderJob(c.var.cloud, { ...request, ownerId, apiBase });
    return { status: isNew ? 202 : 200, body: { jobId: job.id } };
  });
});
