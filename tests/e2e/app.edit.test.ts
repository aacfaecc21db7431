/**
 * The editing screen in a real Chromium: two blobs and some floaters are brushed, deleted, brought back, cleaned up, cropped, turned and
 * annotated; a reload brings all of it back, and the file that is saved holds exactly the splats that were left.
 */
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { text } from '../../src/app/i18n/en.ts';
import { readPly, writePly } from '../../src/core/formats/ply.ts';
import { type Splats, emptySplats } from '../../src/core/scene/splats.ts';
import { launchChromium } from '../browser/chromium.ts';
import { randomNumbers } from '../randomScene.ts';
import { button, storedRows } from './appPage.ts';
import { axeFindings } from './axe.ts';
import { type BuiltApp, buildMs, openContext, serveBuiltApp } from './builtApp.ts';

/** A software GPU takes its time. */
const patient = { timeout: 20_000, interval: 100 };
const words = text.edit;
const blobSplats = 300;
const floaters = 5;
const total = 2 * blobSplats + floaters;

/** A red blob on the left, a green one on the right, and faint splats far below and above them. */
function scene(): Splats {
  const random = randomNumbers(3);
  const splats = emptySplats(total, 0);
  for (let i = 0; i < total; i++) {
    const isFloater = i >= 2 * blobSplats;
    const side = i < blobSplats ? -1 : 1;
    for (let k = 0; k < 3; k++) {
      splats.means[3 * i + k] = isFloater ? 0 : (k === 0 ? side : 0) + 0.8 * (random() - 0.5);
      splats.logScales[3 * i + k] = -2.7;
      splats.sh[3 * i + k] = !isFloater && k === (side < 0 ? 0 : 1) ? 1.5 : -1.5;
    }
    if (isFloater) splats.means[3 * i + 1] = 8 * (i - total + 2.5);
    splats.opacityLogits[i] = isFloater ? -2.5 : 3;
    splats.quats[4 * i] = 1;
  }
  return splats;
}

let app: BuiltApp;
let browser: Browser;

beforeAll(async () => {
  [app, browser] = await Promise.all([serveBuiltApp(), launchChromium({ webGpu: true })]);
}, buildMs);

afterAll(async () => {
  await browser.close();
  await app.close();
});

const counts = (page: Page) => page.getByTestId('edit-counts').textContent();
const says = (page: Page, kept: number, selected = 0) => expect.poll(() => counts(page), patient).toBe(words.counts(kept, total, selected));
const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true });

/** Shares of a screenshot of the scene that are clearly red and clearly green. */
async function colours(page: Page): Promise<{ red: number; green: number }> {
  const png = (await page.locator('splat-viewer').screenshot()).toString('base64');
  return page.evaluate(async (data) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = new OffscreenCanvas(120, 80).getContext('2d');
    canvas?.drawImage(picture, 0, 0, 120, 80);
    const rgba = canvas?.getImageData(0, 0, 120, 80).data ?? [];
    const share = { red: 0, green: 0 };
    for (let i = 0; i < rgba.length; i += 4) {
      if (rgba[i] > 2 * rgba[i + 1] && rgba[i] > 90) share.red += 1 / 9600;
      if (rgba[i + 1] > 2 * rgba[i] && rgba[i + 1] > 90) share.green += 1 / 9600;
    }
    return share;
  }, png);
}

/** Draws with the pressed mouse through points of the scene, in shares of its size. */
async function draw(page: Page, points: [number, number][]): Promise<void> {
  const box = await page.locator('splat-viewer').boundingBox();
  if (!box) throw new Error('The scene is not on the screen.');
  const [first, ...rest] = points.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height] as const);
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const point of rest) await page.mouse.move(...point, { steps: 8 });
  await page.mouse.up();
}

async function openScene(page: Page): Promise<void> {
  await page
    .locator('input[type=file]:not([webkitdirectory])')
    .first()
    .setInputFiles({
      name: 'blobs.ply',
      mimeType: '',
      buffer: Buffer.from(writePly(scene())),
    });
  await tab(page, words.tabs.edit).waitFor({ timeout: 20_000 });
}

/** Everything on the left: the red blob. */
const leftHalf: [number, number][] = [
  [0.05, 0.2],
  [0.45, 0.2],
  [0.45, 0.4],
  [0.05, 0.4],
  [0.05, 0.6],
  [0.45, 0.6],
  [0.45, 0.8],
  [0.05, 0.8],
];

async function brushAndDelete(page: Page): Promise<void> {
  await button(page, words.toolNames.select).click();
  await page.getByLabel(words.select.through).check();
  await page.getByLabel(words.select.radius).fill('110');
  await draw(page, leftHalf);
  await says(page, total, blobSplats);
  await page.keyboard.press('Delete');
  await says(page, total - blobSplats);
  await expect.poll(async () => (await colours(page)).red, patient).toBe(0);
  await page.keyboard.press('Control+z');
  await says(page, total);
  await expect.poll(async () => (await colours(page)).red, patient).toBeGreaterThan(0.02);
  await button(page, words.redo(words.operations.delete)).click();
  await says(page, total - blobSplats);
}

async function saveAsPly(page: Page): Promise<Splats> {
  await tab(page, words.tabs.share).click();
  const [file] = await Promise.all([page.waitForEvent('download'), button(page, text.share.saveOf(text.share.files.names.ply)).click()]);
  const read = readPly(new Uint8Array(await readFile(await file.path())), 'blobs.ply');
  if (!read.ok) throw new Error(read.failure.detail);
  return read.value.splats;
}

/** The histories in the database, as text. */
const keptEdits = async (page: Page): Promise<string> => JSON.stringify(await storedRows(page, 'edits'));

test('a scene is edited, comes back after a reload as it was left, and is saved that way', async () => {
  const context = await openContext(browser, { viewport: { width: 1100, height: 700 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  onTestFinished(() => context.close());
  await page.goto(app.url);
  await openScene(page);
  expect(await axeFindings(page)).toEqual([]);
  await tab(page, words.tabs.view).focus();
  await page.keyboard.press('ArrowRight');
  await says(page, total);

  await brushAndDelete(page);
  expect(await axeFindings(page)).toEqual([]);

  await button(page, words.toolNames.clean).click();
  await page.getByLabel(words.clean.strength).fill('0.9');
  await page.getByText(words.wouldGo(floaters)).waitFor();
  await button(page, words.clean.clean).last().click();
  await says(page, blobSplats);

  await button(page, words.toolNames.box).click();
  await page.getByLabel(words.box.sizes[0], { exact: true }).fill('0.4');
  await page.keyboard.press('Enter');
  await button(page, words.box.crop).click();
  await expect.poll(() => counts(page), patient).not.toBe(words.counts(blobSplats, total, 0));
  const cropped = Number((await counts(page))?.split(' ')[0]);
  expect(cropped).toBeGreaterThan(0.3 * blobSplats);
  expect(cropped).toBeLessThan(0.7 * blobSplats);

  await button(page, words.toolNames.turn).click();
  await page.getByText(words.turn.steps['90']).click();
  await button(page, words.turn.by(words.turn.axes.yaw, 90)).click();
  await button(page, words.toolNames.hotspots).click();
  await button(page, words.hotspots.middle).click();
  const note = page.getByLabel(words.hotspots.textOf(1));
  await note.fill('The green one');
  await note.press('Enter');
  await button(page, words.undo(words.operations.hotspot)).waitFor();

  // A person is never as quick as this: the last step is on its way into the database.
  await expect.poll(() => keptEdits(page), patient).toContain('The green one');
  await page.reload();
  await tab(page, words.tabs.edit).click();
  await says(page, cropped);
  await expect.poll(async () => (await colours(page)).green, patient).toBeGreaterThan(0.02);
  expect((await colours(page)).red).toBe(0);
  // It may stand behind the scene, where nobody sees it.
  await page.locator('splat-viewer').getByText('The green one').waitFor({ state: 'attached' });
  await button(page, words.undo(words.operations.hotspot)).waitFor();

  const saved = await saveAsPly(page);
  expect(await axeFindings(page)).toEqual([]);
  expect(saved.count).toBe(cropped);
  for (let i = 0; i < saved.count; i++) {
    expect(saved.sh[3 * i + 1]).toBeCloseTo(1.5, 5);
    // A quarter turn about the vertical: what was cut to 0.4 along x is that long along z now.
    expect(Math.abs(Math.abs(saved.means[3 * i + 2]) - 1)).toBeLessThan(0.25);
    expect(Math.abs(saved.means[3 * i])).toBeLessThan(0.45);
  }
  expect(errors).toEqual([]);
}, 60_000);
