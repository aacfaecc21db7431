/**
 * VAPID: how a push service knows who sends (RFC 8292).
 * Invariant: a token is good for one push service and half a day, so that one that leaks sends nothing elsewhere and not for long.
 */
import { base64UrlOf, bytesOfBase64Url } from './base64Url.ts';

export interface VapidKeys {
  privateKey: CryptoKey;
  /** Uncompressed point, base64url: what a browser subscribes with, and `k` of the header. */
  publicKey: string;
}

const encoder = new TextEncoder();
const curve = { name: 'ECDSA', namedCurve: 'P-256' };
/** The RFC allows 24 h; half of it leaves room for clocks that differ. */
const lifeSeconds = 12 * 3600;

/** A new private key as JWK in JSON. */
export async function newVapidJwk(): Promise<string> {
  const pair = (await crypto.subtle.generateKey(curve, true, ['sign', 'verify'])) as CryptoKeyPair;
  const { kty, crv, x, y, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as JsonWebKey;
  return JSON.stringify({ kty, crv, x, y, d });
}

/** @throws Error when the text is not a private P-256 key; the message never shows it */
export async function readVapidJwk(text: string): Promise<VapidKeys> {
  try {
    const { kty, crv, x = '', y = '', d } = JSON.parse(text) as JsonWebKey;
    const jwk = { kty, crv, x, y, d } as JsonWebKey & { kty: string };
    const privateKey = await crypto.subtle.importKey('jwk', jwk, curve, false, ['sign']);
    const [left, right] = [bytesOfBase64Url(x), bytesOfBase64Url(y)];
    if (left?.byteLength !== 32 || right?.byteLength !== 32 || privateKey.type !== 'private') throw new RangeError();
    return { privateKey, publicKey: base64UrlOf(Uint8Array.of(4, ...left, ...right)) };
  } catch {
    throw new Error('VAPID_JWK is not the JWK of a private P-256 key.');
  }
}

const part = (value: object): string => base64UrlOf(encoder.encode(JSON.stringify(value)));

/**
 * The Authorization header of a push message: a JWT signed with ES256.
 * @param contact who answers for the sender, mailto: or https: (section 2.1)
 */
export async function vapidAuthorization(endpoint: URL, keys: VapidKeys, contact: string, nowMs: number): Promise<string> {
  const claims = { aud: endpoint.origin, exp: Math.floor(nowMs / 1000) + lifeSeconds, sub: contact };
  const signed = `${part({ typ: 'JWT', alg: 'ES256' })}.${part(claims)}`;
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, keys.privateKey, encoder.encode(signed));
  return `vapid t=${signed}.${base64UrlOf(new Uint8Array(signature))}, k=${keys.publicKey}`;
}
