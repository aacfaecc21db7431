/** Base64url without padding (RFC 4648, section 5), as WebPush, JWT and JWK write bytes. */

export function base64UrlOf(bytes: Uint8Array): string {
  return base64Of(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** RFC 4648, section 4, with padding. */
export function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Null when the text is not base64url. Padding is let through, because some browsers write it. */
export function bytesOfBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  const bare = text.replace(/={1,2}$/, '');
  if (!/^[\w-]*$/.test(bare) || bare.length % 4 === 1) return null;
  return Uint8Array.from(atob(bare.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}

/** For text that we wrote ourselves. @throws when it is not base64url */
export function ownBytesOfBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const bytes = bytesOfBase64Url(text);
  if (!bytes) throw new Error('This is not base64url.');
  return bytes;
}
