/** Models and links to them, through the whole Worker: who may see what, for how long, and what the answers carry. */
import { env, exports } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { newShare, shareList } from '../../src/core/job/cloudSharesSchema.ts';
import { modelKey } from '../../cloud/policy/objectKeys.ts';
import { newId, sha256Hex } from '../../cloud/policy/tokens.ts';
import { givenProject } from './rows.ts';
import { type TestCloud, testCloud } from './testCloud.ts';

const origin = 'https://splat.test';
let cloud: TestCloud;
let owner: Owner;
let stranger: Owner;

interface Owner {
  id: string;
  ask(path: string, init?: RequestInit & { json?: unknown }): Promise<Response>;
}

const fetchApp = (path: string, init?: RequestInit): Promise<Response> =>
  exports.default.fetch(new Request(new URL(path, origin), { redirect: 'manual', ...init }));

async function newOwner(): Promise<Owner> {
  const made = await fetchApp('/api/session', { method: 'POST' });
  const cookie = made.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { owner: found } = await made.json<{ owner: { id: string } }>();
  return {
    id: found.id,
    ask: (path, { json, ...init } = {}) =>
      fetchApp(path, {
        ...init,
        headers: { cookie, origin, ...(json !== undefined && { 'content-type': 'application/json' }), ...init.headers },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      }),
  };
}

const bytesOf = (kind: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(`the ${kind} of a scene`) as Uint8Array<ArrayBuffer>;

/** A project with a finished model in two formats and a picture. */
async function givenModel(ownerId: string): Promise<{ projectId: string; modelId: string }> {
  const projectId = await givenProject(cloud, ownerId);
  const modelId = newId('mdl');
  const model =
    "INSERT INTO models (id, project_id, owner_id, job_id, attempt, status, created_at) VALUES (?1, ?2, ?3, ?4, 1, 'ready', ?5)";
  await cloud.db.prepare(model).bind(modelId, projectId, ownerId, newId('job'), cloud.now()).run();
  for (const kind of ['ply', 'sog', 'thumbnail'] as const) {
    const bytes = bytesOf(kind);
    await env.BUCKET.put(modelKey(modelId, kind), bytes);
    const file =
      "INSERT INTO model_files (model_id, kind, object_key, bytes, sha256, status, created_at) VALUES (?1, ?2, ?3, ?4, ?5, 'stored', ?6)";
    await cloud.db
      .prepare(file)
      .bind(modelId, kind, modelKey(modelId, kind), bytes.byteLength, await sha256Hex(bytes), cloud.now())
      .run();
  }
  return { projectId, modelId };
}

async function shared(projectId: string, wish: Record<string, unknown> = {}): Promise<{ id: string; path: string }> {
  const answer = await owner.ask(`/api/projects/${projectId}/shares`, {
    method: 'POST',
    json: { role: 'view', title: 'A <garden> & "more"', ...wish },
  });
  expect(answer.status).toBe(201);
  const { share, url } = newShare.parse(await answer.json());
  return { id: share.id, path: new URL(url).pathname };
}

beforeAll(async () => {
  cloud = await testCloud();
  [owner, stranger] = [await newOwner(), await newOwner()];
});

test('a model: whole, in parts, unchanged, and only for its owner', async () => {
  const { modelId } = await givenModel(owner.id);
  const path = `/api/model/${modelId}?format=ply`;
  const whole = await owner.ask(path);
  expect([whole.status, whole.headers.get('content-type'), whole.headers.get('accept-ranges')]).toEqual([
    200,
    'application/octet-stream',
    'bytes',
  ]);
  expect(whole.headers.get('x-content-type-options')).toBe('nosniff');
  expect(whole.headers.get('content-security-policy')).toContain('sandbox');
  expect(new Uint8Array(await whole.arrayBuffer())).toEqual(bytesOf('ply'));
  const etag = whole.headers.get('etag') ?? '';
  expect(etag).toBe(`"${await sha256Hex(bytesOf('ply'))}"`);

  const part = await owner.ask(path, { headers: { range: 'bytes=4-6', 'if-range': etag } });
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, `bytes 4-6/${bytesOf('ply').length}`, 'ply']);
  const other = await owner.ask(path, { headers: { range: 'bytes=4-6', 'if-range': '"another"' } });
  expect(other.status).toBe(200);
  const beyond = await owner.ask(path, { headers: { range: 'bytes=999-' } });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${bytesOf('ply').length}`]);
  expect((await owner.ask(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
  const head = await owner.ask(path, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), (await head.arrayBuffer()).byteLength]).toEqual([
    200,
    String(bytesOf('ply').length),
    0,
  ]);

  // Without a format: what a viewer reads best.
  expect(await (await owner.ask(`/api/model/${modelId}`)).text()).toBe('the sog of a scene');
  expect((await owner.ask(`/api/model/${modelId}?format=spz`)).status).toBe(404);
  expect((await owner.ask(`/api/model/${modelId}?format=exe`)).status).toBe(400);
  expect((await stranger.ask(path)).status).toBe(404);
  expect((await fetchApp(path)).status).toBe(401);
});

test('a page for whoever has the link, with nothing in it that runs', async () => {
  const { projectId } = await givenModel(owner.id);
  const { path } = await shared(projectId);
  const page = await fetchApp(path, { headers: { 'accept-language': 'de-DE,de;q=0.9' } });
  const html = await page.text();
  expect(page.status).toBe(200);
  expect(html).toContain('A &lt;garden&gt; &amp; &quot;more&quot;');
  expect(html).not.toContain('<garden>');
  expect(html).not.toContain('<script');
  expect(html).toContain('<html lang="de">');
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  expect(page.headers.get('referrer-policy')).toBe('no-referrer');
  expect(page.headers.get('x-robots-tag')).toBe('noindex');
  // Looking only: the viewer's file, and no other.
  expect(html).not.toContain('/download/');
  const seen = await fetchApp(`${path}/model.sog`);
  expect([seen.status, seen.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  expect(seen.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect((await fetchApp(`${path}/model.ply`)).status).toBe(403);
  expect((await fetchApp(`${path}/download/sog`)).status).toBe(403);
  expect((await fetchApp(`${path}/picture`)).headers.get('content-type')).toBe('image/webp');
});

test('who may download gets every file under the name of the scene', async () => {
  const { projectId } = await givenModel(owner.id);
  const { path } = await shared(projectId, { role: 'download', title: 'Grüße/../x' });
  expect(await (await fetchApp(path)).text()).toContain(`${path}/download/ply`);
  const file = await fetchApp(`${path}/download/ply`);
  expect(await file.text()).toBe('the ply of a scene');
  const disposition = file.headers.get('content-disposition') ?? '';
  expect(disposition).toMatch(/^attachment; /);
  expect(disposition).toContain("filename*=UTF-8''Gr%C3%BC%C3%9Fe%20..%20x.ply");
});

test('a frame for other sites, and the answer for those who ask how to embed', async () => {
  const { projectId } = await givenModel(owner.id);
  const { path } = await shared(projectId);
  const frame = await fetchApp(`${path}/embed`);
  const target = new URL(frame.headers.get('location') ?? '');
  expect([frame.status, target.pathname]).toEqual([302, '/viewer/embed.html']);
  expect(target.searchParams.get('src')).toBe(`${origin}${path}/model.sog`);
  const oembed = await fetchApp(`/api/oembed?url=${encodeURIComponent(origin + path)}&maxwidth=400`);
  const answer = await oembed.json<{ version: string; type: string; width: number; height: number; html: string }>();
  expect(answer).toMatchObject({ version: '1.0', type: 'rich', width: 400, height: 225 });
  expect(answer.html).toContain(`src="${origin}${path}/embed"`);
  for (const url of ['https://other.test/s/AAAAAAAAAAAAAAAAAAAAAA', `${origin}/s/AAAAAAAAAAAAAAAAAAAAAA`, 'nonsense'])
    expect((await fetchApp(`/api/oembed?url=${encodeURIComponent(url)}`)).status).toBe(404);
  expect((await fetchApp(`/api/oembed?url=${encodeURIComponent(origin + path)}&format=xml`)).status).toBe(501);
});

test('a password is asked for before anything is told', async () => {
  const { projectId } = await givenModel(owner.id);
  const { path } = await shared(projectId, { password: 'open sesame', title: 'Secret' });
  const locked = await fetchApp(path);
  expect([locked.status, (await locked.text()).includes('Secret')]).toEqual([401, false]);
  for (const inside of ['model.sog', 'picture', 'embed', 'download/ply']) expect((await fetchApp(`${path}/${inside}`)).status).toBe(401);
  expect((await fetchApp(`/api/oembed?url=${encodeURIComponent(origin + path)}`)).status).toBe(401);

  const send = (password: string): Promise<Response> =>
    fetchApp(path, { method: 'POST', body: new URLSearchParams({ password }), headers: { 'sec-fetch-site': 'same-origin' } });
  expect((await send('open barley')).status).toBe(401);
  const opened = await send('open sesame');
  expect([opened.status, opened.headers.get('location')]).toEqual([303, path]);
  const set = opened.headers.get('set-cookie') ?? '';
  expect(set).toMatch(/HttpOnly/);
  expect(set).toMatch(/Secure/);
  const cookie = set.split(';')[0];
  expect((await fetchApp(path, { headers: { cookie } })).status).toBe(200);
  expect((await fetchApp(`${path}/model.sog`, { headers: { cookie } })).status).toBe(200);
  expect((await fetchApp(path, { headers: { cookie: `${cookie.slice(0, -1)}${cookie.endsWith('0') ? '1' : '0'}` } })).status).toBe(401);
  // Guessing comes to an end.
  let last = 401;
  for (let i = 0; i < 25 && last === 401; i++) last = (await send(`guess ${i}`)).status;
  expect(last).toBe(429);
});

test('a link that was taken back, has expired, or whose project is deleted leads nowhere', async () => {
  const { projectId } = await givenModel(owner.id);
  const revoked = await shared(projectId);
  expect((await fetchApp(revoked.path)).status).toBe(200);
  expect((await stranger.ask(`/api/shares/${revoked.id}`, { method: 'DELETE' })).status).toBe(404);
  expect((await fetchApp(revoked.path)).status).toBe(200);
  expect((await owner.ask(`/api/shares/${revoked.id}`, { method: 'DELETE' })).status).toBe(204);
  for (const inside of ['', '/model.sog', '/embed']) expect((await fetchApp(revoked.path + inside)).status).toBe(404);
  // Once more changes nothing.
  expect((await owner.ask(`/api/shares/${revoked.id}`, { method: 'DELETE' })).status).toBe(204);

  const expiring = await shared(projectId, { expiresInDays: 1 });
  expect((await fetchApp(expiring.path)).status).toBe(200);
  await cloud.db
    .prepare('UPDATE shares SET expires_at = ?2 WHERE id = ?1')
    .bind(expiring.id, Date.now() - 1)
    .run();
  await env.CACHE.delete(`share:${await sha256Hex(expiring.path.slice('/s/'.length))}`);
  expect((await fetchApp(expiring.path)).status).toBe(404);

  const orphan = await shared(projectId);
  expect((await owner.ask(`/api/projects/${projectId}`, { method: 'DELETE' })).status).toBe(204);
  expect((await fetchApp(orphan.path)).status).toBe(404);
  expect((await fetchApp('/s/AAAAAAAAAAAAAAAAAAAAAA')).status).toBe(404);
  expect((await fetchApp('/s/short')).status).toBe(404);
});

test('links are listed for their owner, without their tokens', async () => {
  const { projectId } = await givenModel(owner.id);
  const made = await shared(projectId, { password: 'sesame', expiresInDays: 7, role: 'download' });
  const answer = await owner.ask(`/api/projects/${projectId}/shares`);
  const text = await answer.text();
  const { shares } = shareList.parse(JSON.parse(text));
  expect(shares).toMatchObject([{ id: made.id, role: 'download', hasPassword: true, revokedAt: null }]);
  expect(text).not.toContain(made.path.slice('/s/'.length));
  const { results } = await cloud.db.prepare('SELECT * FROM shares WHERE id = ?1').bind(made.id).all();
  expect(JSON.stringify(results)).not.toContain(made.path.slice('/s/'.length));
  expect(JSON.stringify(results)).not.toContain('sesame');
  expect((await stranger.ask(`/api/projects/${projectId}/shares`)).status).toBe(404);
  expect((await fetchApp(`/api/projects/${projectId}/shares`)).status).toBe(401);
});

test('what cannot be shared', async () => {
  const { projectId } = await givenModel(owner.id);
  const bare = await givenProject(cloud, owner.id);
  const post = (id: string, json: unknown): Promise<Response> => owner.ask(`/api/projects/${id}/shares`, { method: 'POST', json });
  expect((await post(bare, { role: 'view', title: 'x' })).status).toBe(409);
  expect((await stranger.ask(`/api/projects/${projectId}/shares`, { method: 'POST', json: { role: 'view', title: 'x' } })).status).toBe(
    404,
  );
  for (const wrong of [{}, { role: 'edit', title: 'x' }, { role: 'view', title: ' ' }, { role: 'view', title: 'x', more: 1 }])
    expect((await post(projectId, wrong)).status).toBe(400);
});
