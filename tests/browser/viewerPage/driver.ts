/**
 * Driving the viewer's page in a test: pages, the wall in them, and the pixels on the screen.
 * Invariant: the viewer is the real one, in a real Chromium; only what the GPU is asked for is counted.
 */
import { type Browser, type Page } from 'playwright-core';
import sharp from 'sharp';
import { expect, onTestFinished } from 'vitest';
import { serveApp } from '../appServer.ts';
import { launchChromium } from '../chromium.ts';

/** A software GPU takes its time. */
export const patient = { timeout: 30_000, interval: 100 };

export interface Opened {
  page: Page;
  /** What was written to the console as an error. */
  errors: string[];
}

export interface ViewerDriver {
  /** The page that most tests take one after another, empty: a software GPU takes long to compile the shaders for each new one. */
  openPage(): Promise<Opened>;
  /** A page of its own. `before` runs in it ahead of everything else. */
  ownPage(before?: () => void): Promise<Opened>;
  close(): Promise<void>;
}

/** Counts what the page holds on the GPU. */
function countBuffers(): void {
  const live = new Set<GPUBuffer>();
  Object.assign(globalThis, { liveBuffers: live });
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    live.add(buffer);
    return buffer;
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    live.delete(this);
    destroy.call(this);
  };
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    globalThis.openedDevices = (globalThis.openedDevices ?? 0) + 1;
    globalThis.heldDevice = device;
    return device;
  };
}
declare global {
  var heldDevice: GPUDevice;
  var liveBuffers: Set<GPUBuffer>;
  var openedDevices: number;
}

async function newPage(browser: Browser, url: string, before?: () => void): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 500, height: 400 }, reducedMotion: 'reduce' });
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  if (before) await page.addInitScript(before);
  await page.goto(`${url}tests/browser/viewerPage/index.html`);
  await page.waitForFunction(() => 'viewerPage' in globalThis);
  return { page, errors };
}

/** Starts server and browser. Without `webGpu` the viewer draws with WebGL2, which a machine without a GPU starts far sooner. */
export async function startDriver({ webGpu }: { webGpu: boolean }): Promise<ViewerDriver> {
  const [app, browser] = await Promise.all([serveApp(), launchChromium({ webGpu })]);
  let shared: Opened | null = null;
  return {
    async openPage() {
      shared ??= await newPage(browser, app.url, webGpu ? countBuffers : undefined);
      const { page, errors } = shared;
      errors.length = 0;
      await page.unrouteAll();
      await page.mouse.move(490, 390);
      await page.evaluate(() => {
        scrollTo(0, 0);
        viewerPage.mount('');
      });
      return shared;
    },
    async ownPage(before) {
      const opened = await newPage(browser, app.url, before);
      onTestFinished(() => opened.page.close());
      return opened;
    },
    async close() {
      await browser.close();
      await app.close();
    },
  };
}

/** The wall from the front. */
export const frontal = 'camera-orbit="0deg 90deg 4m" camera-target="0 0 0" field-of-view="45deg"';

/** Defines the element, mounts markup and shows the wall in it. */
export async function showWall(page: Page, html: string): Promise<void> {
  const result = await page.evaluate(async (markup) => {
    await viewerPage.define();
    return viewerPage.mount(markup).show(viewerPage.wall());
  }, html);
  expect(result).toMatchObject({ ok: true });
}

/**
 * Puts a viewer with the wall into the page and takes it away, many times. `buffers`: how many the GPU holds after each time; `left`: how
 * many of the elements are still reachable in the end.
 */
export async function comeAndGo(page: Page, times: number, html: string): Promise<{ buffers: number[]; left: number }> {
  const refs = await page.evaluateHandle((): WeakRef<object>[] => []);
  const buffers = await page.evaluate(
    async ([markup, count, elements]) => {
      await viewerPage.define();
      const held: number[] = [];
      const splats = viewerPage.wall();
      for (let i = 0; i < count; i++) {
        const viewer = viewerPage.mount(markup);
        elements.push(new WeakRef(viewer));
        await viewer.show(splats);
        if (i % 10 === 0) await new Promise(requestAnimationFrame);
        viewer.remove();
        await Promise.resolve();
        held.push(globalThis.liveBuffers?.size ?? 0);
      }
      return held;
    },
    [html, times, refs] as const,
  );
  // Twice, with time between: what a first round lets go of may hold more.
  await page.requestGC();
  await page.waitForTimeout(500);
  await page.requestGC();
  return { buffers, left: await page.evaluate((elements) => elements.filter((ref) => ref.deref()).length, refs) };
}

/** Mean colour of a small square of the viewer, at shares of its width and height. */
export async function colourAt(page: Page, x: number, y: number): Promise<number[]> {
  const png = await page.locator('splat-viewer').first().screenshot();
  const { width, height } = await sharp(png).metadata();
  const square = { left: Math.round(x * width) - 2, top: Math.round(y * height) - 2, width: 4, height: 4 };
  const { channels } = await sharp(await sharp(png).extract(square).removeAlpha().toBuffer()).stats();
  return channels.map(({ mean }) => Math.round(mean));
}

export const isRed = ([r, g, b]: number[]) => r > 200 && g < 60 && b < 60;
export const isGreen = ([r, g, b]: number[]) => g > 200 && r < 60 && b < 60;

/** A hotspot in front of the wall, one behind it, and one in front that faces away. */
export const hotspots = `
  <button slot="hotspot-front" data-position="0 0.2 0.3" data-visibility-attribute="seen">Front</button>
  <button slot="hotspot-back" data-position="0.2 0 -0.5">Back</button>
  <button slot="hotspot-away" data-position="-0.3 0 0.4" data-normal="0 0 -1">Away</button>`;
