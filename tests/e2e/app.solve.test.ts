/**
 * Photos without poses and videos in a real Chromium: they are solved in the page's worker and its threads, stopped, refused with words, and
 * drawn while that goes on. That what is solved is right, journey.test.ts looks at.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { text } from '../../src/app/i18n/en.ts';
import { words } from '../../src/core/job/words.en.ts';
import { launchChromium } from '../browser/chromium.ts';
import { writeProceduralDataset } from '../fixtures/writeProceduralDataset.ts';
import { announced, button, dropFile, litPixels, looseInput, startTraining, units } from './appPage.ts';
import { type BuiltApp, buildMs, openContext, serveBuiltApp } from './builtApp.ts';
import { hevcMp4, webmOf } from './videoFile.ts';

const size = { widthPx: 320, heightPx: 240 };

let app: BuiltApp;
let browser: Browser;
let folder: string;
/** Photos of an orbit; every second of them is given, and a video of some in a row. */
let frames: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'splat-solve-'));
  [app, browser] = await Promise.all([serveBuiltApp(), launchChromium({ webGpu: true })]);
  const { reconstruction } = await writeProceduralDataset(join(folder, 'set'), { ...size, viewCount: 24, pointCount: 10, detail: true });
  frames = reconstruction.views.map(({ photoName }) => join(folder, 'set', 'images', photoName));
}, buildMs);

afterAll(async () => {
  await browser.close();
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

async function openPage(): Promise<{ page: Page; errors: string[] }> {
  const context = await openContext(browser, { viewport: { width: 640, height: 700 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  onTestFinished(() => context.close());
  await page.goto(app.url);
  return { page, errors };
}

const paths = (): string[] => frames.filter((_, i) => i % 2 === 0);
const timeline = (page: Page) => page.getByRole('list', { name: text.solve.timeline }).getByRole('listitem');
const numbers = { Steps: 80, 'Most splats': 1500, 'Photo width, px': 64 };
/** A software GPU that others use too. */
const slowMs = 240_000;
const patient = { timeout: 60_000, interval: 100 };

/** Entries of the solving cache in this page's private file system. */
const cached = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const kept = await root.getDirectoryHandle('solve-cache').catch(() => null);
    if (!kept) return 0;
    const names = (kept as unknown as { keys(): AsyncIterator<string> }).keys();
    let count = 0;
    while (!(await names.next()).done) count++;
    return count;
  });

test('a stop in the middle of solving ends it at once; the features found are there the next time', { timeout: slowMs }, async () => {
  const { page, errors } = await openPage();
  await page.setInputFiles(looseInput, paths());
  await button(page, 'Start').click();
  await expect.poll(() => units(page), patient).toMatch(/^photos [3-9]\/12$/);
  const startMs = Date.now();
  await button(page, text.controls.cancel).click();
  await page.getByRole('alert').getByText(words.cancelled.happened).waitFor();
  expect(Date.now() - startMs).toBeLessThan(500);
  await expect.poll(() => page.workers().length, patient).toBeLessThanOrEqual(1);
  const found = await cached(page);
  expect(found).toBeGreaterThanOrEqual(3);

  await button(page, text.journey.actions.again).click();
  await announced(page, text.progress.stages.pairs, slowMs);
  await expect.poll(() => cached(page), patient).toBeGreaterThan(found);
  await page.getByRole('heading', { name: text.progress.stages.pairs }).waitFor();
  expect(errors).toEqual([]);
});

test('photos with nothing in them: what happened, which photos, what to do, and the way back', { timeout: slowMs }, async () => {
  const { page, errors } = await openPage();
  const plain = await Promise.all(
    ['#888', '#898', '#988', '#889'].map(async (background, i) => {
      const path = join(folder, `plain${i}.png`);
      await sharp({ create: { width: 160, height: 120, channels: 3, background } })
        .png()
        .toFile(path);
      return path;
    }),
  );
  await page.setInputFiles(looseInput, plain);
  await button(page, 'Start').click();
  const alert = page.getByRole('alert');
  await alert.getByText(words['low-texture'].happened).waitFor({ timeout: slowMs });
  await alert.getByText('plain2.png').waitFor();
  await alert.getByText(words['low-texture'].todo).waitFor();
  await alert.getByRole('button', { name: text.journey.actions.photos }).click();
  await page.getByRole('heading', { name: text.check.heading }).waitFor();
  expect(errors).toEqual([]);
});

test('a video: its frames are chosen and solved; the person moves about the cameras meanwhile', { timeout: slowMs }, async () => {
  const { page, errors } = await openPage();
  const pngs = await Promise.all(frames.slice(0, 14).map((frame) => readFile(frame)));
  const path = join(folder, 'walk.webm');
  await writeFile(path, await webmOf(browser, app.url, pngs, 10, 2));
  await page.setInputFiles(looseInput, path);
  await page.getByText(/^(9|1[0-4]) photos/).waitFor({ timeout: slowMs });
  await startTraining(page, { ...numbers, Steps: 10 });
  await announced(page, text.progress.stages.features, slowMs);
  await expect.poll(() => timeline(page).first().innerText(), patient).toMatch(/Photos[^]*\d+\/(9|1[0-4])$/);
  await announced(page, text.progress.stages.cameras, slowMs);
  await expect.poll(() => litPixels(page), patient).toBeGreaterThan(200);
  await page.getByRole('application', { name: /^Cameras and points/ }).focus();
  for (let i = 0; i < 20; i++) await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(() => litPixels(page), patient).toBeLessThan(50);
  await page.keyboard.press('0');
  await expect.poll(() => litPixels(page), patient).toBeGreaterThan(200);
  expect(errors).toEqual([]);
});

test('a video this browser cannot decode: the codec and the remedy are named', async () => {
  const { page } = await openPage();
  const path = join(folder, 'phone.mp4');
  await writeFile(path, await hevcMp4());
  await page.setInputFiles(looseInput, path);
  const alert = page.getByRole('alert');
  await alert.getByText(/phone\.mp4 is encoded in HEVC/).waitFor();
  await alert.getByText(/Export it as H\.264/).waitFor();
});

test('a file that is no video is told apart from a codec', async () => {
  const { page } = await openPage();
  await dropFile(page, 'broken.mp4', new Uint8Array(500).fill(7));
  await page
    .getByRole('alert')
    .getByText(/broken\.mp4 cannot be read as a video/)
    .waitFor();
});
