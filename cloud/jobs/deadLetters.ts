/**
 * What the queue has given up, and what the operator does about it.
 * Invariant: nothing that was given up is forgotten, and a job whose order was given up does not wait for ever.
 */
import * as z from 'zod';
import type { Cloud } from '../cloud.ts';
import { isFinal } from '../policy/jobMachine.ts';
import { newId } from '../policy/tokens.ts';
import { count } from '../store/counters.ts';
import { type DeadLetter, addDeadLetter, getDeadLetter, settleDeadLetter } from '../store/deadLetters.ts';
import { getJob } from '../store/jobs.ts';
import { flushLater } from '../store/outbox.ts';
import { failJob } from './fail.ts';
import { retryJob } from './retry.ts';

export { listDeadLetters } from '../store/deadLetters.ts';

/** max_retries of wrangler.toml, and the first. */
const deliveries = 6;

/** Anything may be in a queue; what is not of this kind is kept all the same. */
const ofJob = z.object({ kind: z.string(), jobId: z.string(), attempt: z.int() });

/** Takes in one message of the dead-letter queue. */
export async function buryMessage(cloud: Cloud, body: unknown): Promise<void> {
  const about = ofJob.safeParse(body).data;
  const job = about ? await getJob(cloud.db, about.jobId) : null;
  const error = job?.error ?? 'The queue gave it up; the log says why.';
  const letter = { jobId: about?.jobId ?? null, attempt: about?.attempt ?? null, body: JSON.stringify(body), error, deliveries };
  const id = await addDeadLetter(cloud, letter);
  count(cloud, 'dead_letter');
  cloud.log.error('dead-letter', { id, kind: about?.kind, jobId: about?.jobId, error });
  // Other messages only hurry what the watchdog does in the end.
  if (about?.kind !== 'submit' || job?.attempt !== about.attempt || isFinal(job.state)) return;
  await failJob(cloud, job, { code: 'cloud-failed', detail: 'The job could not be given to a GPU.' }, error);
}

/**
 * Puts the message back. An order whose job has failed by it becomes another job, for a job that is over stays so.
 * @returns null when there is no such letter or it is settled already
 * @throws Refusal when the order cannot be taken, e.g. because its photos are gone; the letter stays open
 */
export async function replayDeadLetter(cloud: Cloud, id: string): Promise<{ jobId: string | null } | null> {
  const letter = await getDeadLetter(cloud, id);
  if (letter?.status !== 'open') return null;
  const job = letter.jobId === null ? null : await getJob(cloud.db, letter.jobId);
  const isOrder = letter.body.startsWith('{"kind":"submit"');
  if (!isOrder || !job || !isFinal(job.state)) return (await putBack(cloud, letter)) ? { jobId: letter.jobId } : null;
  // Twice at once is one job: an upload has one open job at most.
  const again = await retryJob(cloud, job, job.preset, job.apiBase);
  await settleDeadLetter(cloud, id, 'replayed').run();
  return { jobId: again.job.id };
}

async function putBack(cloud: Cloud, { id, jobId, attempt, body }: DeadLetter): Promise<boolean> {
  const insert = 'INSERT INTO outbox (id, job_id, attempt, body, not_before, created_at) SELECT ?1, ?2, ?3, ?4, 0, ?5 WHERE changes() = 1';
  const message = cloud.db.prepare(insert).bind(newId('msg'), jobId ?? '', attempt ?? 0, body, cloud.now());
  const [settled] = await cloud.db.batch([settleDeadLetter(cloud, id, 'replayed'), message]);
  if (settled.results.length === 0) return false;
  flushLater(cloud);
  return true;
}

/** @returns false when there is no such letter or it is settled already */
export async function discardDeadLetter(cloud: Cloud, id: string): Promise<boolean> {
  return (await settleDeadLetter(cloud, id, 'discarded').first()) !== null;
}
