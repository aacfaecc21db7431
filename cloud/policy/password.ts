/**
 * Passwords of shares: PBKDF2 with HMAC-SHA-256 (RFC 8018, section 5.2).
 * Invariant: the stored text says how it was made, so that the count can be raised without breaking older ones.
 */
import { base64UrlOf, ownBytesOfBase64Url } from './base64Url.ts';

/** The most that Workers allow. It slows guessing from a stolen table; guessing at the door is stopped by counting (http/rateLimit.ts). */
const rounds = 100_000;
const saltBytes = 16;

async function derive(password: string, salt: Uint8Array<ArrayBuffer>, iterations: number): Promise<Uint8Array<ArrayBuffer>> {
  // The same password typed on another keyboard: composed and decomposed letters are one (RFC 8265, section 4.2).
  const bytes = new TextEncoder().encode(password.normalize('NFC'));
  const key = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, key, 256));
}

/** `pbkdf2-sha256$<rounds>$<salt>$<hash>`, base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(saltBytes));
  return `pbkdf2-sha256$${rounds}$${base64UrlOf(salt)}$${base64UrlOf(await derive(password, salt, rounds))}`;
}

/** Compared in constant time. False also when what is stored is not of this form. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [, iterations, salt, hash] = /^pbkdf2-sha256\$(\d{1,6})\$([\w-]{1,100})\$([\w-]{43})$/.exec(stored) ?? [];
  if (iterations === undefined || salt === undefined || hash === undefined) return false;
  const derived = await derive(password, ownBytesOfBase64Url(salt), Number(iterations));
  return crypto.subtle.timingSafeEqual(derived, ownBytesOfBase64Url(hash));
}
