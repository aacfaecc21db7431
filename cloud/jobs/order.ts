/**
 * Ordering a model: of photos that are there, or once more of those of an earlier job.
 * Invariant: nothing is charged twice. While a job of an upload is open, ordering again gives that job.
 */
import type { CloudPreset } from '../../src/core/job/cloudApi.ts';
import type { Cloud } from '../cloud.ts';
import { Refusal, later } from '../http/refusal.ts';
import { budgetLeft, untilNextDayMs } from '../policy/budget.ts';
import { chooseRun } from '../policy/costPolicy.ts';
import { offeredClasses } from '../providers/all.ts';
import { spentOn } from '../store/budget.ts';
import type { Job } from '../store/jobs.ts';
import { roomOf } from '../store/rooms.ts';
import { placeOrder } from '../store/orders.ts';
import { flushLater } from '../store/outbox.ts';
import { isKilled } from '../store/settings.ts';
import { requireAlive, requireOwnUpload } from '../store/uploads.ts';

export interface Wish {
  ownerId: string;
  uploadId: string;
  preset: CloudPreset;
  /** Origin under which the trainer finds the API. */
  apiBase: string;
  retryOf?: string;
}

export interface OrderedJob {
  job: Job;
  /** False: the job that was open already. */
  isNew: boolean;
}

/** @throws Refusal 404, 409, 410, 422, 429, 503 */
export async function orderJob(cloud: Cloud, { ownerId, uploadId, preset, apiBase, retryOf }: Wish): Promise<OrderedJob> {
  const upload = requireAlive(cloud, await requireOwnUpload(cloud, ownerId, uploadId));
  if (upload.status !== 'complete')
    throw new Refusal(409, 'upload-open', 'This upload is not complete yet: send what is missing and complete it.');
  const size = await sizeOf(cloud, upload.projectId);
  await requireCapacity(cloud, { ...size, preset });
  const order = { ownerId, projectId: upload.projectId, uploadId, preset, ...size, apiBase, retryOf: retryOf ?? null };
  const answer = await placeOrder(cloud, order);
  if ('refused' in answer) throw refusalOf(cloud, answer.refused);
  if (answer.isNew) begin(cloud, answer.job);
  return answer;
}

async function sizeOf(cloud: Cloud, projectId: string): Promise<{ photos: number; bytes: number }> {
  const query = "SELECT count(*) AS photos, coalesce(sum(bytes), 0) AS bytes FROM photos WHERE project_id = ?1 AND status = 'stored'";
  const size = await cloud.db.prepare(query).bind(projectId).first<{ photos: number; bytes: number }>();
  if (!size || size.photos === 0) throw new Refusal(409, 'no-photos', 'There is no photo in this upload.');
  return size;
}

/** What must be known before a person is made to wait. @throws Refusal 422, 503 */
async function requireCapacity(cloud: Cloud, size: { photos: number; bytes: number; preset: CloudPreset }): Promise<void> {
  if (await isKilled(cloud)) throw later('paused', 'The service takes no new work at the moment. Nothing is lost: try again later.', 600);
  const left = budgetLeft(cloud.config.budget, await spentOn(cloud));
  const { providers, tuning } = cloud.config;
  const among = { providers, tried: [], openBreakers: [], offered: offeredClasses(cloud), maxSeconds: tuning.attemptSeconds };
  const choice = chooseRun({ ...size, ...among, spotAllowed: true, budgetLeftSeconds: left });
  if (!('wait' in choice)) return;
  if (choice.wait === 'size')
    throw new Refusal(422, 'too-large', 'There is no GPU here that is large or fast enough for these photos; send fewer.');
  const seconds = untilNextDayMs(cloud.now()) / 1000;
  throw later('budget-spent', 'The service has used up its GPU time for now. Nothing is lost: try again tomorrow.', seconds);
}

function refusalOf(cloud: Cloud, refused: 'active' | 'day' | 'gone'): Refusal {
  const { activeJobs, jobsPerDay } = cloud.config.tuning;
  if (refused === 'active')
    return later('too-many-jobs', `There may be ${activeJobs} jobs at a time. Wait for one to end, or cancel it.`, 60, 429);
  if (refused === 'day') return later('too-many-today', `There may be ${jobsPerDay} jobs in 24 hours. Try again later.`, 3600, 429);
  return new Refusal(410, 'upload-gone', 'These photos have been deleted; send them again.');
}

function begin(cloud: Cloud, job: Job): void {
  flushLater(cloud);
  const watch = async (): Promise<void> => roomOf(cloud, job.id).watch(cloud.now() + cloud.config.tuning.watchSeconds * 1000);
  // Without a room that wakes, the sweeper finds the job.
  cloud.waitUntil(watch().catch((error: unknown) => cloud.log.warn('watch-not-set', { jobId: job.id, error: String(error) })));
}
