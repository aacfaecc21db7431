/**
 * Random names and secrets, and their comparison.
 * Invariant: secrets are compared in constant time, and only their SHA-256 is ever stored.
 */
const encoder = new TextEncoder();

export const hexOf = (bytes: ArrayBuffer | Uint8Array): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** RFC 4648, section 5, without padding. */
export function base64UrlOf(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** @throws when the text is not base64url */
export function bytesOfBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}

export const randomToken = (bytes = 32): string => base64UrlOf(crypto.getRandomValues(new Uint8Array(bytes)));

export type IdPrefix = 'own' | 'prj' | 'upl' | 'job' | 'mdl' | 'shr' | 'psh' | 'dlv' | 'msg' | 'ded' | 'ins' | 'prg' | 'chl';

/** A name of 128 random bits, which cannot be guessed and tells what it is of. */
export const newId = (prefix: IdPrefix): string => `${prefix}_${randomToken(16)}`;

export async function sha256Hex(data: string | Uint8Array): Promise<string> {
  return hexOf(await crypto.subtle.digest('SHA-256', typeof data === 'string' ? encoder.encode(data) : (data as Uint8Array<ArrayBuffer>)));
}

/** Equal in constant time for texts of equal length; the length is no secret. */
export function timingSafeEqualText(a: string, b: string): boolean {
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  return left.byteLength === right.byteLength && crypto.subtle.timingSafeEqual(left, right);
}
