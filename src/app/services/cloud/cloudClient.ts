/**
 * The page's end of the cloud's contract: one function per call.
 * Invariant: nothing throws; every answer is a value that is of its type, or says which kind of "no" it was.
 */
import {
  type CloudEstimate,
  type CloudHealth,
  type EstimateRequest,
  type JobStatus,
  type ModelFormat,
  type ProcessAnswer,
  type ProcessRequest,
  type UploadCompleted,
  type UploadRequest,
  type UploadSession,
  cloudPaths,
} from '../../../core/job/cloudApi.ts';
import type { Failure } from '../../../core/job/failure.ts';
import { retryAfterMs } from './backoff.ts';

/**
 * `again`: nobody answered or not now, the same call may work later. `gone`: what it was about is no longer there. `refused`: the same
 * call will not work. `status` is null where no server answered.
 */
export type CloudNo = { ok: false; no: 'again' | 'gone' | 'refused'; failure: Failure; retryAfterMs: number | null; status: number | null };
export type CloudAnswer<T> = { ok: true; value: T } | CloudNo;

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
}

/** An address in the answer may be on the server itself or absolute. */
export interface ClientOptions {
  /** Where the API is, without a slash at the end; '/api' on the page's own server. */
  baseUrl: string;
  fetch?: typeof fetch;
  now?: () => number;
  isOnline?: () => boolean;
}

type Schemas = typeof import('../../../core/job/cloudSchema.ts');

/** Questions without a body wait no longer. Uploads and downloads have no limit of their own: a slow line is no error. */
const patienceMs = 30_000;
const later = new Set([408, 425, 429, 500, 502, 503, 504]);

export function createCloudClient({ baseUrl, now = Date.now, isOnline = () => navigator.onLine, ...rest }: ClientOptions): CloudClient {
  const request = rest.fetch ?? ((...args: Parameters<typeof fetch>) => fetch(...args));
  const etags = new Map<string, string>();

  const unreachable = (detail: string): CloudNo => {
    const failure: Failure = isOnline() ? { code: 'cloud-unreachable', detail } : { code: 'offline', detail: 'The device is offline.' };
    return { ok: false, no: 'again', failure, retryAfterMs: null, status: null };
  };

  /** What the server says about its "no"; its own words where it has any. */
  async function refusal(response: Response): Promise<CloudNo> {
    const { status } = response;
    const body: unknown = await response.json().catch(() => null);
    const said = (await import('../../../core/job/cloudSchema.ts')).refusal.safeParse(body);
    const detail = said.success ? said.data.error.message.slice(0, 500) : `The server answered ${status}.`;
    const wait = retryAfterMs(response.headers.get('retry-after'), now());
    if (later.has(status)) return { ok: false, no: 'again', failure: { code: 'cloud-unreachable', detail }, retryAfterMs: wait, status };
    if (status === 404 || status === 410)
      return { ok: false, no: 'gone', failure: { code: 'cloud-expired', detail }, retryAfterMs: null, status };
    return { ok: false, no: 'refused', failure: { code: 'cloud-refused', detail }, retryAfterMs: null, status };
  }

  async function send(url: string, init: RequestInit): Promise<CloudAnswer<Response>> {
    try {
      const response = await request(url, { credentials: 'same-origin', cache: 'no-store', redirect: 'error', ...init });
      return response.ok || response.status === 304 ? { ok: true, value: response } : await refusal(response);
    } catch (error) {
      return unreachable(`The connection failed: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }

  /** An answer that is not of its type comes from something that is not the cloud, such as a page for every address. */
  async function parsed<T>(response: Response, schema: (all: Schemas) => { parse(body: unknown): T }): Promise<CloudAnswer<T>> {
    try {
      const body: unknown = await response.json();
      return { ok: true, value: schema(await import('../../../core/job/cloudSchema.ts')).parse(body) };
    } catch {
      return unreachable('Something answered that is not the cloud service.');
    }
  }

  async function ask<T>(path: string, init: RequestInit, schema: (all: Schemas) => { parse(body: unknown): T }): Promise<CloudAnswer<T>> {
    const patience = AbortSignal.timeout(patienceMs);
    const signal = init.signal ? AbortSignal.any([init.signal, patience]) : patience;
    const answer = await send(baseUrl + path, { ...init, signal });
    return answer.ok ? parsed(answer.value, schema) : answer;
  }

  const post = (body: unknown, key: string | null, signal: AbortSignal | null): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== null && { 'idempotency-key': key }) },
    body: JSON.stringify(body),
    signal,
  });

  async function remove(path: string): Promise<CloudAnswer<null>> {
    const answer = await send(baseUrl + path, { method: 'DELETE', signal: AbortSignal.timeout(patienceMs) });
    return answer.ok || answer.no === 'gone' ? { ok: true, value: null } : answer;
  }

  async function file(path: string, signal: AbortSignal | null): Promise<CloudAnswer<Blob>> {
    const answer = await send(baseUrl + path, { signal });
    if (!answer.ok) return answer;
    return answer.value.blob().then(
      (value) => ({ ok: true, value }),
      () => unreachable('The download was cut off.'),
    );
  }

  return {
    health: () => ask(cloudPaths.health, {}, (all) => all.health),
    estimate: (question) => ask(cloudPaths.estimate, post(question, null, null), (all) => all.estimate),
    register: (body, key, signal) => ask(cloudPaths.uploads, post(body, key, signal), (all) => all.uploadSession),
    session: (uploadId, signal) => ask(cloudPaths.upload(uploadId), { signal }, (all) => all.uploadSession),
    complete: (uploadId, signal) => ask(cloudPaths.complete(uploadId), post({}, null, signal), (all) => all.uploadCompleted),
    process: (body, key, signal) => ask(cloudPaths.process, post(body, key, signal), (all) => all.processAnswer),
    removeUpload: (uploadId) => remove(cloudPaths.upload(uploadId)),
    removeJob: (jobId) => remove(cloudPaths.job(jobId)),
    preview: (jobId) => file(cloudPaths.preview(jobId), AbortSignal.timeout(patienceMs)),
    async put(url, bytes, signal) {
      const absolute = new URL(url, new URL(baseUrl, globalThis.location?.href));
      const answer = await send(absolute.href, { method: 'PUT', body: bytes, headers: { 'content-type': bytes.type }, signal });
      return answer.ok ? { ok: true, value: null } : answer;
    },
    async status(jobId, since, signal) {
      const path = cloudPaths.status(jobId, since);
      const etag = etags.get(path);
      const answer = await send(baseUrl + path, { headers: etag ? { 'if-none-match': etag } : {}, signal });
      if (!answer.ok) return answer;
      if (answer.value.status === 304) return { ok: true, value: null };
      const status = await parsed(answer.value, (all) => all.jobStatus);
      if (!status.ok) return status;
      const next = answer.value.headers.get('etag');
      etags.clear();
      if (next) etags.set(path, next);
      return status;
    },
    async model(modelId, format, bytes, signal) {
      const answer = await file(cloudPaths.model(modelId, format), signal);
      return answer.ok && answer.value.size !== bytes ? unreachable('The download was cut off.') : answer;
    },
  };
}
