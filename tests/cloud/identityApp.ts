/** Identity as the whole app mounts it, on a Cloud whose time the test holds, and browsers that keep cookies as browsers do. */
import type { Hono } from 'hono';
import type { CloudOwner, SessionAnswer } from '../../src/core/job/cloudIdentity.ts';
import { csrf } from '../../cloud/http/csrf.ts';
import type { AppEnv } from '../../cloud/http/appEnv.ts';
import { identify } from '../../cloud/http/identify.ts';
import { rateLimit } from '../../cloud/http/rateLimit.ts';
import { securityHeaders } from '../../cloud/http/securityHeaders.ts';
import { meRoutes } from '../../cloud/routes/me.ts';
import { oauthRoutes } from '../../cloud/routes/oauth.ts';
import { passkeyRoutes } from '../../cloud/routes/passkey.ts';
import { projectRoutes } from '../../cloud/routes/projects.ts';
import { sessionRoutes } from '../../cloud/routes/session.ts';
import { tokenRoutes, tokensRoutes } from '../../cloud/routes/token.ts';
import { appOver } from './appOver.ts';
import { type TestCloud, testCloud } from './testCloud.ts';

export type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>;

export interface Browser {
  ask: Ask;
  /** What it keeps, by name. */
  cookies: Map<string, string>;
  /** The owner it is; a new one at its first request. */
  owner(): Promise<CloudOwner>;
}

export interface IdentityApp {
  cloud: TestCloud;
  origin: string;
  /** Anything that sends HTTP, without cookies and without an Origin. */
  program: Ask;
  browser(): Browser;
}

function mounted(cloud: TestCloud): Hono<AppEnv> {
  const app = appOver(cloud, null);
  app.use(securityHeaders);
  app.use(rateLimit);
  app.use('/api/*', csrf);
  app.use('/api/*', identify);
  app.route('/api/session', sessionRoutes);
  app.route('/api/passkeys', passkeyRoutes);
  app.route('/api/oauth', oauthRoutes);
  app.route('/api/tokens', tokensRoutes);
  app.route('/api/token', tokenRoutes);
  app.route('/api/me', meRoutes);
  app.route('/api/projects', projectRoutes);
  return app;
}

let addresses = 0;

/** An address of its own, so that tests do not use up one another's tries. */
const newAddress = (): string => `2001:db8:0:${(++addresses).toString(16)}::1`;

/** Takes over what an answer sets and drops what it clears (Max-Age=0). */
function keepCookies(jar: Map<string, string>, answer: Response): void {
  for (const line of answer.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/max-age=0(;|$)/i.test(line)) jar.delete(name);
    else jar.set(name, value);
  }
}

export async function identityApp(env: Partial<TestCloud['env']> = {}, origin = 'https://splat.test'): Promise<IdentityApp> {
  const cloud = await testCloud({ env });
  const app = mounted(cloud);
  const send = async (method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Response> => {
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const answer = await app.request(path.startsWith('http') ? path : `${origin}${path}`, init, cloud.env);
    await cloud.settled();
    return answer;
  };

  function browser(): Browser {
    const [cookies, address] = [new Map<string, string>(), newAddress()];
    const ask: Ask = async (method, path, body, headers = {}) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const own = { ...(cookie !== '' && { cookie }), ...(method !== 'GET' && { origin }), 'cf-connecting-ip': address };
      const answer = await send(method, path, body, { ...own, ...headers });
      keepCookies(cookies, answer);
      return answer;
    };
    const owner = async (): Promise<CloudOwner> => {
      const { owner: mine } = await (await ask('POST', '/api/session')).json<SessionAnswer>();
      if (!mine) throw new Error('The browser is nobody.');
      return mine;
    };
    return { ask, cookies, owner };
  }

  const address = newAddress();
  const program: Ask = (method, path, body, headers = {}) => send(method, path, body, { 'cf-connecting-ip': address, ...headers });
  return { cloud, origin, program, browser };
}

/** Status and code of a refusal, e.g. "401 no-owner". */
export async function codeOf(answer: Response): Promise<string> {
  return `${answer.status} ${(await answer.json<{ error: { code: string } }>()).error.code}`;
}
