/**
 * The room "In the cloud" on the server that `npm start` runs: what is there, the ways back to it, and letting go of it. A stand-in takes
 * the trainer's place.
 */
import { readFile } from 'node:fs/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { text } from '../../src/app/i18n/en.ts';
import type { ProjectList } from '../../src/core/job/cloudProjects.ts';
import type { Project } from '../../src/core/project/project.ts';
import { launchChromium } from '../browser/chromium.ts';
import { blobScene, splatFiles } from '../fixtures/splatFiles.ts';
import { button } from './appPage.ts';
import { axeFindings } from './axe.ts';
import { type CloudServer, cloudServer } from './cloudServer.ts';
import { type StandInTrainer, standInTrainer } from './standInTrainer.ts';

const words = text.account;
const workerToken = 'worker-token-of-the-account-test';
const patient = { timeout: 15_000, interval: 100 };

let browser: Browser;
let server: CloudServer;
let trainer: StandInTrainer;
let page: Page;
const errors: string[] = [];

/** A browser of its own, in the room. */
async function visitor(): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1000, height: 800 }, reducedMotion: 'reduce' });
  const opened = await context.newPage();
  opened.on('pageerror', (error) => errors.push(error.message));
  await opened.goto(`${server.url}/#/cloud`);
  // Vite may find dependencies of the room at its first visit, and loads the page anew then.
  await says(opened, words.identity.nobody, 60_000);
  return opened;
}

beforeAll(async () => {
  server = await cloudServer({ trainArgs: '', trainer: null, vars: [`WORKER_TOKEN=${workerToken}`] });
  [browser] = await Promise.all([launchChromium({ webGpu: false }), server.start()]);
  trainer = standInTrainer(server.url, workerToken);
  page = await visitor();
}, 120_000);

/** Each test begins as nobody. */
beforeEach(async () => {
  await page.context().clearCookies();
  await comeAgain();
  await says(page, words.identity.nobody);
});

afterEach(() => expect(errors.splice(0)).toEqual([]));

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Sends photos as a simple client does, in the name of the page's browser, and orders a model of them. */
async function order(name: string): Promise<void> {
  const status = await page.evaluate(async (projectName) => {
    const form = new FormData();
    form.set('name', projectName);
    for (const hue of [0, 90, 180]) {
      const canvas = new OffscreenCanvas(320, 240);
      const context = canvas.getContext('2d');
      if (!context) throw new Error('There is no canvas.');
      context.fillStyle = `hsl(${hue} 70% 50%)`;
      context.fillRect(0, 0, 320, 240);
      form.append('photo', await canvas.convertToBlob({ type: 'image/jpeg' }), `${hue}.jpg`);
    }
    const sent = await fetch('/api/upload', { method: 'POST', body: form });
    const { uploadId } = (await sent.json()) as { uploadId: string };
    const headers = { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() };
    const body = JSON.stringify({ uploadId, preset: 'preview' });
    return (await fetch('/api/process', { method: 'POST', headers, body })).status;
  }, name);
  expect(status).toBe(202);
}

async function finished(name: string): Promise<void> {
  const files = await splatFiles(blobScene(256, 0));
  const [ply, spz] = ['scene.ply', '.spz'].map((end) => files.find((file) => file.name.endsWith(end))?.bytes as Uint8Array<ArrayBuffer>);
  await order(name);
  await trainer.complete({ ply, spz });
}

const projects = async (): Promise<ProjectList['projects']> =>
  page.evaluate(async () => ((await (await fetch('/api/projects')).json()) as ProjectList).projects);
const ownerOf = (where: Page): Promise<string | undefined> =>
  where.evaluate(async () => ((await (await fetch('/api/session')).json()) as { owner: { id: string } | null }).owner?.id);
const card = (where: Page, name: string): Locator => where.getByRole('article', { name, exact: true });
const says = (where: Page, said: string, timeout = 15_000): Promise<void> => where.getByText(said).first().waitFor({ timeout });

/** Leaves the room and comes in again, so that it asks the cloud anew. */
async function comeAgain(): Promise<void> {
  await page.evaluate(() => (location.hash = '#/storage'));
  await page.getByRole('heading', { name: text.projects.storage.heading }).waitFor();
  await page.evaluate(() => (location.hash = '#/cloud'));
}

test('what is there is seen, tried again, settled, brought to this device and deleted', async () => {
  await page.getByRole('navigation').getByRole('link', { name: words.nav }).waitFor();
  expect(await axeFindings(page)).toEqual([]);

  await finished('Garden chair');
  await order('Tower');
  await trainer.fail({ code: 'too-few-photos', detail: 'Three are not enough.' });
  await comeAgain();
  const tower = card(page, 'Tower');
  await tower.getByText(words.projects.states.failed).waitFor();
  await tower.getByText('Three are not enough.').waitFor();
  expect(await tower.innerText()).toContain(text.failures['too-few-photos'].happened);
  await tower.getByRole('button', { name: words.projects.retry }).click();
  await tower.getByText(words.projects.states.queued).waitFor();

  const chair = card(page, 'Garden chair');
  await chair.getByText(/PLY 18 kB, SPZ 4 kB/).waitFor();
  await chair.locator('summary').click();
  await chair.getByLabel(words.projects.name).fill('Armchair');
  await chair.getByRole('button', { name: words.projects.rename }).click();
  const armchair = card(page, 'Armchair');
  await armchair.getByText(words.projects.renamed).waitFor();
  await armchair.getByLabel(words.projects.keepPhotos).selectOption('90');
  await armchair.getByText(words.projects.kept).waitFor();
  const known = async () => (await projects()).find(({ name }) => name === 'Armchair');
  expect(await known()).toMatchObject({ photosKeepDays: 90 });
  await armchair.getByRole('button', { name: words.projects.links }).click();
  await armchair.getByRole('button', { name: text.cloud.share.make }).click();
  await armchair.getByLabel(text.cloud.share.link).waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await armchair.getByRole('button', { name: words.projects.deletePhotos }).click();
  await page.getByRole('dialog').getByRole('button', { name: words.projects.removeYes }).click();
  await armchair.getByText(words.projects.photosOrdered).waitFor();
  expect(await known()).toMatchObject({ photosKeepDays: 0 });

  await armchair.getByRole('button', { name: words.projects.bring }).click();
  await page.waitForURL(/#\/p\/[\w-]+\/view$/);
  await page.evaluate(() => (location.hash = '#/'));
  await page
    .getByRole('article')
    .filter({ hasText: 'Armchair' })
    .getByText(text.projects.state({ splatFile: 'x.ply' } as Project))
    .waitFor();
  await comeAgain();
  await armchair.locator('summary').click();
  await armchair.getByRole('button', { name: words.projects.of(words.projects.remove, 'Armchair') }).click();
  await page.getByRole('dialog').getByRole('button', { name: words.projects.removeYes }).click();
  await says(page, words.projects.removed('Armchair'));
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe(words.projects.heading);
  expect((await projects()).map(({ name }) => name)).toEqual(['Tower']);
});

test('a recovery code made in one browser leads another one to the same projects', async () => {
  await order('Harbour');
  await comeAgain();
  await says(page, words.identity.anonymous);
  await button(page, words.recovery.make).click();
  const code = (await page.getByRole('group', { name: words.recovery.heading }).innerText()).trim();
  expect(code).toMatch(/^([0-9A-Z]{5}-){4}[0-9A-Z]{5}$/);
  await says(page, words.identity.known);

  const other = await visitor();
  onTestFinished(() => other.context().close());
  const field = other.getByLabel(words.recovery.field);
  await field.fill(code.replace(/.$/, (last) => (last === '0' ? '1' : '0')));
  await button(other, words.recovery.use).click();
  await other.getByRole('alert').filter({ hasText: words.no.codes['mistyped-code'] }).waitFor();
  await field.fill(code.toLowerCase().replaceAll('-', ' '));
  await button(other, words.recovery.use).click();
  await card(other, 'Harbour').waitFor();
  await says(other, words.identity.signedIn);
  expect(await ownerOf(other)).toBe(await ownerOf(page));
});

test('a passkey leads back after signing out; without a way back signing out says what is lost', async () => {
  const debug = await page.context().newCDPSession(page);
  await debug.send('WebAuthn.enable');
  await debug.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await order('Mill');
  await comeAgain();
  await button(page, words.identity.signOut).click();
  await says(page, words.identity.signOutLost);
  await button(page, words.cancel).click();
  await button(page, words.passkeys.add).click();
  await says(page, words.passkeys.added);
  await says(page, words.identity.known);

  const before = await ownerOf(page);
  await button(page, words.identity.signOut).click();
  await says(page, words.identity.signOutSure);
  await button(page, words.identity.signOutYes).click();
  await says(page, words.identity.nobody);
  expect(await ownerOf(page)).toBeUndefined();
  await button(page, words.passkeys.use).click();
  await card(page, 'Mill').waitFor();
  expect(await ownerOf(page)).toBe(before);

  await page.getByRole('button', { name: new RegExp(`^${words.passkeys.remove}: `) }).click();
  await says(page, words.passkeys.removed);
  await says(page, words.identity.anonymous);
});

test('programs: a token and a webhook, each secret shown once, and both taken back', async () => {
  await order('Yard');
  await comeAgain();
  await page.getByText(words.tokens.heading).click();
  await page.getByLabel(words.tokens.label).fill('My script');
  await button(page, words.tokens.make).click();
  const refreshToken = await page.getByRole('group', { name: words.tokens.token }).innerText();
  const exchanged = await fetch(`${server.url}/api/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refreshToken }),
  });
  expect(exchanged.status).toBe(200);

  await page.getByText(words.webhook.heading).click();
  await page.getByLabel(words.webhook.address).fill('http://example.com/hook');
  await button(page, words.webhook.set).click();
  await page.getByRole('alert').filter({ hasText: words.no.codes['bad-address'] }).waitFor();
  await page.getByLabel(words.webhook.address).fill('https://example.com/hook');
  await button(page, words.webhook.set).click();
  expect(await page.getByRole('group', { name: words.webhook.secret }).innerText()).toMatch(/^whsec_/);
  await says(page, words.webhook.now('https://example.com/hook'));
  expect(await axeFindings(page)).toEqual([]);
  await button(page, words.webhook.remove).click();
  await says(page, words.webhook.removed);
  await page.getByRole('button', { name: `${words.tokens.revoke}: My script` }).click();
  await says(page, words.tokens.revoked);
  await says(page, words.tokens.none);
});

test('offline there is one sentence; everything is downloaded, then deleted, and the browser is somebody new', async () => {
  await order('Attic');
  await comeAgain();
  await card(page, 'Attic').waitFor();
  await page.context().setOffline(true);
  await says(page, words.offline);
  expect(await page.locator('main').getByRole('button').allInnerTexts()).toEqual([words.back]);
  await page.context().setOffline(false);
  await card(page, 'Attic').waitFor();

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: words.data.export }).click()]);
  expect(download.suggestedFilename()).toMatch(/^splat-export-.*\.json$/);
  expect(JSON.stringify(JSON.parse(await readFile(await download.path(), 'utf8')))).toContain('Attic');

  const before = await ownerOf(page);
  await button(page, words.data.all).click();
  await says(page, words.data.allSure);
  await button(page, words.data.allYes).click();
  await says(page, words.data.allGone);
  await says(page, words.identity.nobody);
  expect(await card(page, 'Attic').count()).toBe(0);
  expect(await ownerOf(page)).toBeUndefined();
  await order('Anew');
  await expect.poll(() => ownerOf(page), patient).not.toBe(before);
  expect((await projects()).map(({ name }) => name)).toEqual(['Anew']);
});
