/** Who a browser is: the owner's cookie, how long it holds, what it is worth, and what goes along when somebody signs in. */
import { expect, test } from 'vitest';
import type { RecoveryCode, SessionAnswer } from '../../src/core/job/cloudIdentity.ts';
import { sha256Hex } from '../../cloud/policy/tokens.ts';
import { mergeOwners, movedTables } from '../../cloud/store/mergeOwners.ts';
import { sessionSeconds } from '../../cloud/store/sessions.ts';
import { type Browser, codeOf, identityApp } from './identityApp.ts';
import { givenJob, givenOwner, givenPhotos, givenProject } from './rows.ts';
import { tablesWith } from './tables.ts';

const dayMs = 86_400_000;
const projectsOf = async (browser: Browser): Promise<string[]> => {
  const { projects } = await (await browser.ask('GET', '/api/projects')).json<{ projects: { id: string }[] }>();
  return projects.map(({ id }) => id);
};

test('a stranger is nobody, and becomes an owner by asking for it; asking again changes nothing', async () => {
  const { browser } = await identityApp();
  const page = browser();
  expect(await (await page.ask('GET', '/api/session')).json()).toEqual({ owner: null });
  expect(page.cookies.size).toBe(0);
  const owner = await page.owner();
  expect(owner).toMatchObject({ hasPasskey: false, hasRecovery: false, identities: [] });
  expect(await page.owner()).toEqual(owner);
  expect(await (await page.ask('GET', '/api/session')).json()).toEqual({ owner });
  expect((await browser().owner()).id).not.toBe(owner.id);
});

test('the cookie is bound to the host, hidden from scripts, and only its hash is kept', async () => {
  const { browser, cloud } = await identityApp();
  const page = browser();
  const line = (await page.ask('POST', '/api/session')).headers.get('set-cookie') ?? '';
  const [pair = '', ...attributes] = line.split('; ');
  expect(pair).toMatch(/^__Host-owner=[\w-]{43}$/);
  expect(new Set(attributes)).toEqual(new Set(['Max-Age=31536000', 'Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']));
  const token = pair.slice('__Host-owner='.length);
  const { results } = await cloud.db.prepare('SELECT token_hash FROM sessions').all<{ token_hash: string }>();
  expect(results.map(({ token_hash: hash }) => hash)).toContain(await sha256Hex(token));
  const everything = await cloud.db
    .prepare('SELECT group_concat(token_hash || owner_id || label) AS text FROM sessions')
    .first<{ text: string }>();
  expect(everything?.text).not.toContain(token);
});

test('without TLS the cookie works in development, and in production it asks for TLS all the same', async () => {
  const plain = (await identityApp({}, 'http://192.168.1.5:5173')).browser();
  const owner = await plain.owner();
  expect([...plain.cookies.keys()]).toEqual(['owner']);
  expect((await plain.owner()).id).toBe(owner.id);
  const answer = await (await identityApp({ ENVIRONMENT: 'production' }, 'http://splat.test')).browser().ask('POST', '/api/session');
  expect(answer.headers.get('set-cookie')).toMatch(/^__Host-owner=.*; Secure/);
});

test('a session that is used holds on; it is written once a day at most, and ends a year after its last use', async () => {
  const { browser, cloud } = await identityApp();
  const page = browser();
  const { id } = await page.owner();
  const seen = (): Promise<unknown> => cloud.db.prepare('SELECT seen_at, expires_at FROM sessions WHERE owner_id = ?1').bind(id).first();
  const first = await seen();
  cloud.nowMs += dayMs - 1;
  expect((await page.ask('GET', '/api/session')).headers.has('set-cookie')).toBe(false);
  expect(await seen()).toEqual(first);
  cloud.nowMs += 1;
  expect((await page.ask('GET', '/api/session')).headers.get('set-cookie')).toContain('Max-Age=31536000');
  expect(await seen()).toEqual({ seen_at: cloud.nowMs, expires_at: cloud.nowMs + sessionSeconds * 1000 });
  expect(await cloud.db.prepare('SELECT seen_at FROM owners WHERE id = ?1').bind(id).first()).toEqual({ seen_at: cloud.nowMs });
  cloud.nowMs += sessionSeconds * 1000;
  expect(await (await page.ask('GET', '/api/session')).json()).toEqual({ owner: null });
});

test('signing out ends the session of this browser and no other', async () => {
  const { browser } = await identityApp();
  const [one, other] = [browser(), browser()];
  const { id } = await one.owner();
  const { code } = await (await one.ask('POST', '/api/session/recovery-code')).json<RecoveryCode>();
  await other.ask('POST', '/api/session/recover', { code });
  const kept = new Map(one.cookies);
  expect((await one.ask('DELETE', '/api/session')).status).toBe(204);
  expect(one.cookies.size).toBe(0);
  // Whoever has copied the cookie has nothing either.
  for (const [name, value] of kept) one.cookies.set(name, value);
  expect(await (await one.ask('GET', '/api/session')).json()).toEqual({ owner: null });
  expect((await other.owner()).id).toBe(id);
});

test('the session of an owner who is being deleted is worth nothing', async () => {
  const { browser, cloud } = await identityApp();
  const page = browser();
  const { id } = await page.owner();
  await cloud.db.prepare('UPDATE owners SET deleted_at = 1 WHERE id = ?1').bind(id).run();
  expect(await (await page.ask('GET', '/api/session')).json()).toEqual({ owner: null });
  expect(await codeOf(await page.ask('GET', '/api/projects'))).toBe('401 no-owner');
});

test('nobody sees what is of another owner', async () => {
  const { browser, cloud } = await identityApp();
  const [mine, yours] = [browser(), browser()];
  const project = await givenProject(cloud, (await mine.owner()).id);
  await yours.owner();
  expect(await projectsOf(mine)).toEqual([project]);
  expect(await projectsOf(yours)).toEqual([]);
  expect(await codeOf(await yours.ask('DELETE', `/api/projects/${project}`))).toBe('404 not-found');
});

test('what a browser made as nobody in particular goes along when it signs in, in every table', async () => {
  const { browser, cloud } = await identityApp();
  const [home, phone] = [browser(), browser()];
  const { id: to } = await home.owner();
  const { code } = await (await home.ask('POST', '/api/session/recovery-code')).json<RecoveryCode>();
  const { id: from } = await phone.owner();
  const [before, made] = [await givenProject(cloud, to), await givenProject(cloud, from)];
  await givenPhotos(cloud, from, made, 2);
  const job = await givenJob(cloud, { ownerId: from, projectId: made, state: 'training' });
  const run = (sql: string, ...values: unknown[]): Promise<unknown> => cloud.db.prepare(sql).bind(...values).run(); // prettier-ignore
  await run("INSERT INTO uploads VALUES ('upl_m', ?1, ?2, 'full', 'open', 1, 2)", made, from);
  await run("INSERT INTO models VALUES ('mdl_m', ?1, ?2, ?3, 1, 'ready', 1)", made, from, job.id);
  await run("INSERT INTO shares VALUES ('shr_m', 'hash', ?1, ?2, 'view', 'A title', NULL, NULL, NULL, 1)", made, from);
  await run("INSERT INTO push_subscriptions VALUES ('psh_m', ?1, 'https://push.example/m', 'p', 'a', 'en', 1)", from);
  await run("INSERT INTO deliveries (id, kind, owner_id, job_id, target, not_before, created_at) VALUES ('dlv_m', 'push', ?1, ?2, 'psh_m', 1, 1)", from, job.id); // prettier-ignore
  await run("INSERT INTO idempotency_keys VALUES (?1, 'the same key', 'hash of phone', 200, '{}', 1, 2)", from);
  await run("INSERT INTO idempotency_keys VALUES (?1, 'the same key', 'hash of home', 200, '{}', 1, 2)", to);
  await run("UPDATE owners SET webhook_url = 'https://phone.example/', webhook_secret = 's' WHERE id = ?1", from);

  const answer = await (await phone.ask('POST', '/api/session/recover', { code })).json<SessionAnswer>();
  expect(answer.owner?.id).toBe(to);
  expect(new Set(await projectsOf(phone))).toEqual(new Set([before, made]));
  expect(new Set(await projectsOf(home))).toEqual(new Set([before, made]));
  for (const name of await tablesWith(cloud.db, 'owner_id')) {
    const left = await cloud.db.prepare(`SELECT count(*) AS n FROM ${name} WHERE owner_id = ?1`).bind(from).first<{ n: number }>();
    expect([name, left?.n]).toEqual([name, 0]);
  }
  for (const table of movedTables) {
    const there = await cloud.db.prepare(`SELECT count(*) AS n FROM ${table} WHERE owner_id = ?1`).bind(to).first<{ n: number }>();
    expect([table, (there?.n ?? 0) > 0]).toEqual([table, true]);
  }
  expect(await cloud.db.prepare('SELECT 1 FROM owners WHERE id = ?1').bind(from).first()).toBeNull();
  expect(await cloud.db.prepare('SELECT webhook_url FROM owners WHERE id = ?1').bind(to).first()).toEqual({
    webhook_url: 'https://phone.example/',
  });
});

test('an owner whom somebody can come back to is not given up: another person may have used this browser', async () => {
  const { browser, cloud } = await identityApp();
  const [hers, shared] = [browser(), browser()];
  await hers.owner();
  const { code: herCode } = await (await hers.ask('POST', '/api/session/recovery-code')).json<RecoveryCode>();
  const his = await givenProject(cloud, (await shared.owner()).id);
  const { code: hisCode } = await (await shared.ask('POST', '/api/session/recovery-code')).json<RecoveryCode>();
  await shared.ask('POST', '/api/session/recover', { code: herCode });
  expect(await projectsOf(shared)).toEqual([]);
  await shared.ask('POST', '/api/session/recover', { code: hisCode });
  expect(await projectsOf(shared)).toEqual([his]);
});

test('nothing moves to an owner who is being deleted, to oneself, or from nobody', async () => {
  const { cloud } = await identityApp();
  const [from, to] = [await givenOwner(cloud), await givenOwner(cloud)];
  const project = await givenProject(cloud, from);
  await cloud.db.prepare('UPDATE owners SET deleted_at = 1 WHERE id = ?1').bind(to).run();
  expect(await mergeOwners(cloud, from, to)).toBe(false);
  expect(await mergeOwners(cloud, from, from)).toBe(false);
  expect(await mergeOwners(cloud, 'own_nobody', from)).toBe(false);
  expect(await cloud.db.prepare('SELECT owner_id FROM projects WHERE id = ?1').bind(project).first()).toEqual({ owner_id: from });
});
