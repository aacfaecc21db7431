/**
 * One try of a delivery.
 * Invariant: no redirect is followed, no answer's body is read, and no try takes longer than its time limit.
 */
import type { Cloud } from '../cloud.ts';
import { type Outcome, pushOutcome, webhookOutcome } from '../policy/deliveryRetry.ts';
import { checkPublicHttps } from '../policy/publicAddress.ts';
import { checkPushEndpoint } from '../policy/pushEndpoint.ts';
import { pushMessage, topicOf } from '../policy/pushMessage.ts';
import { vapidAuthorization } from '../policy/vapid.ts';
import { encryptPush } from '../policy/webPush.ts';
import { webhookHeaders } from '../policy/webhookSignature.ts';
import type { Delivery } from '../store/deliveries.ts';
import type { Job } from '../store/jobs.ts';
import { getWebhook } from '../store/ownerWebhook.ts';
import { forgetSubscription, getSubscription, vapidKeys } from '../store/push.ts';

export interface Attempt {
  outcome: Outcome;
  /** Of the answer; null when none came. */
  status: number | null;
  /** One English sentence for the owner's log; null when all went well. */
  error: string | null;
  /** The header of that name. */
  retryAfter: string | null;
}

const timeoutMs = 15_000;
/** How long a push service keeps the message for a browser that is not there. */
const pushLifeSeconds = 3 * 24 * 3600;

const ended = (outcome: Outcome, error: string): Attempt => ({ outcome, status: null, error, retryAfter: null });

/** What the job's end is called in a webhook; to the outside an expired job has failed. */
const endOf = ({ state }: Job): 'completed' | 'failed' | 'cancelled' => (state === 'completed' || state === 'cancelled' ? state : 'failed');

export async function sendPush(cloud: Cloud, delivery: Delivery, job: Job): Promise<Attempt> {
  const subscription = await getSubscription(cloud, delivery.target);
  if (subscription?.ownerId !== delivery.ownerId) return ended('gone', 'This browser does not want messages any more.');
  const endpoint = checkPushEndpoint(subscription.endpoint, { allowLoopback: cloud.config.isDevelopment });
  if (!endpoint) return ended('given-up', 'The push service is none that this server talks to.');
  const keys = await vapidKeys(cloud);
  if (!keys) return ended('given-up', 'Push is not set up on this server.');
  const end = endOf(job) === 'completed' ? 'completed' : 'failed';
  const message = pushMessage({ id: job.id, end }, subscription.locale, job.apiBase);
  const attempt = await post(cloud, endpoint, pushOutcome, {
    headers: {
      authorization: await vapidAuthorization(endpoint, keys, cloud.config.contact, cloud.now()),
      'content-encoding': 'aes128gcm',
      'content-type': 'application/octet-stream',
      ttl: String(pushLifeSeconds),
      topic: await topicOf(job.id),
      urgency: 'normal',
    },
    body: await encryptPush(new TextEncoder().encode(JSON.stringify(message)), subscription),
  });
  if (attempt.outcome === 'gone') await forgetSubscription(cloud, subscription);
  return attempt;
}

export async function sendWebhook(cloud: Cloud, delivery: Delivery, job: Job): Promise<Attempt> {
  const webhook = await getWebhook(cloud, delivery.ownerId);
  if (webhook?.url !== delivery.target) return ended('gone', 'This is not the address of the webhook any more.');
  const address = checkPublicHttps(webhook.url, { allowLoopback: cloud.config.isDevelopment });
  if (!address.ok) return ended('given-up', 'The address is none that this server may call.');
  const body = JSON.stringify({
    type: `job.${endOf(job)}`,
    jobId: job.id,
    projectId: job.projectId,
    modelId: job.modelId,
    at: job.finishedAt ?? job.updatedAt,
  });
  return post(cloud, address.url, webhookOutcome, {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'splat-cloud',
      ...(await webhookHeaders(webhook.secret, delivery.id, cloud.now(), body)),
    },
    body,
  });
}

async function post(
  cloud: Cloud,
  url: URL,
  outcomeOf: (status: number | null) => Outcome,
  what: { headers: Record<string, string>; body: string | Uint8Array<ArrayBuffer> },
): Promise<Attempt> {
  let answer: Response;
  try {
    answer = await cloud.fetch(url.href, { method: 'POST', ...what, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    return ended(outcomeOf(null), isLate ? `No answer within ${timeoutMs / 1000} s.` : 'The server could not be reached.');
  }
  // What it says is of no use, and a failure to stop it is none of the delivery.
  await answer.body?.cancel().catch(() => undefined);
  const outcome = outcomeOf(answer.status);
  const error = outcome === 'delivered' ? null : `The server answered with ${answer.status}.`;
  return { outcome, status: answer.status, error, retryAfter: answer.headers.get('retry-after') };
}
