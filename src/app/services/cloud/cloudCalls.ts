/**
 * How the page asks the cloud anything: the credentials, the patience, and what becomes of a "no".
 * Invariant: nothing throws; every answer is a value that is of its type, or says which kind of "no" it was.
 */
import type { Failure } from '../../../core/job/failure.ts';
import { retryAfterMs } from '../../../core/job/retryAfter.ts';

/**
 * `again`: nobody answered or not now, the same call may work later. `gone`: what it was about is no longer there. `refused`: the same
 * call will not work. `status` is null where no server answered, `code` where it named no reason.
 */
export interface CloudNo {
  ok: false;
  no: 'again' | 'gone' | 'refused';
  failure: Failure;
  retryAfterMs: number | null;
  status: number | null;
  code: string | null;
}
export type CloudAnswer<T> = { ok: true; value: T } | CloudNo;

export interface ClientOptions {
  /** The server's origin, without a slash at the end; empty for the page's own. */
  origin: string;
  fetch?: typeof fetch;
  now?: () => number;
  isOnline?: () => boolean;
}

/** What Hono's typed client takes with each call. */
export interface CallOptions {
  fetch: typeof fetch;
  headers: Record<string, string>;
  init: { credentials: 'same-origin'; cache: 'no-store'; redirect: 'error'; signal: AbortSignal | null };
}

/** What it gives for a call that answers T. */
export type Answering<T> = Pick<Response, 'ok' | 'status' | 'headers'> & { json(): Promise<T> };
type Told = Pick<Response, 'ok' | 'status'>;

interface Schema<T> {
  parse(body: unknown): T;
}

export interface CloudCalls<Schemas> {
  request: typeof fetch;
  options(signal: AbortSignal | null, headers?: Record<string, string>): CallOptions;
  /** The response of a call that went well, 304 among them. */
  sent<R extends Told>(asking: Promise<R>): Promise<CloudAnswer<R>>;
  parsed<T>(response: Answering<T>, schema: (all: Schemas) => Schema<T>): Promise<CloudAnswer<T>>;
  /** @param ask one call of the API; what it answers by the contract is what the schema must be of */
  asked<T>(
    ask: (options: CallOptions) => Promise<Answering<T>>,
    schema: (all: Schemas) => Schema<T>,
    outer?: AbortSignal | null,
  ): Promise<CloudAnswer<T>>;
  /** A call that answers nothing. */
  done(ask: (options: CallOptions) => Promise<Told>): Promise<CloudAnswer<null>>;
  /** The same, where what is gone already is as good as removed. */
  remove(ask: (options: CallOptions) => Promise<Told>): Promise<CloudAnswer<null>>;
  /** @param bytes how many it must be; null where that is not known */
  file(asking: Promise<Told & Pick<Response, 'blob'>>, bytes?: number | null): Promise<CloudAnswer<Blob>>;
}

/** The client puts a name into the address as it is. */
export const named = <Name extends string>(name: Name, id: string) => ({
  param: { [name]: encodeURIComponent(id) } as Record<Name, string>,
});

/** Questions without a body wait no longer. Uploads and downloads have no limit of their own: a slow line is no error. */
export const patienceMs = 30_000;
const later = new Set([408, 425, 429, 500, 502, 503, 504]);

/** @param schemas fetched when the first answer comes */
export function createCloudCalls<Schemas>(
  { now = Date.now, isOnline = () => navigator.onLine, ...rest }: ClientOptions,
  schemas: () => Promise<Schemas>,
): CloudCalls<Schemas> {
  const request = rest.fetch ?? ((...args: Parameters<typeof fetch>) => fetch(...args));

  const unreachable = (detail: string): CloudNo => {
    const failure: Failure = isOnline() ? { code: 'cloud-unreachable', detail } : { code: 'offline', detail: 'The device is offline.' };
    return { ok: false, no: 'again', failure, retryAfterMs: null, status: null, code: null };
  };

  /** What the server says about its "no"; its own words where it has any. */
  async function refusal(response: Response): Promise<CloudNo> {
    const { status } = response;
    const body: unknown = await response.json().catch(() => null);
    const said = (await import('../../../core/job/cloudSchema.ts')).refusal.safeParse(body);
    const detail = said.success ? said.data.error.message.slice(0, 500) : `The server answered ${status}.`;
    const no = { ok: false, retryAfterMs: null, status, code: said.success ? said.data.error.code : null } as const;
    const wait = retryAfterMs(response.headers.get('retry-after'), now());
    if (later.has(status)) return { ...no, no: 'again', failure: { code: 'cloud-unreachable', detail }, retryAfterMs: wait };
    if (status === 404 || status === 410) return { ...no, no: 'gone', failure: { code: 'cloud-expired', detail } };
    return { ...no, no: 'refused', failure: { code: 'cloud-refused', detail } };
  }

  const options = (signal: AbortSignal | null, headers: Record<string, string> = {}): CallOptions => ({
    fetch: request,
    headers,
    init: { credentials: 'same-origin', cache: 'no-store', redirect: 'error', signal },
  });

  async function sent<R extends Told>(asking: Promise<R>): Promise<CloudAnswer<R>> {
    try {
      const response = await asking;
      // Hono types what it gives by the contract; it is the Response that fetch gave.
      const isAnswer = response.ok || response.status === 304;
      return isAnswer ? { ok: true, value: response } : await refusal(response as unknown as Response);
    } catch (error) {
      return unreachable(`The connection failed: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }

  /** An answer that is not of its type comes from something that is not the cloud, such as a page for every address. */
  async function parsed<T>(response: Answering<T>, schema: (all: Schemas) => Schema<T>): Promise<CloudAnswer<T>> {
    try {
      const body: unknown = await response.json();
      return { ok: true, value: schema(await schemas()).parse(body) };
    } catch {
      return unreachable('Something answered that is not the cloud service.');
    }
  }

  async function done(ask: (options: CallOptions) => Promise<Told>): Promise<CloudAnswer<null>> {
    const answer = await sent(ask(options(AbortSignal.timeout(patienceMs))));
    return answer.ok ? { ok: true, value: null } : answer;
  }

  return {
    request,
    options,
    sent,
    parsed,
    done,
    async asked(ask, schema, outer = null) {
      const patience = AbortSignal.timeout(patienceMs);
      const answer = await sent(ask(options(outer ? AbortSignal.any([outer, patience]) : patience)));
      return answer.ok ? parsed(answer.value, schema) : answer;
    },
    async remove(ask) {
      const answer = await done(ask);
      return answer.ok || answer.no !== 'gone' ? answer : { ok: true, value: null };
    },
    async file(asking, bytes = null) {
      const answer = await sent(asking);
      if (!answer.ok) return answer;
      const value = await answer.value.blob().catch(() => null);
      const isWhole = value !== null && (bytes === null || value.size === bytes);
      return isWhole ? { ok: true, value } : unreachable('The download was cut off.');
    },
  };
}
