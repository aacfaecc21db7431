/**
 * The queue's consumer.
 * Invariant: each message is acknowledged or sent again by itself, and one that comes twice does no harm (jobs/message.ts).
 */
import { type Cloud, underRequest } from '../cloud.ts';
import { openStates } from '../policy/jobMachine.ts';
import { backoffMs } from '../policy/retryPolicy.ts';
import type { GpuProvider } from '../providers/adapter.ts';
import { getJob, note } from '../store/jobs.ts';
import { buryMessage } from './deadLetters.ts';
import { deliverDue } from './deliver.ts';
import { lookAtJob } from './look.ts';
import type { Message as Body } from './message.ts';
import { purgeDue } from './purge.ts';
import { stopRun } from './stopRun.ts';
import { submitJob } from './submit.ts';

const deliveriesAtOnce = 50;

/** @param providers those of the configuration unless a test has its own */
export async function handle(cloud: Cloud, body: Body, providers?: GpuProvider[]): Promise<void> {
  switch (body.kind) {
    case 'submit':
      return submitJob(cloud, body, providers);
    case 'look': {
      const job = await getJob(cloud.db, body.jobId);
      if (job?.attempt === body.attempt) await lookAtJob(cloud, job, { asksNow: true, ...(providers && { providers }) });
      return;
    }
    case 'stop-run':
      return stopRun(cloud, body, providers);
    case 'deliver':
      await deliverDue(cloud, deliveriesAtOnce);
      return;
    case 'purge':
      await purgeDue(cloud);
      return;
    default:
      throw new Error(`There is no message of the kind ${JSON.stringify(body)}.`);
  }
}

/** What went wrong stays with the job, for the dead letter that may come of it. */
async function noteError(cloud: Cloud, body: Body, error: string): Promise<void> {
  if (typeof body !== 'object' || !('jobId' in body)) return;
  await note(cloud, { id: body.jobId, attempt: body.attempt }, openStates, { error: error.slice(0, 2000) });
}

/** The request that caused a message is named in the lines that the message causes. */
function causedBy(cloud: Cloud, body: Body): Cloud {
  const { requestId } = body ?? {};
  return typeof requestId === 'string' ? underRequest(cloud, requestId) : cloud;
}

async function handleOne(given: Cloud, message: Message<Body>, providers?: GpuProvider[]): Promise<void> {
  const cloud = causedBy(given, message.body);
  try {
    await handle(cloud, message.body, providers);
    message.ack();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    cloud.log.error('message-failed', {
      kind: message.body?.kind,
      attempts: message.attempts,
      error: error instanceof Error ? error.stack : text,
    });
    message.retry({ delaySeconds: Math.ceil(backoffMs(message.attempts, cloud.random()) / 1000) });
    await noteError(cloud, message.body, text).catch(() => undefined);
  }
}

/** One batch of the queue. */
export async function handleBatch(batch: MessageBatch<Body>, cloud: Cloud, providers?: GpuProvider[]): Promise<void> {
  await Promise.all(batch.messages.map((message) => handleOne(cloud, message, providers)));
}

/** One batch of the dead-letter queue. */
export async function handleDeadBatch(batch: MessageBatch<unknown>, cloud: Cloud): Promise<void> {
  for (const message of batch.messages) {
    try {
      await buryMessage(cloud, message.body);
      message.ack();
    } catch (error) {
      cloud.log.error('dead-letter-failed', { error: String(error) });
      message.retry({ delaySeconds: Math.ceil(backoffMs(message.attempts, cloud.random()) / 1000) });
    }
  }
}

/** Whatever queue it is of; the Worker's `queue` handler. */
export const handleQueue = (batch: MessageBatch<Body>, cloud: Cloud): Promise<void> =>
  batch.queue.endsWith('-dead') ? handleDeadBatch(batch, cloud) : handleBatch(batch, cloud);
