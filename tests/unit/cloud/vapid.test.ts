/** The VAPID header as a push service checks it, with Node's own crypto. */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { newVapidJwk, readVapidJwk, vapidAuthorization } from '../../../cloud/policy/vapid.ts';

const nowMs = Date.UTC(2026, 10, 26, 12);
const endpoint = new URL('https://updates.push.services.mozilla.com/wpush/v2/gAAAAA?x=y');

function partsOf(header: string): { token: string; key: string } {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header) ?? expect.fail(header);
  return { token, key };
}

const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

function isSignedBy(token: string, key: string): boolean {
  const [head, claims, signature = ''] = token.split('.');
  const point = Buffer.from(key, 'base64url');
  expect([point.byteLength, point[0]]).toEqual([65, 4]);
  const half = (from: number): string => point.subarray(from, from + 32).toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: half(1), y: half(33) }, format: 'jwk' });
  const signed = Buffer.from(`${head}.${claims}`);
  return verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
}

test('a push service can verify it, and it says what RFC 8292 asks for', async () => {
  const keys = await readVapidJwk(await newVapidJwk());
  const { token, key } = partsOf(await vapidAuthorization(endpoint, keys, 'mailto:operator@splat.test', nowMs));
  expect(key).toBe(keys.publicKey);
  expect(isSignedBy(token, key)).toBe(true);
  const [head = '', claims = '', signature = ''] = token.split('.');
  expect(read(head)).toEqual({ typ: 'JWT', alg: 'ES256' });
  expect(read(claims)).toEqual({
    aud: 'https://updates.push.services.mozilla.com',
    exp: nowMs / 1000 + 12 * 3600,
    sub: 'mailto:operator@splat.test',
  });
  const forged = Buffer.from(JSON.stringify({ aud: 'https://fcm.googleapis.com' })).toString('base64url');
  expect(isSignedBy(`${head}.${forged}.${signature}`, key)).toBe(false);
  expect(isSignedBy(token, (await readVapidJwk(await newVapidJwk())).publicKey)).toBe(false);
});

test('a key that another program made is read, and its public point is the one that program sees', async () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = pair.privateKey.export({ format: 'jwk' });
  const keys = await readVapidJwk(JSON.stringify({ ...jwk, use: 'sig', key_ops: ['sign'], kid: 'one' }));
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' });
  expect(keys.publicKey).toBe(spki.subarray(spki.byteLength - 65).toString('base64url'));
  expect(keys.privateKey.extractable).toBe(false);
});

test('what is no private key of the curve is refused, and the message does not show it', async () => {
  const publicOnly = { ...(JSON.parse(await newVapidJwk()) as Record<string, string>), d: undefined };
  const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  for (const text of ['', '{}', 'null', 'secret-word', ...[publicOnly, other, rsa].map((jwk) => JSON.stringify(jwk))]) {
    await expect(readVapidJwk(text)).rejects.toThrow(/^VAPID_JWK is not the JWK of a private P-256 key\.$/);
  }
});
