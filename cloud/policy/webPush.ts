/**
 * Encryption of a push message for one browser (RFC 8291 over RFC 8188, "aes128gcm").
 * Invariant: salt and sender's key pair are new for every message; the push service learns neither content nor length, only the block.
 */
import { bytesOfBase64Url } from './base64Url.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** The browser's public key (uncompressed point) and its secret, both base64url, as PushSubscription.toJSON() gives them. */
export interface PushKeys {
  p256dh: string;
  auth: string;
}

export interface EncryptOptions {
  salt: Bytes;
  sender: CryptoKeyPair;
  /** The plaintext is padded to the next multiple of this; 1 for none. */
  blockBytes: number;
}

const bytesOf = (text: string): Bytes => Uint8Array.from(new TextEncoder().encode(text));
const curve = { name: 'ECDH', namedCurve: 'P-256' };
const pointBytes = 65;
const tagBytes = 16;
/** salt, record size, length of the key id, key id: RFC 8188, section 2.1. */
const headerBytes = 16 + 4 + 1 + pointBytes;
/** What a push service has to take at least: RFC 8030, section 7.2. */
const bodyBytes = 4096;
/** One byte ends the plaintext: RFC 8188, section 2. */
export const maxPayloadBytes = bodyBytes - headerBytes - tagBytes - 1;

function concat(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

async function hkdf(key: BufferSource, salt: Bytes, info: Bytes, bytes: number): Promise<Bytes> {
  const base = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, base, 8 * bytes));
}

/** The keys as bytes; null when the point is none of the curve or a length is wrong. */
async function readKeys(keys: PushKeys): Promise<{ point: Bytes; publicKey: CryptoKey; auth: Bytes } | null> {
  const [point, auth] = [bytesOfBase64Url(keys.p256dh), bytesOfBase64Url(keys.auth)];
  if (point?.byteLength !== pointBytes || auth?.byteLength !== 16) return null;
  try {
    return { point, auth, publicKey: await crypto.subtle.importKey('raw', point, curve, true, []) };
  } catch {
    return null;
  }
}

export const arePushKeys = async (keys: PushKeys): Promise<boolean> => (await readKeys(keys)) !== null;

const newSalt = (): Bytes => crypto.getRandomValues(new Uint8Array(16));
const newSender = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(curve, true, ['deriveBits']) as Promise<CryptoKeyPair>;

const pointOf = async (key: CryptoKey): Promise<Bytes> => new Uint8Array((await crypto.subtle.exportKey('raw', key)) as ArrayBuffer);

/** Plaintext, its end mark 2, zeros up to the block; a block never takes it past the largest payload. */
function padded(payload: Uint8Array, blockBytes: number): Bytes {
  const target = Math.min(Math.ceil(payload.byteLength / blockBytes) * blockBytes, maxPayloadBytes);
  return concat(payload, Uint8Array.of(2), new Uint8Array(target - payload.byteLength));
}

/**
 * The body of the request to the push service, at most 4096 bytes.
 * @param options for tests against the RFC's vector; a caller gives none of them
 * @throws RangeError when the payload is longer than maxPayloadBytes or the browser's keys are not keys
 */
export async function encryptPush(payload: Uint8Array, keys: PushKeys, options: Partial<EncryptOptions> = {}): Promise<Bytes> {
  if (payload.byteLength > maxPayloadBytes)
    throw new RangeError(`A push message holds ${maxPayloadBytes} bytes, not ${payload.byteLength}.`);
  const browser = await readKeys(keys);
  if (!browser) throw new RangeError('The keys of the push subscription are not keys.');
  const { salt = newSalt(), sender = await newSender(), blockBytes = 1024 } = options;
  const senderPoint = await pointOf(sender.publicKey);
  // `public` is what the standard calls it; the Workers types call it $public.
  const agreement = { name: 'ECDH', public: browser.publicKey } as { name: string };
  const shared = await crypto.subtle.deriveBits(agreement, sender.privateKey, 256);
  // RFC 8291, section 3.4.
  const input = await hkdf(shared, browser.auth, concat(bytesOf('WebPush: info\0'), browser.point, senderPoint), 32);
  const contentKey = await hkdf(input, salt, bytesOf('Content-Encoding: aes128gcm\0'), 16);
  const nonce = await hkdf(input, salt, bytesOf('Content-Encoding: nonce\0'), 12);
  const key = await crypto.subtle.importKey('raw', contentKey, 'AES-GCM', false, ['encrypt']);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, padded(payload, blockBytes));
  const recordSize = new Uint8Array(4);
  new DataView(recordSize.buffer).setUint32(0, bodyBytes);
  return concat(salt, recordSize, Uint8Array.of(pointBytes), senderPoint, new Uint8Array(sealed));
}
