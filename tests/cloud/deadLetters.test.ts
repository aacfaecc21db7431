/** What the queue gives up: kept, told, and put back or thrown away once. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { beforeEach, expect, test } from 'vitest';
import { handleQueue } from '../../cloud/jobs/consume.ts';
import { discardDeadLetter, listDeadLetters, replayDeadLetter } from '../../cloud/jobs/deadLetters.ts';
import type { Message as Body } from '../../cloud/jobs/message.ts';
import type { Job } from '../../cloud/store/jobs.ts';
import { type JobKit, givenUpload, jobKit } from './jobKit.ts';

let kit: JobKit;
beforeEach(async () => {
  kit = await jobKit();
});

async function bury(...bodies: unknown[]): Promise<void> {
  const messages = bodies.map((body, index) => ({ id: String(index), timestamp: new Date(), attempts: 1, body: body as Body }));
  const batch = createMessageBatch<Body>('splat-jobs-dead', messages);
  const context = createExecutionContext();
  await handleQueue(batch, kit.cloud);
  const { explicitAcks } = await getQueueResult(batch, context);
  expect(explicitAcks).toHaveLength(bodies.length);
}

const orderOf = (job: Job): Body => ({ kind: 'submit', jobId: job.id, attempt: job.attempt, requestId: job.requestId });

test('an order that was given up fails its job, with what went wrong', async () => {
  const job = await kit.ordered({ error: 'The provider’s answer could not be read.' });
  await bury(orderOf(job));
  expect(await kit.now(job)).toMatchObject({ state: 'failed', error: job.error });
  expect(await listDeadLetters(kit.cloud)).toMatchObject([
    { jobId: job.id, attempt: 1, body: JSON.stringify(orderOf(job)), error: job.error, deliveries: 6, status: 'open', settledAt: null },
  ]);
  expect(kit.alarms).toEqual(['dead-letter']);
});

test('an order of an earlier attempt, of a job that is over, and other messages, fail no job', async () => {
  const [going, over] = [await kit.held({ attempt: 2 }), await kit.ordered({ state: 'cancelled' })];
  const stop: Body = { kind: 'stop-run', jobId: going.id, attempt: 2, provider: 'runpod', externalId: 'x', requestId: 'r' };
  const look: Body = { kind: 'look', jobId: going.id, attempt: 2, requestId: 'r' };
  await bury({ ...orderOf(going), attempt: 1 }, stop, look, orderOf(over), { kind: 'purge', requestId: 'r' }, 'not one of ours', null);
  expect((await kit.now(going)).state).toBe('claimed');
  expect((await kit.now(over)).state).toBe('cancelled');
  expect(await listDeadLetters(kit.cloud)).toHaveLength(7);
});

test('put back once, however often it is asked for', async () => {
  const job = await kit.held();
  const stop: Body = { kind: 'stop-run', jobId: job.id, attempt: 1, provider: 'runpod', externalId: 'x', requestId: 'r' };
  await bury(stop);
  const [{ id }] = await listDeadLetters(kit.cloud);
  const answers = await Promise.all([1, 2, 3].map(() => replayDeadLetter(kit.cloud, id)));
  expect(answers.filter((answer) => answer !== null)).toEqual([{ jobId: job.id }]);
  expect(await discardDeadLetter(kit.cloud, id)).toBe(false);
  await kit.drain();
  expect(kit.runpod.cancelled).toEqual(['x']);
  expect(await listDeadLetters(kit.cloud, 'open')).toEqual([]);
  expect(await listDeadLetters(kit.cloud, 'replayed')).toMatchObject([{ id, settledAt: kit.cloud.nowMs }]);
});

test('an order whose job has failed by it becomes another job', async () => {
  const upload = await givenUpload(kit.cloud);
  const job = await kit.ordered(upload);
  await bury(orderOf(job));
  const [{ id }] = await listDeadLetters(kit.cloud);
  const answer = await replayDeadLetter(kit.cloud, id);
  const again = await kit.now({ id: answer?.jobId ?? '' });
  expect(again).toMatchObject({ retryOf: job.id, state: 'queued', uploadId: upload.uploadId });
  expect((await kit.now(job)).state).toBe('failed');
  expect(await replayDeadLetter(kit.cloud, id)).toBeNull();
  await kit.drain();
  expect((await kit.now(again)).state).toBe('submitted');
});

test('one that cannot be ordered again stays open', async () => {
  const upload = await givenUpload(kit.cloud, { status: 'expired' });
  await bury(orderOf(await kit.ordered(upload)));
  const [{ id }] = await listDeadLetters(kit.cloud);
  await expect(replayDeadLetter(kit.cloud, id)).rejects.toMatchObject({ status: 410 });
  expect(await listDeadLetters(kit.cloud, 'open')).toHaveLength(1);
});

test('thrown away once', async () => {
  await bury({ kind: 'purge', requestId: 'r' });
  const [{ id }] = await listDeadLetters(kit.cloud);
  expect(await discardDeadLetter(kit.cloud, id)).toBe(true);
  expect(await discardDeadLetter(kit.cloud, id)).toBe(false);
  expect(await replayDeadLetter(kit.cloud, id)).toBeNull();
  expect(await replayDeadLetter(kit.cloud, 'ded_none')).toBeNull();
});
