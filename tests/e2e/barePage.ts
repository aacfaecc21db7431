/**
 * A page with nothing on it but <splat-viewer>, as a stranger would write it, and what is heard and seen of it.
 * Invariant: the page is served by the test's own server; what it asks of any other is kept, and so is what its policy refused.
 */
import { type Browser, type Page } from 'playwright-core';
import sharp from 'sharp';
import type { Pixels } from '../../src/core/scene/dataset.ts';
import type { SplatViewerElement } from '../../src/viewer/index.ts';
import { cameraAttributes, heightPx, widthPx } from './blobTruth.ts';

export const barePages = {
  'bare.html': `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Bare</title>
<link rel="stylesheet" href="bare.css"><script type="module" src="splat-viewer.js"></script>
<splat-viewer ${cameraAttributes}></splat-viewer>`,
  'poster.html': `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>With a poster</title>
<link rel="stylesheet" href="bare.css"><script type="module" src="splat-viewer.js"></script>
<splat-viewer ${cameraAttributes}><b slot="poster">Poster</b></splat-viewer>`,
  // Browsers ask for it by themselves.
  'favicon.ico': '',
  'bare.css': `body { margin: 0 } splat-viewer { width: ${widthPx}px; height: ${heightPx}px }`,
};

export interface Heard {
  type: string;
  detail: unknown;
}
declare global {
  var heard: Heard[];
}

/** Runs in the page before everything else. The events do not bubble; on the way down they pass the document. */
function listen(): void {
  globalThis.heard = [];
  for (const type of ['load', 'progress', 'error', 'poster-dismissed'])
    document.addEventListener(
      type,
      (event) => {
        const { target, detail } = event as CustomEvent;
        if ((target as Element | null)?.localName === 'splat-viewer') globalThis.heard.push({ type, detail });
      },
      true,
    );
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    console.error(`violates ${violatedDirective}: ${blockedURI}`),
  );
}

export interface BarePage {
  page: Page;
  /** Refusals of the policy and exceptions, and with `everyError` whatever else was written to the console as an error. */
  complaints: string[];
  /** Origins that were asked for anything, by the page or its workers. */
  origins: Set<string>;
  /** Events of the element since the last show(). */
  heard(): Promise<Heard[]>;
  /** Sets src and waits for how it ends. */
  show(src: string): Promise<Heard>;
  /** toBlob() as the page decodes it. */
  picture(): Promise<Pixels>;
  /** What is on the screen. */
  shot(): Promise<Pixels>;
}

export async function openBare(browser: Browser, url: string, { everyError = true } = {}): Promise<BarePage> {
  const page = await browser.newPage({ viewport: { width: widthPx, height: heightPx }, reducedMotion: 'reduce' });
  const complaints: string[] = [];
  const origins = new Set<string>();
  page.on('console', (message) => {
    const isRefusal = /Content Security Policy|violates/i.test(message.text());
    if (isRefusal || (everyError && message.type() === 'error')) complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.context().on('request', (request) => origins.add(new URL(request.url()).origin));
  await page.addInitScript(listen);
  await page.goto(url);
  await page.waitForFunction(() => customElements.get('splat-viewer'));
  const heard = () => page.evaluate(() => globalThis.heard);
  return {
    page,
    complaints,
    origins,
    heard,
    async show(src) {
      await page.evaluate((next) => {
        globalThis.heard.length = 0;
        document.querySelector('splat-viewer')?.setAttribute('src', next);
      }, src);
      const end = await page.waitForFunction(() => globalThis.heard.find(({ type }) => type === 'load' || type === 'error'), undefined, {
        timeout: 60_000,
      });
      return (await end.jsonValue()) as Heard;
    },
    async picture() {
      const pixels = await page.evaluate(
        async ([width, height]) => {
          const blob = await (document.querySelector('splat-viewer') as SplatViewerElement).toBlob({ widthPx: width, heightPx: height });
          const context = new OffscreenCanvas(width, height).getContext('2d');
          if (!blob || !context) return '';
          context.drawImage(await createImageBitmap(blob), 0, 0);
          const { data } = context.getImageData(0, 0, width, height);
          let text = '';
          for (let at = 0; at < data.length; at += 4096) text += String.fromCharCode(...data.subarray(at, at + 4096));
          return btoa(text);
        },
        [widthPx, heightPx] as const,
      );
      return { widthPx, heightPx, rgba: new Uint8Array(Buffer.from(pixels, 'base64')) };
    },
    async shot() {
      const png = sharp(await page.locator('splat-viewer').screenshot()).ensureAlpha();
      const { data, info } = await png.raw().toBuffer({ resolveWithObject: true });
      return { widthPx: info.width, heightPx: info.height, rgba: new Uint8Array(data) };
    },
  };
}
