/** How often somebody may try, who is counted as one, and how passwords of shares are kept. */
import { expect, test } from 'vitest';
import { rateLimit, tooMany } from '../../cloud/http/rateLimit.ts';
import { networkOf } from '../../cloud/policy/network.ts';
import { hashPassword, verifyPassword } from '../../cloud/policy/password.ts';
import { appOver } from './appOver.ts';
import { rowsWith } from './tables.ts';
import { testCloud } from './testCloud.ts';

async function coarse(): Promise<(method: string, path: string, address?: string) => Promise<Response>> {
  const cloud = await testCloud();
  const app = appOver(cloud, null);
  app.use(rateLimit);
  app.all('*', (c) => c.text('through'));
  return async (method, path, address) =>
    app.request(path, { method, headers: address === undefined ? {} : { 'cf-connecting-ip': address } }, cloud.env);
}

test('the coarse limit is per network, for what changes something; reading and signed requests are not counted', async () => {
  const ask = await coarse();
  const statuses: number[] = [];
  // The binding's window begins at any moment, so two limits' worth are sent: one of the windows is full in any case.
  for (let i = 0; i < 601; i++) statuses.push((await ask('POST', '/api/uploads', '203.0.113.1')).status);
  const first = statuses.indexOf(429);
  expect(first).toBeGreaterThanOrEqual(300);
  const refused = await ask('DELETE', '/api/me', '203.0.113.1');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
  for (const [method, path] of [
    ['GET', '/api/status/j'],
    ['PUT', '/api/u/upl/sha'],
    ['POST', '/internal/v1/jobs/j/events'],
    ['POST', '/api/webhooks/runpod/j/1/t'],
  ] as const)
    // prettier-ignore
    expect([path, (await ask(method, path, '203.0.113.1')).status]).toEqual([path, 200]);
  expect((await ask('POST', '/api/uploads', '203.0.113.2')).status).toBe(200);
  expect((await ask('POST', '/api/uploads')).status).toBe(200);
});

test('the exact limit lets so many through in a window, counts each thing by itself, and begins anew', async () => {
  const cloud = await testCloud();
  const tries = async (bucket: string, number: number): Promise<boolean[]> => {
    const results: boolean[] = [];
    for (let i = 0; i < number; i++) results.push(await tooMany(cloud, bucket, 3, 60));
    return results;
  };
  expect(await tries('share a', 5)).toEqual([false, false, false, true, true]);
  expect(await tries('share b', 1)).toEqual([false]);
  cloud.nowMs += 60_000;
  expect(await tries('share a', 4)).toEqual([false, false, false, true]);
});

test('of many at once no more go through than may', async () => {
  const cloud = await testCloud();
  const results = await Promise.all(Array.from({ length: 30 }, () => tooMany(cloud, 'at once', 7, 600)));
  expect(results.filter((isTooMany) => !isTooMany).length).toBe(7);
});

test('what is counted is not written down, and goes when its window is over', async () => {
  const cloud = await testCloud();
  await tooMany(cloud, 'recover 203.0.113.77', 3, 600);
  expect(await rowsWith(cloud.db, ['203.0.113.77'])).toEqual([]);
  const { results } = await cloud.db.prepare("SELECT DISTINCT expires_at AS at FROM challenges WHERE kind = 'tries'").all<{ at: number }>();
  for (const { at } of results) expect(at).toBeLessThanOrEqual(cloud.nowMs + 600_000);
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:0:0:0:ffff', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::', 'fe80:0:0:0::/64'],
  ['', null],
  ['unknown', null],
  ['1:2:3', null],
  ['1:2:3:4:5:6:7:8:9', null],
])('the network of %s is %s', (address, expected) => {
  expect(networkOf(address)).toBe(expected);
});

test('the coarse limit sees a household’s IPv6 addresses as one', async () => {
  const ask = await coarse();
  let refused = 0;
  for (let i = 0; i < 601; i++) if ((await ask('POST', '/x', `2001:db8:aa:bb::${i.toString(16)}`)).status === 429) refused++;
  expect(refused).toBeGreaterThan(0);
});

/** RFC 7914, section 11: PBKDF2-HMAC-SHA-256, the first 32 bytes of each. */
const vectors: [string, string, number, string][] = [
  ['passwd', 'salt', 1, '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc'],
  ['Password', 'NaCl', 80_000, '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56'],
];

test.each(vectors)('PBKDF2 of %s', async (password, salt, rounds, hex) => {
  const text = (bytes: string): string => btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  const hash = text(String.fromCharCode(...(hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))));
  const stored = `pbkdf2-sha256$${rounds}$${text(salt)}$${hash}`;
  expect(await verifyPassword(password, stored)).toBe(true);
  expect(await verifyPassword(`${password} `, stored)).toBe(false);
});

test('a password is kept with a salt of its own, and is the same however its letters are composed', async () => {
  const [one, other] = [await hashPassword('Gärtnerei'), await hashPassword('Gärtnerei')];
  expect(one).toMatch(/^pbkdf2-sha256\$100000\$[\w-]{22}\$[\w-]{43}$/);
  expect(one).not.toBe(other);
  expect(await verifyPassword('Ga\u0308rtnerei', one)).toBe(true);
  expect(await verifyPassword('gärtnerei', one)).toBe(false);
  expect(await verifyPassword('', one)).toBe(false);
});

test.each(['', 'plain', 'pbkdf2-sha256$100000$$', 'bcrypt$1$c2FsdA$AAAA', `pbkdf2-sha256$1$c2FsdA$${'A'.repeat(42)}`])(
  '%s opens nothing',
  async (stored) => {
    expect(await verifyPassword('', stored)).toBe(false);
  },
);
