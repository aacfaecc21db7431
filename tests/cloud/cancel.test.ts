/** Cancelling, and what follows when a job ends. */
import { beforeEach, describe, expect, test } from 'vitest';
import { afterJobEnd } from '../../cloud/jobs/afterEnd.ts';
import { cancelJob } from '../../cloud/jobs/cancel.ts';
import { loseAttempt } from '../../cloud/jobs/lost.ts';
import { handle } from '../../cloud/jobs/consume.ts';
import { finalStates, heldStates } from '../../cloud/policy/jobMachine.ts';
import { move } from '../../cloud/store/jobs.ts';
import { roomOf } from '../../cloud/store/rooms.ts';
import { busy, forbidden } from './fakeProvider.ts';
import { type JobKit, givenUpload, jobKit } from './jobKit.ts';
import { givenJob } from './rows.ts';

let kit: JobKit;
beforeEach(async () => {
  kit = await jobKit();
});

const rows = async (table: string) => (await kit.cloud.db.prepare(`SELECT * FROM ${table}`).all<Record<string, unknown>>()).results;

describe('cancelled', () => {
  test.each(['submitted', ...heldStates] as const)('%s: at once, and its run is stopped once', async (state) => {
    const job = await givenJob(kit.cloud, { state, provider: 'runpod', externalId: 'x' });
    expect(await cancelJob(kit.cloud, job)).toMatchObject({ state: 'cancelled', cancelAskedAt: kit.cloud.nowMs });
    kit.pass(1);
    expect(await cancelJob(kit.cloud, job)).toBeNull();
    await kit.drain();
    expect(kit.runpod.cancelled).toEqual(['x']);
  });

  test('queued: it is never submitted', async () => {
    const job = await kit.ordered();
    await cancelJob(kit.cloud, job);
    await kit.drain();
    expect(kit.runpod.submitted).toHaveLength(0);
    expect(kit.runpod.cancelled).toHaveLength(0);
  });

  test('while its attempt is being lost: the next attempt is cancelled', async () => {
    const job = await kit.held();
    await loseAttempt(kit.cloud, job, 'gone', { excludeProvider: false });
    expect(await cancelJob(kit.cloud, job)).toMatchObject({ state: 'cancelled', attempt: 2 });
  });

  test('over already: nothing', async () => {
    for (const state of finalStates) {
      const job = await givenJob(kit.cloud, { state });
      expect(await cancelJob(kit.cloud, job)).toBeNull();
      expect(await kit.now(job)).toEqual(job);
    }
  });

  test('a provider that cannot be reached: the message fails, to come again; one that refuses is not asked for ever', async () => {
    const message = { kind: 'stop-run', jobId: 'job_x', attempt: 1, provider: 'runpod', externalId: 'x', requestId: 'r' } as const;
    kit.runpod.cancelAnswer = busy();
    await expect(handle(kit.cloud, message, kit.providers)).rejects.toThrow('did not stop the run');
    kit.runpod.cancelAnswer = forbidden;
    await handle(kit.cloud, message, kit.providers);
    await handle(kit.cloud, { ...message, provider: 'vast' }, kit.providers);
    expect(kit.alarms).toEqual(['stop-run-refused', 'stop-run-no-provider']);
  });
});

describe('ended', () => {
  test('the room has the last event once, the deliveries are planned once, the seconds are settled once', async () => {
    const job = await kit.held();
    await kit.cloud.db.prepare("UPDATE owners SET webhook_url = 'https://owner.test/hook' WHERE id = ?1").bind(job.ownerId).run();
    const done = await move(kit.cloud, job, 'complete', { gpuSeconds: 90 });
    if (!done) throw new Error('It was not completed.');
    for (let i = 0; i < 3; i++) await afterJobEnd(kit.cloud, done);
    const { events, isOver } = await roomOf(kit.cloud, job.id).since(0);
    expect(events.map(({ event }) => event)).toEqual([{ type: 'finished' }]);
    expect(isOver).toBe(true);
    expect(await rows('deliveries')).toMatchObject([{ kind: 'webhook', target: 'https://owner.test/hook', job_id: job.id }]);
    expect(await kit.day()).toEqual({ reserved: 0, used: 90 });
    await kit.cloud.settled();
    expect(kit.sent.some(({ kind }) => kind === 'deliver')).toBe(true);
  });

  test('the room hears what a failed or cancelled job failed of', async () => {
    const failure = { code: 'too-few-photos', detail: 'Three.' } as const;
    for (const [state, expected] of [
      ['failed', failure],
      ['cancelled', { code: 'cancelled', detail: 'The job was cancelled.' }],
    ] as const) {
      const job = await givenJob(kit.cloud, { state, failure: state === 'failed' ? JSON.stringify(failure) : null });
      await afterJobEnd(kit.cloud, job);
      const { events } = await roomOf(kit.cloud, job.id).since(0);
      expect(events.map(({ event }) => event)).toEqual([{ type: 'failed', failure: expected }]);
    }
  });

  test('photos that are to go with the first model go when it is there, and not before', async () => {
    const upload = await givenUpload(kit.cloud, { keepDays: 0 });
    const kept = await givenUpload(kit.cloud);
    const failed = await givenJob(kit.cloud, { ...upload, state: 'failed' });
    await afterJobEnd(kit.cloud, failed);
    await afterJobEnd(kit.cloud, await givenJob(kit.cloud, { ...kept, state: 'completed' }));
    expect(await rows('purges')).toEqual([]);
    const done = await givenJob(kit.cloud, { ...upload, state: 'completed' });
    const open = await givenJob(kit.cloud, { ...upload, state: 'queued' });
    await afterJobEnd(kit.cloud, done);
    expect(await rows('purges')).toEqual([]);
    await cancelJob(kit.cloud, open);
    await afterJobEnd(kit.cloud, done);
    await afterJobEnd(kit.cloud, done);
    expect(await rows('purges')).toMatchObject([{ kind: 'photos', target: upload.projectId, status: 'open' }]);
  });

  test('a part that fails stops no other', async () => {
    const job = await kit.held();
    const done = await move(kit.cloud, job, 'complete', { gpuSeconds: 90 });
    if (!done) throw new Error('It was not completed.');
    const noRoom = { getByName: () => ({ publish: () => Promise.reject(new Error('The room is away.')) }) };
    await afterJobEnd({ ...kit.cloud, env: { ...kit.cloud.env, JOB_ROOM: noRoom as never } }, done);
    expect(kit.alarms).toEqual(['after-end-failed']);
    expect(await kit.day()).toEqual({ reserved: 0, used: 90 });
  });
});
