/** Where a program of the owner's is told that a job has ended, and the log of everything that was told. /api/me/webhook, /api/me/deliveries. */
import { Hono } from 'hono';
import * as z from 'zod';
import type * as account from '../../src/core/job/cloudAccount.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { requireOwner } from '../http/owner.ts';
import { readJson } from '../http/readJson.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { deliverDue } from '../jobs/deliver.ts';
import { addressFaultWords, checkPublicHttps } from '../policy/publicAddress.ts';
import { newWebhookSecret } from '../policy/webhookSignature.ts';
import { type Delivery, listDeliveries, reopenRow } from '../store/deliveries.ts';
import { getWebhook, setWebhook } from '../store/ownerWebhook.ts';

export const webhookRequest = z.strictObject({ url: z.string().max(2000) });

const newest = 50;

function recordOf(row: Delivery & { endpoint: string | null }): account.Delivery {
  const { id, kind, jobId, status, tries, lastStatus, lastError, createdAt } = row;
  // A push endpoint is itself a key to the browser; its host says enough.
  const to = kind === 'webhook' ? row.target : row.endpoint && new URL(row.endpoint).host;
  return { id, kind, jobId, status, tries, lastStatus, lastError, createdAt, to, nextTryAt: status === 'open' ? row.notBefore : null };
}

export const ownerWebhookRoutes = new Hono<AppEnv>()
  .put('/webhook', async (c) => {
    const { cloud } = c.var;
    const ownerId = requireOwner(c);
    const { url } = await readJson(c, webhookRequest, 8 * 1024);
    const address = checkPublicHttps(url, { allowLoopback: cloud.config.isDevelopment });
    if (!address.ok) throw new Refusal(400, 'bad-address', addressFaultWords[address.reason]);
    const webhook: account.NewWebhook = { url: address.url.href, secret: newWebhookSecret() };
    await setWebhook(cloud, ownerId, webhook);
    return c.json(webhook);
  })
  .get('/webhook', async (c) => {
    const webhook = await getWebhook(c.var.cloud, requireOwner(c));
    return c.json<account.Webhook>({ url: webhook?.url ?? null });
  })
  .delete('/webhook', async (c) => {
    await setWebhook(c.var.cloud, requireOwner(c), null);
    return c.body(null, 204);
  })
  .get('/deliveries', async (c) => {
    const rows = await listDeliveries(c.var.cloud, requireOwner(c), newest);
    return c.json<account.DeliveryList>({ deliveries: rows.map(recordOf) });
  })
  .post('/deliveries/:id/retry', async (c) => {
    const { cloud } = c.var;
    const state = await reopenRow(cloud, requireOwner(c), c.req.param('id'));
    if (state === 'missing') throw notFound('delivery');
    if (state === 'delivered') throw new Refusal(409, 'delivered', 'This has been delivered already.');
    cloud.waitUntil(deliverDue(cloud, 20).catch((error: unknown) => cloud.log.error('deliver-failed', { error: String(error) })));
    return c.body(null, 202);
  });
