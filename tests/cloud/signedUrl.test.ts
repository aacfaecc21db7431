/** Signed addresses: against node:crypto, and every part of what is signed. */
import { createHmac, hkdfSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { isSigned, photoPutUrls } from '../../cloud/policy/signedUrl.ts';

const secret = 'a1'.repeat(32);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const env = { MASTER_SECRET: secret };
const ticket = { uploadId: 'upl_abc', photoId: '0'.repeat(64), bytes: 1234, expiresAt: 1_795_651_200_000 };
const signatureOf = async (secrets: { MASTER_SECRET: string }): Promise<string> =>
  new URL(await (await photoPutUrls(secrets))(ticket), 'https://splat.test').searchParams.get('sig') ?? '';

test('the address is a path of this server, signed by HMAC-SHA256 under an HKDF key', async () => {
  const url = new URL(await (await photoPutUrls(env))(ticket), 'https://splat.test');
  expect(url.pathname).toBe(`/api/u/upl_abc/${ticket.photoId}`);
  expect(url.searchParams.get('exp')).toBe('1795651200000');
  const key = new Uint8Array(hkdfSync('sha256', new Uint8Array(32).fill(0xa1), utf8(''), utf8('splat-cloud photo-put'), 32));
  const text = `PUT|upl_abc|${ticket.photoId}|1234|1795651200000`;
  expect(url.searchParams.get('sig')).toBe(createHmac('sha256', key).update(text).digest('hex'));
});

test('it is good for nothing but what was signed', async () => {
  const signature = await signatureOf(env);
  expect(await isSigned(env, ticket, signature)).toBe(true);
  const others = [{ uploadId: 'upl_abd' }, { photoId: '1'.repeat(64) }, { bytes: 1235 }, { expiresAt: ticket.expiresAt + 1 }];
  for (const other of others) expect(await isSigned(env, { ...ticket, ...other }, signature)).toBe(false);
  for (const forged of ['', 'x', '0'.repeat(64), signature.toUpperCase(), `${signature}00`, signature.slice(0, 62)])
    expect(await isSigned(env, ticket, forged)).toBe(false);
});

test('after a rotation the addresses of the secret before it are still good, those of an older one are not', async () => {
  const signature = await signatureOf(env);
  expect(await isSigned({ MASTER_SECRET: 'b2'.repeat(32), MASTER_SECRET_BEFORE: secret }, ticket, signature)).toBe(true);
  expect(await isSigned({ MASTER_SECRET: 'c3'.repeat(32), MASTER_SECRET_BEFORE: 'b2'.repeat(32) }, ticket, signature)).toBe(false);
});
