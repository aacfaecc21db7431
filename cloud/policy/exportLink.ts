/**
 * Signed addresses of a person's own files, as an export lists them, so that a program can fetch them without the browser's cookie.
 * Invariant: an address is good for reading one file, until one moment.
 */
import type { Env } from '../env.ts';
import { deriveKey, verify } from './keys.ts';
import { hexOf } from './tokens.ts';

type Secrets = Pick<Env, 'MASTER_SECRET' | 'MASTER_SECRET_BEFORE'>;

const purpose = 'export-file';
const textOf = (path: string, exp: number): string => ['GET', path, exp].join('|');

/**
 * Makes addresses below an origin. The key is derived once for all of them.
 * @param expiresAt milliseconds since 1970
 */
export async function exportLinks(env: Secrets, origin: string, expiresAt: number): Promise<(path: string) => Promise<string>> {
  const key = await deriveKey(env, purpose);
  return async (path) => {
    const signature = hexOf(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(textOf(path, expiresAt))));
    return `${origin}${path}?exp=${expiresAt}&sig=${signature}`;
  };
}

/** Whether we signed it and its time is not over. */
export async function isExportLink(env: Secrets, path: string, exp: string, signature: string, nowMs: number): Promise<boolean> {
  if (!/^\d{13}$/.test(exp) || Number(exp) <= nowMs) return false;
  return verify(env, purpose, textOf(path, Number(exp)), signature);
}
