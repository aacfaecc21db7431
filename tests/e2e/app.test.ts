/**
 * The page in a real Chromium, the trainer in its worker on SwiftShader: photos go in at the page's door, the pixels that come out are
 * read from the screen and the file from the download.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { text } from '../../src/app/i18n/en.ts';
import { readPly } from '../../src/core/formats/ply.ts';
import type { Result } from '../../src/core/job/failure.ts';
import { words } from '../../src/core/job/words.en.ts';
import { type AppServer, serveApp } from '../browser/appServer.ts';
import { launchChromium } from '../browser/chromium.ts';
import { announced, button, dropFile, figure, folderInput, holdDevice, loseDevice, saved, startTraining, units } from './appPage.ts';
import { mainThreadTasksMs } from './mainThread.ts';
import { type PhotoSet, writePhotoSet, zipOf } from './photoSet.ts';
import { psnrDb, settledView, shownView } from './shownView.ts';

let app: AppServer;
let browser: Browser;
let folder: string;
let set: PhotoSet;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'splat-app-'));
  [app, browser, set] = await Promise.all([serveApp(), launchChromium({ webGpu: true }), writePhotoSet(join(folder, 'spheres'))]);
});

afterAll(async () => {
  await browser.close();
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

/** A page on the app that fails the test when anything is written to the console as an error. */
async function openPage(): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage({ viewport: { width: 640, height: 600 }, reducedMotion: 'reduce' });
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  onTestFinished(() => page.close());
  await page.goto(app.url);
  return { page, errors };
}

/** The step the progress line names. */
const stepOf = async (page: Page): Promise<number> => Number(/^step ([\d,]+)/.exec(await units(page))?.[1].replace(',', '') ?? -1);

/** A software GPU draws a frame a second, on a good day. */
const patient = { timeout: 30_000, interval: 200 };

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
};

describe('the page', () => {
  test('opens without a word in the console and says what it takes', async () => {
    const { page, errors } = await openPage();
    await page.getByRole('heading', { name: text.drop.heading }).waitFor();
    await page.getByText(text.drop.accepts).waitFor();
    await button(page, text.journey.start.sample).waitFor();
    expect(errors).toEqual([]);
  });

  test('refuses numbers that make no sense before anything starts', async () => {
    const { page } = await openPage();
    await page.setInputFiles(folderInput, set.folder);
    await page.getByText(text.journey.prepare.dataset(19)).waitFor();
    await page.getByText('More options').click();
    await page.getByLabel('Steps', { exact: true }).fill('3');
    expect(await button(page, 'Start').isDisabled()).toBe(true);
    await page.getByText(text.options.outside(10, 100_000)).waitFor();
  });

  test('trains photos, shows the scene they show, lets the person turn it and saves a file', async () => {
    const { page, errors } = await openPage();
    await page.setInputFiles(folderInput, set.folder);
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

    await page.locator('canvas').focus();
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
    expect(psnrDb(start, await settledView(page, set.photos[0], start))).toBeLessThan(22);
    await page.keyboard.press('0');
    await expect.poll(async () => psnrDb(start, await shownView(page, set.photos[0])), patient).toBeGreaterThan(28);

    const ply = await saved(page, '.ply');
    expect(ply.name).toBe('spheres.ply');
    const splats = valueOf(readPly(ply.bytes, ply.name)).splats;
    expect(text.count(splats.count)).toBe(await figure(page, 'Splats'));
    expect([...splats.means, ...splats.logScales, ...splats.quats, ...splats.opacityLogits, ...splats.sh].every(Number.isFinite)).toBe(
      true,
    );
    const spz = await saved(page, '.spz');
    expect(spz.bytes.length).toBeLessThan(ply.bytes.length / 2);

    await button(page, text.controls.longer(1000)).click();
    await expect.poll(() => units(page), patient).toMatch(/^step 1[5-9]\d\/1,150$/);
    await button(page, 'Stop and keep').click();
    await announced(page, 'Stopped');
    expect(errors).toEqual([]);
  });

  test('a pause holds the steps; a lost GPU keeps what was there and says so', async () => {
    const { page } = await openPage();
    await page.setInputFiles(folderInput, set.folder);
    await holdDevice(page);
    await startTraining(page, { Steps: 50_000, 'Most splats': 500, 'Photo width, px': 64 });
    await expect.poll(() => units(page), { ...patient, timeout: 90_000 }).toMatch(/^step [1-9]/);
    await button(page, 'Pause').click();
    await announced(page, 'Paused');
    await page.waitForTimeout(500);
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
  });

  test('takes a dropped zip, trains without the damaged photo and names it', async () => {
    const { page } = await openPage();
    const damaged = set.photos[2].name;
    await dropFile(page, 'set.zip', await zipOf(set, damaged));
    await startTraining(page, { Steps: 10, 'Most splats': 300, 'Photo width, px': 32 });
    await announced(page, 'Finished');
    await page.getByText(text.warnings.heading(1)).click();
    await page.getByRole('listitem').getByText(damaged).first().waitFor();
  });
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
