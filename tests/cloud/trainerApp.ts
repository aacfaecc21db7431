/**
 * The trainer's, worker's and status routes as cloud/app.ts mounts them, and a trainer that signs its calls with node:crypto as
 * src/core/job/trainerApi.ts defines it. Invariant: no signing code of ours is used by it.
 */
import { createHash, createHmac } from 'node:crypto';
import type { OutputFile, OutputKind, OutputsAnswer, TrainSpec, TrainerMetrics } from '../../src/core/job/trainerApi.ts';
import { trainSpecOf } from '../../cloud/jobs/trainSpec.ts';
import { liveRoutes } from '../../cloud/routes/live.ts';
import { statusRoutes } from '../../cloud/routes/status.ts';
import { trainerRoutes } from '../../cloud/routes/trainer.ts';
import { trainerFileRoutes } from '../../cloud/routes/trainerFiles.ts';
import { workerRoutes } from '../../cloud/routes/worker.ts';
import { type Job, getJob } from '../../cloud/store/jobs.ts';
import { appOver } from './appOver.ts';
import { givenJob, givenOwner, givenPhotos, givenProject } from './rows.ts';
import { type TestCloud, testCloud } from './testCloud.ts';

/** Takes messages and delivers none, so that nothing goes on behind a test's back. */
export const silentQueue = {
  send: () => Promise.resolve(),
  sendBatch: () => Promise.resolve(),
} as unknown as TestCloud['env']['JOBS'];

export type Send = (path: string, init?: RequestInit) => Promise<Response>;

export function trainerApp(cloud: TestCloud): Send {
  const app = appOver(cloud);
  app.route('/internal/v1/jobs', trainerRoutes);
  app.route('/internal/v1', trainerFileRoutes);
  app.route('/internal/v1/worker', workerRoutes);
  app.route('/api/status', statusRoutes);
  app.route('/api/live', liveRoutes);
  return async (path, init) => {
    const answer = await app.request(new URL(path, 'https://splat.test').href, init, cloud.env);
    await cloud.settled();
    return answer;
  };
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;

/** A file that looks like what it is called. */
export const plyBytes = (text = 'a scene'): Uint8Array<ArrayBuffer> => bytesOf(`ply\nformat binary_little_endian 1.0\n${text}`);

export const metrics: TrainerMetrics = {
  engine: 'test',
  device: 'test',
  photos: 3,
  registered: 3,
  splats: 100,
  steps: 10,
  psnrDb: 30.5,
  ssim: null,
  gpuSeconds: 12.25,
  secondsByStage: { train: 10 },
};

export interface Signing {
  /** Seconds by which the trainer's clock is off. */
  offSeconds?: number;
  secret?: string;
  token?: string;
  /** What is signed in place of the body. */
  signed?: string;
}

export interface Trainer {
  spec: TrainSpec;
  call(method: 'GET' | 'POST', name: string, body?: object, signing?: Signing): Promise<Response>;
  /** Announces a file and puts it. */
  put(kind: OutputKind, bytes: Uint8Array<ArrayBuffer>): Promise<OutputFile>;
}

export const fileOf = (kind: OutputKind, bytes: Uint8Array): OutputFile => ({ kind, bytes: bytes.byteLength, sha256: sha256(bytes) });

export function putBytes(send: Send, url: string, bytes: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> {
  return send(url, { method: 'PUT', body: bytes, headers: { 'content-length': String(bytes.byteLength), ...headers } });
}

export function trainerOf(cloud: TestCloud, send: Send, spec: TrainSpec): Trainer {
  const trainer: Trainer = {
    spec,
    async call(method, name, body, { offSeconds = 0, secret = spec.secret, token = spec.token, signed } = {}) {
      const path = `/internal/v1/jobs/${spec.jobId}/${name}`;
      const text = body ? JSON.stringify({ attempt: spec.attempt, ...body }) : '';
      const t = Math.floor(cloud.now() / 1000) + offSeconds;
      const mac = createHmac('sha256', Buffer.from(secret, 'hex'))
        .update(`${t}.${method}.${path}.${signed ?? text}`)
        .digest('hex');
      const headers = { authorization: `Bearer ${token}`, 'x-splat-signature': `t=${t},v1=${mac}` };
      return send(path, { method, headers, ...(body && { body: text }) });
    },
    async put(kind, bytes) {
      const file = fileOf(kind, bytes);
      const answer = await trainer.call('POST', 'outputs', { outputs: [file] });
      if (answer.status !== 200) throw new Error(await answer.text());
      const { outputs } = await answer.json<OutputsAnswer>();
      const { url = '', headers = {} } = outputs[0] ?? {};
      const put = await putBytes(send, url, bytes, headers);
      if (put.status !== 200) throw new Error(await put.text());
      return file;
    },
  };
  return trainer;
}

export interface Scene {
  cloud: TestCloud;
  send: Send;
  ownerId: string;
  projectId: string;
  job: Job;
  photos: string[];
  trainer: Trainer;
  /** The row as it is now. */
  now(): Promise<Job>;
  /** Of the attempt that the job is in now. */
  nextTrainer(): Promise<Trainer>;
}

/** A job with three photos that a provider has taken, and its trainer; claimed unless said otherwise. */
export async function givenScene(given: Partial<Job> = {}, { isClaimed = true, env = {} } = {}): Promise<Scene> {
  const cloud = await testCloud({ env: { JOBS: silentQueue, ...env } });
  const send = trainerApp(cloud);
  const ownerId = await givenOwner(cloud);
  const projectId = await givenProject(cloud, ownerId);
  const photos = await givenPhotos(cloud, ownerId, projectId, 3);
  const job = await givenJob(cloud, {
    state: 'submitted',
    provider: 'local',
    externalId: 'run-1',
    ownerId,
    projectId,
    photos: 3,
    ...given,
  });
  const trainer = trainerOf(cloud, send, await trainSpecOf(cloud, job));
  const now = async (): Promise<Job> => {
    const row = await getJob(cloud.db, job.id);
    if (!row) throw new Error('The job is gone.');
    return row;
  };
  if (isClaimed) {
    const claim = await trainer.call('POST', 'claim', { externalId: 'run-1', holder: 'holder-1' });
    if (claim.status !== 200) throw new Error(await claim.text());
  }
  const nextTrainer = async (): Promise<Trainer> => trainerOf(cloud, send, await trainSpecOf(cloud, await now()));
  return { cloud, send, ownerId, projectId, job, photos, trainer, now, nextTrainer };
}

/** Status and code of a refusal, e.g. "409 stale". */
export async function codeOf(answer: Response): Promise<string> {
  return `${answer.status} ${(await answer.json<{ error: { code: string } }>()).error.code}`;
}

/** Gives a job its next attempt at a provider, as the queue's consumer would. */
export async function submitAgain(cloud: TestCloud, jobId: string): Promise<void> {
  await cloud.db.prepare("UPDATE jobs SET state = 'submitted', provider = 'local', external_id = 'run-2' WHERE id = ?1").bind(jobId).run();
}
