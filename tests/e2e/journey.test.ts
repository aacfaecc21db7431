/**
 * The whole journey in the published app, without a network: sample photos are drawn, solved, trained, viewed, edited and saved, and after
 * a reload all of it is still there. Pixels are read from the screen and the splats from the downloaded file.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { text } from '../../src/app/i18n/en.ts';
import { readPly } from '../../src/core/formats/ply.ts';
import { sampleScene, sampleViewCount } from '../../src/core/sample/sampleScene.ts';
import { launchChromium } from '../browser/chromium.ts';
import { announced, button, litPixels, startTraining } from './appPage.ts';
import { type BuiltApp, buildMs, serveBuiltApp } from './builtApp.ts';
import { mainThreadTasksMs } from './mainThread.ts';
import { type Picture, psnrDb, settledView } from './shownView.ts';

/** A software GPU that others use too. */
const slowMs = 600_000;
const patient = { timeout: 60_000, interval: 300 };
const small = { widthPx: 96, heightPx: 72 };
const words = text.edit;
/** What lies over pictures is not looked at. */
const hidden = 'figcaption { visibility: hidden }';

let app: BuiltApp;
let browser: Browser;

beforeAll(async () => {
  [app, browser] = await Promise.all([serveBuiltApp(), launchChromium({ webGpu: true })]);
}, buildMs);

afterAll(async () => {
  await browser.close();
  await app.close();
});

/** Some photos of the scene as it is drawn here, apart from the page. */
async function truePhotos(): Promise<Picture[]> {
  const { photo } = sampleScene();
  return Promise.all(
    [0, 9, 18].map(async (i) => {
      const { widthPx: width, heightPx: height, rgba } = photo(i);
      const raw = { width, height, channels: 4 } as const;
      const rgb = await sharp(rgba, { raw }).resize(small.widthPx, small.heightPx).removeAlpha().raw().toBuffer();
      return { ...small, rgb: new Uint8Array(rgb) };
    }),
  );
}

/** Share of an element's pixels that differ clearly from its corner. */
async function paintedShare(place: Locator): Promise<number> {
  const png = await place.screenshot({ style: hidden });
  const rgb = await sharp(png).resize(90, 60, { fit: 'fill' }).removeAlpha().raw().toBuffer();
  let painted = 0;
  for (let i = 0; i < rgb.length; i += 3) painted += Math.hypot(rgb[i] - rgb[0], rgb[i + 1] - rgb[1], rgb[i + 2] - rgb[2]) > 60 ? 1 : 0;
  return painted / (90 * 60);
}

const keptSaid = async (page: Page): Promise<number> =>
  Number(/^([\d,]+) of/.exec((await page.getByTestId('edit-counts').textContent()) ?? '')?.[1].replaceAll(',', '') ?? -1);

async function savedSplats(page: Page): Promise<{ name: string; count: number }> {
  await page.getByRole('tab', { name: words.tabs.share }).click();
  const save = page.getByRole('button', { name: text.share.saveOf(text.share.files.names.ply), exact: true });
  const [download] = await Promise.all([page.waitForEvent('download'), save.click()]);
  const name = download.suggestedFilename();
  const read = readPly(new Uint8Array(await readFile(await download.path())), name);
  if (!read.ok) throw new Error(read.failure.detail);
  return { name, count: read.value.splats.count };
}

test('from sample photos to a file, offline, and still there after a reload', { timeout: slowMs }, async () => {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1000, height: 700 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const refused: string[] = [];
  page.on('pageerror', (error) => refused.push(error.message));
  // The screenshots bring a style of their own, which the policy rightly refuses.
  const own = createHash('sha256').update(hidden).digest('base64');
  context.on('console', (message) => {
    if (/Content Security Policy/.test(message.text()) && !message.text().includes(own)) refused.push(message.text());
  });
  await page.goto(app.url);
  await expect.poll(() => page.getByText(text.pwa.offline.ready).count(), patient).toBe(1);
  await context.setOffline(true);
  await app.stop();
  await page.reload();

  await button(page, text.journey.start.sample).click();
  await page.getByText(`All ${sampleViewCount} photos are used.`).waitFor({ timeout: slowMs });
  await page.locator('main img').nth(5).waitFor();
  const tasksMs = await mainThreadTasksMs(browser, page, async () => {
    await startTraining(page, { Steps: 60, 'Most splats': 3000, 'Photo width, px': 96 });
    await announced(page, text.progress.stages.cameras, slowMs);
    await expect.poll(() => litPixels(page), patient).toBeGreaterThan(200);
    await announced(page, 'Finished', slowMs);
  });
  expect(tasksMs.length).toBeGreaterThan(100);
  expect(tasksMs[0]).toBeLessThan(50);
  const steps = page.getByRole('list', { name: text.solve.timeline }).getByRole('listitem');
  expect(await steps.allInnerTexts()).toEqual([
    expect.stringMatching(/Photos[^]*28\/28/),
    expect.stringMatching(/Matches[^]*378\/378/),
    expect.stringMatching(/Cameras[^]*28\/28/),
    expect.stringMatching(/Training[^]*60\/60/),
  ]);
  await page.getByText(`All ${sampleViewCount} photos have their place.`).waitFor();
  const view = await settledView(page, small);
  const scores = (await truePhotos()).map((photo) => psnrDb(view, photo.rgb));
  expect(scores[0]).toBeGreaterThan(Math.max(...scores.slice(1)) + 1);

  await button(page, text.view.open).click();
  await expect.poll(() => page.getByTestId('splats').textContent(), patient).toMatch(/^[\d,]+ splats$/);
  await expect.poll(() => paintedShare(page.locator('splat-viewer')), patient).toBeGreaterThan(0.2);
  await page.getByRole('tab', { name: words.tabs.edit }).click();
  await page.getByRole('button', { name: words.toolNames.clean, exact: true }).click();
  const all = await keptSaid(page);
  await page.getByRole('slider', { name: words.clean.strength }).fill('100');
  await page.getByRole('button', { name: words.clean.clean, exact: true }).last().click();
  await expect.poll(() => keptSaid(page), patient).toBeLessThan(all);
  const kept = await keptSaid(page);
  expect(await savedSplats(page)).toEqual({ name: 'sample.ply', count: kept });

  await page.reload();
  await expect.poll(() => paintedShare(page.locator('splat-viewer')), patient).toBeGreaterThan(0.2);
  expect(await savedSplats(page)).toEqual({ name: 'sample.ply', count: kept });
  await page.getByRole('link', { name: text.title }).click();
  await button(page, text.projects.open('sample')).waitFor();
  await page
    .getByRole('article')
    .getByText(/^Trained/)
    .waitFor();
  expect(refused).toEqual([]);
});
