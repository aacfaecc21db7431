/** The operator's routes as cloud/app.ts mounts them, on a Cloud whose time, network and secrets the test holds. */
import type { Cloud } from '../../cloud/cloud.ts';
import { adminApiRoutes, adminPageRoutes } from '../../cloud/routes/admin.ts';
import { appOver } from './appOver.ts';
import { type TestCloud, testCloud } from './testCloud.ts';

export const adminToken = 'a-token-of-the-operator-0123456789';

export interface AdminApp {
  cloud: TestCloud;
  send(path: string, init?: RequestInit): Promise<Response>;
  /** With the token. */
  api(method: string, path: string, body?: unknown): Promise<Response>;
  /** A form as a browser sends it. */
  form(path: string, fields: Record<string, string>, cookie?: string): Promise<Response>;
  /** The cookie of a browser that has logged in, as "name=value". */
  logIn(token?: string): Promise<string>;
}

const tables = ['challenges', 'jobs', 'outbox', 'breakers', 'settings', 'budget_days', 'dead_letters', 'purges', 'counters', 'uploads'];

export async function adminApp(
  env: Partial<Cloud['env']> = {},
  { fetch, origin = 'https://splat.test' }: { fetch?: Cloud['fetch']; origin?: string } = {},
): Promise<AdminApp> {
  const cloud = await testCloud({ ...(fetch && { fetch }), env: { ADMIN_TOKEN: adminToken, PROVIDERS: 'local', ...env } });
  await cloud.db.batch(tables.map((table) => cloud.db.prepare(`DELETE FROM ${table}`)));
  const app = appOver(cloud, null);
  app.route('/admin', adminPageRoutes);
  app.route('/api/admin', adminApiRoutes);
  const self: AdminApp = {
    cloud,
    async send(path, init) {
      const answer = await app.request(`${origin}${path}`, init, cloud.env);
      await cloud.settled();
      return answer;
    },
    api: (method, path, body) =>
      self.send(`/api/admin${path}`, {
        method,
        headers: { authorization: `Bearer ${adminToken}` },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    form: (path, fields, cookie) =>
      self.send(`/admin${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...(cookie !== undefined && { cookie }) },
        body: new URLSearchParams(fields).toString(),
      }),
    async logIn(token = adminToken) {
      const answer = await self.form('/login', { token });
      if (answer.status !== 303) throw new Error(`${answer.status} ${await answer.text()}`);
      return (answer.headers.get('set-cookie') ?? '').split(';')[0];
    },
  };
  return self;
}

/** The forms' token that the page holds. */
export function csrfOf(page: string): string {
  const [, csrf] = /name="csrf" value="([0-9a-f]{64})"/.exec(page) ?? [];
  if (csrf === undefined) throw new Error('The page has no form.');
  return csrf;
}
