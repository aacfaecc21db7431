/**
 * An authenticator in software: what a phone or a security key does when a page asks for a passkey (WebAuthn level 3, sections 6.3.2 and
 * 6.3.3), with P-256 and no attestation. Written from the specification, so that the Worker is not tested against its own library.
 */
import { base64UrlOf, ownBytesOfBase64Url } from '../../cloud/policy/base64Url.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const join = (...parts: Uint8Array[]): Bytes => Uint8Array.from(parts.flatMap((part) => [...part]));
const uint = (value: number, bytes: number): Bytes => Uint8Array.from({ length: bytes }, (_, i) => (value >>> (8 * (bytes - 1 - i))) & 255);
const sha256 = async (data: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-256', data));

/** CBOR (RFC 8949, section 3) of what is needed here: small integers, byte strings, texts and maps. */
function cbor(value: number | string | Uint8Array | Map<number | string, unknown>): Bytes {
  const head = (major: number, n: number): Bytes =>
    n < 24
      ? uint((major << 5) | n, 1)
      : n < 256
        ? join(uint((major << 5) | 24, 1), uint(n, 1))
        : join(uint((major << 5) | 25, 1), uint(n, 2));
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return join(head(3, encoder.encode(value).length), encoder.encode(value));
  if (value instanceof Uint8Array) return join(head(2, value.length), value);
  return join(head(5, value.size), ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item as number)]));
}

/** An integer of ASN.1 DER: no leading zeros but the one that keeps it positive. */
function derInteger(bytes: Uint8Array): Bytes {
  const from = bytes.findIndex((byte) => byte !== 0);
  const trimmed = bytes.slice(from < 0 ? bytes.length - 1 : from);
  const signed = (trimmed[0] ?? 0) > 127 ? join(uint(0, 1), trimmed) : Uint8Array.from(trimmed);
  return join(uint(2, 1), uint(signed.length, 1), signed);
}

/** ECDSA's two numbers as WebAuthn wants them (section 6.5.5). */
function derSignature(raw: Bytes): Bytes {
  const [r, s] = [derInteger(raw.subarray(0, 32)), derInteger(raw.subarray(32))];
  return join(uint(0x30, 1), uint(r.length + s.length, 1), r, s);
}

const [userPresent, userVerified, hasKey] = [0x01, 0x04, 0x40];

export interface Deviation {
  origin?: string;
  rpId?: string;
  challenge?: string;
  /** Without asking who uses it. */
  isUnverified?: boolean;
  /** Instead of counting on. */
  counter?: number;
  /** Signed by another key. */
  isForged?: boolean;
}

export interface SoftAuthenticator {
  id: string;
  /** The answer to navigator.credentials.create(). */
  create(options: { challenge: string; rp: { id?: string } }, deviation?: Deviation): Promise<Record<string, unknown>>;
  /** The answer to navigator.credentials.get(). */
  get(options: { challenge: string; rpId?: string }, deviation?: Deviation): Promise<Record<string, unknown>>;
}

const newKey = async (): Promise<CryptoKeyPair> =>
  (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])) as CryptoKeyPair;

export async function softAuthenticator(origin: string): Promise<SoftAuthenticator> {
  const [key, other] = [await newKey(), await newKey()];
  const credentialId = crypto.getRandomValues(new Uint8Array(16));
  const id = base64UrlOf(credentialId);
  let counter = 0;

  const clientData = (type: string, challenge: string, from: string): Bytes =>
    join(encoder.encode(JSON.stringify({ type, challenge, origin: from, crossOrigin: false })));

  async function authenticatorData(rpId: string, flags: number, count: number, key_: Bytes = new Uint8Array()): Promise<Bytes> {
    return join(await sha256(join(encoder.encode(rpId))), uint(flags, 1), uint(count, 4), key_);
  }

  /** COSE key of ES256 (RFC 9053, sections 2.1 and 7.1.1). */
  async function coseKey(): Promise<Bytes> {
    const { x = '', y = '' } = (await crypto.subtle.exportKey('jwk', key.publicKey)) as JsonWebKey;
    return cbor(new Map<number, unknown>([[1, 2], [3, -7], [-1, 1], [-2, ownBytesOfBase64Url(x)], [-3, ownBytesOfBase64Url(y)]])); // prettier-ignore
  }

  const answer = (response: Record<string, unknown>): Record<string, unknown> => ({
    id,
    rawId: id,
    type: 'public-key',
    clientExtensionResults: {},
    authenticatorAttachment: 'platform',
    response,
  });

  return {
    id,
    async create({ challenge, rp }, deviation = {}) {
      const client = clientData('webauthn.create', deviation.challenge ?? challenge, deviation.origin ?? origin);
      const attested = join(new Uint8Array(16), uint(credentialId.length, 2), credentialId, await coseKey());
      const flags = userPresent | hasKey | (deviation.isUnverified ? 0 : userVerified);
      const data = await authenticatorData(deviation.rpId ?? rp.id ?? '', flags, counter, attested);
      const attestation = cbor(new Map<string, unknown>([['fmt', 'none'], ['attStmt', new Map()], ['authData', data]])); // prettier-ignore
      return answer({ clientDataJSON: base64UrlOf(client), attestationObject: base64UrlOf(attestation), transports: ['internal'] });
    },
    async get({ challenge, rpId }, deviation = {}) {
      const client = clientData('webauthn.get', deviation.challenge ?? challenge, deviation.origin ?? origin);
      counter = deviation.counter ?? counter + 1;
      const flags = userPresent | (deviation.isUnverified ? 0 : userVerified);
      const data = await authenticatorData(deviation.rpId ?? rpId ?? '', flags, counter);
      const signer = deviation.isForged ? other.privateKey : key.privateKey;
      const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, signer, join(data, await sha256(client)));
      return answer({
        clientDataJSON: base64UrlOf(client),
        authenticatorData: base64UrlOf(data),
        signature: base64UrlOf(derSignature(new Uint8Array(signature))),
      });
    },
  };
}
