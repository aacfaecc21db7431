/**
 * The page in a real Chromium, the trainer in its worker on SwiftShader: photos go in at the page's door, the pixels that come out in the
 * preview and in the viewer are read from the screen and the file from the download.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { text } from '../../src/app/i18n/en.ts';
import { readPly } from '../../src/core/formats/ply.ts';
import type { Result } from '../../src/core/job/failure.ts';
import { words } from '../../src/core/job/words.en.ts';
import { launchChromium } from '../browser/chromium.ts';
import { announced, button, dropFile, figure, folderInput, holdDevice, loseDevice, saved, startTraining, units } from './appPage.ts';
import { axeFindings } from './axe.ts';
import { type BuiltApp, buildMs, openContext, serveBuiltApp } from './builtApp.ts';
import { mainThreadTasksMs } from './mainThread.ts';
import { type PhotoSet, writePhotoSet, zipOf } from './photoSet.ts';
import { type Picture, paintedShare, psnrDb, seen, settledView, shownView } from './shownView.ts';

let app: BuiltApp;
let browser: Browser;
let folder: string;
let set: PhotoSet;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'splat-app-'));
  [app, browser, set] = await Promise.all([serveBuiltApp(), launchChromium({ webGpu: true }), writePhotoSet(join(folder, 'spheres'))]);
}, buildMs);

afterAll(async () => {
  await browser.close();
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

/** A page on the app that fails the test when anything is written to the console as an error. */
async function openPage(): Promise<{ page: Page; errors: string[] }> {
  const context = await openContext(browser, { viewport: { width: 900, height: 600 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  onTestFinished(() => context.close());
  await page.goto(app.url);
  return { page, errors };
}

/** The step the progress line names. */
const stepOf = async (page: Page): Promise<number> => Number(/^step ([\d,]+)/.exec(await units(page))?.[1].replace(',', '') ?? -1);

/** A software GPU draws a frame a second, on a good day. */
const patient = { timeout: 30_000, interval: 200 };
const slowMs = 200_000;

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
};

/** Turns the preview by the keys and back again. */
async function turnsAndComesBack(page: Page, start: Uint8Array): Promise<void> {
  await page.locator('canvas').focus();
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
  expect(psnrDb(start, await settledView(page, set.photos[0], start))).toBeLessThan(22);
  await page.keyboard.press('0');
  await expect.poll(async () => psnrDb(start, await shownView(page, set.photos[0])), patient).toBeGreaterThan(28);
}

async function savesFiles(page: Page): Promise<void> {
  const ply = await saved(page, '.ply');
  expect(ply.name).toBe('spheres.ply');
  const splats = valueOf(readPly(ply.bytes, ply.name)).splats;
  expect(text.count(splats.count)).toBe(await figure(page, 'Splats'));
  expect([...splats.means, ...splats.logScales, ...splats.quats, ...splats.opacityLogits, ...splats.sh].every(Number.isFinite)).toBe(true);
  const spz = await saved(page, '.spz');
  expect(spz.bytes.length).toBeLessThan(ply.bytes.length / 2);
}

const divider = (page: Page): Locator => page.getByRole('slider', { name: text.view.divider });

/** Lays photos over the splats: the first of the set, held out, and the next, trained on. */
async function comparesPhotos(page: Page): Promise<void> {
  await button(page, text.view.compare).click();
  await page.getByText(set.photos[0].name).waitFor();
  await page.getByText(text.view.heldOut).waitFor();
  await page.locator('.psnr', { hasText: /^PSNR \d+\.\d dB$/ }).waitFor();
  await divider(page).focus();
  expect(await divider(page).getAttribute('aria-valuenow')).toBe('50');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => divider(page).getAttribute('aria-valuetext')).toBe(text.view.share(52));

  const layer = page.locator('.layer');
  const [first, second] = set.photos;
  const score = async (photo: Picture): Promise<number> => psnrDb(await seen(layer, photo), photo.rgb);
  await page.keyboard.press('End');
  expect(await score(first)).toBeGreaterThan(30);
  await page.keyboard.press('Home');
  await expect.poll(() => score(first), patient).toBeGreaterThan(20);
  expect(await axeFindings(page)).toEqual([]);

  await button(page, text.view.next).click();
  await page.getByText(text.view.trainedOn).waitFor();
  await expect.poll(() => score(second), patient).toBeGreaterThan(20);
  expect(await score(second)).toBeGreaterThan((await score(first)) + 1);

  await button(page, text.view.compare).click();
  await expect.poll(() => divider(page).count()).toBe(0);
}

/** Opens the trained scene in the viewer, which shows it, gives a picture of it and lays photos over it. */
async function viewsScene(page: Page): Promise<void> {
  await button(page, text.view.open).click();
  await expect.poll(() => page.getByTestId('splats').textContent(), patient).toMatch(/^\d+ splats$/);
  await expect.poll(() => paintedShare(page.locator('splat-viewer')), patient).toBeGreaterThan(0.2);
  expect(await axeFindings(page)).toEqual([]);
  const [picture] = await Promise.all([page.waitForEvent('download'), button(page, text.view.picture).click()]);
  expect(picture.suggestedFilename()).toBe('spheres.png');
  expect(await sharp(await picture.path()).metadata()).toMatchObject({ format: 'png' });
  await comparesPhotos(page);
  await button(page, text.view.backToTraining).click();
}

/** Sets a number that makes no sense, and that some photos are held out. */
async function refusesNonsense(page: Page): Promise<void> {
  const more = page.getByText('More options');
  await more.click();
  await page.getByLabel('Steps', { exact: true }).fill('3');
  expect(await button(page, 'Start').isDisabled()).toBe(true);
  await page.getByText(text.options.outside(10, 100_000)).waitFor();
  await page.getByLabel(text.options.holdout).check();
  await more.click();
}

describe('the page', () => {
  test(
    'opens, refuses nonsense, trains photos, shows the scene they show, lets the person turn it, saves it, views it and goes on',
    { timeout: slowMs },
    async () => {
      const { page, errors } = await openPage();
      await page.getByRole('heading', { name: text.drop.heading }).waitFor();
      await page.getByText(text.drop.accepts).waitFor();
      await button(page, text.journey.start.sample).waitFor();
      expect(errors).toEqual([]);

      await page.setInputFiles(folderInput, set.folder);
      await page.getByText(text.journey.prepare.dataset(19)).waitFor();
      await refusesNonsense(page);
      const tasksMs = await mainThreadTasksMs(browser, page, async () => {
        await startTraining(page, { Steps: 150, 'Most splats': 800, 'Photo width, px': 64 });
        await announced(page, 'Finished');
      });
      expect(tasksMs.length).toBeGreaterThan(100);
      expect(tasksMs[0]).toBeLessThan(50);
      expect(await units(page)).toBe('step 150/150');

      const start = await settledView(page, set.photos[0]);
      const scores = set.photos.map((photo) => psnrDb(start, photo.rgb)).sort((a, b) => b - a);
      expect(scores[0]).toBeGreaterThan(20);
      expect(scores[0] - scores[1]).toBeGreaterThan(1);
      await turnsAndComesBack(page, start);
      await savesFiles(page);
      await viewsScene(page);

      await button(page, text.controls.longer(1000)).click();
      await expect.poll(() => units(page), patient).toMatch(/^step 1[5-9]\d\/1,150$/);
      await button(page, 'Stop and keep').click();
      await announced(page, 'Stopped');
      expect(errors).toEqual([]);
    },
  );

  test(
    'takes a dropped zip, trains without the damaged photo and names it; a pause holds the steps; a lost GPU keeps what was there',
    { timeout: slowMs },
    async () => {
      const { page } = await openPage();
      await holdDevice(page);
      const damaged = set.photos[2].name;
      await dropFile(page, 'set.zip', await zipOf(set, damaged));
      await startTraining(page, { Steps: 50_000, 'Most splats': 500, 'Photo width, px': 64 });
      await expect.poll(() => units(page), { ...patient, timeout: 90_000 }).toMatch(/^step [1-9]/);
      await button(page, 'Pause').click();
      await announced(page, 'Paused');
      await page.waitForTimeout(500);
      await page.getByText(text.warnings.heading(1)).click();
      await page.getByRole('listitem').getByText(damaged).first().waitFor();
      const held = await units(page);
      await page.waitForTimeout(800);
      expect(await units(page)).toBe(held);
      await button(page, 'Resume').click();
      await expect.poll(() => units(page), patient).not.toBe(held);
      await button(page, 'Pause').click();
      await announced(page, 'Paused');
      await page.waitForTimeout(500);

      await loseDevice(page);
      const alert = page.getByRole('alert');
      await alert.getByText(words['gpu-lost'].happened).waitFor();
      const kept = Number(/step ([\d,]+)/.exec(await alert.getByText('are kept and can be saved').innerText())?.[1].replace(',', ''));
      expect(kept).toBeGreaterThan(0);
      const ply = await saved(page, '.ply');
      expect(valueOf(readPly(ply.bytes, ply.name)).splats.count).toBeGreaterThan(100);
      await button(page, text.journey.actions.resume).click();
      await announced(page, 'Training');
      await expect.poll(() => stepOf(page), patient).toBeGreaterThanOrEqual(kept);
      await page.getByText(text.problem.kept(kept)).waitFor({ state: 'detached' });
    },
  );
});

test('without WebGPU the page names the browsers that work and the terminal', async () => {
  const plain = await launchChromium({ webGpu: false });
  onTestFinished(() => plain.close());
  const page = await plain.newPage();
  await page.goto(app.url);
  await page.getByRole('heading', { name: text.noGpu.heading }).waitFor();
  for (const name of text.noGpu.browsers) await page.getByText(name).waitFor();
  await page.getByText(text.noGpu.command).waitFor();
});
