/**
 * What a trainer is started with.
 * Invariant: it is scoped to one attempt of one job; there is nothing in it by which another job, or anything else here, could be reached.
 */
import type { CloudPreset } from '../../src/core/job/cloudApi.ts';
import type { OutputKind, TrainSpec } from '../../src/core/job/trainerApi.ts';
import type { Cloud } from '../cloud.ts';
import { issueTrainerToken, trainerSecret } from '../policy/trainerToken.ts';
import type { Job } from '../store/jobs.ts';

/** Asked of every trainer; others of OutputKind are taken where one has them. */
const askedOutputs: OutputKind[] = ['ply', 'splat', 'spz', 'sog', 'thumbnail', 'poster', 'metrics'];
/** More than this helps no scene of so many steps, and a phone could not show it. */
const maxSplats: Record<CloudPreset, number> = { preview: 500_000, full: 1_500_000 };
/** A run may wait this long at its provider before it begins. */
const queueMs = 3_600_000;

export async function trainSpecOf(cloud: Cloud, job: Job): Promise<TrainSpec> {
  const { attemptSeconds, photosPerUpload } = cloud.config.tuning;
  const at = { jobId: job.id, attempt: job.attempt };
  const expiresAt = cloud.now() + attemptSeconds * 1000 + queueMs;
  return {
    v: 1,
    ...at,
    apiBase: job.apiBase,
    token: await issueTrainerToken(cloud.env, { ...at, expiresAt }),
    secret: await trainerSecret(cloud.env, at),
    preset: job.preset,
    limits: { maxImages: photosPerUpload, maxSeconds: Math.floor(attemptSeconds), maxSplats: maxSplats[job.preset] },
    outputs: askedOutputs,
    requestId: job.requestId,
  };
}
