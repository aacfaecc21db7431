/**
 * What browsers ask of an app that can be installed and works without a network, checked on a built folder.
 * Invariant: every check gives a row, also the ones that pass; a check that cannot run has failed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSafeZoneOpaque, pictureFault } from './pwaImages.mjs';
import { serveBuilt } from './pwaServer.mjs';

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {boolean} ok
 * @property {string} detail
 */

/** @type {(what: string, ok: boolean, detail?: string) => Row} */
const row = (what, ok, detail = '') => ({ what, ok, detail });

/**
 * @typedef {{ src: string, sizes: string, purpose?: string, form_factor?: string }} Picture
 * @typedef {Record<string, unknown> & { icons: Picture[], screenshots: Picture[] }} Manifest
 */

/** @param {Manifest} manifest */
function memberRows(manifest) {
  const needed = ['id', 'name', 'short_name', 'description', 'start_url', 'scope', 'display', 'theme_color', 'background_color'];
  const missing = needed.filter((name) => typeof manifest[name] !== 'string' || manifest[name] === '');
  const displays = ['standalone', 'fullscreen', 'minimal-ui'];
  return [
    row('manifest has its members', missing.length === 0, missing.join(', ')),
    row('display is that of a program', displays.includes(String(manifest['display'])), String(manifest['display'])),
    row('short name fits under an icon', String(manifest['short_name']).length <= 12, String(manifest['short_name'])),
    row('start_url is within scope', String(manifest['start_url']).startsWith(String(manifest['scope'])), String(manifest['start_url'])),
  ];
}

/**
 * @param {string} dist
 * @param {Manifest} manifest
 */
async function pictureRows(dist, { icons, screenshots }) {
  const has = (/** @type {string} */ purpose, /** @type {string} */ sizes) =>
    icons.some((icon) => (icon.purpose ?? 'any').split(' ').includes(purpose) && icon.sizes === sizes);
  const faults = async (/** @type {Picture[]} */ pictures) =>
    (await Promise.all(pictures.map((picture) => pictureFault(dist, picture)))).filter((fault) => fault !== null).join('; ');
  const [iconFaults, shotFaults] = [await faults(icons), await faults(screenshots)];
  const maskable = icons.filter(({ purpose }) => purpose?.split(' ').includes('maskable'));
  const opaque = await Promise.all(maskable.map(({ src }) => isSafeZoneOpaque(join(dist, src)).catch(() => false)));
  const shapes = ['wide', 'narrow'].filter((shape) => !screenshots.some(({ form_factor: factor }) => factor === shape));
  return [
    row('icons of 192 and 512 px', has('any', '192x192') && has('any', '512x512')),
    row('icons are what the manifest says', iconFaults === '', iconFaults),
    row('a maskable icon', maskable.length > 0),
    row('maskable icons are opaque where it counts', opaque.length > 0 && opaque.every(Boolean)),
    row('screenshots wide and narrow', shapes.length === 0, shapes.join(', ')),
    row('screenshots are what the manifest says', shotFaults === '', shotFaults),
  ];
}

/** @param {string} html */
function pageRows(html) {
  return [
    row('viewport', /<meta name="viewport" content="[^"]*width=device-width/.test(html)),
    row('theme-color', /<meta name="theme-color"/.test(html)),
    row('apple-touch-icon', /<link rel="apple-touch-icon" href="\//.test(html)),
    row('manifest is linked', /<link rel="manifest" href="\//.test(html)),
    row('title', /<title>[^<]+<\/title>/.test(html)),
  ];
}

/**
 * @param {string} dist
 * @param {import('playwright-core').Browser} browser
 * @param {Manifest} manifest
 */
async function browserRows(dist, browser, manifest) {
  const server = await serveBuilt(dist);
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const start = new URL(String(manifest['start_url']), server.url).href;
    await page.goto(start);
    const secure = true === (await page.evaluate('isSecureContext'));
    const controlled = await page
      .waitForFunction(() => /** @type {any} */ (navigator).serviceWorker.controller !== null, null, { timeout: 20_000 })
      .then(
        () => true,
        () => false,
      );
    await server.close();
    const answer = await page.goto(start).catch(() => null);
    const shown = answer?.ok()
      ? await page
          .locator('h1')
          .first()
          .textContent({ timeout: 10_000 })
          .catch(() => null)
      : null;
    return [
      row('https or localhost', secure),
      row('a service worker controls start_url', controlled),
      row('start_url answers without a network', answer?.status() === 200, `status ${answer?.status() ?? 'none'}`),
      row('the app shows without a network', Boolean(shown), shown ?? 'no heading'),
    ];
  } finally {
    await context.close();
    await server.close().catch(() => undefined);
  }
}

/**
 * @param {string} dist the built folder
 * @param {import('playwright-core').Browser} browser
 * @returns {Promise<Row[]>}
 */
export async function checkBuilt(dist, browser) {
  /** @type {Manifest} */
  const manifest = JSON.parse(readFileSync(join(dist, 'manifest.webmanifest'), 'utf8'));
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  return [
    ...memberRows(manifest),
    ...(await pictureRows(dist, manifest)),
    ...pageRows(html),
    ...(await browserRows(dist, browser, manifest)),
  ];
}
