/**
 * `node scripts/build-screenshots.mjs [--out FOLDER]`: the manifest's screenshots, taken from the built app (`npm run build` first).
 * Invariant: they show the app as it is; sizes and names are the manifest's.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { findChromium } from './lib/chromium.mjs';
import { serveBuilt } from './lib/pwaServer.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const executablePath = findChromium(process.env);
if (!executablePath) throw new Error('Chrome or Chromium is needed: install one or set CHROMIUM_PATH.');
/** @type {{ screenshots: { src: string, sizes: string, form_factor: string }[] }} */
const { screenshots } = JSON.parse(readFileSync(join(root, 'public/manifest.webmanifest'), 'utf8'));

// WebGPU is on, or the page would say that this browser cannot train, which people's own do.
const gpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan', '--use-vulkan=swiftshader'];
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const browser = await chromium.launch({ executablePath, args: [...sandbox, ...gpu] });
const server = await serveBuilt(values.out ? resolve(values.out) : join(root, 'dist'));
for (const { src, sizes, form_factor: shape } of screenshots) {
  const [width = 0, height = 0] = sizes.split('x').map(Number);
  // A phone has two device pixels to each of the page's.
  const scale = shape === 'narrow' ? 2 : 1;
  const viewport = { width: width / scale, height: height / scale };
  // Without a service worker nothing is being fetched for later, which the page would say.
  const options = { deviceScaleFactor: scale, locale: 'en', serviceWorkers: /** @type {const} */ ('block') };
  const page = await browser.newPage({ viewport, colorScheme: 'light', ...options });
  await page.goto(server.url, { waitUntil: 'networkidle' });
  mkdirSync(dirname(join(root, 'public', src)), { recursive: true });
  await page.screenshot({ path: join(root, 'public', src) });
  await page.close();
}
await browser.close();
await server.close();
