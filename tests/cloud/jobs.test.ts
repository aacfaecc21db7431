/** Ordering a model and trying again: who may, what is there, the limits, and that nothing is made twice. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { afterJobEnd } from '../../cloud/jobs/afterEnd.ts';
import { type Wish, orderJob } from '../../cloud/jobs/order.ts';
import { retryJob } from '../../cloud/jobs/retry.ts';
import { processAnswer } from '../../src/core/job/cloudSchema.ts';
import { jobRoutes } from '../../cloud/routes/jobs.ts';
import { processRoutes } from '../../cloud/routes/process.ts';
import { Refusal } from '../../cloud/http/refusal.ts';
import { type Job, move } from '../../cloud/store/jobs.ts';
import { setKillSwitch } from '../../cloud/store/settings.ts';
import { appOver } from './appOver.ts';
import { type JobKit, givenUpload, jobKit } from './jobKit.ts';
import { givenOwner } from './rows.ts';

let kit: JobKit;
beforeEach(async () => {
  kit = await jobKit();
});

const order = (given: Pick<Wish, 'ownerId' | 'uploadId'>, more: Partial<Wish> = {}) =>
  orderJob(kit.cloud, { preset: 'preview', apiBase: 'https://splat.test', ownerId: given.ownerId, uploadId: given.uploadId, ...more });

/** "429 too-many-jobs" */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refusal)) throw new Error(`Not refused: ${String(error)}`);
  return `${error.status} ${error.code}`;
}

async function ended(job: Job, kind: 'fail' | 'complete' | 'cancel' = 'fail'): Promise<Job> {
  if (kind === 'complete') await kit.cloud.db.prepare("UPDATE jobs SET state = 'exporting' WHERE id = ?1").bind(job.id).run();
  const end = await move(kit.cloud, job, kind);
  if (!end) throw new Error('It did not end.');
  await afterJobEnd(kit.cloud, end);
  return end;
}

describe('an order', () => {
  test('writes job and message in one batch, sends it, and has the job watched', async () => {
    const upload = await givenUpload(kit.cloud);
    const { job, isNew } = await order(upload);
    expect(isNew).toBe(true);
    expect(job).toMatchObject({ state: 'queued', attempt: 1, photos: 3, uploadId: upload.uploadId, projectId: upload.projectId });
    expect(job.bytes).toBeGreaterThan(0);
    expect(job.deadlineAt).toBe(kit.cloud.nowMs + 24 * 3_600_000);
    expect(job.apiBase).toBe('https://splat.test');
    await kit.cloud.settled();
    expect(kit.sent).toEqual([{ kind: 'submit', jobId: job.id, attempt: 1, requestId: 'test-request' }]);
    await kit.drain();
    expect((await kit.now(job)).state).toBe('submitted');
  });

  test('again while the job is open: the same job; ten at once: one job', async () => {
    const upload = await givenUpload(kit.cloud);
    const answers = await Promise.all(Array.from({ length: 10 }, () => order(upload)));
    expect(new Set(answers.map(({ job }) => job.id)).size).toBe(1);
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
    await kit.drain();
    expect(kit.runpod.submitted).toHaveLength(1);
  });

  test.each([
    ['open', '409 upload-open'],
    ['expired', '410 upload-gone'],
    ['removed', '410 upload-gone'],
  ])('of an upload that is %s: %s', async (status, expected) => {
    expect(await refusal(order(await givenUpload(kit.cloud, { status })))).toBe(expected);
  });

  test('of somebody else’s upload, or of none: as if there were none', async () => {
    const { uploadId } = await givenUpload(kit.cloud);
    const stranger = await givenOwner(kit.cloud);
    expect(await refusal(order({ ownerId: stranger, uploadId }))).toBe('404 not-found');
    expect(await refusal(order({ ownerId: stranger, uploadId: 'upl_none' }))).toBe('404 not-found');
  });

  test('of a project that is deleted, or whose photos are gone or going', async () => {
    const set = (upload: { projectId: string }, change: string) =>
      kit.cloud.db.prepare(`UPDATE projects SET ${change} WHERE id = ?1`).bind(upload.projectId).run();
    const [deleted, gone, going] = [await givenUpload(kit.cloud), await givenUpload(kit.cloud), await givenUpload(kit.cloud)];
    await set(deleted, "status = 'deleted'");
    await set(gone, 'photos_deleted_at = 1');
    await kit.cloud.db
      .prepare("INSERT INTO purges (id, kind, target, created_at) VALUES ('p', 'photos', ?1, 0)")
      .bind(going.projectId)
      .run();
    for (const upload of [deleted, gone, going]) expect(await refusal(order(upload))).toBe('410 upload-gone');
    expect(await refusal(order(await givenUpload(kit.cloud, { photos: 0 })))).toBe('409 no-photos');
  });

  test('past two at a time: 429, also when they come at once; a job that ends makes room', async () => {
    const ownerId = await givenOwner(kit.cloud);
    const uploads = await Promise.all(Array.from({ length: 6 }, () => givenUpload(kit.cloud, { ownerId })));
    const answers = await Promise.all(uploads.map((upload) => order(upload).catch((error: unknown) => error)));
    const taken = answers.filter((answer) => !(answer instanceof Refusal)) as { job: Job }[];
    expect(taken).toHaveLength(2);
    const left = uploads.find(({ uploadId }) => !taken.some(({ job }) => job.uploadId === uploadId));
    if (!left) throw new Error('None is left.');
    expect(await refusal(order(left))).toBe('429 too-many-jobs');
    await ended(taken[0].job);
    expect((await order(left)).isNew).toBe(true);
    expect((await order(await givenUpload(kit.cloud))).isNew).toBe(true);
  });

  test('past the jobs of a day: 429, and room again a day later', async () => {
    kit = await jobKit({ jobsPerDay: 2 });
    const upload = await givenUpload(kit.cloud);
    for (let i = 0; i < 2; i++) await ended((await order(upload)).job);
    expect(await refusal(order(upload))).toBe('429 too-many-today');
    kit.pass(86_400);
    expect((await order(upload)).isNew).toBe(true);
  });

  test('while the kill switch is on, or with no budget left: 503 that says when to come back', async () => {
    const upload = await givenUpload(kit.cloud);
    await setKillSwitch(kit.cloud, 'on');
    expect(await refusal(order(upload))).toBe('503 paused');
    await setKillSwitch(kit.cloud, 'off');
    kit = await jobKit({}, { daySeconds: 10 });
    const again = await givenUpload(kit.cloud);
    const error = await order(again).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 503, code: 'budget-spent', headers: { 'retry-after': '86400' } });
  });

  test('of more than any GPU can take', async () => {
    const upload = await givenUpload(kit.cloud);
    await kit.cloud.db.prepare('UPDATE photos SET bytes = 1e15 WHERE project_id = ?1').bind(upload.projectId).run();
    expect(await refusal(order(upload, { preset: 'full' }))).toBe('422 too-large');
  });
});

describe('once more', () => {
  const retry = (job: Job, preset = job.preset) => retryJob(kit.cloud, job, preset, 'https://splat.test');

  test('a job that failed: another job of the same photos; the first stays as it is', async () => {
    const first = await ended((await order(await givenUpload(kit.cloud))).job);
    const { job, isNew } = await retry(first);
    expect(isNew).toBe(true);
    expect(job).toMatchObject({ retryOf: first.id, uploadId: first.uploadId, preset: 'preview', state: 'queued', attempt: 1 });
    expect(await kit.now(first)).toEqual(first);
    expect((await retry(first)).job.id).toBe(job.id);
  });

  test('a completed one only with another preset; an open one not', async () => {
    const { job } = await order(await givenUpload(kit.cloud));
    expect(await refusal(retry(job))).toBe('409 job-open');
    const done = await ended(job, 'complete');
    expect(await refusal(retry(done))).toBe('409 job-completed');
    expect((await retry(done, 'full')).job).toMatchObject({ preset: 'full', retryOf: job.id });
  });

  test('with the photos gone: 410', async () => {
    const job = await ended((await order(await givenUpload(kit.cloud))).job, 'cancel');
    await kit.cloud.db.prepare('UPDATE projects SET photos_deleted_at = 1 WHERE id = ?1').bind(job.projectId).run();
    expect(await refusal(retry(job))).toBe('410 upload-gone');
  });
});

describe('routes', () => {
  /** The routes as one owner sees them. */
  function appOf(ownerId: string | null) {
    const app = appOver(kit.cloud, ownerId);
    app.route('/api/process', processRoutes);
    app.route('/api/jobs', jobRoutes);
    return async (method: string, path: string, body?: unknown, key?: string) => {
      const init = { method, headers: key ? { 'idempotency-key': key } : {}, ...(body !== undefined && { body: JSON.stringify(body) }) };
      kit.pass(1);
      const answer = await app.request(`https://splat.test${path}`, init, kit.cloud.env);
      await kit.cloud.settled();
      return { status: answer.status, body: answer.status === 204 ? null : await answer.json<Record<string, unknown>>() };
    };
  }

  test('POST /api/process: 202, the same under the same key, 200 under another', async () => {
    const upload = await givenUpload(kit.cloud);
    const ask = appOf(upload.ownerId);
    const request = { uploadId: upload.uploadId, preset: 'full' };
    const first = await ask('POST', '/api/process', request, 'key-number-1');
    expect(first.status).toBe(202);
    expect(processAnswer.parse(first.body)).toEqual(first.body);
    expect(await ask('POST', '/api/process', request, 'key-number-1')).toEqual(first);
    expect(await ask('POST', '/api/process', request, 'key-number-2')).toEqual({ status: 200, body: first.body });
    expect((await ask('POST', '/api/process', { ...request, preset: 'preview' }, 'key-number-1')).status).toBe(422);
    expect((await ask('POST', '/api/process', { ...request, gpu: 'h100' }, 'key-number-3')).status).toBe(400);
    expect((await appOf(null)('POST', '/api/process', request)).status).toBe(401);
    await kit.drain();
    expect(kit.runpod.submitted).toHaveLength(1);
  });

  test('cancel, retry and delete, each for the owner only', async () => {
    const upload = await givenUpload(kit.cloud);
    const [ask, stranger] = [appOf(upload.ownerId), appOf(await givenOwner(kit.cloud))];
    const { job } = await order(upload);
    await kit.drain();
    for (const [method, path] of [
      ['POST', `/api/jobs/${job.id}/cancel`],
      ['POST', `/api/jobs/${job.id}/retry`],
      ['DELETE', `/api/jobs/${job.id}`],
    ] as const) {
      expect((await stranger(method, path)).status).toBe(404);
      expect((await appOf(null)(method, path)).status).toBe(401);
    }
    expect((await kit.now(job)).state).toBe('submitted');
    expect(await ask('POST', `/api/jobs/${job.id}/cancel`)).toEqual({ status: 200, body: { state: 'cancelled' } });
    expect(await ask('POST', `/api/jobs/${job.id}/cancel`)).toEqual({ status: 200, body: { state: 'cancelled' } });
    const again = await ask('POST', `/api/jobs/${job.id}/retry`, { preset: 'full' }, 'key-number-1');
    expect(again.status).toBe(202);
    expect(await ask('POST', `/api/jobs/${job.id}/retry`, { preset: 'full' }, 'key-number-1')).toEqual(again);
    const second = await kit.now({ id: String(again.body?.['jobId']) });
    expect(second).toMatchObject({ preset: 'full', retryOf: job.id });
    await kit.drain();
    expect((await ask('DELETE', `/api/jobs/${second.id}`)).status).toBe(204);
    await kit.cloud.settled();
    expect((await kit.now(second)).state).toBe('cancelled');
    const { results } = await kit.cloud.db.prepare('SELECT kind, target, status FROM purges').all();
    expect(results).toEqual([{ kind: 'job', target: second.id, status: 'open' }]);
    await vi.waitFor(() => expect(kit.sent.some(({ kind }) => kind === 'purge')).toBe(true));
    expect((await ask('DELETE', '/api/jobs/job_none')).status).toBe(404);
    await kit.drain();
    expect(kit.runpod.cancelled).toHaveLength(2);
  });
});
