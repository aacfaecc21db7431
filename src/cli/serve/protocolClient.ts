/**
 * Protocol client: the trainer's end of src/core/job/trainerApi.ts, one function per call.
 * Invariant: nothing throws. A call that got no answer is tried again with backoff until the lease has long run out: a server that is
 * started again in the middle of a job does it no harm.
 */
import { openAsBlob } from 'node:fs';
import * as z from 'zod';
import {
  type ClaimAnswer,
  type CompleteRequest,
  type EventsAnswer,
  type FailAnswer,
  type FailRequest,
  type Manifest,
  type OutputFile,
  type OutputsAnswer,
  type PullAnswer,
  type PullRequest,
  type TrainerEvent,
  type TrainSpec,
  trainerPaths,
} from '../../core/job/trainerApi.ts';
import * as schemas from '../../core/job/trainerSchema.ts';
import { type Answer, yes } from './answer.ts';
import type { ConnectionNotes } from './connectionNotes.ts';
import { signatureOf } from './signature.ts';
import { type Fetch, type Request, readBody, send } from './transport.ts';
import { backoffMs, wait } from './waiting.ts';

export interface Line {
  /** Where the API answers, without a slash at the end. */
  origin: string;
  fetch: Fetch;
  notes: ConnectionNotes;
  random(): number;
}

export interface JobClient {
  /** Milliseconds since 1970; past it the job may be given to another. */
  readonly leaseUntil: number;
  claim(externalId: string, holder: string): Promise<Answer<ClaimAnswer>>;
  manifest(): Promise<Answer<Manifest>>;
  events(events: TrainerEvent[]): Promise<Answer<EventsAnswer>>;
  outputs(files: OutputFile[]): Promise<Answer<OutputsAnswer>>;
  complete(request: Omit<CompleteRequest, 'attempt'>): Promise<Answer<void>>;
  fail(request: Omit<FailRequest, 'attempt'>): Promise<Answer<FailAnswer>>;
  /** One try: the bytes of a file of the manifest. Its body is still to be read. */
  download(url: string): Promise<Answer<Response>>;
  upload(url: string, headers: Record<string, string>, path: string): Promise<Answer<void>>;
}

const answerMs = 30_000;
/** A call for work may be held open for waitSeconds. */
const pullMs = 50_000;
/** Milliseconds after the lease during which a server that is away is still asked. By then one that is back has given the job to another. */
export const patienceMs = 30 * 60_000;

const jsonHeaders = { 'content-type': 'application/json' };

/** Asks for work; null when there is none. One try. */
export async function pull(line: Line, token: string, request: PullRequest, signal: AbortSignal): Promise<Answer<PullAnswer | null>> {
  const sent = await send(line.fetch, line.origin + trainerPaths.pull, {
    ...{ method: 'POST', headers: { ...jsonHeaders, authorization: `Bearer ${token}` }, body: JSON.stringify(request) },
    ...{ timeoutMs: pullMs, signal },
  });
  if (!sent.ok) return sent;
  if (sent.value.status === 204) return yes(null);
  return readBody(sent.value, schemas.pullAnswer, signal);
}

/** Content-Length is set from the file, and Host from the address; fetch would refuse both. */
const uploadHeaders = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(content-length|host)$/i.test(name)));

/**
 * A PUT that must write over nothing (`if-none-match: *`) is refused when the file is there: an earlier one arrived whose answer was lost.
 * Whether it is the right one, `complete` says (RFC 9110, sections 13.1.2 and 15.5.13).
 */
function isThereAlready(answer: Answer<unknown>, headers: Record<string, string>): boolean {
  const isConditional = Object.keys(headers).some((name) => /^if-none-match$/i.test(name));
  return isConditional && !answer.ok && answer.no === 'refused' && answer.status === 412;
}

/** The calls of one attempt. The signal ends whatever is under way. */
export function createJobClient({ jobId, attempt, token, secret }: TrainSpec, line: Line, signal: AbortSignal): JobClient {
  let leaseUntil = Date.now();

  /** Again and again while the answer is "later". */
  async function persistently<T>(once: () => Promise<Answer<T>>): Promise<Answer<T>> {
    for (let failures = 1; ; failures++) {
      const answer = await once();
      if (answer.ok || answer.no !== 'again') {
        if (answer.ok || answer.no !== 'stopped') line.notes.worked();
        return answer;
      }
      line.notes.failed(answer.detail);
      if (Date.now() > leaseUntil + patienceMs) return answer;
      await wait(backoffMs(failures, line.random(), answer.wishMs), signal);
      if (signal.aborted) return { ok: false, no: 'stopped' };
    }
  }

  /** One signed try. */
  async function ask<T>(method: 'GET' | 'POST', path: string, body: unknown, schema: z.ZodType<T>): Promise<Answer<T>> {
    const text = body === null ? '' : JSON.stringify(body);
    const signature = signatureOf(secret, Math.floor(Date.now() / 1000), method, path, text);
    const headers = { authorization: `Bearer ${token}`, 'x-splat-signature': signature, ...(body !== null && jsonHeaders) };
    const request: Request = { method, headers, timeoutMs: answerMs, signal, ...(body !== null && { body: text }) };
    const sent = await send(line.fetch, line.origin + path, request);
    return sent.ok ? readBody(sent.value, schema, signal) : sent;
  }

  const post = <T>(path: string, body: object, schema: z.ZodType<T>): Promise<Answer<T>> =>
    persistently(() => ask('POST', path, { attempt, ...body }, schema));

  function renewed<T extends { leaseUntil: number }>(answer: Answer<T>): Answer<T> {
    if (answer.ok) leaseUntil = answer.value.leaseUntil;
    return answer;
  }

  async function done(answer: Promise<Answer<unknown>>): Promise<Answer<void>> {
    const given = await answer;
    return given.ok ? yes(undefined) : given;
  }

  return {
    get leaseUntil() {
      return leaseUntil;
    },
    claim: async (externalId, holder) => renewed(await post(trainerPaths.claim(jobId), { externalId, holder }, schemas.claimAnswer)),
    manifest: () => persistently(() => ask('GET', trainerPaths.manifest(jobId), null, schemas.manifest)),
    events: async (events) => renewed(await post(trainerPaths.events(jobId), { events }, schemas.eventsAnswer)),
    outputs: (outputs) => post(trainerPaths.outputs(jobId), { outputs }, schemas.outputsAnswer),
    complete: (request) => done(post(trainerPaths.complete(jobId), request, z.object({}))),
    fail: (request) => post(trainerPaths.fail(jobId), request, schemas.failAnswer),
    download: (url) => send(line.fetch, new URL(url, line.origin).href, { timeoutMs: null, signal }),
    async upload(url, headers, path) {
      const put = async (): Promise<Answer<Response>> => {
        const request = { method: 'PUT', headers: uploadHeaders(headers), body: await openAsBlob(path), timeoutMs: null, signal };
        return send(line.fetch, new URL(url, line.origin).href, request);
      };
      const answer = await persistently(put);
      return answer.ok || isThereAlready(answer, headers) ? yes(undefined) : answer;
    },
  };
}
