/**
 * Keys for every purpose, derived from the one master secret (HKDF, RFC 5869).
 * Invariant: two purposes never share a key, so that what is signed for one cannot be shown to another.
 */
import type { Env } from '../env.ts';
import { hexOf } from './tokens.ts';

const encoder = new TextEncoder();
type Secrets = Pick<Env, 'MASTER_SECRET' | 'MASTER_SECRET_BEFORE'>;

export const bytesOfHex = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

async function derive(secret: string, purpose: string): Promise<ArrayBuffer> {
  const master = await crypto.subtle.importKey('raw', bytesOfHex(secret), 'HKDF', false, ['deriveBits']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(`splat-cloud ${purpose}`) };
  return crypto.subtle.deriveBits(how, master, 256);
}

const hmac = (bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);

/** 32 bytes for a purpose, hexadecimal; for a secret that is handed to somebody. */
export const deriveHex = async ({ MASTER_SECRET }: Secrets, purpose: string): Promise<string> =>
  hexOf(await derive(MASTER_SECRET, purpose));

/** The key that signs for a purpose. */
export const deriveKey = async ({ MASTER_SECRET }: Secrets, purpose: string): Promise<CryptoKey> =>
  hmac(await derive(MASTER_SECRET, purpose));

/** HMAC-SHA256 of a text, hexadecimal. */
export async function sign(env: Secrets, purpose: string, text: string): Promise<string> {
  return hexOf(await crypto.subtle.sign('HMAC', await deriveKey(env, purpose), encoder.encode(text)));
}

/** True when the text was signed for this purpose, by the present secret or the one before it. Constant time. */
export async function verify(env: Secrets, purpose: string, text: string, signature: string): Promise<boolean> {
  if (!/^[0-9a-f]{64}$/.test(signature)) return false;
  for (const secret of [env.MASTER_SECRET, env.MASTER_SECRET_BEFORE]) {
    if (secret === undefined) continue;
    const key = await hmac(await derive(secret, purpose));
    if (await crypto.subtle.verify('HMAC', key, bytesOfHex(signature), encoder.encode(text))) return true;
  }
  return false;
}
