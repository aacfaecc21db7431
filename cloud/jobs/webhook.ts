/**
 * Webhooks of providers.
 * Invariant: nothing that one says is believed; one that comes from where it should makes us ask the provider. Each is taken in once.
 */
import type { Cloud } from '../cloud.ts';
import { isFinal } from '../policy/jobMachine.ts';
import { sha256Hex, timingSafeEqualText } from '../policy/tokens.ts';
import { type GpuProvider, type ProviderEvent, namesRun } from '../providers/adapter.ts';
import { providersOf } from '../providers/all.ts';
import { type Job, getJob } from '../store/jobs.ts';
import { flushLater, outboxed } from '../store/outbox.ts';

/** From the address. */
export interface WebhookAddress {
  provider: string;
  jobId: string;
  attempt: number;
  token: string;
}

export type WebhookResult = 'taken' | 'duplicate' | 'over' | 'rejected';

/** What no token's hash is equal to. */
const noHash = '-'.repeat(64);

export async function takeWebhook(
  cloud: Cloud,
  { provider: id, jobId, attempt, token }: WebhookAddress,
  headers: Headers,
  raw: Uint8Array,
  providers: GpuProvider[] = providersOf(cloud),
): Promise<WebhookResult> {
  const job = await getJob(cloud.db, jobId);
  const isKnown = timingSafeEqualText(await sha256Hex(token), job?.webhookHash ?? noHash);
  const provider = providers.find((one) => one.id === id);
  if (!job || !isKnown || !provider || job.provider !== id || job.attempt !== attempt) return 'rejected';
  const event = await provider.verifyWebhook(headers, raw, cloud.now());
  if (!event || (job.externalId !== null && !namesRun(job.externalId, event.externalId))) return 'rejected';
  return isFinal(job.state) ? 'over' : keep(cloud, job, event);
}

/** The event and the message that it causes, in one batch: the second time the event's key is there and nothing is written. */
async function keep(cloud: Cloud, job: Job, { eventId }: ProviderEvent): Promise<WebhookResult> {
  const insert = 'INSERT INTO provider_events (provider, event_id, received_at) VALUES (?1, ?2, ?3)';
  const event = cloud.db.prepare(insert).bind(job.provider, eventId, cloud.now());
  const look = outboxed(cloud, { kind: 'look', jobId: job.id, attempt: job.attempt, requestId: job.requestId });
  try {
    await cloud.db.batch([event, look]);
  } catch (error) {
    if (String(error).includes('UNIQUE')) return 'duplicate';
    throw error;
  }
  flushLater(cloud);
  return 'taken';
}
