/**
 * The browser's side of RFC 8291, written for the tests on Node's own crypto (ECDH, HKDF, AES-GCM), not on WebCrypto. Runs in Node and in
 * workerd. Invariant: throws when the message is not what the RFC describes or its tag does not fit.
 */
import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import { base64UrlOf, bytesOfBase64Url } from '../../../cloud/policy/base64Url.ts';

export interface Browser {
  privateKey: Uint8Array;
  keys: { p256dh: string; auth: string };
}

const tagBytes = 16;

export function newBrowser(): Browser {
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  return { privateKey: ecdh.getPrivateKey(), keys: { p256dh: base64UrlOf(ecdh.getPublicKey()), auth: base64UrlOf(randomBytes(16)) } };
}

export function decoded(text: string): Uint8Array<ArrayBuffer> {
  const bytes = bytesOfBase64Url(text);
  if (!bytes) throw new Error(`${text} is not base64url.`);
  return bytes;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const derived = (key: Uint8Array, salt: Uint8Array, info: Uint8Array, bytes: number): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', key, salt, info, bytes));

/** The plaintext as it was before padding, and the bytes of padding after it. */
export function openPush(body: Uint8Array, { privateKey, keys }: Browser): { text: string; paddingBytes: number } {
  const idEnd = 21 + (body[20] ?? 0);
  const [salt, sender, record] = [body.subarray(0, 16), body.subarray(21, idEnd), body.subarray(idEnd)];
  if (new DataView(body.buffer, body.byteOffset).getUint32(16) < record.byteLength) throw new Error('More than one record.');
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(privateKey);
  const info = joined(bytesOf('WebPush: info\0'), decoded(keys.p256dh), sender);
  const input = derived(ecdh.computeSecret(sender), decoded(keys.auth), info, 32);
  const key = derived(input, salt, bytesOf('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derived(input, salt, bytesOf('Content-Encoding: nonce\0'), 12);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAuthTag(record.subarray(record.byteLength - tagBytes));
  const plain = joined(decipher.update(record.subarray(0, record.byteLength - tagBytes)), decipher.final());
  const end = plain.findLastIndex((byte) => byte !== 0);
  if (plain[end] !== 2) throw new Error('The last record must end with 2.');
  return { text: new TextDecoder().decode(plain.subarray(0, end)), paddingBytes: plain.byteLength - 1 - end };
}
