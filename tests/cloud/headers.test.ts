/** The headers of answers, the strict default and what a route may say instead; and which answers other sites may read. */
import { expect, test } from 'vitest';
import { openCors } from '../../cloud/http/cors.ts';
import { Refusal } from '../../cloud/http/refusal.ts';
import { securityHeaders } from '../../cloud/http/securityHeaders.ts';
import { appOver } from './appOver.ts';
import { testCloud } from './testCloud.ts';

async function answerOf(path: string, init: RequestInit = {}, ENVIRONMENT: 'production' | 'development' = 'production'): Promise<Response> {
  const cloud = await testCloud({ env: { ENVIRONMENT } });
  const app = appOver(cloud, null);
  app.use(securityHeaders);
  app.get('/plain', (c) => c.json({}));
  app.get('/refused', () => {
    throw new Refusal(404, 'not-found', 'No.');
  });
  app.get('/page', (c) => {
    c.header('content-security-policy', "default-src 'self'; frame-ancestors *");
    c.header('cache-control', 'public, max-age=60');
    return c.html('<p>');
  });
  app.get('/fixed', () => new Response('from elsewhere', { headers: { 'cache-control': 'private' } }));
  app.get('/socket', () => {
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    server.accept();
    return new Response(null, { status: 101, webSocket: client });
  });
  app.use('/open/*', openCors);
  app.get('/open/file', (c) => c.text('bytes'));
  return app.request(`https://splat.test${path}`, init, cloud.env);
}

const strict = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
  'strict-transport-security': 'max-age=31536000',
};

test.each(['/plain', '/refused', '/nowhere'])('%s has the strict headers', async (path) => {
  expect(Object.fromEntries((await answerOf(path)).headers)).toMatchObject(strict);
});

test('TLS is asked for in production only: on a machine of one’s own there may be none', async () => {
  expect((await answerOf('/plain', {}, 'development')).headers.has('strict-transport-security')).toBe(false);
});

test('what a route says stays, and a page that says who may frame it is not closed by the older header', async () => {
  const { headers } = await answerOf('/page');
  expect(headers.get('content-security-policy')).toBe("default-src 'self'; frame-ancestors *");
  expect(headers.get('cache-control')).toBe('public, max-age=60');
  expect(headers.has('x-frame-options')).toBe(false);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

test('an answer that was made elsewhere gets them too, and a socket is passed on as it is', async () => {
  const answer = await answerOf('/fixed');
  expect(Object.fromEntries(answer.headers)).toMatchObject({ ...strict, 'cache-control': 'private' });
  expect(await answer.text()).toBe('from elsewhere');
  const socket = await answerOf('/socket');
  expect([socket.status, socket.webSocket !== null]).toEqual([101, true]);
  socket.webSocket?.accept();
  socket.webSocket?.close();
});

test('no answer may be read by pages of other sites unless its route is open', async () => {
  const init = { headers: { origin: 'https://other.test' } };
  for (const path of ['/plain', '/page', '/refused'])
    expect((await answerOf(path, init)).headers.has('access-control-allow-origin')).toBe(false);
  const { headers } = await answerOf('/open/file', init);
  expect(headers.get('access-control-allow-origin')).toBe('*');
  expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect(headers.get('access-control-expose-headers')).toContain('content-range');
  expect(headers.has('access-control-allow-credentials')).toBe(false);
});

test('a preflight of an open route allows parts of files, for reading only', async () => {
  const asked = { origin: 'https://other.test', 'access-control-request-method': 'GET', 'access-control-request-headers': 'range' };
  const answer = await answerOf('/open/file', { method: 'OPTIONS', headers: asked });
  expect(answer.status).toBe(204);
  expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS');
  expect(answer.headers.get('access-control-allow-headers')).toContain('range');
  expect((await answerOf('/plain', { method: 'OPTIONS', headers: asked })).headers.has('access-control-allow-origin')).toBe(false);
});
