/**
 * Random names and secrets, and their comparison.
 * Invariant: secrets are compared in constant time, and only their SHA-256 is ever stored.
 */
import { base64UrlOf } from './base64Url.ts';

const encoder = new TextEncoder();

export const hexOf = (bytes: ArrayBuffer | Uint8Array): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

export const randomToken = (bytes = 32): string => base64UrlOf(crypto.getRandomValues(new Uint8Array(bytes)));

export type IdPrefix = 'own' | 'prj' | 'upl' | 'job' | 'mdl' | 'shr' | 'psh' | 'dlv' | 'msg' | 'ded' | 'ins' | 'prg' | 'chl';

/** A name of 128 random bits, which cannot be guessed and tells what it is of. */
export const newId = (prefix: IdPrefix): string => `${prefix}_${randomToken(16)}`;

export async function sha256Hex(data: string | Uint8Array): Promise<string> {
  return hexOf(await crypto.subtle.digest('SHA-256', typeof data === 'string' ? encoder.encode(data) : data));
}

/** Equal in constant time for texts of equal length; the length is no secret. */
export function timingSafeEqualText(a: string, b: string): boolean {
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  return left.byteLength === right.byteLength && crypto.subtle.timingSafeEqual(left, right);
}
