/**
 * Signed addresses by which a trainer reads photos and checkpoints and writes its outputs.
 * Invariant: an address is good for one method, one file of one attempt, until one moment; the signature covers all of that.
 */
import type { OutputFile } from '../../src/core/job/trainerApi.ts';
import type { Env } from '../env.ts';
import { deriveKey, verify } from './keys.ts';
import { hexOf } from './tokens.ts';

type Secrets = Pick<Env, 'MASTER_SECRET' | 'MASTER_SECRET_BEFORE'>;

export type FileTicket = { jobId: string; attempt: number } & (
  | { what: 'photo'; sha256: string }
  /** Of this earlier attempt. */
  | { what: 'checkpoint'; of: number }
  | ({ what: 'output' } & OutputFile)
);

const purpose = 'trainer-file';

/** The path, with what is signed in it. */
function pathOf(ticket: FileTicket): { path: string; query: Record<string, string> } {
  const base = `/internal/v1`;
  const attempt = String(ticket.attempt);
  if (ticket.what === 'photo') return { path: `${base}/photos/${ticket.jobId}/${ticket.sha256}`, query: { attempt } };
  if (ticket.what === 'checkpoint') return { path: `${base}/checkpoints/${ticket.jobId}/${ticket.of}`, query: { attempt } };
  const query = { attempt, bytes: String(ticket.bytes), sha: ticket.sha256 };
  return { path: `${base}/jobs/${ticket.jobId}/outputs/${ticket.kind}`, query };
}

function textOf(ticket: FileTicket, expiresAt: number): string {
  const { path, query } = pathOf(ticket);
  return [ticket.what === 'output' ? 'PUT' : 'GET', path, ...Object.values(query), expiresAt].join('|');
}

/**
 * Makes addresses below an origin. The key is derived once for all of them.
 * @param expiresAt milliseconds since 1970
 */
export async function fileAddresses(env: Secrets, origin: string, expiresAt: number): Promise<(ticket: FileTicket) => Promise<string>> {
  const key = await deriveKey(env, purpose);
  return async (ticket) => {
    const { path, query } = pathOf(ticket);
    const signature = hexOf(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(textOf(ticket, expiresAt))));
    return `${origin}${path}?${new URLSearchParams({ ...query, exp: String(expiresAt), sig: signature }).toString()}`;
  };
}

/** Whether we signed it and its time is not over. */
export async function isValidTicket(env: Secrets, ticket: FileTicket, exp: string, signature: string, nowMs: number): Promise<boolean> {
  if (!/^\d{13}$/.test(exp) || Number(exp) <= nowMs) return false;
  return verify(env, purpose, textOf(ticket, Number(exp)), signature);
}
