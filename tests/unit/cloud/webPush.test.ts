/** The push encryption against the example of RFC 8291, and against a decryption of our own on another crypto interface. */
import { expect, test } from 'vitest';
import { arePushKeys, encryptPush, maxPayloadBytes } from '../../../cloud/policy/webPush.ts';
import { decoded, newBrowser, openPush } from './pushOpen.ts';

/** RFC 8291, section 5 and appendix A. */
const rfc = {
  text: 'When I grow up, I want to be a watermelon',
  senderPublic: 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8',
  senderPrivate: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  browserPrivate: 'q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94',
  keys: {
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  },
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  body:
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT' +
    'pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
};

const encoder = new TextEncoder();

async function rfcSender(): Promise<CryptoKeyPair> {
  const point = decoded(rfc.senderPublic);
  const curve = { name: 'ECDH', namedCurve: 'P-256' };
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => Buffer.from(half).toString('base64url')) as [string, string];
  const jwk = { kty: 'EC', crv: 'P-256', x, y, d: rfc.senderPrivate };
  return {
    publicKey: await crypto.subtle.importKey('raw', point, curve, true, []),
    privateKey: await crypto.subtle.importKey('jwk', jwk, curve, false, ['deriveBits']),
  };
}

test('the example of the RFC, byte for byte', async () => {
  const body = await encryptPush(encoder.encode(rfc.text), rfc.keys, { salt: decoded(rfc.salt), sender: await rfcSender(), blockBytes: 1 });
  expect(Buffer.from(body).toString('base64url')).toBe(rfc.body);
});

test('our decryption opens the example of the RFC', () => {
  const browser = { privateKey: decoded(rfc.browserPrivate), keys: rfc.keys };
  expect(openPush(decoded(rfc.body), browser)).toEqual({ text: rfc.text, paddingBytes: 0 });
});

test.each([
  [0, 0],
  [1, 1024],
  [1023, 1024],
  [1024, 1024],
  [1025, 2048],
  [3072, 3072],
  [3073, 3993],
  [3993, 3993],
])('%i bytes are padded to %i and come out as they went in', async (length, padded) => {
  const browser = newBrowser();
  const text = 'x'.repeat(length);
  const body = await encryptPush(encoder.encode(text), browser.keys);
  expect(body.byteLength).toBe(86 + padded + 1 + 16);
  expect(body.byteLength).toBeLessThanOrEqual(4096);
  expect(openPush(body, browser)).toEqual({ text, paddingBytes: padded - length });
});

test('one byte more than the largest payload is refused', async () => {
  expect(maxPayloadBytes).toBe(3993);
  await expect(encryptPush(new Uint8Array(3994), newBrowser().keys)).rejects.toThrow('3993 bytes');
});

test('the same message is never the same twice, and only its browser opens it', async () => {
  const [browser, other] = [newBrowser(), newBrowser()];
  const payload = encoder.encode('{"title":"Über alles"}');
  const [first, second] = [await encryptPush(payload, browser.keys), await encryptPush(payload, browser.keys)];
  expect(first.subarray(0, 16)).not.toEqual(second.subarray(0, 16));
  expect(first.subarray(21, 86)).not.toEqual(second.subarray(21, 86));
  expect(openPush(first, browser).text).toBe('{"title":"Über alles"}');
  expect(() => openPush(first, other)).toThrow();
  first[100] ^= 1;
  expect(() => openPush(first, browser)).toThrow();
});

test('keys are a point of the curve and 16 bytes', async () => {
  const { keys } = newBrowser();
  expect(await arePushKeys(keys)).toBe(true);
  expect(await arePushKeys({ ...keys, p256dh: `${keys.p256dh}=` })).toBe(true);
  const offCurve = Buffer.from(keys.p256dh, 'base64url');
  offCurve[40] ^= 1;
  const compressed = Buffer.concat([Buffer.of(2), Buffer.from(keys.p256dh, 'base64url').subarray(1, 33)]);
  for (const p256dh of ['', 'AAAA', '?', offCurve.toString('base64url'), compressed.toString('base64url'), 'BA'.padEnd(87, 'A')]) {
    expect(await arePushKeys({ ...keys, p256dh }), p256dh).toBe(false);
    await expect(encryptPush(Uint8Array.of(1), { ...keys, p256dh })).rejects.toThrow(RangeError);
  }
  for (const auth of ['', 'AAAA', 'not base64url!', 'A'.repeat(43)]) expect(await arePushKeys({ ...keys, auth }), auth).toBe(false);
});
