/**
 * The page's end of the cloud's contract: one function per call.
 * Invariant: nothing throws; every answer is a value that is of its type, or says which kind of "no" it was.
 */
import { hc } from 'hono/client';
import type { CloudApi } from '../../../../cloud/clientApi.ts';
import {
  type CloudEstimate,
  type CloudHealth,
  type EstimateRequest,
  type JobStatus,
  type ModelFormat,
  type ProcessAnswer,
  type ProcessRequest,
  type PushKey,
  type PushSubscriptionRequest,
  type UploadCompleted,
  type UploadRequest,
  type UploadSession,
} from '../../../core/job/cloudApi.ts';
import type { NewShare, Share, ShareList, ShareRequest } from '../../../core/job/cloudShares.ts';
import { type ClientOptions, type CloudAnswer, createCloudCalls, named, patienceMs } from './cloudCalls.ts';

export interface CloudClient {
  health(): Promise<CloudAnswer<CloudHealth>>;
  estimate(question: EstimateRequest): Promise<CloudAnswer<CloudEstimate>>;
  register(request: UploadRequest, key: string, signal: AbortSignal): Promise<CloudAnswer<UploadSession>>;
  session(uploadId: string, signal: AbortSignal): Promise<CloudAnswer<UploadSession>>;
  put(url: string, bytes: Blob, signal: AbortSignal): Promise<CloudAnswer<null>>;
  complete(uploadId: string, signal: AbortSignal): Promise<CloudAnswer<UploadCompleted>>;
  process(request: ProcessRequest, key: string, signal: AbortSignal): Promise<CloudAnswer<ProcessAnswer>>;
  /** Null when nothing has changed since the ETag the last call brought. */
  status(jobId: string, since: number, signal: AbortSignal): Promise<CloudAnswer<JobStatus | null>>;
  preview(jobId: string): Promise<CloudAnswer<Blob>>;
  model(modelId: string, format: ModelFormat, bytes: number, signal: AbortSignal): Promise<CloudAnswer<Blob>>;
  removeUpload(uploadId: string): Promise<CloudAnswer<null>>;
  removeJob(jobId: string): Promise<CloudAnswer<null>>;
  share(projectId: string, request: ShareRequest): Promise<CloudAnswer<NewShare>>;
  shares(projectId: string): Promise<CloudAnswer<Share[]>>;
  revoke(shareId: string): Promise<CloudAnswer<null>>;
  pushKey(): Promise<CloudAnswer<PushKey>>;
  subscribe(request: PushSubscriptionRequest): Promise<CloudAnswer<null>>;
}

type Schemas = typeof import('../../../core/job/cloudSchema.ts') & typeof import('../../../core/job/cloudSharesSchema.ts');
const schemas = async (): Promise<Schemas> => ({
  ...(await import('../../../core/job/cloudSchema.ts')),
  ...(await import('../../../core/job/cloudSharesSchema.ts')),
});

export function createCloudClient(connection: ClientOptions): CloudClient {
  const { origin } = connection;
  const { request, options, sent, parsed, asked, done, remove, file } = createCloudCalls(connection, schemas);
  const api = hc<CloudApi>(origin);
  const etags = new Map<string, string>();

  return {
    health: () =>
      asked(
        (more) => api.api.health.$get({}, more),
        (all) => all.health,
      ),
    estimate: (json) =>
      asked(
        (more) => api.api.estimate.$post({ json }, more),
        (all) => all.estimate,
      ),
    register: (json, key, signal) =>
      asked(
        (more) => api.api.uploads.$post({ json, header: { 'idempotency-key': key } }, more),
        (all) => all.uploadSession,
        signal,
      ),
    session: (id, signal) =>
      asked(
        (more) => api.api.uploads[':uploadId'].$get(named('uploadId', id), more),
        (all) => all.uploadSession,
        signal,
      ),
    complete: (id, signal) =>
      asked(
        (more) => api.api.uploads[':uploadId'].complete.$post({ ...named('uploadId', id), json: {} }, more),
        (all) => all.uploadCompleted,
        signal,
      ),
    process: (json, key, signal) =>
      asked(
        (more) => api.api.process.$post({ json, header: { 'idempotency-key': key } }, more),
        (all) => all.processAnswer,
        signal,
      ),
    removeUpload: (id) => remove((more) => api.api.uploads[':uploadId'].$delete(named('uploadId', id), more)),
    removeJob: (id) => remove((more) => api.api.jobs[':jobId'].$delete(named('jobId', id), more)),
    preview: (id) => file(api.api.status[':jobId'].preview.$get(named('jobId', id), options(AbortSignal.timeout(patienceMs)))),
    async put(url, bytes, signal) {
      // The address may be on the server itself or absolute.
      const absolute = new URL(url, new URL(`${origin}/`, globalThis.location?.href));
      const { init } = options(signal);
      const answer = await sent(request(absolute.href, { ...init, method: 'PUT', body: bytes, headers: { 'content-type': bytes.type } }));
      return answer.ok ? { ok: true, value: null } : answer;
    },
    async status(id, since, signal) {
      const name = `${id} ${since}`;
      const etag = etags.get(name);
      const query = { since: String(since) };
      const more = options(signal, etag ? { 'if-none-match': etag } : {});
      const answer = await sent(api.api.status[':jobId'].$get({ ...named('jobId', id), query }, more));
      if (!answer.ok) return answer;
      if ((answer.value.status as number) === 304) return { ok: true, value: null };
      const status = await parsed(answer.value, (all) => all.jobStatus);
      if (!status.ok) return status;
      const next = answer.value.headers.get('etag');
      etags.clear();
      if (next) etags.set(name, next);
      return status;
    },
    model: (id, format, bytes, signal) =>
      file(api.api.model[':modelId'].$get({ ...named('modelId', id), query: { format } }, options(signal)), bytes),
    pushKey: () =>
      asked(
        (more) => api.api.push.key.$get({}, more),
        (all) => all.pushKey,
      ),
    subscribe: (json) => done((more) => api.api.push.subscriptions.$post({ json }, more)),
    share: (id, json) =>
      asked(
        (more) => api.api.projects[':projectId'].shares.$post({ ...named('projectId', id), json }, more),
        (all) => all.newShare,
      ),
    async shares(id) {
      const list = await asked<ShareList>(
        (more) => api.api.projects[':projectId'].shares.$get(named('projectId', id), more),
        (all) => all.shareList,
      );
      return list.ok ? { ok: true, value: list.value.shares } : list;
    },
    revoke: (id) => remove((more) => api.api.shares[':shareId'].$delete(named('shareId', id), more)),
  };
}
