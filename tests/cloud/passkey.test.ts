/** Passkeys, with an authenticator in software on the other side. */
import { expect, test } from 'vitest';
import type { PasskeyList, SessionAnswer } from '../../src/core/job/cloudIdentity.ts';
import { passkeysPerOwner } from '../../cloud/store/passkeys.ts';
import { type Browser, type IdentityApp, codeOf, identityApp } from './identityApp.ts';
import { givenProject } from './rows.ts';
import { type Deviation, type SoftAuthenticator, softAuthenticator } from './softAuthenticator.ts';

interface CreationOptions {
  challenge: string;
  rp: { id: string; name: string };
  user: { id: string; name: string };
  excludeCredentials: { id: string }[];
  authenticatorSelection: Record<string, unknown>;
}
interface RequestOptions {
  challenge: string;
  rpId: string;
  userVerification: string;
}

async function register(page: Browser, device: SoftAuthenticator, deviation?: Deviation): Promise<Response> {
  const options = await (await page.ask('POST', '/api/passkeys/options')).json<CreationOptions>();
  return page.ask('POST', '/api/passkeys', await device.create(options, deviation));
}

async function signIn(page: Browser, device: SoftAuthenticator, deviation?: Deviation): Promise<Response> {
  const options = await (await page.ask('POST', '/api/passkeys/sign-in/options')).json<RequestOptions>();
  return page.ask('POST', '/api/passkeys/sign-in', await device.get(options, deviation));
}

/** A browser whose owner has a passkey on a device. */
async function registered(app: IdentityApp): Promise<{ page: Browser; device: SoftAuthenticator; ownerId: string }> {
  const [page, device] = [app.browser(), await softAuthenticator(app.origin)];
  const { id: ownerId } = await page.owner();
  const answer = await register(page, device);
  if (answer.status !== 201) throw new Error(await answer.text());
  return { page, device, ownerId };
}

test('a passkey is made for the host that was asked, and another browser becomes the same owner by it', async () => {
  const app = await identityApp();
  const [home, device] = [app.browser(), await softAuthenticator(app.origin)];
  const { id } = await home.owner();
  const options = await (await home.ask('POST', '/api/passkeys/options')).json<CreationOptions>();
  expect(options.rp.id).toBe('splat.test');
  expect(options.authenticatorSelection).toMatchObject({ residentKey: 'required', userVerification: 'required' });
  const answer = await home.ask('POST', '/api/passkeys', await device.create(options));
  expect(answer.status).toBe(201);
  expect((await answer.json<SessionAnswer>()).owner).toMatchObject({ id, hasPasskey: true });
  expect(await (await home.ask('GET', '/api/passkeys')).json()).toEqual({ passkeys: [{ id: device.id, createdAt: app.cloud.nowMs }] });

  const phone = app.browser();
  const asked = await (await phone.ask('POST', '/api/passkeys/sign-in/options')).json<RequestOptions & { allowCredentials?: unknown[] }>();
  expect(asked).toMatchObject({ rpId: 'splat.test', userVerification: 'required' });
  // Nothing of who has which key is told.
  expect(asked.allowCredentials ?? []).toEqual([]);
  const signedIn = await phone.ask('POST', '/api/passkeys/sign-in', await device.get(asked));
  expect((await signedIn.json<SessionAnswer>()).owner?.id).toBe(id);
  expect((await phone.owner()).id).toBe(id);
});

test('what the phone made before it signed in is with the owner afterwards', async () => {
  const app = await identityApp();
  const { device, ownerId } = await registered(app);
  const phone = app.browser();
  const project = await givenProject(app.cloud, (await phone.owner()).id);
  await signIn(phone, device);
  expect(await app.cloud.db.prepare('SELECT owner_id FROM projects WHERE id = ?1').bind(project).first()).toEqual({ owner_id: ownerId });
});

const deviations: [string, Deviation][] = [
  ['of a page of another site', { origin: 'https://evil.test' }],
  ['of a sister host', { origin: 'https://sub.splat.test' }],
  ['for another host', { rpId: 'evil.test' }],
  ['of another challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
  ['without asking who uses the device', { isUnverified: true }],
];

test.each(deviations)('an answer %s is refused, new key and sign-in alike', async (_, deviation) => {
  const app = await identityApp();
  const { page, device } = await registered(app);
  expect(await codeOf(await register(page, await softAuthenticator(app.origin), deviation))).toBe('401 passkey-refused');
  expect(await codeOf(await signIn(app.browser(), device, deviation))).toBe('401 passkey-refused');
});

test('a forged signature, an unknown key and a counter that does not grow are refused', async () => {
  const app = await identityApp();
  const { device } = await registered(app);
  expect(await codeOf(await signIn(app.browser(), device, { isForged: true }))).toBe('401 passkey-refused');
  expect(await codeOf(await signIn(app.browser(), await softAuthenticator(app.origin)))).toBe('401 passkey-refused');
  expect((await signIn(app.browser(), device, { counter: 7 })).status).toBe(200);
  expect(await codeOf(await signIn(app.browser(), device, { counter: 7 }))).toBe('401 passkey-refused');
  expect((await signIn(app.browser(), device)).status).toBe(200);
  const row = await app.cloud.db.prepare('SELECT counter FROM passkeys WHERE credential_id = ?1').bind(device.id).first();
  expect(row).toEqual({ counter: 8 });
});

test('a device that does not count may sign in again and again', async () => {
  const app = await identityApp();
  const { device, ownerId } = await registered(app);
  for (let i = 0; i < 2; i++)
    expect((await (await signIn(app.browser(), device, { counter: 0 })).json<SessionAnswer>()).owner?.id).toBe(ownerId);
});

test('a challenge is good once, for five minutes, in the browser that asked, for what it was asked for', async () => {
  const app = await identityApp();
  const { page, device } = await registered(app);
  const phone = app.browser();
  const ask = async (from = phone): Promise<RequestOptions> => (await from.ask('POST', '/api/passkeys/sign-in/options')).json();
  const send = (answer: unknown, from = phone): Promise<Response> => from.ask('POST', '/api/passkeys/sign-in', answer);

  const stolen = await device.get(await ask());
  expect(await codeOf(await send(stolen, app.browser()))).toBe('401 passkey-refused');
  // Whoever tried has used it up.
  expect(await codeOf(await send(stolen))).toBe('401 passkey-refused');

  const answer = await device.get(await ask());
  const cookies = new Map(phone.cookies);
  expect((await send(answer)).status).toBe(200);
  for (const [name, value] of cookies) phone.cookies.set(name, value);
  expect(await codeOf(await send(answer))).toBe('401 passkey-refused');

  const late = await device.get(await ask());
  app.cloud.nowMs += 300_000;
  expect(await codeOf(await send(late))).toBe('401 passkey-refused');

  const { challenge } = await (await page.ask('POST', '/api/passkeys/options')).json<CreationOptions>();
  expect(await codeOf(await send(await device.get({ challenge, rpId: 'splat.test' }), page))).toBe('401 passkey-refused');
});

test('a new key goes to the owner who began it, not to whoever the browser is by now', async () => {
  const app = await identityApp();
  const [page, device] = [app.browser(), await softAuthenticator(app.origin)];
  await page.owner();
  const options = await (await page.ask('POST', '/api/passkeys/options')).json<CreationOptions>();
  await page.ask('DELETE', '/api/session');
  const { id } = await page.owner();
  expect(await codeOf(await page.ask('POST', '/api/passkeys', await device.create(options)))).toBe('401 passkey-refused');
  expect((await page.owner()).hasPasskey).toBe(false);
  expect(id).toBe((await page.owner()).id);
});

test('a key that is known belongs to whoever made it, and the browser is told which ones there are', async () => {
  const app = await identityApp();
  const { page, device } = await registered(app);
  const options = await (await page.ask('POST', '/api/passkeys/options')).json<CreationOptions>();
  expect(options.excludeCredentials.map(({ id }) => id)).toEqual([device.id]);
  const other = app.browser();
  await other.owner();
  expect(await codeOf(await register(other, device))).toBe('409 passkey-known');
});

test('there are not more keys than one can have use for', async () => {
  const app = await identityApp();
  const { page, ownerId } = await registered(app);
  const insert = app.cloud.db.prepare(
    "INSERT INTO passkeys (credential_id, owner_id, public_key, counter, created_at) VALUES (?1, ?2, 'k', 0, 1)",
  );
  await app.cloud.db.batch(Array.from({ length: passkeysPerOwner - 1 }, (_, i) => insert.bind(`${ownerId}-${i}`, ownerId)));
  expect(await codeOf(await register(page, await softAuthenticator(app.origin)))).toBe('409 passkey-known');
});

test('a key is removed by its owner only, and opens nothing afterwards', async () => {
  const app = await identityApp();
  const { page, device } = await registered(app);
  const other = app.browser();
  await other.owner();
  expect(await codeOf(await other.ask('DELETE', `/api/passkeys/${device.id}`))).toBe('404 not-found');
  expect(await (await other.ask('GET', '/api/passkeys')).json<PasskeyList>()).toEqual({ passkeys: [] });
  expect((await page.ask('DELETE', `/api/passkeys/${device.id}`)).status).toBe(204);
  expect(await codeOf(await signIn(app.browser(), device))).toBe('401 passkey-refused');
});

test('the key of an owner who is being deleted opens nothing', async () => {
  const app = await identityApp();
  const { device, ownerId } = await registered(app);
  await app.cloud.db.prepare('UPDATE owners SET deleted_at = 1 WHERE id = ?1').bind(ownerId).run();
  expect(await codeOf(await signIn(app.browser(), device))).toBe('401 passkey-refused');
});

test('strangers and nonsense are refused', async () => {
  const app = await identityApp();
  for (const [method, path] of [
    ['GET', ''],
    ['POST', '/options'],
    ['DELETE', '/x'],
  ] as const)
    // prettier-ignore
    expect(await codeOf(await app.browser().ask(method, `/api/passkeys${path}`))).toBe('401 no-owner');
  const page = app.browser();
  await page.owner();
  expect(await codeOf(await page.ask('POST', '/api/passkeys', {}))).toBe('400 bad-request');
  expect(await codeOf(await page.ask('POST', '/api/passkeys/sign-in', { id: '<script>' }))).toBe('400 bad-request');
  const nonsense = { id: 'AA', rawId: 'AA', type: 'public-key', clientExtensionResults: {} };
  const response = { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' };
  expect(await codeOf(await page.ask('POST', '/api/passkeys/sign-in', { ...nonsense, response }))).toBe('401 passkey-refused');
});

test('in production a key is taken at the very origin only; in development also behind a tunnel with TLS', async () => {
  for (const [ENVIRONMENT, expected] of [
    ['development', 201],
    ['production', 401],
  ] as const) {
    // prettier-ignore
    const app = await identityApp({ ENVIRONMENT }, 'http://splat.test');
    const [page, device] = [app.browser(), await softAuthenticator('https://splat.test')];
    await page.owner();
    expect((await register(page, device)).status).toBe(expected);
  }
});
