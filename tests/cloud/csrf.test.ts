/** Pages of other sites cannot act in a person's name. */
import { expect, test } from 'vitest';
import { csrf } from '../../cloud/http/csrf.ts';
import { appOver } from './appOver.ts';
import { testCloud } from './testCloud.ts';

type Headers_ = Record<string, string>;

/** Whether a request goes through. */
async function passes(
  method: string,
  headers: Headers_,
  { url = 'https://splat.test/api/projects/p', isProduction = true, hasCookie = true } = {},
): Promise<boolean> {
  const cloud = await testCloud({ env: { ENVIRONMENT: isProduction ? 'production' : 'development' } });
  const app = appOver(cloud, null);
  app.use(csrf);
  app.all('*', (c) => c.text('through'));
  const cookie = { cookie: url.startsWith('https') || isProduction ? '__Host-owner=token' : 'owner=token' };
  const answer = await app.request(url, { method, headers: { ...(hasCookie && cookie), ...headers } }, cloud.env);
  if (answer.status === 403) expect(await answer.json()).toMatchObject({ error: { code: 'other-site' } });
  return answer.status === 200;
}

const cases: [string, Headers_, { withCookie: boolean; without: boolean }][] = [
  ['our own page', { origin: 'https://splat.test', 'sec-fetch-site': 'same-origin' }, { withCookie: true, without: true }],
  ['our own page, in a browser without Fetch Metadata', { origin: 'https://splat.test' }, { withCookie: true, without: true }],
  ['our own page that sends no referrer', { origin: 'null', 'sec-fetch-site': 'same-origin' }, { withCookie: true, without: true }],
  ['the person themself', { 'sec-fetch-site': 'none' }, { withCookie: true, without: true }],
  ['a program that says nothing', {}, { withCookie: false, without: true }],
  ['another site', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }, { withCookie: false, without: false }],
  ['another site, in a browser without Fetch Metadata', { origin: 'https://evil.test' }, { withCookie: false, without: false }],
  ['a sister host', { origin: 'https://evil.splat.test', 'sec-fetch-site': 'same-site' }, { withCookie: false, without: false }],
  ['a frame without an origin', { origin: 'null' }, { withCookie: false, without: false }],
  ['the same host without TLS', { origin: 'http://splat.test' }, { withCookie: false, without: false }],
  ['the same host on another port', { origin: 'https://splat.test:8443' }, { withCookie: false, without: false }],
  ['a host whose name begins alike', { origin: 'https://splat.test.evil.test' }, { withCookie: false, without: false }],
  ['nonsense', { origin: 'splat.test' }, { withCookie: false, without: false }],
];

test.each(cases)('from %s', async (_, headers, { withCookie, without }) => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    expect([method, await passes(method, headers)]).toEqual([method, withCookie]);
    expect([method, await passes(method, headers, { hasCookie: false })]).toEqual([method, without]);
  }
});

test('reading changes nothing and is free', async () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS']) expect(await passes(method, { origin: 'https://evil.test' })).toBe(true);
});

test('a program with an access token needs no origin: no page of another site can send that header', async () => {
  expect(await passes('POST', { authorization: 'Bearer a.b.c', 'sec-fetch-site': 'cross-site' })).toBe(true);
  expect(await passes('POST', { authorization: 'Basic eDp5', origin: 'https://evil.test' })).toBe(false);
});

test('who shows something of their own is not asked: trainers, providers, the operator, signed addresses, visitors of a share', async () => {
  for (const path of [
    '/internal/v1/jobs/j/claim',
    '/api/webhooks/runpod/j/1/t',
    '/api/admin/kill',
    '/admin/x',
    '/api/u/upl/sha',
    '/s/token',
  ])
    expect([path, await passes('POST', {}, { url: `https://splat.test${path}` })]).toEqual([path, true]);
  for (const path of ['/api/me', '/api/users', '/api/upload', '/api/administer', '/api/session'])
    expect([path, await passes('POST', {}, { url: `https://splat.test${path}` })]).toEqual([path, false]);
});

test('on a machine of one’s own TLS may end before the Worker, and the host still has to be the same', async () => {
  const [url, isProduction] = ['http://tunnel.test/api/me', false];
  expect(await passes('POST', { origin: 'https://tunnel.test' }, { url, isProduction })).toBe(true);
  expect(await passes('POST', { origin: 'https://evil.test' }, { url, isProduction })).toBe(false);
  expect(await passes('POST', {}, { url, isProduction })).toBe(false);
});
