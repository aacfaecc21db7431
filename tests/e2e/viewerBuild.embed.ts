/** embed.html and embedding.html as `npm run build:viewer` makes them, in Chromium: strict policy, sandboxed frame, words when nothing can be shown. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Frame, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { iframeHtml } from '../../src/core/job/embedHtml.ts';
import { launchChromium } from '../browser/chromium.ts';
import { type FolderServer, serveFolder, strictPolicy } from './viewerBuildServer.ts';

/** A block of red splats in the .splat layout: position and scale as floats, colour and rotation as bytes. */
function redBlock(): Uint8Array {
  const side = 6;
  const view = new DataView(new ArrayBuffer(side ** 3 * 32));
  for (let index = 0; index < side ** 3; index++) {
    const place = [index % side, Math.floor(index / side) % side, Math.floor(index / side ** 2)].map((step) => step / side - 0.5);
    [...place, 0.1, 0.1, 0.1].forEach((value, at) => view.setFloat32(index * 32 + 4 * at, value, true));
    [255, 0, 0, 255, 255, 128, 128, 128].forEach((value, at) => view.setUint8(index * 32 + 24 + at, value));
  }
  return new Uint8Array(view.buffer);
}

const scene = JSON.stringify({
  version: 1,
  title: 'A red block',
  files: [{ url: 'red.splat' }],
  hotspots: [{ id: 'top', position: [0, 0.5, 0], title: 'Top' }],
});

interface Loaded {
  loaded: boolean;
  splatCount: number;
}

const whenLoaded = (frame: Page | Frame) =>
  frame.waitForFunction(() => (document.querySelector('splat-viewer') as unknown as Loaded | null)?.loaded, undefined, { timeout: 60_000 });

const splatsIn = (frame: Page | Frame) => frame.evaluate(() => (document.querySelector('splat-viewer') as unknown as Loaded).splatCount);

/** Whether the middle of the page is the red of the splats. */
async function middleOf(page: Page): Promise<{ isRed: boolean }> {
  const { data, info } = await sharp(await page.screenshot())
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = 3 * (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2));
  return { isRed: data[at] > 200 && data[at + 1] < 60 && data[at + 2] < 60 };
}

/** Registers the tests; `folder` is the built viewer once they run. */
export function embedTests(folder: string): void {
  let browser: Browser;
  /** The files as a site of its own serves them to itself, under the strict policy, and to others. */
  let strict: FolderServer;
  let open: FolderServer;

  const closers: (() => unknown)[] = [];

  beforeAll(async () => {
    const files = { 'red.splat': redBlock(), 'scene.json': scene };
    strict = await serveFolder(folder, files, { 'content-security-policy': strictPolicy });
    open = await serveFolder(folder, files, { 'access-control-allow-origin': '*' });
    browser = await launchChromium({ webGpu: true });
    closers.push(() => browser.close(), strict.close, open.close);
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  /** A page that keeps what the browser complained about; the policy's refusals are among it. */
  async function newPage(): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 640, height: 400 } });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (/Content Security Policy|violates/i.test(message.text())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    return { page, complaints };
  }

  test('under the strict policy the scene is shown and nothing is refused', async () => {
    const { page, complaints } = await newPage();
    await page.goto(`${strict.url}embed.html?src=red.splat&alt=A%20red%20block`);
    await whenLoaded(page);
    expect(await splatsIn(page)).toBe(216);
    expect(await page.title()).toBe('A red block');
    await expect.poll(() => middleOf(page), { timeout: 20_000 }).toEqual({ isRed: true });
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('in a sandboxed frame of another site it is shown too', async () => {
    const { page, complaints } = await newPage();
    const html = iframeHtml({ url: `${open.url}embed.html?scene=scene.json`, title: 'x', width: 600, height: 380 }).replace(
      'loading="lazy"',
      '',
    );
    const host = await serveFolder(folder, { 'host.html': `<!doctype html><title>host</title>${html}` }, {});
    closers.push(host.close);
    await page.goto(`${host.url}host.html`);
    const frame = page.frames()[1];
    await whenLoaded(frame);
    expect(await frame.evaluate(() => origin)).toBe('null');
    expect(await splatsIn(frame)).toBe(216);
    expect(await frame.locator('[slot=hotspot-top]').textContent()).toBe('Top');
    await expect.poll(() => middleOf(page), { timeout: 20_000 }).toEqual({ isRed: true });
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('where the script may not come the page says so by itself', async () => {
    const { page } = await newPage();
    const frame = iframeHtml({ url: 'embed.html?src=red.splat', title: 'x', width: 600, height: 380 }).replace('loading="lazy"', '');
    const host = await serveFolder(folder, { 'host.html': `<!doctype html><title>host</title>${frame}` }, {});
    closers.push(host.close);
    await page.goto(`${host.url}host.html`);
    await page.frames()[1].locator('#notice').waitFor({ state: 'visible', timeout: 15_000 });
    expect(await page.frames()[1].locator('#notice').textContent()).toContain('could not start');
    await page.close();
  });

  test.for([
    ['', 'Nothing to show'],
    ['?src=javascript:alert(1)', 'none that can be shown'],
    ['?src=data:text/html,x', 'none that can be shown'],
  ])('embed.html%s says what is wrong', async ([query, words]) => {
    const { page, complaints } = await newPage();
    await page.goto(`${strict.url}embed.html${query}`);
    expect(await page.getByRole('alert').textContent()).toContain(words);
    expect(await page.locator('splat-viewer').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('embedding.html: snippets that parse to what was typed, no sideways scrolling on a phone, accessible in light and dark', async () => {
    const { page, complaints } = await newPage();
    await page.goto(`${strict.url}embedding.html`);
    const hostile = `"><img src=x onerror=alert(1)>'&`;
    await page.getByLabel('Splat file').fill(`https://files.example/${hostile}`);
    await page.getByLabel('What it shows, in words').fill(hostile);
    // What the test does next, parsing the snippet's style and running the checker, the policy would hold against the page.
    expect(complaints).toEqual([]);
    const parsed = await page.evaluate(() => {
      const read = (id: string) => new DOMParser().parseFromString(document.querySelector(id)?.textContent ?? '', 'text/html');
      const frame = read('#frame-code');
      return {
        alt: read('#element-code').querySelector('splat-viewer')?.getAttribute('alt'),
        src: new URL(frame.querySelector('iframe')?.src ?? '').searchParams.get('src'),
        images: frame.images.length + read('#element-code').images.length,
        rows: document.querySelectorAll('#attributes tr').length,
      };
    });
    expect(parsed).toMatchObject({ alt: hostile, src: `https://files.example/${hostile}`, images: 0 });
    expect(parsed.rows).toBeGreaterThan(20);
    // Run through evaluate, which the policy does not hold back, as a script of the page would be.
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => {
        const { axe: checker } = window as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { target: unknown }[] }[] }> };
        };
        return (await checker.run()).violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => JSON.stringify(target)).join(', ')}`,
        );
      });
      expect(violations).toEqual([]);
    }
    for (const width of [320, 390, 768, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    }
    await page.close();
  });
}
