/** The cloud hand-over in a browser, against a stub server: offline, online, reloaded in the middle, and what the server got. */
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { type ViteDevServer, createServer } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchChromium } from '../browser/chromium.ts';
import { type StubCloud, completed, queued, running, startStubCloud, stubModel } from '../fixtures/stubCloud.ts';

let browser: Browser;
let stub: StubCloud;
let server: ViteDevServer;
let url: string;
let context: BrowserContext;
let page: Page;
let photos: Buffer[];
const complaints: string[] = [];

/** A JPEG that says where it was taken, in its own colour. */
const photoAt = (n: number): Promise<Buffer> =>
  sharp({ create: { width: 320, height: 240, channels: 3, background: { r: 40 * n, g: 90, b: 200 - 30 * n } } })
    .jpeg({ quality: 95 })
    .withExif({
      IFD0: { Make: 'TestCam' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 1234/100', GPSLongitudeRef: 'E', GPSLongitude: '13/1 24/1 4321/100' },
    })
    .toBuffer();

/** The tag of the EXIF entry that leads to the GPS directory (0x8825, type LONG, one value), in either byte order. */
const saysPlace = (bytes: Buffer): boolean =>
  bytes.includes(Buffer.from([0x25, 0x88, 4, 0, 1, 0, 0, 0])) || bytes.includes(Buffer.from([0x88, 0x25, 0, 4, 0, 0, 0, 1]));

beforeAll(async () => {
  stub = await startStubCloud();
  const root = fileURLToPath(new URL('../..', import.meta.url));
  server = await createServer({
    root,
    configFile: `${root}vite.config.ts`,
    logLevel: 'error',
    optimizeDeps: { include: ['idb', 'zod', 'svelte'] },
    server: { port: 0, hmr: false, watch: null, proxy: { '/api': stub.url } },
  });
  await server.listen();
  url = `${server.resolvedUrls?.local[0]}tests/browser/cloudPage/index.html`;
  browser = await launchChromium({ webGpu: false });
  photos = await Promise.all(Array.from({ length: 6 }, (_, n) => photoAt(n)));
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await stub?.close();
});

beforeEach(async () => {
  Object.assign(stub, { log: [], bodies: [], putMs: 0, hasHealth: true, statuses: [queued, running(100, 1000), completed] });
  for (const map of [stub.photos, stub.uploads, stub.jobs]) map.clear();
  complaints.length = 0;
  context = await browser.newContext();
  await context.addInitScript(
    (given) => (globalThis.testPhotos = given),
    photos.map((photo) => photo.toString('base64')),
  );
  page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  await page.getByRole('button', { name: 'Full quality in the cloud' }).waitFor();
});
afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});

const open = (): Promise<void> => page.getByRole('button', { name: 'Full quality in the cloud' }).click();
const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
const says = (words: string | RegExp): Promise<void> => page.locator('article').getByText(words).waitFor({ timeout: 15_000 });

test('ordered offline, sent online, no place and no file name leave the device, the model arrives', async () => {
  expect(photos.every(saysPlace)).toBe(true);
  await context.setOffline(true);
  await open();
  await page.getByText('This device is offline.').waitFor();
  await press('Keep in the outbox');
  await says('Waits in the outbox');
  expect(stub.log).toEqual([]);

  await context.setOffline(false);
  await says('Done: the model is in this project');
  expect(await page.evaluate(() => globalThis.testResults)).toEqual([
    { projectId: 'p1', text: stubModel.toString(), fileName: 'Garden chair.ply' },
  ]);
  expect(stub.photos.size).toBe(6);
  for (const bytes of stub.photos.values()) {
    expect(saysPlace(bytes)).toBe(false);
    expect(bytes.includes('TestCam')).toBe(true);
  }
  expect([...stub.log, ...stub.bodies].join('\n')).not.toMatch(/IMG_|garden of my house/);
});

test('a reload in the middle of the upload sends no photo twice', async () => {
  stub.putMs = 500;
  await open();
  await page.getByText('12 to 20 min').waitFor();
  await press('Send');
  await says('3 of 6 photos');
  const had = [...stub.photos.keys()];
  await page.reload();
  await says('Done: the model is in this project');
  const puts = stub.log.filter((line) => line.startsWith('PUT'));
  // What was under way when the page went may reach the server in part; what it had is never sent again.
  expect(had.length).toBeGreaterThanOrEqual(3);
  for (const id of had) expect(puts.filter((line) => line.endsWith(id))).toHaveLength(1);
  expect(new Set(puts).size).toBe(6);
  expect(stub.uploads.size).toBe(1);
  expect(stub.jobs.size).toBe(1);
});

test('without a cloud the order waits; it can be cancelled and taken off the list', async () => {
  stub.hasHealth = false;
  await open();
  await page.getByText('No cloud is connected to this page.').waitFor();
  await press('Keep in the outbox');
  await says('No cloud is connected to this page.');
  await press('Cancel');
  await says('Cancelled');
  await press('Remove from the list');
  await expect.poll(() => page.locator('article').count()).toBe(0);
  expect(stub.bodies).toEqual([]);
});
