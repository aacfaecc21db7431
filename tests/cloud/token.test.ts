/** Tokens of programs: refresh tokens, and the access tokens that are given for them. */
import { sign } from 'hono/jwt';
import { expect, test } from 'vitest';
import type { AccessToken, ApiTokenList, NewApiToken } from '../../src/core/job/cloudIdentity.ts';
import { deriveHex } from '../../cloud/policy/keys.ts';
import { base64UrlOf } from '../../cloud/policy/base64Url.ts';
import { sha256Hex } from '../../cloud/policy/tokens.ts';
import { type IdentityApp, codeOf, identityApp } from './identityApp.ts';
import { givenProject } from './rows.ts';

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

async function programOf(app: IdentityApp): Promise<NewApiToken & { ownerId: string; page: ReturnType<IdentityApp['browser']> }> {
  const page = app.browser();
  const { id: ownerId } = await page.owner();
  const answer = await page.ask('POST', '/api/tokens', { label: 'my script' });
  expect(answer.status).toBe(201);
  return { ...(await answer.json<NewApiToken>()), ownerId, page };
}

const exchanged = async (app: IdentityApp, refreshToken: string): Promise<AccessToken> =>
  (await app.program('POST', '/api/token', { refreshToken })).json();

test('a program shows its access token and is its owner, without a cookie and without an Origin', async () => {
  const app = await identityApp();
  const { refreshToken, ownerId } = await programOf(app);
  const project = await givenProject(app.cloud, ownerId);
  const { token, expiresAt } = await exchanged(app, refreshToken);
  expect(expiresAt).toBe(app.cloud.nowMs + 900_000);
  const answer = await app.program('GET', '/api/projects', undefined, bearer(token));
  expect((await answer.json<{ projects: { id: string }[] }>()).projects.map(({ id }) => id)).toEqual([project]);
  expect(answer.headers.has('set-cookie')).toBe(false);
  expect((await app.program('DELETE', `/api/projects/${project}`, undefined, bearer(token))).status).toBe(204);
});

test('the access token is a JWT of the purpose "api" and says nothing but whose it is', async () => {
  const app = await identityApp();
  const { refreshToken, ownerId } = await programOf(app);
  const { token } = await exchanged(app, refreshToken);
  const [head = '', body = '', signature = ''] = token.split('.');
  const read = (part: string): unknown => JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')));
  expect(read(head)).toEqual({ alg: 'HS256', typ: 'JWT' });
  const seconds = app.cloud.nowMs / 1000;
  expect(read(body)).toEqual({ sub: ownerId, aud: 'api', sid: await sha256Hex(refreshToken), iat: seconds, exp: seconds + 900 });
  // RFC 7515, appendix A.1: HMAC-SHA-256 over the first two parts.
  const secret = new TextEncoder().encode(await deriveHex(app.cloud.env, 'api-jwt'));
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const signed = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${head}.${body}`));
  expect(signature).toBe(base64UrlOf(new Uint8Array(signed)));
});

test('it ends after a quarter of an hour; the refresh token goes on, and is renewed by use', async () => {
  const app = await identityApp();
  const { refreshToken, page } = await programOf(app);
  const { token } = await exchanged(app, refreshToken);
  app.cloud.nowMs += 900_000 - 1000;
  expect((await app.program('GET', '/api/projects', undefined, bearer(token))).status).toBe(200);
  app.cloud.nowMs += 1000;
  expect(await codeOf(await app.program('GET', '/api/projects', undefined, bearer(token)))).toBe('401 bad-token');
  app.cloud.nowMs += 300 * 86_400_000;
  await exchanged(app, refreshToken);
  app.cloud.nowMs += 300 * 86_400_000;
  const again = await exchanged(app, refreshToken);
  expect((await app.program('GET', '/api/projects', undefined, bearer(again.token))).status).toBe(200);
  await page.owner();
});

test('revoking ends the refresh token and every access token given for it, at once', async () => {
  const app = await identityApp();
  const { refreshToken, id, page } = await programOf(app);
  const { token } = await exchanged(app, refreshToken);
  const { tokens } = await (await page.ask('GET', '/api/tokens')).json<ApiTokenList>();
  expect(tokens).toEqual([
    { id, label: 'my script', createdAt: app.cloud.nowMs, seenAt: app.cloud.nowMs, expiresAt: app.cloud.nowMs + 31_536_000_000 },
  ]);
  expect((await page.ask('DELETE', `/api/tokens/${id}`)).status).toBe(204);
  expect(await codeOf(await page.ask('DELETE', `/api/tokens/${id}`))).toBe('404 not-found');
  expect(await codeOf(await app.program('POST', '/api/token', { refreshToken }))).toBe('401 bad-refresh-token');
  expect(await codeOf(await app.program('GET', '/api/projects', undefined, bearer(token)))).toBe('401 bad-token');
});

test('tokens of an owner who is being deleted are worth nothing', async () => {
  const app = await identityApp();
  const { refreshToken, ownerId } = await programOf(app);
  const { token } = await exchanged(app, refreshToken);
  await app.cloud.db.prepare('UPDATE owners SET deleted_at = 1 WHERE id = ?1').bind(ownerId).run();
  expect(await codeOf(await app.program('POST', '/api/token', { refreshToken }))).toBe('401 bad-refresh-token');
  expect(await codeOf(await app.program('GET', '/api/projects', undefined, bearer(token)))).toBe('401 bad-token');
});

test('nobody lists or revokes the tokens of another', async () => {
  const app = await identityApp();
  const { id, refreshToken } = await programOf(app);
  const other = app.browser();
  await other.owner();
  expect(await (await other.ask('GET', '/api/tokens')).json()).toEqual({ tokens: [] });
  expect(await codeOf(await other.ask('DELETE', `/api/tokens/${id}`))).toBe('404 not-found');
  expect((await app.program('POST', '/api/token', { refreshToken })).status).toBe(200);
  expect(await codeOf(await app.browser().ask('POST', '/api/tokens', { label: 'x' }))).toBe('401 no-owner');
  expect(await codeOf(await other.ask('POST', '/api/tokens', { label: '' }))).toBe('400 bad-request');
});

test('forged tokens are refused, and never taken for a stranger who might become a new owner', async () => {
  const app = await identityApp();
  const { refreshToken, ownerId } = await programOf(app);
  const sid = await sha256Hex(refreshToken);
  const secret = await deriveHex(app.cloud.env, 'api-jwt');
  const exp = app.cloud.nowMs / 1000 + 600;
  const good = { sub: ownerId, sid, aud: 'api', exp };
  const none = `${base64UrlOf(new TextEncoder().encode('{"alg":"none","typ":"JWT"}'))}.${base64UrlOf(new TextEncoder().encode(JSON.stringify(good)))}.`;
  const forged: string[] = [
    'nonsense',
    refreshToken,
    none,
    `${none}AAAA`,
    await sign(good, 'another secret', 'HS256'),
    await sign(good, await deriveHex(app.cloud.env, 'photo-put'), 'HS256'),
    await sign(good, secret, 'HS512'),
    await sign({ ...good, aud: 'trainer' }, secret, 'HS256'),
    await sign({ ...good, sid: await sha256Hex('another') }, secret, 'HS256'),
    await sign({ ...good, sub: 'own_somebody-else' }, secret, 'HS256'),
    await sign({ sub: ownerId, sid, aud: 'api' }, secret, 'HS256'),
  ];
  const owners = async (): Promise<unknown> => app.cloud.db.prepare('SELECT count(*) AS n FROM owners').first();
  const before = await owners();
  for (const token of forged)
    expect([token, await codeOf(await app.program('POST', '/api/session', {}, bearer(token)))]).toEqual([token, '401 bad-token']);
  expect(await owners()).toEqual(before);
  expect((await app.program('GET', '/api/projects', undefined, bearer(await sign(good, secret, 'HS256')))).status).toBe(200);
});

test('credentials of another scheme, for a proxy in front, are none of ours', async () => {
  const app = await identityApp();
  const page = app.browser();
  const { id } = await page.owner();
  const answer = await page.ask('GET', '/api/session', undefined, { authorization: 'Basic eDp5' });
  expect(await answer.json()).toMatchObject({ owner: { id } });
});

test('a token outlives a rotation of the master secret', async () => {
  const before = await identityApp();
  const { refreshToken } = await programOf(before);
  const { token } = await exchanged(before, refreshToken);
  const after = await identityApp({ MASTER_SECRET: '6'.repeat(64), MASTER_SECRET_BEFORE: before.cloud.env.MASTER_SECRET });
  expect((await after.program('GET', '/api/projects', undefined, bearer(token))).status).toBe(200);
  const forgotten = await identityApp({ MASTER_SECRET: '6'.repeat(64) });
  expect(await codeOf(await forgotten.program('GET', '/api/projects', undefined, bearer(token)))).toBe('401 bad-token');
});

test('there are twenty tokens at most, and sixty exchanges in a minute', async () => {
  const app = await identityApp();
  const { page, refreshToken } = await programOf(app);
  for (let i = 1; i < 20; i++) expect((await page.ask('POST', '/api/tokens', { label: `${i}` })).status).toBe(201);
  expect(await codeOf(await page.ask('POST', '/api/tokens', { label: 'one more' }))).toBe('409 too-many-tokens');
  for (let i = 0; i < 60; i++) await app.program('POST', '/api/token', { refreshToken });
  expect(await codeOf(await app.program('POST', '/api/token', { refreshToken }))).toBe('429 too-often');
});
