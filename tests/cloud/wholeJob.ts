/**
 * A whole job through the whole app: a stranger becomes an owner, sends photos, a worker makes a model of them, it is shared and looked
 * at. The queue is in the test's hands; nothing else is replaced.
 * Invariant: every secret that came by is kept in `secrets`, with its name, so that a test can look for it elsewhere.
 */
import { env as bindings } from 'cloudflare:workers';
import type { JobStatus, ProcessAnswer, UploadSession } from '../../src/core/job/cloudApi.ts';
import type { NewShare } from '../../src/core/job/cloudShares.ts';
import type { Manifest, PullAnswer, TrainSpec } from '../../src/core/job/trainerApi.ts';
import { app } from '../../cloud/app.ts';
import { createCloud } from '../../cloud/cloud.ts';
import type { Env } from '../../cloud/env.ts';
import { handleBatch } from '../../cloud/jobs/consume.ts';
import type { Message } from '../../cloud/jobs/message.ts';
import { samples } from './samplePhotos.ts';
import type { TestCloud } from './testCloud.ts';
import { type Trainer, metrics, plyBytes, sha256, trainerOf } from './trainerApp.ts';

const origin = 'https://splat.test';

export interface WholeApp {
  env: Env;
  /** Every message the queue was given. */
  messages: Message[];
  secrets: Map<string, string>;
  send(path: string, init?: RequestInit): Promise<Response>;
  /** As the owner's browser, in the name of this request id. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Handles what is in the queue. */
  drain(): Promise<void>;
}

/** @param seen every answer with its request, before the test gets it */
export function wholeApp(
  requestId: string,
  seen: (request: Pick<Request, 'method' | 'url'>, answer: Response) => Promise<void> = async () => {},
): WholeApp {
  const messages: Message[] = [];
  const waiting: Message[] = [];
  const take = (bodies: Message[]): void => void (messages.push(...bodies), waiting.push(...bodies));
  const JOBS = { sendBatch: async (all: Iterable<{ body: Message }>) => take([...all].map(({ body }) => body)) };
  const env: Env = { ...bindings, JOBS: JOBS as unknown as Queue<Message>, ADMIN_TOKEN: 'the-admin-token-of-this-test' };
  let pending: Promise<unknown>[] = [];
  const context = { waitUntil: (work: Promise<unknown>) => void pending.push(work), passThroughOnException: () => {}, props: {} };
  const settled = async (): Promise<void> => {
    while (pending.length > 0) await Promise.allSettled(pending.splice(0));
    pending = [];
  };
  let cookie = '';
  const secrets = new Map([
    ['master secret', env.MASTER_SECRET],
    ['admin token', env.ADMIN_TOKEN ?? ''],
    ['worker token', env.WORKER_TOKEN ?? ''],
  ]);
  const self: WholeApp = {
    env,
    messages,
    secrets,
    async send(path, init) {
      const url = new URL(path, origin).href;
      const answer = await app.fetch(new Request(url, init), env, context);
      await settled();
      const [, session] = /^__Host-owner=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '') ?? [];
      if (session !== undefined) {
        cookie = `__Host-owner=${session}`;
        secrets.set('session', session);
      }
      await seen({ method: init?.method ?? 'GET', url }, answer.clone());
      return answer;
    },
    ask(method, path, body, headers = {}) {
      const own = { cookie, 'x-request-id': requestId, 'sec-fetch-site': 'same-origin', ...headers };
      return self.send(path, { method, headers: own, ...(body !== undefined && { body: JSON.stringify(body) }) });
    },
    async drain() {
      for (let body = waiting.shift(); body; body = waiting.shift()) {
        const message = { id: crypto.randomUUID(), timestamp: new Date(), body, attempts: 1, ack: () => {}, retry: () => {} };
        const batch = { queue: 'splat-jobs', messages: [message], ackAll: () => {}, retryAll: () => {} };
        await handleBatch(batch as unknown as MessageBatch<Message>, createCloud(env, context));
        await settled();
      }
    },
  };
  return self;
}

async function ok<T>(answer: Response): Promise<T> {
  if (answer.status >= 300) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? (undefined as T) : answer.json<T>();
}

const queryOf = (address: string, name: string): string => new URL(address, origin).searchParams.get(name) ?? '';

export interface SentPhotos {
  projectId: string;
  uploadId: string;
  jobId: string;
}

/** From nobody to a job that waits. */
export async function sendPhotos({ ask, send, secrets }: WholeApp): Promise<SentPhotos> {
  await ask('POST', '/api/session');
  const files = [samples.jpeg, samples.png, samples.webp];
  const photos = files.map((bytes, index) => ({
    id: sha256(bytes),
    bytes: bytes.byteLength,
    type: ['image/jpeg', 'image/png', 'image/webp'][index],
    name: `IMG_SECRET_PLACE_${index}.jpg`,
  }));
  const announced = { projectName: 'A garden', preset: 'preview', photos };
  const session = await ok<UploadSession>(await ask('POST', '/api/uploads', announced, { 'idempotency-key': crypto.randomUUID() }));
  for (const [index, { url }] of session.parts.entries()) {
    secrets.set(`signature of photo ${index}`, queryOf(url, 'sig'));
    const put = { method: 'PUT', body: files[index], headers: { 'content-length': String(files[index].byteLength) } };
    await send(url, put);
    // Signed, but not by us.
    await send(
      url.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
      put,
    );
  }
  await ask('GET', `/api/uploads/${session.uploadId}`);
  await ok(await ask('POST', `/api/uploads/${session.uploadId}/complete`));
  const order = { uploadId: session.uploadId, preset: 'preview' };
  const { jobId } = await ok<ProcessAnswer>(await ask('POST', '/api/process', order, { 'idempotency-key': crypto.randomUUID() }));
  return { jobId, uploadId: session.uploadId, projectId: session.projectId ?? '' };
}

/** What a worker is given. */
export async function startTrainer({ env, send, secrets, drain }: WholeApp): Promise<{ spec: TrainSpec; trainer: Trainer }> {
  await drain();
  const claim = (token: string) =>
    send('/internal/v1/worker/claim', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ workerId: 'worker-1', instance: crypto.randomUUID(), gpuClass: 'webgpu' }),
    });
  await claim('not-the-worker-token');
  const { spec } = await ok<PullAnswer>(await claim(env.WORKER_TOKEN ?? ''));
  secrets.set("trainer's token", spec.token).set("trainer's secret", spec.secret);
  const clock = { now: () => Date.now() } as TestCloud;
  // A trainer names the request that its work is for.
  const named: typeof send = (path, init) => send(path, { ...init, headers: { 'x-request-id': spec.requestId, ...init?.headers } });
  return { spec, trainer: trainerOf(clock, named, spec) };
}

/** The worker's part, with the mistakes that one can make. */
export async function train({ send, secrets }: WholeApp, trainer: Trainer): Promise<void> {
  const { call, put } = trainer;
  await ok(await call('POST', 'claim', { externalId: 'run-1', holder: 'holder-1' }));
  await call('POST', 'claim', { externalId: 'run-2', holder: 'holder-2' });
  await call('POST', 'events', { events: [] }, { secret: '0'.repeat(64) });
  await call('POST', 'events', { events: [] }, { token: `${trainer.spec.token}x` });
  const { images } = await ok<Manifest>(await call('GET', 'manifest'));
  for (const [index, { url }] of images.entries()) {
    secrets.set(`signature of manifest ${index}`, queryOf(url, 'sig'));
    await send(url);
    await send(url.replace(/sig=./, 'sig=x'));
  }
  const event = { type: 'stage-started', stage: 'train' };
  await ok(await call('POST', 'events', { events: [{ seq: 1, t: Date.now(), event }] }));
  const outputs = [await put('ply', plyBytes()), await put('metrics', new TextEncoder().encode('{}') as Uint8Array<ArrayBuffer>)];
  await call('POST', 'complete', { outputs: [{ ...outputs[0], bytes: 5 }], metrics });
  await ok(await call('POST', 'complete', { outputs, metrics }));
  await call('POST', 'fail', { failure: { code: 'gpu-lost', detail: 'Too late.' }, retryable: true, gpuSeconds: 1 });
}

/** The owner's ways of letting others and programs in. */
export async function shareModel(
  whole: WholeApp,
  { jobId, projectId, uploadId }: SentPhotos,
): Promise<{ modelId: string; shareToken: string }> {
  const { ask, send, secrets } = whole;
  const status = await ok<JobStatus>(await ask('GET', `/api/status/${jobId}?since=0`));
  const modelId = status.model?.id ?? '';
  await ask('GET', `/api/model/${modelId}?format=ply`);
  const password = 'a-password-for-visitors';
  const share = { role: 'download', title: 'A garden', password };
  const { url, share: made } = await ok<NewShare>(await ask('POST', `/api/projects/${projectId}/shares`, share));
  const shareToken = new URL(url).pathname.split('/')[2];
  secrets.set('share token', shareToken).set('share password', password);
  const unlock = (text: string) => send(`/s/${shareToken}`, { method: 'POST', body: new URLSearchParams({ password: text }) });
  await send(`/s/${shareToken}`);
  await unlock('not-the-password');
  const unlocked = (await unlock(password)).headers.get('set-cookie')?.split(';')[0] ?? '';
  secrets.set('unlocked share', unlocked.slice(unlocked.indexOf('=') + 1));
  await send(`/s/${shareToken}`, { headers: { cookie: unlocked } });
  await send(`/s/${shareToken}/download/ply`, { headers: { cookie: unlocked } });
  await send(`/api/oembed?${new URLSearchParams({ url }).toString()}`);
  const { secret } = await ok<{ secret: string }>(await ask('PUT', '/api/me/webhook', { url: 'https://hooks.example.com/?key=k' }));
  secrets.set('webhook secret', secret);
  await ask('GET', `/api/projects/${projectId}/shares`);
  for (const path of [
    '/api/projects',
    `/api/projects/${projectId}`,
    '/api/me/webhook',
    '/api/me/deliveries',
    '/api/health',
    '/api/push/key',
  ])
    await ask('GET', path);
  await ask('POST', '/api/estimate', { photos: 20, bytes: 60_000_000, preset: 'full' });
  await ask('POST', `/api/jobs/${jobId}/retry`, { preset: 'preview' });
  await ask('POST', `/api/jobs/${jobId}/cancel`);
  await ask('GET', `/api/status/${jobId}/preview`);
  await ask('GET', '/api/uploads/upl_none');
  await ask('POST', '/api/process', { uploadId });
  await ask('DELETE', `/api/shares/${made.id}`);
  return { modelId, shareToken };
}
