/** Signing in with an account elsewhere; GitHub and Google are played by the test, in the shapes that they document. */
import { afterEach, expect, test, vi } from 'vitest';
import { base64UrlOf } from '../../cloud/policy/base64Url.ts';
import { sha256Hex } from '../../cloud/policy/tokens.ts';
import { type Browser, type IdentityApp, codeOf, identityApp } from './identityApp.ts';
import { givenProject } from './rows.ts';
import { rowsWith } from './tables.ts';

const ids = {
  GITHUB_CLIENT_ID: 'github-id',
  GITHUB_CLIENT_SECRET: 'github-secret',
  GOOGLE_CLIENT_ID: 'google-id',
  GOOGLE_CLIENT_SECRET: 'google-secret',
};

interface Elsewhere {
  githubId?: number;
  claims?: Record<string, unknown>;
  /** What the token endpoint answers instead. */
  tokenAnswer?: Response;
}

/** Accounts are other ones in every test unless it says so. */
let subjects = 583_230;

const textPart = (value: unknown): string => base64UrlOf(new TextEncoder().encode(JSON.stringify(value)));

/** The app, and what was asked of the providers. */
async function withProviders(
  elsewhere: Elsewhere = {},
): Promise<{ app: IdentityApp; asked: { url: string; body: URLSearchParams; headers: Headers }[] }> {
  const asked: { url: string; body: URLSearchParams; headers: Headers }[] = [];
  const app = await identityApp(ids);
  const subject = ++subjects;
  const claims = {
    iss: 'https://accounts.google.com',
    aud: 'google-id',
    sub: `g-${subject}`,
    exp: app.cloud.nowMs / 1000 + 60,
    ...elsewhere.claims,
  };
  const answers: Record<string, () => Response> = {
    'https://github.com/login/oauth/access_token': () => Response.json({ access_token: 'gho_secret', token_type: 'bearer', scope: '' }),
    'https://api.github.com/user': () =>
      Response.json({ id: elsewhere.githubId ?? subject, login: 'octocat', email: 'octocat@github.com' }),
    'https://oauth2.googleapis.com/token': () =>
      Response.json({
        access_token: 'ya29.secret',
        token_type: 'Bearer',
        expires_in: 3599,
        id_token: `${textPart({ alg: 'RS256' })}.${textPart(claims)}.AAAA`,
      }),
  };
  const play = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    asked.push({
      url: request.url,
      body: new URLSearchParams(new TextDecoder().decode(await request.clone().arrayBuffer())),
      headers: request.headers,
    });
    const isToken = request.method === 'POST';
    const answer = answers[request.url];
    if (!answer) throw new Error(`Nobody is at ${request.url}.`);
    return (isToken ? elsewhere.tokenAnswer : undefined) ?? answer();
  };
  vi.spyOn(globalThis, 'fetch').mockImplementation(play);
  app.cloud.fetch = play;
  return { app, asked };
}

afterEach(() => vi.restoreAllMocks());

/** Where the browser is sent. */
async function sentTo(page: Browser, provider: string, returnTo = '/'): Promise<URL> {
  const answer = await page.ask('GET', `/api/oauth/${provider}?redirect_to=${encodeURIComponent(returnTo)}`);
  expect(answer.status).toBe(302);
  return new URL(answer.headers.get('location') ?? '');
}

const comeBack = (page: Browser, provider: string, query: Record<string, string>): Promise<Response> =>
  page.ask('GET', `/api/oauth/${provider}/callback?${new URLSearchParams(query).toString()}`);

async function signIn(page: Browser, provider: string, returnTo?: string): Promise<string> {
  const state = (await sentTo(page, provider, returnTo)).searchParams.get('state') ?? '';
  const answer = await comeBack(page, provider, { state, code: 'the-code' });
  expect(answer.status).toBe(302);
  return answer.headers.get('location') ?? '';
}

test('it is off unless it is configured', async () => {
  const off = await identityApp();
  expect(await (await off.program('GET', '/api/oauth')).json()).toEqual({ providers: [] });
  for (const path of ['github', 'google', 'github/callback?state=x&code=y', 'elsewhere'])
    expect(await codeOf(await off.program('GET', `/api/oauth/${path}`))).toBe('404 not-found');
  const half = await identityApp({ GITHUB_CLIENT_ID: 'github-id' });
  expect(await codeOf(await half.program('GET', '/api/oauth/github'))).toBe('404 not-found');
  const on = await identityApp(ids);
  expect(await (await on.program('GET', '/api/oauth')).json()).toEqual({ providers: ['github', 'google'] });
});

test('the browser is sent away with a state, and to Google with the hash of a verifier (RFC 7636)', async () => {
  const { app, asked } = await withProviders();
  const page = app.browser();
  const github = await sentTo(page, 'github');
  expect(`${github.origin}${github.pathname}`).toBe('https://github.com/login/oauth/authorize');
  expect(Object.fromEntries(github.searchParams)).toEqual({
    response_type: 'code',
    client_id: 'github-id',
    state: expect.stringMatching(/^[\w-]{43}$/),
    redirect_uri: 'https://splat.test/api/oauth/github/callback',
  });
  const google = await sentTo(page, 'google');
  expect(Object.fromEntries(google.searchParams)).toMatchObject({ scope: 'openid', code_challenge_method: 'S256' });
  await comeBack(page, 'google', { state: google.searchParams.get('state') ?? '', code: 'the-code' });
  const body = asked[0]?.body ?? new URLSearchParams();
  expect(body.get('code')).toBe('the-code');
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body.get('code_verifier') ?? ''));
  expect(google.searchParams.get('code_challenge')).toBe(base64UrlOf(new Uint8Array(hash)));
});

test.each(['github', 'google'])('an account of %s is a way to the owner from any browser', async (provider) => {
  const { app } = await withProviders();
  const [home, phone] = [app.browser(), app.browser()];
  const { id } = await home.owner();
  expect(await signIn(home, provider, '/scans?x=1#top')).toBe('https://splat.test/scans?x=1&sign-in=ok#top');
  expect(await home.owner()).toMatchObject({ id, identities: [{ provider }] });
  const project = await givenProject(app.cloud, (await phone.owner()).id);
  await signIn(phone, provider);
  expect((await phone.owner()).id).toBe(id);
  expect(await app.cloud.db.prepare('SELECT owner_id FROM projects WHERE id = ?1').bind(project).first()).toEqual({ owner_id: id });
  await home.ask('DELETE', `/api/oauth/${provider}`);
});

test('whoever was nobody becomes a new owner', async () => {
  const { app } = await withProviders({ githubId: 77 });
  const page = app.browser();
  await signIn(page, 'github');
  const { id } = await page.owner();
  await page.ask('DELETE', '/api/session');
  await signIn(page, 'github');
  expect((await page.owner()).id).toBe(id);
});

test('only the number of the account is kept: no name, no e-mail, no token', async () => {
  const { app } = await withProviders({ githubId: 78, claims: { sub: 'g-78', email: 'someone@gmail.com' } });
  const page = app.browser();
  await signIn(page, 'github');
  await signIn(page, 'google');
  const { results } = await app.cloud.db
    .prepare("SELECT provider, subject FROM identities WHERE subject IN ('78', 'g-78') ORDER BY provider")
    .all();
  expect(results).toEqual([{ provider: 'github', subject: '78' }, { provider: 'google', subject: 'g-78' }]); // prettier-ignore
  expect(await rowsWith(app.cloud.db, ['octocat', 'someone@', 'gho_secret', 'ya29', 'the-code'])).toEqual([]);
});

test('the account is asked for by its own token', async () => {
  const { app, asked } = await withProviders({ githubId: 79 });
  await signIn(app.browser(), 'github');
  expect(asked.map(({ url }) => url)).toEqual(['https://github.com/login/oauth/access_token', 'https://api.github.com/user']);
  expect(asked[0]?.headers.get('authorization')).toBe(`Basic ${btoa('github-id:github-secret')}`);
  expect(asked[1]?.headers.get('authorization')).toBe('Bearer gho_secret');
});

test('a state is good once, for five minutes, in the browser that was sent away, for its provider', async () => {
  const { app, asked } = await withProviders({ githubId: 80 });
  const page = app.browser();
  const state = async (): Promise<string> => (await sentTo(page, 'github')).searchParams.get('state') ?? '';
  const refused = async (from: Browser, query: Record<string, string>, provider = 'github'): Promise<void> =>
    expect(await codeOf(await comeBack(from, provider, query))).toBe('400 bad-state');
  await refused(page, { code: 'c' });
  await refused(page, { state: 'made-up', code: 'c' });
  // Somebody lets another person's browser finish what they began: it must not become theirs.
  await refused(app.browser(), { state: await state(), code: 'c' });
  await refused(page, { state: await state(), code: 'c' }, 'google');
  const late = await state();
  app.cloud.nowMs += 300_000;
  await refused(page, { state: late, code: 'c' });
  const once = await state();
  const cookies = new Map(page.cookies);
  expect((await comeBack(page, 'github', { state: once, code: 'c' })).status).toBe(302);
  for (const [name, value] of cookies) if (name.includes('sign-in')) page.cookies.set(name, value);
  await refused(page, { state: once, code: 'c' });
  expect(asked.length).toBe(2);
});

test('of a state only the hash is kept', async () => {
  const { app } = await withProviders();
  const state = (await sentTo(app.browser(), 'google')).searchParams.get('state') ?? '';
  expect(await rowsWith(app.cloud.db, [state])).toEqual([]);
  expect((await rowsWith(app.cloud.db, [await sha256Hex(state)])).length).toBe(1);
});

test('it leads back to pages of our own only', async () => {
  const { app } = await withProviders();
  const page = app.browser();
  for (const path of [
    'https://evil.test/',
    '//evil.test/',
    '/\\evil.test',
    'javascript:alert(1)',
    'scans',
    '\\/evil.test',
    '/\t/evil.test',
  ])
    expect([path, await codeOf(await page.ask('GET', `/api/oauth/github?redirect_to=${encodeURIComponent(path)}`))]).toEqual([
      path,
      '400 bad-redirect',
    ]);
  expect(await signIn(page, 'github', '/.//evil.test')).toBe('https://splat.test//evil.test?sign-in=ok');
});

const failures: [string, string, Elsewhere][] = [
  ['the code is refused', 'github', { tokenAnswer: Response.json({ error: 'bad_verification_code' }) }],
  ['the provider is down', 'github', { tokenAnswer: new Response(null, { status: 503 }) }],
  ['the account has no number', 'github', { githubId: -1 }],
  ['the token is for another service', 'google', { claims: { aud: 'another-id' } }],
  ['the token is of another issuer', 'google', { claims: { iss: 'https://evil.test' } }],
  ['the token has expired', 'google', { claims: { exp: 1 } }],
  ['the token is of nobody', 'google', { claims: { sub: '' } }],
];

test.each(failures)('when %s the person is led back and is who they were', async (_, provider, elsewhere) => {
  const { app } = await withProviders(elsewhere);
  const page = app.browser();
  expect(await signIn(page, provider, '/scans')).toBe('https://splat.test/scans?sign-in=failed');
  expect(await (await page.ask('GET', '/api/session')).json()).toEqual({ owner: null });
});

test('who says no is led back', async () => {
  const { app, asked } = await withProviders();
  const page = app.browser();
  const state = (await sentTo(page, 'github', '/scans')).searchParams.get('state') ?? '';
  const answer = await comeBack(page, 'github', { state, error: 'access_denied' });
  expect(answer.headers.get('location')).toBe('https://splat.test/scans?sign-in=failed');
  expect(asked).toEqual([]);
});

test('an account is taken off, and may lead to somebody else afterwards; so may that of a deleted owner', async () => {
  const { app } = await withProviders({ githubId: 81 });
  const [first, second, third] = [app.browser(), app.browser(), app.browser()];
  await signIn(first, 'github');
  expect((await first.ask('DELETE', '/api/oauth/github')).status).toBe(204);
  expect(await codeOf(await first.ask('DELETE', '/api/oauth/github'))).toBe('404 not-found');
  await signIn(second, 'github');
  const { id } = await second.owner();
  expect(id).not.toBe((await first.owner()).id);
  await app.cloud.db.prepare('UPDATE owners SET deleted_at = 1 WHERE id = ?1').bind(id).run();
  await signIn(third, 'github');
  expect(await third.owner()).toMatchObject({ identities: [{ provider: 'github' }] });
});
