/** The browser's push subscriptions. /api/push. */
import { Hono } from 'hono';
import * as z from 'zod';
import type { PushKey } from '../../src/core/job/cloudApi.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { requireOwner } from '../http/owner.ts';
import { readJson } from '../http/readJson.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { parseAddress } from '../policy/publicAddress.ts';
import { checkPushEndpoint } from '../policy/pushEndpoint.ts';
import { pushLocales } from '../policy/pushMessage.ts';
import { arePushKeys } from '../policy/webPush.ts';
import { removeSubscription, saveSubscription, vapidKeys } from '../store/push.ts';

const endpoint = z.string().max(2000);

/** What PushSubscription.toJSON() gives, and the language of the messages. */
export const subscription = z.strictObject({
  endpoint,
  expirationTime: z.exactOptional(z.number().nullable()),
  keys: z.strictObject({ p256dh: z.string().max(100), auth: z.string().max(40) }),
  locale: z.enum(pushLocales).default('en'),
});

export const byEndpoint = z.strictObject({ endpoint });
const bodyBytes = 8 * 1024;

export const pushRoutes = new Hono<AppEnv>()
  .get('/key', async (c) => {
    const keys = await vapidKeys(c.var.cloud);
    if (!keys) throw new Refusal(404, 'push-off', 'This server does not send push messages.');
    return c.json<PushKey>({ key: keys.publicKey });
  })
  .post('/subscriptions', async (c) => {
    const { cloud } = c.var;
    const ownerId = requireOwner(c);
    const { endpoint: text, keys, locale } = await readJson(c, subscription, bodyBytes);
    const url = checkPushEndpoint(text, { allowLoopback: cloud.config.isDevelopment });
    if (!url) throw new Refusal(400, 'bad-endpoint', 'The endpoint is of no push service that this server talks to.');
    if (!(await arePushKeys(keys)))
      throw new Refusal(400, 'bad-keys', 'keys.p256dh must be a point of P-256 and keys.auth 16 bytes, both base64url.');
    const saved = await saveSubscription(cloud, { ownerId, endpoint: url.href, ...keys, locale });
    if (!saved) throw new Refusal(409, 'endpoint-taken', 'Another browser has subscribed with this endpoint.');
    return c.body(null, 204);
  })
  .delete('/subscriptions', async (c) => {
    const ownerId = requireOwner(c);
    const { endpoint: text } = await readJson(c, byEndpoint, bodyBytes);
    // Kept as the parser writes it; what it cannot read was never kept.
    const url = parseAddress(text);
    const removed = url !== null && (await removeSubscription(c.var.cloud, ownerId, url.href));
    if (!removed) throw notFound('subscription');
    return c.body(null, 204);
  });
