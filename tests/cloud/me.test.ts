/** Taking along everything that is kept about oneself. */
import { env, exports } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { exportedTables } from '../../cloud/jobs/exportOwner.ts';
import { modelKey } from '../../cloud/policy/objectKeys.ts';
import { sha256Hex } from '../../cloud/policy/tokens.ts';
import { type Browser, type IdentityApp, codeOf, identityApp } from './identityApp.ts';
import { givenJob, givenPhotos, givenProject } from './rows.ts';
import { rowsWith, tablesWith } from './tables.ts';
import type { TestCloud } from './testCloud.ts';

interface Export {
  format: string;
  version: number;
  exportedAt: number;
  tables: Record<string, Record<string, unknown>[]>;
  files: { kind: string; url: string; sha256: string; bytes: number }[];
}

const run = (cloud: TestCloud, sql: string, ...values: unknown[]): Promise<unknown> => cloud.db.prepare(sql).bind(...values).run(); // prettier-ignore

/** A finished model of a job with a .ply that people get and a checkpoint that they do not. */
async function givenModel(cloud: TestCloud, ownerId: string, projectId: string, jobId: string): Promise<string> {
  const id = `mdl_${jobId.slice(4)}`;
  await run(cloud, "INSERT INTO models VALUES (?1, ?2, ?3, ?4, 1, 'ready', 1)", id, projectId, ownerId, jobId);
  for (const kind of ['ply', 'checkpoint'] as const) {
    const bytes = new TextEncoder().encode(`${kind} of ${id}`);
    const key = modelKey(id, kind);
    await cloud.env.BUCKET.put(key, bytes);
    const sha256 = await sha256Hex(bytes);
    await run(cloud, "INSERT INTO model_files VALUES (?1, ?2, ?3, ?4, ?5, 'stored', 1)", id, kind, key, bytes.byteLength, sha256);
  }
  return id;
}

/** A browser whose owner has something in every table. */
async function furnished(
  app: IdentityApp,
): Promise<{ page: Browser; ownerId: string; projectId: string; hashes: string[]; modelId: string }> {
  const [page, { cloud }] = [app.browser(), app];
  const { id: ownerId } = await page.owner();
  await page.ask('POST', '/api/session/recovery-code');
  await page.ask('POST', '/api/tokens', { label: 'my script' });
  const projectId = await givenProject(cloud, ownerId);
  const hashes = await givenPhotos(cloud, ownerId, projectId, 2);
  const job = await givenJob(cloud, { ownerId, projectId, state: 'completed', webhookHash: 'SECRET', error: 'SECRET' });
  const modelId = await givenModel(cloud, ownerId, projectId, job.id);
  const own = (sql: string, ...values: unknown[]): Promise<unknown> => run(cloud, sql, ...values);
  await own("INSERT INTO passkeys VALUES (?1, ?2, 'key', 1, '[]', 1)", `cred-${ownerId}`, ownerId);
  await own("INSERT INTO identities VALUES ('github', ?1, ?2, 1)", ownerId, ownerId);
  await own("INSERT INTO uploads VALUES (?1, ?2, ?3, 'full', 'complete', 1, 2)", `upl-${ownerId}`, projectId, ownerId);
  await own("INSERT INTO shares VALUES (?1, ?2, ?3, ?4, 'view', 'A title', 'SECRET', NULL, NULL, 1)", `shr-${ownerId}`, `SECRET${ownerId}`, projectId, ownerId); // prettier-ignore
  await own("INSERT INTO push_subscriptions VALUES (?1, ?2, ?3, 'SECRET', 'SECRET', 'en', 1)", `psh-${ownerId}`, ownerId, `https://push.example/${ownerId}`); // prettier-ignore
  await own("INSERT INTO deliveries (id, kind, owner_id, job_id, target, not_before, created_at) VALUES (?1, 'push', ?2, ?3, 'x', 1, 1)", `dlv-${ownerId}`, ownerId, job.id); // prettier-ignore
  await own("INSERT INTO idempotency_keys VALUES (?1, 'key-of-mine', 'SECRET', 200, 'SECRET', 1, 2)", ownerId);
  await own("UPDATE owners SET webhook_url = 'https://mine.example/', webhook_secret = 'SECRET' WHERE id = ?1", ownerId);
  return { page, ownerId, projectId, hashes, modelId };
}

test('the export has rows of every table with an owner, and nothing that opens anything', async () => {
  const app = await identityApp();
  const { page } = await furnished(app);
  const { ownerId: other } = await furnished(app);
  const answer = await page.ask('GET', '/api/me/export');
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="splat-export-2026-11-26.json"');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const text = await answer.text();
  const document = JSON.parse(text) as Export;
  expect(document).toMatchObject({ format: 'splat-cloud-export', version: 1, exportedAt: app.cloud.nowMs });
  const owned = (await tablesWith(app.cloud.db, 'owner_id')).filter((name) => name !== 'challenges');
  expect(new Set(Object.keys(document.tables))).toEqual(new Set([...owned, 'owners', 'model_files']));
  for (const [name, rows] of Object.entries(document.tables)) expect([name, rows.length > 0]).toEqual([name, true]);
  expect(text).not.toContain('SECRET');
  expect(text).not.toContain(other);
  for (const hash of document.tables.sessions ?? []) expect(Object.keys(hash)).not.toContain('token_hash');
  expect(document.tables.sessions?.map(({ kind }) => kind).sort()).toEqual(['api', 'cookie', 'recovery']);
  expect(document.tables.owners).toEqual([expect.objectContaining({ webhook_url: 'https://mine.example/' })]);
});

test('columns that are left out are columns that there are', async () => {
  const { cloud } = await identityApp();
  for (const [table, { without }] of Object.entries(exportedTables)) {
    const { columns } = await run(cloud, `SELECT ${['rowid', ...without].join(', ')} FROM ${table} LIMIT 0`).then(() => ({
      columns: true,
    }));
    expect(columns).toBe(true);
  }
});

test('it lists the files with addresses that work without a cookie, for six hours', async () => {
  const app = await identityApp();
  const { page, hashes, modelId } = await furnished(app);
  const { files } = await (await page.ask('GET', '/api/me/export')).json<Export>();
  expect(files.map(({ kind }) => kind)).toEqual(['photo', 'photo', 'model']);
  for (const { url, sha256, bytes } of files) {
    const answer = await app.program('GET', url);
    expect(answer.status).toBe(200);
    const body = new Uint8Array(await answer.arrayBuffer());
    expect([await sha256Hex(body), body.byteLength]).toEqual([sha256, bytes]);
  }
  expect(files.slice(0, 2).map(({ sha256 }) => sha256)).toEqual(hashes);
  const names = await Promise.all(files.map(async ({ url }) => (await app.program('GET', url)).headers.get('content-disposition')));
  expect(names.map((name) => /filename="([^"]+)"/.exec(name ?? '')?.[1])).toEqual(['000001.jpg', '000002.jpg', `${modelId}.ply`]);
  app.cloud.nowMs += 6 * 3_600_000;
  for (const { url } of files) expect(await codeOf(await app.program('GET', url))).toBe('401 no-owner');
});

test('a file is sent as something to save: it cannot run here, nor be taken for something else', async () => {
  const app = await identityApp();
  const { page, projectId, hashes } = await furnished(app);
  const { headers } = await page.ask('GET', `/api/me/photos/${projectId}/${hashes[0]}`);
  expect(headers.get('content-disposition')).toMatch(/^attachment; /);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain('sandbox');
  expect(headers.get('cache-control')).toBe('private, no-store');
  expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
});

test('an address is for one file; changed in any part it is worth nothing', async () => {
  const app = await identityApp();
  const { page, projectId, hashes, modelId } = await furnished(app);
  const { files } = await (await page.ask('GET', '/api/me/export')).json<Export>();
  const url = new URL(files[0]?.url ?? '');
  const changed = (change: (url: URL) => void): string => {
    const copy = new URL(url);
    change(copy);
    return copy.href;
  };
  const forged = [
    changed((copy) => (copy.pathname = `/api/me/photos/${projectId}/${hashes[1]}`)),
    changed((copy) => (copy.pathname = `/api/me/models/${modelId}/ply`)),
    changed((copy) => copy.searchParams.set('exp', String(Number(copy.searchParams.get('exp')) + 1))),
    changed((copy) => copy.searchParams.set('exp', 'never')),
    changed((copy) => copy.searchParams.set('sig', '0'.repeat(64))),
    changed((copy) => copy.searchParams.delete('sig')),
  ];
  for (const address of forged) expect(await codeOf(await app.program('GET', address))).toBe('401 no-owner');
});

test('files of somebody else, of a deleted project, and what only the trainer reads are not there', async () => {
  const app = await identityApp();
  const { page, projectId, hashes, modelId } = await furnished(app);
  const other = app.browser();
  await other.owner();
  for (const path of [`photos/${projectId}/${hashes[0]}`, `models/${modelId}/ply`]) {
    expect((await page.ask('GET', `/api/me/${path}`)).status).toBe(200);
    expect(await codeOf(await other.ask('GET', `/api/me/${path}`))).toBe('404 not-found');
    expect(await codeOf(await app.program('GET', `/api/me/${path}`))).toBe('401 no-owner');
  }
  expect(await codeOf(await page.ask('GET', `/api/me/models/${modelId}/checkpoint`))).toBe('404 not-found');
  const { files } = await (await page.ask('GET', '/api/me/export')).json<Export>();
  await run(app.cloud, "UPDATE projects SET status = 'deleted' WHERE id = ?1", projectId);
  for (const { url } of files) expect(await codeOf(await app.program('GET', url))).toBe('404 not-found');
  expect((await (await page.ask('GET', '/api/me/export')).json<Export>()).files.filter(({ kind }) => kind === 'photo')).toEqual([]);
});

test('an export of more rows than a page holds has each once', async () => {
  const app = await identityApp();
  const page = app.browser();
  const { id } = await page.owner();
  const project = await givenProject(app.cloud, id);
  const insert = app.cloud.db.prepare(
    'INSERT INTO photos (project_id, sha256, owner_id, position, bytes, type, object_key, created_at)' +
      " SELECT ?1, printf('%064d', value), ?2, value, 1, 'image/jpeg', 'none', 1 FROM json_each(?3)",
  );
  await insert.bind(project, id, JSON.stringify(Array.from({ length: 1234 }, (_, i) => i))).run();
  const { tables } = await (await page.ask('GET', '/api/me/export')).json<Export>();
  expect(new Set(tables.photos?.map(({ position }) => position)).size).toBe(1234);
  expect(tables.photos?.length).toBe(1234);
});

test('strangers have nothing to take along or to delete', async () => {
  const app = await identityApp();
  expect(await codeOf(await app.browser().ask('GET', '/api/me/export'))).toBe('401 no-owner');
  expect(await codeOf(await app.browser().ask('DELETE', '/api/me'))).toBe('401 no-owner');
});

test('through the whole Worker: who deletes themself is gone as soon as the queue comes round', async () => {
  const [origin, base] = ['https://splat.test', { origin: 'https://splat.test' }];
  const ask = (method: string, path: string, headers: Record<string, string> = base): Promise<Response> =>
    exports.default.fetch(new Request(`${origin}${path}`, { method, headers }));
  const made = await ask('POST', '/api/session');
  const cookie = made.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { owner } = await made.json<{ owner: { id: string } }>();
  expect(await codeOf(await ask('DELETE', '/api/me', { cookie, origin: 'https://evil.test' }))).toBe('403 other-site');
  expect((await ask('DELETE', '/api/me', { ...base, cookie })).status).toBe(202);
  expect(await codeOf(await ask('GET', '/api/projects', { cookie }))).toBe('401 no-owner');
  await vi.waitFor(async () => expect(await rowsWith(env.DB, [owner.id])).toEqual([]), { timeout: 20_000 });
});
