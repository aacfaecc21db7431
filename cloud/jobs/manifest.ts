/**
 * What a trainer has to work on.
 * Invariant: photos are named by their place in the person's order and by what their bytes are; no name that a person gave leaves the page.
 */
import type { Manifest } from '../../src/core/job/trainerApi.ts';
import type { Cloud } from '../cloud.ts';
import { fileAddresses } from '../policy/fileTicket.ts';
import type { Job } from '../store/jobs.ts';
import { lastCheckpoint } from '../store/models.ts';
import { settleCheckpoint } from './directOutputs.ts';

interface PhotoRow {
  sha256: string;
  bytes: number;
  type: string;
}

const endings: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/heic': 'heic',
  'image/heif': 'heif',
  'image/avif': 'avif',
};

/** 000001.jpg is the first. */
export const photoName = (index: number, type: string): string => `${String(index + 1).padStart(6, '0')}.${endings[type] ?? 'bin'}`;

export async function manifestOf(cloud: Cloud, job: Job): Promise<Manifest> {
  const { id: jobId, attempt } = job;
  const query = "SELECT sha256, bytes, type FROM photos WHERE project_id = ?1 AND status = 'stored' ORDER BY position, sha256";
  const { results } = await cloud.db.prepare(query).bind(job.projectId).all<PhotoRow>();
  const urlOf = await fileAddresses(cloud.env, job.apiBase, cloud.now() + cloud.config.tuning.getSeconds * 1000);
  const images = results.map(async ({ sha256, bytes, type }, index) => ({
    name: photoName(index, type),
    bytes,
    sha256,
    url: await urlOf({ jobId, attempt, what: 'photo', sha256 }),
  }));
  await settleCheckpoint(cloud, job);
  const last = await lastCheckpoint(cloud, job);
  const checkpoint = last && {
    bytes: last.bytes,
    sha256: last.sha256,
    url: await urlOf({ jobId, attempt, what: 'checkpoint', of: last.attempt }),
  };
  return { preset: job.preset, images: await Promise.all(images), checkpoint };
}
