/** The camera screen with Chromium's fake camera: a shot is taken, counted, handed over, deleted; the tracks end; axe finds nothing. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, type Page, chromium } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { findChromium } from '../../scripts/lib/chromium.mjs';
import { type AppServer, serveApp } from './appServer.ts';

const axeFile = fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url));
const fakeCamera = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
const patient = { timeout: 30_000, interval: 100 };

let server: AppServer;
let browser: Browser;
let page: Page;
let errors: string[];

beforeAll(async () => {
  const executablePath = findChromium(process.env);
  if (!executablePath) throw new Error('The browser tests need Chrome or Chromium: install one or set CHROMIUM_PATH.');
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  [server, browser] = await Promise.all([serveApp(), chromium.launch({ executablePath, args: [...sandbox, ...fakeCamera] })]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

beforeEach(async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale: 'en-US', reducedMotion: 'reduce' });
  page = await context.newPage();
  errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${server.url}tests/browser/cameraPage/index.html`);
  await page.getByRole('button', { name: 'Start' }).click();
  await expect.poll(() => page.getByRole('button', { name: 'Lock' }).isEnabled(), patient).toBe(true);
});
afterEach(async () => {
  await page.context().close();
  expect(errors).toEqual([]);
});

const count = () => page.locator('.count').textContent();

async function axe(): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.addScriptTag({ content: await readFile(axeFile, 'utf8') });
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

test('shots by key and button are counted, handed over at once as JPEGs of the stream’s size, deleted, and handed over again', async () => {
  await page.keyboard.press('Space');
  await expect.poll(count, patient).toBe('1 of 40 shots');
  await page.getByRole('button', { name: 'Take a photo' }).click();
  await expect.poll(count, patient).toBe('2 of 40 shots');
  expect(await axe()).toEqual([]);

  const { bytes, width, height, names } = await page.evaluate(async () => {
    const { shots, tracks } = cameraPage;
    const settings = tracks[0].getSettings();
    const data = [...new Uint8Array(await shots[0].file.arrayBuffer())];
    return { bytes: data, width: settings.width, height: settings.height, names: shots.map(({ path }) => path) };
  });
  expect(await sharp(Buffer.from(bytes)).metadata()).toMatchObject({ format: 'jpeg', width, height });
  expect(names.every((name) => /^capture_\d{8}-\d{6}_00[12]\.jpg$/.test(name))).toBe(true);

  await page.getByRole('button', { name: 'Delete shot 1' }).click();
  await expect.poll(count).toBe('1 of 40 shots');
  await page.getByRole('button', { name: 'Finish' }).click();
  const result = await page.evaluate(() => ({
    done: cameraPage.done?.map(({ path }) => path),
    removed: cameraPage.removed.map(({ path }) => path),
    tracks: cameraPage.tracks.map(({ readyState }) => readyState),
    dialogs: document.querySelectorAll('dialog').length,
  }));
  expect(result).toEqual({ done: [names[1]], removed: [names[0]], tracks: ['ended'], dialogs: 0 });
});

test('leaving asks once there are shots, and the lock says what it holds', async () => {
  await page.getByRole('button', { name: 'Lock' }).click();
  await expect.poll(() => page.getByRole('button', { name: 'Lock' }).getAttribute('aria-pressed')).toBe('true');
  await expect.poll(() => page.getByRole('status').textContent(), patient).toContain('Locked: brightness');
  await page.getByRole('button', { name: 'Take a photo' }).press('Enter');
  await expect.poll(count, patient).toBe('1 of 40 shots');
  await page.keyboard.press('Escape');
  const question = page.getByRole('dialog', { name: 'Leave with 1 shot taken?' });
  expect(await question.isVisible()).toBe(true);
  expect(await axe()).toEqual([]);
  await page.keyboard.press('Escape');
  await expect.poll(() => question.isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Throw them away' }).click();
  const result = await page.evaluate(() => [cameraPage.cancelled, cameraPage.done, cameraPage.tracks[0].readyState]);
  expect(result).toEqual([true, null, 'ended']);
});
