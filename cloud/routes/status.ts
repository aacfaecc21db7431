/**
 * /api/status/:jobId: how a job goes, for pages that ask every few seconds, and its latest preview.
 * Invariant: an answer whose ETag matches says nothing new; to find that out costs one row of D1 and, while things move, one call of the room.
 */
import { type Context, Hono } from 'hono';
import type { JobStatus } from '../../src/core/job/cloudApi.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { requireOwner } from '../http/owner.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { shownJob, statusOf } from '../jobs/jobStatus.ts';
import { previewKeys } from '../store/models.ts';
import type { Job } from '../store/jobs.ts';
import { roomOf } from '../store/rooms.ts';

/** What is written to the row reaches the room within this time, or never. */
const roomDelayMs = 10_000;
const quietMark = '-quiet"';
const noCache = { 'cache-control': 'private, no-cache' };

/** @throws Refusal 401, 404 */
async function ownJob(c: Context<AppEnv, '/:jobId' | '/:jobId/preview'>): Promise<Job> {
  const job = await shownJob(c.var.cloud, requireOwner(c), c.req.param('jobId'));
  if (!job) throw notFound('job');
  return job;
}

/** @throws Refusal 400 */
export function sinceOf(text: string | undefined): number {
  if (!/^\d{1,12}$/.test(text ?? '0')) throw new Refusal(400, 'bad-since', 'since is the number of the last event that was seen.');
  return Number(text ?? 0);
}

const matches = (header: string | undefined, isSame: (tag: string) => boolean): boolean =>
  header?.split(',').some((tag) => isSame(tag.trim().replace(/^W\//, ''))) ?? false;

export const statusRoutes = new Hono<AppEnv>()
  .get('/:jobId', async (c) => {
    const { cloud } = c.var;
    const job = await ownJob(c);
    const since = sinceOf(c.req.query('since'));
    const seen = c.req.header('if-none-match');
    const isQuiet = cloud.now() - job.updatedAt > roomDelayMs;
    const row = `"${job.updatedAt}-${job.attempt}-`;
    // An ETag that was given while all was quiet already has seen what the room knows of this row.
    if (isQuiet && matches(seen, (tag) => tag.startsWith(row) && tag.endsWith(quietMark))) return c.body(null, 304, noCache);

    const { events, lastSeq } = await roomOf(cloud, job.id).since(since);
    const headers = { ...noCache, etag: `${row}${lastSeq}${isQuiet ? quietMark : '"'}` };
    if (matches(seen, (tag) => tag === headers.etag)) return c.body(null, 304, headers);
    return c.json<JobStatus>(await statusOf(cloud, job, events), 200, headers);
  })

  .get('/:jobId/preview', async (c) => {
    const job = await ownJob(c);
    for (const key of await previewKeys(c.var.cloud, job.id)) {
      const object = await c.env.BUCKET.get(key);
      if (!object) continue;
      const headers = {
        ...noCache,
        etag: object.httpEtag,
        'content-type': 'application/octet-stream',
        'content-length': String(object.size),
        'x-content-type-options': 'nosniff',
      };
      if (!matches(c.req.header('if-none-match'), (tag) => tag === object.httpEtag)) return c.body(object.body, 200, headers);
      await object.body.cancel();
      return c.body(null, 304, headers);
    }
    throw notFound('preview yet');
  });
