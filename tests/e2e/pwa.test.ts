/**
 * The published app as an installed program, in a real Chromium: it works without a network after its first load, a newer version comes only
 * when the person wants it, and files arrive from the share menu.
 */
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { checkBuilt } from '../../scripts/lib/pwaChecks.mjs';
import { firstLoad, firstLoadScriptBytes } from '../../scripts/lib/pwaFirstLoad.mjs';
import { text } from '../../src/app/i18n/en.ts';
import { launchChromium } from '../browser/chromium.ts';
import { button } from './appPage.ts';
import { type BuiltApp, buildMs, buildNext, serveBuiltApp } from './builtApp.ts';

const patient = { timeout: 60_000, interval: 200 };
const words = text.pwa;

let app: BuiltApp;
let browser: Browser;

beforeAll(async () => {
  [app, browser] = await Promise.all([serveBuiltApp(), launchChromium({ webGpu: false })]);
}, buildMs);

afterAll(async () => {
  await browser.close();
  await app.close();
});

async function newContext(): Promise<{ context: BrowserContext; refused: string[] }> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 900, height: 700 } });
  const refused: string[] = [];
  context.on('console', (message) => /Content Security Policy/.test(message.text()) && refused.push(message.text()));
  onTestFinished(() => context.close());
  return { context, refused };
}

async function openApp(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(app.url);
  return page;
}

const untilKept = (page: Page): Promise<void> => expect.poll(() => page.getByText(words.offline.ready).count(), patient).toBe(1);

const updateShown = (page: Page): Promise<number> => page.getByText(words.update.ready).count();

/** Looks for a newer version now, as coming back to the page after an hour does. */
const lookForUpdate = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
  });

const fileAt = (page: Page, path: string): Promise<string> => page.evaluate(async (at) => (await fetch(at)).text(), path);

/** The source files that a built script was made of; the bundler's own few lines have none, and no map. */
async function sourcesOf(path: string): Promise<string[]> {
  const map = await readFile(join(app.folder, `${path}.map`), 'utf8').catch(() => '{ "sources": [] }');
  const { sources } = JSON.parse(map) as { sources: string[] };
  return sources;
}

test('before the app shows, little is loaded and nothing heavy', async () => {
  const heavy = /node_modules\/(?:@playcanvas\/|playcanvas\/|mediabunny\/|zod\/|@gltf-transform\/)|src\/viewer\/.*[eE]lement/;
  const scripts = firstLoad(app.folder).filter((path) => path.endsWith('.js'));
  const sources = (await Promise.all(scripts.map(sourcesOf))).flat();
  expect(firstLoadScriptBytes(app.folder)).toBeLessThanOrEqual(150_000);
  expect(sources.filter((source) => heavy.test(source))).toEqual([]);
  // The names are right: they are found where the heavy parts are, and the first load has the app in it.
  expect(sources.some((source) => source.endsWith('src/app/App.svelte'))).toBe(true);
  const viewer = (await readdir(join(app.folder, 'assets'))).find((name) => /^viewer-.*\.js$/.test(name));
  expect((await sourcesOf(`assets/${viewer}`)).some((source) => heavy.test(source))).toBe(true);
});

test('the build is what browsers ask of an app that can be installed', async () => {
  const rows = await checkBuilt(app.folder, browser);
  expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  expect(rows.length).toBeGreaterThan(12);
});

test('a newer version waits for the person, and no page gets files of two', async () => {
  const next = await buildNext(app, async (folder) => {
    const page = join(folder, 'index.html');
    await writeFile(page, (await readFile(page, 'utf8')).replace('<title>Splat App</title>', '<title>Newer Splat App</title>'));
    await writeFile(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"><title>newer</title></svg>');
  });
  onTestFinished(() => {
    app.use(app.folder);
    return rm(next, { recursive: true });
  });
  const { context } = await newContext();
  const working = await openApp(context);
  await untilKept(working);
  const other = await openApp(context);
  await other.evaluate(() => {
    void navigator.locks.request(
      'splat-app-run',
      () => new Promise<void>((resolve) => ((window as { endRun?: () => void }).endRun = resolve)),
    );
  });

  app.use(next);
  await lookForUpdate(working);
  await expect.poll(() => working.evaluate(async () => (await navigator.serviceWorker.ready).waiting !== null), patient).toBe(true);
  // A run in any tab: the notice would come within two looks at the lock.
  await working.waitForTimeout(4500);
  expect(await updateShown(working)).toBe(0);

  await other.evaluate(() => (window as { endRun?: () => void }).endRun?.());
  await expect.poll(() => updateShown(working), patient).toBe(1);
  expect(await working.title()).toBe('Splat App');
  await working.evaluate(() => ((window as { before?: boolean }).before = true));
  await button(working, words.update.reload).click();
  await expect.poll(() => working.title().catch(() => ''), patient).toBe('Newer Splat App');
  expect(await fileAt(working, '/favicon.svg')).toContain('newer');

  // The other tab was opened in the older version and stays in it.
  expect(await other.title()).toBe('Splat App');
  expect(await fileAt(other, '/favicon.svg')).toBe(await readFile(join(app.folder, 'favicon.svg'), 'utf8'));
  await expect.poll(() => updateShown(other), patient).toBe(1);
  await button(other, words.update.later).click();
  await expect.poll(() => updateShown(other), patient).toBe(0);
});

/** Asks the worker for what was shared, as the page does; the files' names and contents. */
const takeShared = (page: Page): Promise<[string, string][]> =>
  page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    const answered = new Promise<File[]>((resolve) => (port1.onmessage = ({ data }) => resolve(data.files.value)));
    active?.postMessage({ type: 'take-shared' }, [port2]);
    return Promise.all((await answered).map(async (file): Promise<[string, string]> => [file.name, await file.text()]));
  });

test('files from the share menu arrive, once', async () => {
  const { context, refused } = await newContext();
  const page = await openApp(context);
  await untilKept(page);
  // In a frame without scripts the share's own page takes nothing, so that the test can.
  const landed = await page.evaluate(async () => {
    const frame = Object.assign(document.createElement('iframe'), { name: 'share' });
    frame.setAttribute('sandbox', 'allow-forms allow-same-origin');
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', enctype: 'multipart/form-data', action: '/share-target', target: 'share' });
    const input = Object.assign(document.createElement('input'), { type: 'file', name: 'files', multiple: true });
    const transfer = new DataTransfer();
    transfer.items.add(new File(['first'], 'one.jpg', { type: 'image/jpeg' }));
    transfer.items.add(new File(['second'], 'two.ply'));
    input.files = transfer.files;
    form.append(input);
    document.body.append(frame, form);
    form.submit();
    for (;;) {
      const href = frame.contentWindow?.location.href ?? '';
      if (href.endsWith('shared') || href.endsWith('share-target')) return href;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  expect(new URL(landed).hash).toBe('#/shared');
  expect(await takeShared(page)).toEqual([
    ['one.jpg', 'first'],
    ['two.ply', 'second'],
  ]);
  expect(await takeShared(page)).toEqual([]);
  expect(refused).toEqual([]);
});

test('after the first load everything works without a network', async () => {
  const { context, refused } = await newContext();
  const page = await openApp(context);
  await untilKept(page);
  await context.setOffline(true);
  await app.stop();

  await page.reload();
  await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent(), patient).toBe(text.title);
  // Every lazy part, the viewer and the decoders among them, comes from this device.
  const files = (await readdir(join(app.folder, 'assets'))).filter((name) => /\.(js|mjs|wasm|css)$/.test(name));
  const absent = await page.evaluate(async (names) => {
    const answers = await Promise.all(names.map(async (name) => ((await fetch(`/assets/${name}`).catch(() => null))?.ok ? null : name)));
    return answers.filter((name) => name !== null);
  }, files);
  expect(files.length).toBeGreaterThan(10);
  expect(absent).toEqual([]);
  const viewer = files.find((name) => /^viewer-.*\.js$/.test(name));
  // As text: the test's own bundler would rewrite the import.
  expect(await page.evaluate(`import('/assets/${viewer}').then((module) => Object.keys(module).length > 0)`)).toBe(true);
  expect(refused).toEqual([]);
});
