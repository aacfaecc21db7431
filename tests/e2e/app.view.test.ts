/**
 * The VIEW room in a real Chromium: a trained scene opens in the viewer, each photo lies over the splats seen through its camera, and a
 * splat file opens without any training. Pixels are read from the screen.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { text } from '../../src/app/i18n/en.ts';
import { readPly } from '../../src/core/formats/ply.ts';
import type { SaveFormat } from '../../workers/protocol.ts';
import { type AppServer, serveApp } from '../browser/appServer.ts';
import { launchChromium } from '../browser/chromium.ts';
import { blobScene, splatFiles } from '../fixtures/splatFiles.ts';
import { announced, button, dropFile, folderInput, looseInput, startTraining } from './appPage.ts';
import { type PhotoSet, writePhotoSet } from './photoSet.ts';
import { type Picture, psnrDb } from './shownView.ts';

const axeFile = fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url));
/** A software GPU takes its time. */
const patient = { timeout: 30_000, interval: 200 };
const words = text.view;

let app: AppServer;
let browser: Browser;
let folder: string;
let set: PhotoSet;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'splat-view-'));
  [app, browser, set] = await Promise.all([serveApp(), launchChromium({ webGpu: true }), writePhotoSet(join(folder, 'spheres'))]);
});

afterAll(async () => {
  await browser.close();
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

async function openPage(from: Browser = browser): Promise<{ page: Page; errors: string[] }> {
  const page = await from.newPage({ viewport: { width: 900, height: 600 }, reducedMotion: 'reduce' });
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  onTestFinished(() => page.close());
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

const divider = (page: Page): Locator => page.getByRole('slider', { name: words.divider });

/** What is seen of an element, without what is written over it, at a size. */
async function seen(place: Locator, { widthPx, heightPx }: Pick<Picture, 'widthPx' | 'heightPx'>): Promise<Uint8Array> {
  const png = await place.screenshot({ style: '[role=slider], .label, figcaption { visibility: hidden }' });
  return new Uint8Array(await sharp(png).resize(widthPx, heightPx, { fit: 'fill', kernel: 'linear' }).removeAlpha().raw().toBuffer());
}

/** Share of an element's pixels whose colour differs clearly from that of its corner. */
async function paintedShare(place: Locator): Promise<number> {
  const size = { widthPx: 90, heightPx: 60 };
  const rgb = await seen(place, size);
  let painted = 0;
  for (let i = 0; i < rgb.length; i += 3) painted += Math.hypot(rgb[i] - rgb[0], rgb[i + 1] - rgb[1], rgb[i + 2] - rgb[2]) > 60 ? 1 : 0;
  return painted / (size.widthPx * size.heightPx);
}

async function axeFindings(page: Page): Promise<string[]> {
  await page.addScriptTag({ content: await readFile(axeFile, 'utf8') });
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

test('a trained scene opens in the viewer, and every photo can be laid over the splats seen through its camera', async () => {
  const { page, errors } = await openPage();
  await page.setInputFiles(folderInput, set.folder);
  await page.getByText('More options').click();
  await page.getByLabel(text.options.holdout).check();
  await page.getByText('More options').click();
  await startTraining(page, { Steps: 150, 'Most splats': 800, 'Photo width, px': 64 });
  await announced(page, 'Finished');
  await button(page, words.open).click();
  await expect.poll(() => splatsSaid(page), patient).toMatch(/^\d+ splats$/);
  const viewer = page.locator('splat-viewer');
  await expect.poll(() => paintedShare(viewer), patient).toBeGreaterThan(0.2);
  expect(await axeFindings(page)).toEqual([]);

  const [picture] = await Promise.all([page.waitForEvent('download'), button(page, words.picture).click()]);
  expect(picture.suggestedFilename()).toBe('spheres.png');
  expect(await sharp(await picture.path()).metadata()).toMatchObject({ format: 'png' });

  await button(page, words.compare).click();
  await page.getByText(set.photos[0].name).waitFor();
  await page.getByText(words.heldOut).waitFor();
  await page.locator('.psnr', { hasText: /^PSNR \d+\.\d dB$/ }).waitFor();
  await divider(page).focus();
  expect(await divider(page).getAttribute('aria-valuenow')).toBe('50');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => divider(page).getAttribute('aria-valuetext')).toBe(words.share(52));

  const layer = page.locator('.layer');
  const size = set.photos[0];
  await page.keyboard.press('End');
  expect(psnrDb(await seen(layer, size), set.photos[0].rgb)).toBeGreaterThan(30);
  await page.keyboard.press('Home');
  const bySplats = async (): Promise<number> => psnrDb(await seen(layer, size), set.photos[0].rgb);
  await expect.poll(bySplats, patient).toBeGreaterThan(20);
  expect(await axeFindings(page)).toEqual([]);

  await button(page, words.next).click();
  await page.getByText(words.trainedOn).waitFor();
  const scores = async (): Promise<number> => psnrDb(await seen(layer, size), set.photos[1].rgb);
  await expect.poll(scores, patient).toBeGreaterThan(20);
  expect(await scores()).toBeGreaterThan((await bySplats()) + 1);

  await button(page, words.compare).click();
  await expect.poll(() => divider(page).count()).toBe(0);
  await button(page, words.backToTraining).click();
  await button(page, text.controls.longer(1000)).waitFor();
  expect(errors).toEqual([]);
});

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
