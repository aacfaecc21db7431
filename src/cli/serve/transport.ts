/**
 * Transport: one HTTP request, one try.
 * Invariant: nothing throws; redirects are not followed, so a token goes to the address it was given for and to no other.
 */
import type * as z from 'zod';
import { type Answer, yes } from './answer.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const laterCodes = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 530];
const lostCodes = [401, 403, 404, 409, 410];
const detailLength = 300;

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message ? error.cause.message : error.message;
};

/** Retry-After in milliseconds; only seconds are understood (RFC 9110, section 10.2.3). */
function wishOf(response: Response): number | null {
  const header = response.headers.get('retry-after');
  return header !== null && /^\d{1,6}$/.test(header) ? 1000 * Number(header) : null;
}

/** The server's own words where it has any: {error: {message}}. */
function wordsOf(body: string, status: number): string {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: unknown } };
    if (typeof error?.message === 'string') return `${error.message.slice(0, detailLength)} (${status})`;
  } catch {
    // No JSON: something between here and the cloud has answered.
  }
  return `The server answered ${status}.`;
}

async function refusalOf(response: Response): Promise<Answer<never>> {
  const { status } = response;
  const body = await response.text().catch(() => '');
  const detail = wordsOf(body, status);
  if (laterCodes.includes(status)) return { ok: false, no: 'again', detail, wishMs: wishOf(response) };
  if (lostCodes.includes(status)) return { ok: false, no: 'lost', status, detail };
  return { ok: false, no: 'refused', status, detail, body };
}

export type Request = Pick<RequestInit, 'method' | 'headers' | 'body'> & { timeoutMs: number | null; signal: AbortSignal };

/** The response when it is a success. Its body is still to be read. */
export async function send(fetch: Fetch, url: string, { timeoutMs, signal, ...init }: Request): Promise<Answer<Response>> {
  const within = timeoutMs === null ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const response = await fetch(url, { ...init, redirect: 'error', signal: within });
    return response.ok ? yes(response) : await refusalOf(response);
  } catch (error) {
    return signal.aborted ? { ok: false, no: 'stopped' } : { ok: false, no: 'again', detail: messageOf(error), wishMs: null };
  }
}

/** An answer that is not of its type comes from something that is not the cloud, or from a newer one. */
export async function readBody<T>(response: Response, schema: z.ZodType<T>, signal: AbortSignal): Promise<Answer<T>> {
  try {
    const read = schema.safeParse(await response.json());
    if (read.success) return yes(read.data);
  } catch (error) {
    if (signal.aborted) return { ok: false, no: 'stopped' };
    if (!(error instanceof SyntaxError)) return { ok: false, no: 'again', detail: messageOf(error), wishMs: null };
  }
  return { ok: false, no: 'again', detail: 'Something answered that does not speak this protocol.', wishMs: null };
}
