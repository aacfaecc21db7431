/** Who is the operator: token, cookie, Cloudflare Access; and that nobody else is. */
import { createSign, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type AdminApp, adminApp, adminToken, csrfOf } from './adminApp.ts';
import { fakeNet } from './fakeNet.ts';
import { codeOf } from './trainerApp.ts';

const get = (app: AdminApp, headers: Record<string, string>, path = '/api/admin/health') => app.send(path, { headers });
const bearer = { authorization: `Bearer ${adminToken}` };

describe('without a token and without Access', () => {
  test.each(['/admin', '/api/admin/health', '/api/admin/jobs'])('there is nothing at %s', async (path) => {
    const app = await adminApp({ ADMIN_TOKEN: '' });
    expect(await codeOf(await get(app, { authorization: 'Bearer ' }, path))).toBe('404 not-found');
    expect(await codeOf(await get(app, {}, path))).toBe('404 not-found');
    expect(await codeOf(await app.form('/login', { token: '' }))).toBe('404 not-found');
  });

  test('half of Access is none', async () => {
    const app = await adminApp({ ADMIN_TOKEN: '', ACCESS_TEAM: 'acme' });
    expect(await codeOf(await get(app, { 'cf-access-jwt-assertion': 'a.b.c' }))).toBe('404 not-found');
  });
});

describe('the token', () => {
  test('opens the API, and another one does not', async () => {
    const app = await adminApp();
    expect((await get(app, bearer)).status).toBe(200);
    expect(await codeOf(await get(app, { authorization: `Bearer ${adminToken}x` }))).toBe('401 no-admin');
    expect(await codeOf(await get(app, {}))).toBe('401 no-admin');
  });

  test('cannot be guessed at will', async () => {
    const app = await adminApp();
    const guess = (ip: string) => get(app, { authorization: 'Bearer guess', 'cf-connecting-ip': ip });
    for (let tries = 0; tries < 10; tries++) expect((await guess('203.0.113.7')).status).toBe(401);
    const refused = await guess('203.0.113.7');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await guess('198.51.100.9')).status).toBe(401);
    // Who has it is not kept out by those who guess.
    expect((await get(app, { ...bearer, 'cf-connecting-ip': '203.0.113.7' })).status).toBe(200);
  });
});

describe('the cookie', () => {
  test('is set by the login form alone and is for this site and HTTP only', async () => {
    const app = await adminApp();
    const wrong = await app.form('/login', { token: 'guess' });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('set-cookie')).toBeNull();
    expect(await wrong.text()).toContain('That is not the token.');

    const right = await app.form('/login', { token: adminToken });
    expect(right.status).toBe(303);
    expect(right.headers.get('location')).toBe('/admin');
    const cookie = right.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Host-admin=\d{13}\.[0-9a-f]{64};/);
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Secure', 'Path=/', 'Max-Age=28800']) expect(cookie).toContain(part);
    expect(cookie).not.toContain(adminToken);
  });

  test('without TLS, on a machine of one’s own, it has another name', async () => {
    const app = await adminApp({}, { origin: 'http://localhost:5173' });
    const cookie = (await app.form('/login', { token: adminToken })).headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^admin=/);
    expect(cookie).not.toContain('Secure');
  });

  test('opens page and API for eight hours', async () => {
    const app = await adminApp();
    const cookie = await app.logIn();
    app.cloud.nowMs += 8 * 3_600_000 - 1;
    expect((await get(app, { cookie })).status).toBe(200);
    expect((await get(app, { cookie }, '/admin')).status).toBe(200);
    app.cloud.nowMs += 1;
    expect((await get(app, { cookie })).status).toBe(401);
  });

  test('with another end, another signature or another admin token it is none', async () => {
    const app = await adminApp();
    const cookie = await app.logIn();
    const [, until = '', signature = ''] = /=(\d+)\.(\w+)$/.exec(cookie) ?? [];
    const flipped = signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    expect((await get(app, { cookie: `__Host-admin=${Number(until) + 1}.${signature}` })).status).toBe(401);
    expect((await get(app, { cookie: `__Host-admin=${until}.${flipped}` })).status).toBe(401);
    expect((await get(app, { cookie })).status).toBe(200);

    const rotated = await adminApp({ ADMIN_TOKEN: 'another-token' });
    expect((await get(rotated, { cookie })).status).toBe(401);
  });

  test('logging out takes it away', async () => {
    const app = await adminApp();
    const cookie = await app.logIn();
    const csrf = csrfOf(await (await get(app, { cookie }, '/admin')).text());
    const left = await app.form('/logout', { csrf }, cookie);
    expect(left.status).toBe(303);
    expect(left.headers.get('set-cookie')).toMatch(/^__Host-admin=;.*Max-Age=0/);
  });

  test('the form is closed after ten tries in ten minutes, for the right token too', async () => {
    const app = await adminApp();
    for (let tries = 0; tries < 10; tries++) expect((await app.form('/login', { token: 'guess' })).status).toBe(401);
    const refused = await app.form('/login', { token: adminToken });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('set-cookie')).toBeNull();
    app.cloud.nowMs += 600_000;
    expect((await app.form('/login', { token: adminToken })).status).toBe(303);
  });
});

describe('forgery', () => {
  test('a form of another page changes nothing', async () => {
    const app = await adminApp();
    const cookie = await app.logIn();
    const other = csrfOf(await (await get(app, { cookie: await laterCookie(app) }, '/admin')).text());
    for (const csrf of ['', 'x'.repeat(64), other]) {
      const answer = await app.form('/kill-switch', { on: 'true', csrf }, cookie);
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain('not of this session');
    }
    expect(await killSwitch(app)).toBe(false);
    expect((await app.form('/kill-switch', { on: 'true', csrf: csrfOf(await page(app, cookie)) }, cookie)).status).toBe(303);
    expect(await killSwitch(app)).toBe(true);
  });

  test('the API takes changes from a browser with the page’s token only', async () => {
    const app = await adminApp();
    const cookie = await app.logIn();
    const turn = (headers: Record<string, string>) =>
      app.send('/api/admin/kill-switch', { method: 'POST', headers: { cookie, ...headers }, body: '{"on":true}' });
    expect(await codeOf(await turn({}))).toBe('403 bad-csrf');
    expect(await killSwitch(app)).toBe(false);
    expect((await turn({ 'x-csrf-token': csrfOf(await page(app, cookie)) })).status).toBe(200);
    expect(await killSwitch(app)).toBe(true);
  });

  test('without a session nothing is pressed', async () => {
    const app = await adminApp();
    expect((await app.form('/kill-switch', { on: 'true' })).status).toBe(401);
    expect(await killSwitch(app)).toBe(false);
  });
});

const page = async (app: AdminApp, cookie: string): Promise<string> => (await get(app, { cookie }, '/admin')).text();
const killSwitch = async (app: AdminApp): Promise<boolean> =>
  (await (await app.api('GET', '/health')).json<{ figures: { killSwitch: { on: boolean } } }>()).figures.killSwitch.on;

/** Of another session. */
async function laterCookie(app: AdminApp): Promise<string> {
  app.cloud.nowMs += 1000;
  return app.logIn();
}

/** A signed assertion as Cloudflare Access makes it, made by node:crypto. */
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS256', use: 'sig' };
const aud = 'f'.repeat(64);
const issuer = 'https://acme.cloudflareaccess.com';

function assertion(claims: Record<string, unknown>, { kid = 'key-1', privateKey = keys.privateKey } = {}): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', kid, typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey).toString('base64url')}`;
}

describe('Cloudflare Access', () => {
  const net = () => fakeNet(() => Response.json({ keys: [jwk] }));
  const access = (sent: ReturnType<typeof net>, env = {}) =>
    adminApp({ ADMIN_TOKEN: '', ACCESS_TEAM: 'acme', ACCESS_AUDIENCE: aud, ...env }, { fetch: sent.fetch });
  const show = (app: AdminApp, token: string) => get(app, { 'cf-access-jwt-assertion': token });
  const claimsAt = (app: AdminApp) => ({
    aud: [aud],
    iss: issuer,
    sub: 'user-1',
    exp: app.cloud.nowMs / 1000 + 60,
    iat: app.cloud.nowMs / 1000,
  });

  test('lets in whom it vouches for, with the keys of the team', async () => {
    const sent = net();
    const app = await access(sent);
    expect((await show(app, assertion(claimsAt(app)))).status).toBe(200);
    expect(sent.sent.map(({ url }) => url)).toEqual(['https://acme.cloudflareaccess.com/cdn-cgi/access/certs']);
  });

  test('of another audience, another team, past its time, of another key or changed it is refused', async () => {
    const app = await access(net());
    const claims = claimsAt(app);
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const good = assertion(claims);
    const bad = {
      audience: assertion({ ...claims, aud: ['0'.repeat(64)] }),
      'no audience': assertion({ ...claims, aud: undefined }),
      issuer: assertion({ ...claims, iss: 'https://other.cloudflareaccess.com' }),
      expired: assertion({ ...claims, exp: app.cloud.nowMs / 1000 }),
      'no end': assertion({ ...claims, exp: undefined }),
      'not yet': assertion({ ...claims, nbf: app.cloud.nowMs / 1000 + 60 }),
      'unknown key': assertion(claims, { kid: 'key-2' }),
      'another key': assertion(claims, { privateKey: stranger.privateKey }),
      changed: good.replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...claims, sub: 'user-2' })).toString('base64url')}.`),
      unsigned: `${Buffer.from('{"alg":"none","kid":"key-1","typ":"JWT"}').toString('base64url')}.${good.split('.')[1]}.`,
      nothing: 'x',
    };
    expect((await show(app, good)).status).toBe(200);
    for (const [why, token] of Object.entries(bad)) expect([why, (await show(app, token)).status]).toEqual([why, 401]);
  });

  test('is not asked where it is not set up', async () => {
    const sent = net();
    const app = await adminApp({}, { fetch: sent.fetch });
    expect((await show(app, assertion(claimsAt(app)))).status).toBe(401);
    expect(sent.sent).toEqual([]);
  });

  test('its keys cannot be had: nobody is let in', async () => {
    const app = await access(fakeNet(() => new Response('no', { status: 503 })));
    expect((await show(app, assertion(claimsAt(app)))).status).toBe(401);
  });

  test('whom it lets in needs the page’s token for a change', async () => {
    const app = await access(net());
    const headers = { 'cf-access-jwt-assertion': assertion(claimsAt(app)) };
    const csrf = csrfOf(await (await get(app, headers, '/admin')).text());
    const turn = (more: Record<string, string>) =>
      app.send('/api/admin/kill-switch', { method: 'POST', headers: { ...headers, ...more }, body: '{"on":true}' });
    expect((await turn({})).status).toBe(403);
    expect((await turn({ 'x-csrf-token': csrf })).status).toBe(200);
  });
});
