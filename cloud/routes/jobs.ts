/**
 * /api/jobs: cancelling a job, trying it again, removing it.
 * Invariant: a job that is somebody else's answers as one that does not exist.
 */
import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { preset } from '../../src/core/job/cloudSchema.ts';
import { publicState } from '../policy/jobMachine.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { idempotent } from '../http/idempotent.ts';
import { requireOwner } from '../http/owner.ts';
import { parseJson, readBody } from '../http/readJson.ts';
import { notFound } from '../http/refusal.ts';
import { cancelJob } from '../jobs/cancel.ts';
import { retryJob } from '../jobs/retry.ts';
import { type Job, getJob, getOwnJob } from '../store/jobs.ts';
import { flushLater, outboxed } from '../store/outbox.ts';
import { purgeOrdered } from '../store/purgeOrders.ts';

/** @throws Refusal 401, 404 */
async function ownJob(c: Context<AppEnv>): Promise<Job> {
  const job = await getOwnJob(c.env.DB, requireOwner(c), c.req.param('id') ?? '');
  if (!job) throw notFound('job');
  return job;
}

export const retryRequest = z.strictObject({ preset: preset.optional() });

/** An empty body asks for the same preset. */
async function retryWish(c: Context<AppEnv>): Promise<z.infer<typeof retryRequest>> {
  const bytes = await readBody(c.req.raw, 4096);
  return bytes.byteLength === 0 ? {} : parseJson(bytes, retryRequest);
}

export const jobRoutes = new Hono<AppEnv>()
  .delete('/:id', async (c) => {
    const { cloud } = c.var;
    const job = await ownJob(c);
    // The order first: should this end here, the purge cancels what it finds open.
    await cloud.db.batch([purgeOrdered(cloud, 'job', job.id), outboxed(cloud, { kind: 'purge', requestId: cloud.requestId })]);
    // What follows from its end sends the order too.
    if (!(await cancelJob(cloud, job))) flushLater(cloud);
    return c.body(null, 204);
  })

  .post('/:id/cancel', async (c) => {
    const job = await ownJob(c);
    const now = (await cancelJob(c.var.cloud, job)) ?? (await getJob(c.env.DB, job.id));
    if (!now) throw notFound('job');
    return c.json({ state: publicState(now.state) });
  })

  .post('/:id/retry', async (c) => {
    const job = await ownJob(c);
    const wish = await retryWish(c);
    const apiBase = new URL(c.req.url).origin;
    return idempotent(c, job.ownerId, { retryOf: job.id, ...wish }, async () => {
      const { job: again, isNew } = await retryJob(c.var.cloud, job, wish.preset ?? job.preset, apiBase);
      return { status: isNew ? 202 : 200, body: { jobId: again.id } };
    });
  });
