/** POST /api/webhooks/:provider/:jobId/:attempt/:token: a provider reports. Invariant: the body is read raw, before anything looks at it. */
import { Hono } from 'hono';
import type { AppEnv } from '../http/appEnv.ts';
import { readBody } from '../http/readJson.ts';
import { Refusal } from '../http/refusal.ts';
import { takeWebhook } from '../jobs/webhook.ts';
import { count } from '../store/counters.ts';

const mostBytes = 256 * 1024;

export const providerWebhookRoutes = new Hono<AppEnv>().post('/:provider/:jobId/:attempt/:token', async (c) => {
  const raw = await readBody(c.req.raw, mostBytes);
  const { attempt, ...address } = c.req.param();
  const result = await takeWebhook(c.var.cloud, { ...address, attempt: Number(attempt) }, c.req.raw.headers, raw);
  count(c.var.cloud, 'webhook_in', result);
  if (result === 'rejected') throw new Refusal(401, 'webhook-rejected', 'This webhook is not one that is waited for.');
  return c.body(null, 200);
});
