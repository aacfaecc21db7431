/**
 * The VIEW room in a real Chromium without any training: a splat file opens, is flown through and saved. What was trained is viewed in
 * app.test.ts. Pixels are read from the screen.
 */
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { text } from '../../src/app/i18n/en.ts';
import { readPly } from '../../src/core/formats/ply.ts';
import type { SaveFormat } from '../../workers/protocol.ts';
import { launchChromium } from '../browser/chromium.ts';
import { blobScene, splatFiles } from '../fixtures/splatFiles.ts';
import { button, dropFile, looseInput } from './appPage.ts';
import { axeFindings } from './axe.ts';
import { type BuiltApp, buildMs, openContext, serveBuiltApp } from './builtApp.ts';
import { paintedShare } from './shownView.ts';

/** A software GPU takes its time. */
const patient = { timeout: 30_000, interval: 200 };
const words = text.view;

let app: BuiltApp;
let browser: Browser;

beforeAll(async () => {
  [app, browser] = await Promise.all([serveBuiltApp(), launchChromium({ webGpu: true })]);
}, buildMs);

afterAll(async () => {
  await browser.close();
  await app.close();
});

async function openPage(from: Browser = browser): Promise<{ page: Page; errors: string[] }> {
  const context = await openContext(from, { viewport: { width: 900, height: 600 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  onTestFinished(() => context.close());
  await page.goto(app.url);
  return { page, errors };
}

const splatsSaid = (page: Page) => page.getByTestId('splats').textContent();
/** Saves one format of the panel and gives back the downloaded file. */
async function savedAs(page: Page, format: SaveFormat): Promise<{ name: string; bytes: Uint8Array }> {
  const save = page.getByRole('button', { name: text.share.saveOf(text.share.files.names[format]), exact: true });
  const [download] = await Promise.all([page.waitForEvent('download'), save.click({ timeout: 60_000 })]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

test('a dropped splat file opens, can be flown through, saved as another format and left', async () => {
  const { page, errors } = await openPage();
  const file = (await splatFiles(blobScene(256, 0))).find(({ name }) => name.endsWith('.splat'));
  await page.getByRole('heading', { name: text.drop.heading }).waitFor();
  await dropFile(page, 'blobs.splat', file?.bytes ?? new Uint8Array());
  await expect.poll(() => splatsSaid(page), patient).toBe('256 splats');
  await page.getByRole('heading', { name: 'blobs', exact: true }).waitFor();
  await expect.poll(() => paintedShare(page.locator('splat-viewer')), patient).toBeGreaterThan(0.05);
  await page.getByText(words.modes.fly).click();
  await page.getByText(words.flyHelp).waitFor();
  await page.getByRole('tab', { name: text.edit.tabs.share }).click();
  const ply = await savedAs(page, 'ply');
  expect(ply.name).toBe('blobs.ply');
  const read = readPly(ply.bytes, ply.name);
  expect(read.ok && read.value.splats.count).toBe(256);
  const sog = await savedAs(page, 'sog');
  expect(String.fromCharCode(...sog.bytes.subarray(0, 2))).toBe('PK');
  await page.getByRole('link', { name: text.title }).click();
  await button(page, text.projects.open('blobs')).waitFor();

  await dropFile(page, 'short.splat', (file?.bytes ?? new Uint8Array()).subarray(0, 100));
  await page.locator('p', { hasText: 'short.splat is truncated' }).waitFor();
  await page.getByText(words.nothing).waitFor();
  await page.getByRole('link', { name: text.title }).click();
  await page.getByRole('heading', { name: text.drop.heading }).waitFor();
  expect(errors).toEqual([]);
});

test('where nothing can be trained a splat file still opens', async () => {
  const plain = await launchChromium({ webGpu: false });
  onTestFinished(() => plain.close());
  const { page } = await openPage(plain);
  const file = (await splatFiles(blobScene(256, 0))).find(({ name }) => name === 'scene.ply');
  await page.getByRole('heading', { name: text.noGpu.heading }).waitFor();
  await page.locator(looseInput).setInputFiles({ name: 'blobs.ply', mimeType: '', buffer: Buffer.from(file?.bytes ?? []) });
  await expect.poll(() => splatsSaid(page), patient).toBe('256 splats');
  await expect.poll(() => paintedShare(page.locator('splat-viewer')), patient).toBeGreaterThan(0.05);
  expect(await axeFindings(page)).toEqual([]);
});
