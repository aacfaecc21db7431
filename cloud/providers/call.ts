/**
 * One HTTP call to a provider, with everything that can go wrong made a value.
 * Invariant: nothing that a provider sends can make this throw, follow a redirect, wait longer than asked or fill the memory; and no
 * message names a secret.
 */
import * as z from 'zod';
import { retryAfterMs } from '../../src/core/job/retryAfter.ts';
import type { ProviderNo, ProviderTools } from './adapter.ts';

export interface ProviderCall {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Texts that must not appear in a message even if the provider repeats them. */
  secrets: string[];
}

/** `status` is null when there was no answer, so that it is not known whether the call had its effect. */
export type CallAnswer<T> = { ok: true; status: number; value: T } | { ok: false; status: number | null; no: ProviderNo };

/** A provider's name of a run: what it gives and what a path may hold, so that none can lead elsewhere. */
export const runId = z.string().regex(/^[\w-]{1,150}$/);

/** What a call about a run that cannot exist is answered, without making it. */
export const unknownRun: CallAnswer<never> = {
  ok: false,
  status: 404,
  no: { ok: false, kind: 'permanent', message: 'no such run', retryAfterMs: null },
};

const maxAnswerBytes = 1_000_000;
/** A provider that asks for more is asked sooner all the same; the breaker and the other providers see to the rest. */
const maxRetryAfterMs = 3_600_000;

export const no = (kind: ProviderNo['kind'], message: string, retryAfterMs: number | null = null): ProviderNo => ({
  ok: false,
  kind,
  message,
  retryAfterMs,
});

/** Without the given secrets and without anything long enough to be one. */
function withoutSecrets(text: string, secrets: string[]): string {
  const known = secrets.filter((secret) => secret.length > 3).reduce((clean, secret) => clean.replaceAll(secret, '…'), text);
  return known.replace(/[\w+/=.-]{24,}/g, '…');
}

/** The text of the body; null when it is longer than it may be. */
async function textOf(response: Response): Promise<string | null> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for (;;) {
    const { done, value } = (await reader.read()) as { done: boolean; value?: Uint8Array };
    if (done) return text + decoder.decode();
    bytes += value?.byteLength ?? 0;
    if (bytes > maxAnswerBytes) {
      await reader.cancel().catch(() => undefined);
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** What the body of a refusal says, in short. */
function reasonOf(text: string | null): string {
  const json = (text && (parsed(text)?.value as Record<string, unknown> | null)) || {};
  const named = ['error', 'detail', 'message', 'msg', 'title'].map((name) => json[name]).find((value) => typeof value === 'string');
  return (named ?? text ?? '').replace(/\s+/g, ' ').trim().slice(0, 200);
}

const mayPass = (status: number): boolean => status === 408 || status === 425 || status === 429 || status >= 500;

/**
 * @param who names the provider in messages
 * @param schema what the body of a 2xx must be; anything else counts as retryable, for it may be a proxy's page
 */
export async function callProvider<T>(tools: ProviderTools, who: string, call: ProviderCall, schema: z.ZodType<T>): Promise<CallAnswer<T>> {
  const what = `${who}: ${call.method} ${new URL(call.url).pathname}`;
  let response: Response;
  let text: string | null;
  try {
    response = await tools.fetch(call.url, {
      method: call.method,
      headers: { accept: 'application/json', ...(call.body !== undefined && { 'content-type': 'application/json' }), ...call.headers },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(tools.timeoutMs),
    });
    text = await textOf(response);
  } catch (error) {
    const why = error instanceof Error && error.name === 'TimeoutError' ? `no answer in ${tools.timeoutMs} ms` : 'no connection';
    return { ok: false, status: null, no: no('retryable', `${what}: ${why}`) };
  }
  const { status } = response;
  const fail = (kind: ProviderNo['kind'], why: string): CallAnswer<T> => {
    const message = `${what}: ${withoutSecrets(why, call.secrets)}`;
    const askedMs = retryAfterMs(response.headers.get('retry-after'), tools.now());
    return { ok: false, status, no: no(kind, message, askedMs && Math.min(askedMs, maxRetryAfterMs)) };
  };
  if (status === 0 || (status >= 300 && status < 400)) return fail('permanent', 'a redirect, which is not followed');
  if (!response.ok) return fail(mayPass(status) ? 'retryable' : 'permanent', `${status} ${reasonOf(text)}`.trim());
  if (text === null) return fail('retryable', `an answer of more than ${maxAnswerBytes} bytes`);
  const json = text === '' ? { value: null } : parsed(text);
  if (!json) return fail('retryable', 'the answer is not JSON');
  const read = schema.safeParse(json.value);
  if (read.success) return { ok: true, status, value: read.data };
  const field = read.error.issues.at(0)?.path.join('.') ?? '';
  return fail('retryable', `the answer is not as documented: ${field || 'body'}`);
}
