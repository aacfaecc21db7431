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
  share(projectId: string, request: ShareRequest): Promise<CloudAnswer<NewShare>>;
  shares(projectId: string): Promise<CloudAnswer<Share[]>>;
  revoke(shareId: string): Promise<CloudAnswer<null>>;
  pushKey(): Promise<CloudAnswer<PushKey>>;
  subscribe(request: PushSubscriptionRequest): Promise<CloudAnswer<null>>;
}

export interface ClientOptions {
  /** The server's origin, without a slash at the end; empty for the page's own. */
  origin: string;
  fetch?: typeof fetch;
  now?: () => number;
  isOnline?: () => boolean;
}

type Schemas = typeof import('../../../core/job/cloudSchema.ts') & typeof import('../../../core/job/cloudSharesSchema.ts');
const schemas = async (): Promise<Schemas> => ({
  ...(await import('../../../core/job/cloudSchema.ts')),
  ...(await import('../../../core/job/cloudSharesSchema.ts')),
});

/** What the typed client gives for a call that answers T. */
type Answering<T> = Pick<Response, 'ok' | 'status' | 'headers'> & { json(): Promise<T> };
type CallOptions = NonNullable<Parameters<ReturnType<typeof hc<CloudApi>>['api']['health']['$get']>[1]>;

/** The client puts a name into the address as it is. */
const named = <Name extends string>(name: Name, id: string) => ({ param: { [name]: encodeURIComponent(id) } as Record<Name, string> });

/** Questions without a body wait no longer. Uploads and downloads have no limit of their own: a slow line is no error. */
const patienceMs = 30_000;
const later = new Set([408, 425, 429, 500, 502, 503, 504]);

export function createCloudClient({ origin, now = Date.now, isOnline = () => navigator.onLine, ...rest }: ClientOptions): CloudClient {
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
    const said = (await schemas()).refusal.safeParse(body);
    const detail = said.success ? said.data.error.message.slice(0, 500) : `The server answered ${status}.`;
    const wait = retryAfterMs(response.headers.get('retry-after'), now());
    if (later.has(status)) return { ok: false, no: 'again', failure: { code: 'cloud-unreachable', detail }, retryAfterMs: wait, status };
    if (status === 404 || status === 410)
      return { ok: false, no: 'gone', failure: { code: 'cloud-expired', detail }, retryAfterMs: null, status };
    return { ok: false, no: 'refused', failure: { code: 'cloud-refused', detail }, retryAfterMs: null, status };
  }

  const api = hc<CloudApi>(origin);
  const options = (signal: AbortSignal | null, headers: Record<string, string> = {}) => ({
    fetch: request,
    headers,
    init: { credentials: 'same-origin', cache: 'no-store', redirect: 'error', signal } as const,
  });

  async function sent<R extends Pick<Response, 'ok' | 'status'>>(asking: Promise<R>): Promise<CloudAnswer<R>> {
    try {
      const response = await asking;
      // Hono types what it gives by the contract; it is the Response that fetch gave.
      return response.ok || response.status === 304 ? { ok: true, value: response } : await refusal(response as unknown as Response);
    } catch (error) {
      return unreachable(`The connection failed: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }

  /** An answer that is not of its type comes from something that is not the cloud, such as a page for every address. */
  async function parsed<T>(response: Answering<T>, schema: (all: Schemas) => { parse(body: unknown): T }): Promise<CloudAnswer<T>> {
    try {
      const body: unknown = await response.json();
      return { ok: true, value: schema(await schemas()).parse(body) };
    } catch {
      return unreachable('Something answered that is not the cloud service.');
    }
  }

  /** @param ask one call of the API; what it answers by the contract is what the schema must be of */
  async function asked<T>(
    ask: (options: CallOptions) => Promise<Answering<T>>,
    schema: (all: Schemas) => { parse(body: unknown): T },
    outer: AbortSignal | null = null,
  ): Promise<CloudAnswer<T>> {
    const patience = AbortSignal.timeout(patienceMs);
    const answer = await sent(ask(options(outer ? AbortSignal.any([outer, patience]) : patience)));
    return answer.ok ? parsed(answer.value, schema) : answer;
  }

  async function remove(ask: (options: CallOptions) => Promise<Pick<Response, 'ok' | 'status'>>): Promise<CloudAnswer<null>> {
    const answer = await sent(ask(options(AbortSignal.timeout(patienceMs))));
    return answer.ok || answer.no === 'gone' ? { ok: true, value: null } : answer;
  }

  async function file(asking: Promise<Pick<Response, 'ok' | 'status' | 'blob'>>): Promise<CloudAnswer<Blob>> {
    const answer = await sent(asking);
    if (!answer.ok) return answer;
    return answer.value.blob().then(
      (value) => ({ ok: true, value }),
      () => unreachable('The download was cut off.'),
    );
  }

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
    async model(id, format, bytes, signal) {
      const answer = await file(api.api.model[':modelId'].$get({ ...named('modelId', id), query: { format } }, options(signal)));
      return answer.ok && answer.value.size !== bytes ? unreachable('The download was cut off.') : answer;
    },
    pushKey: () =>
      asked(
        (more) => api.api.push.key.$get({}, more),
        (all) => all.pushKey,
      ),
    async subscribe(json) {
      const answer = await sent(api.api.push.subscriptions.$post({ json }, options(AbortSignal.timeout(patienceMs))));
      return answer.ok ? { ok: true, value: null } : answer;
    },
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
