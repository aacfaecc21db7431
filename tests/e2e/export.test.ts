/**
 * Saving and sharing in a real Chromium: files come out of the panel with the edits in them and as large as was said, the web page opens from
 * the disk without any network and draws what the numbers say, and the turntable film is one turn.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { createServer } from 'vite';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { singleViewer } from '../../scripts/lib/singleViewerPlugin.mjs';
import { text } from '../../src/app/i18n/en.ts';
import { readPly, writePly } from '../../src/core/formats/ply.ts';
import { psnrDb } from '../../src/core/image/metrics.ts';
import type { EditOperation } from '../../src/core/scene/edit/operations.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import { launchChromium } from '../browser/chromium.ts';
import { blobScene } from '../fixtures/splatFiles.ts';
import { button } from './appPage.ts';
import { axeFindings } from './axe.ts';
import { openBare } from './barePage.ts';
import { blobPlaces, meanAt, nearestBlob, orbitText, trueShot } from './blobTruth.ts';
import type {} from './exportPage/main.ts';

const words = text.share;
const root = fileURLToPath(new URL('../..', import.meta.url));
/** A software GPU takes its time. */
const patient = { timeout: 60_000, interval: 200 };

let server: Awaited<ReturnType<typeof createServer>>;
let browser: Browser;
let folder: string;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'splat-export-'));
  const plugins = [singleViewer()];
  server = await createServer({
    root,
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'warn',
    plugins,
    server: { port: 0, hmr: false, watch: null },
  });
  await server.listen();
  url = `${server.resolvedUrls?.local[0] ?? ''}tests/e2e/exportPage/`;
  browser = await launchChromium({ webGpu: false });
});

afterAll(async () => {
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function openPage(before: () => void = () => undefined): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage({ viewport: { width: 900, height: 700 }, reducedMotion: 'reduce' });
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  onTestFinished(() => page.close());
  await page.addInitScript(before);
  await page.goto(url);
  await page.waitForFunction(() => 'exportPage' in globalThis, undefined, { timeout: 60_000 });
  return { page, errors };
}

const open = (page: Page, bytes: Uint8Array, edits: EditOperation[] = []): Promise<{ splats: number }> =>
  page.evaluate(([base64, list]) => exportPage.open(base64, 'scene.ply', list, { background: '#000000' }), [
    Buffer.from(bytes).toString('base64'),
    edits,
  ] as const);

async function saved(page: Page, what: string): Promise<{ path: string; name: string; bytes: Uint8Array }> {
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, words.saveOf(what)).click()]);
  const name = download.suggestedFilename();
  const path = join(folder, name);
  await download.saveAs(path);
  return { path, name, bytes: new Uint8Array(await readFile(path)) };
}

/** The last of the blobs' splats, which are written in turn, are taken away: every fourth. */
const withoutYellow: EditOperation = { kind: 'delete', splats: Uint8Array.from({ length: 32 }, () => 0b1000_1000), count: 64 };

/** As if the yellow ones had never been seen: what is left of the picture is the truth's. */
function unseenYellow(splats: Splats): Splats {
  const opacityLogits = splats.opacityLogits.map((value, i) => (i % 4 === 3 ? -30 : value));
  return { ...splats, opacityLogits };
}

const edits: EditOperation[] = [
  withoutYellow,
  { kind: 'background', colour: '#000000' },
  { kind: 'start-view', view: { orbit: orbitText, target: '0.1m -0.05m 0.2m', fieldOfView: '45deg' } },
  // The red blob's middle in the file; its world has x and y the other way round.
  { kind: 'hotspot', hotspot: { id: 'red', text: 'Red & <b>', position: [-1, -1, 0], normal: null } },
];

test('files and the web page come out of the panel as edited, as large as was said, and the page needs no network', async () => {
  const { page, errors } = await openPage();
  const splats = blobScene();
  expect(await open(page, writePly(splats), edits)).toEqual({ splats: 256 });
  await page.getByText(words.goesOut(192, 256)).waitFor();
  await expect.poll(() => page.getByTestId('size-sog').textContent(), patient).not.toMatch(/about/);
  expect(await axeFindings(page)).toEqual([]);

  const ply = await saved(page, words.files.names.ply);
  expect(ply.name).toBe('Four blobs.ply');
  const read = readPly(ply.bytes, ply.name);
  expect(read.ok && read.value.splats.count).toBe(192);
  for (const format of ['compressed.ply', 'spz', 'sog', 'glb'] as const) {
    const { name, bytes } = await saved(page, words.files.names[format]);
    expect(name).toBe(`Four blobs.${format}`);
    expect(await page.getByTestId(`size-${format}`).textContent()).toBe(words.size(bytes.length));
  }

  const html = await saved(page, words.page.what);
  expect(errors).toEqual([]);
  const offline = { newPage: (options?: BrowserContextOptions) => browser.newPage({ ...options, offline: true }) };
  const bare = await openBare(offline as Browser, pathToFileURL(html.path).href);
  onTestFinished(() => bare.page.close());
  await expect.poll(() => bare.page.evaluate(() => document.querySelector('splat-viewer')?.loaded), patient).toBe(true);
  const truth = trueShot(unseenYellow(splats), 3);
  expect(psnrDb(await bare.picture(), truth)).toBeGreaterThan(38);
  const [red, green, blue, yellow] = blobPlaces;
  const shot = await bare.shot();
  for (const [index, { xPx, yPx }] of [green, blue].entries()) expect(nearestBlob(meanAt(shot, xPx, yPx)).index).toBe(index + 1);
  expect(Math.max(...meanAt(shot, yellow.xPx, yellow.yPx))).toBeLessThan(20);
  const box = await bare.page.getByRole('button', { name: 'Red & <b>' }).boundingBox();
  expect(box && Math.hypot(box.x + box.width / 2 - red.xPx, box.y + box.height / 2 - red.yPx)).toBeLessThan(3);
  expect(await bare.page.title()).toBe('Four blobs');
  // The page's own script is its worker too.
  expect(bare.page.workers().length).toBeGreaterThan(0);
  expect(bare.complaints).toEqual([]);
  expect([...bare.origins]).toEqual(['null']);
});

test('a damaged file is said in words, and nothing can be saved of it', async () => {
  const { page } = await openPage();
  await open(page, writePly(blobScene()).subarray(0, 9000));
  const alert = page.getByRole('region', { name: words.heading }).getByRole('alert');
  await alert.getByText('scene.ply is truncated').waitFor();
  expect(await button(page, words.saveOf(words.files.names.spz)).isDisabled()).toBe(true);
});

/** A browser without the licence for H.264. */
function refuseH264(): void {
  const ask = VideoEncoder.isConfigSupported.bind(VideoEncoder);
  VideoEncoder.isConfigSupported = (config) =>
    config.codec.startsWith('avc') ? Promise.resolve({ supported: false, config }) : ask(config);
}

test.each([
  { without: 'nothing', before: () => undefined, codecs: ['avc', 'vp9', 'vp8'] },
  { without: 'H.264', before: refuseH264, codecs: ['vp9', 'vp8'] },
])(
  'a turntable film is one turn of the size and length asked for; stopped, there is none (without $without)',
  async ({ before, codecs }) => {
    const { page, errors } = await openPage(before);
    await open(page, writePly(blobScene(256, 0)));
    const options = { seconds: 1, fps: 12, widthPx: 160, heightPx: 90, direction: 1 } as const;
    const film = await page.evaluate((asked) => exportPage.film(asked), options);
    expect(film.outcome).toBe('ok');
    expect(film.told).toEqual(Array.from({ length: 12 }, (_, i) => [i + 1, 12]));
    for (const [i, theta] of film.thetas.entries()) expect(Math.cos(theta - film.theta[0] - (i * Math.PI) / 6)).toBeCloseTo(1, 9);
    expect(film.theta[1]).toBeCloseTo(film.theta[0], 9);
    const input = new Input({ source: new BufferSource(Buffer.from(film.base64, 'base64')), formats: ALL_FORMATS });
    expect(await input.getMimeType()).toContain(`video/${film.ending}`);
    expect(await input.computeDuration()).toBeCloseTo(1, 2);
    const track = await input.getPrimaryVideoTrack();
    expect([track?.displayWidth, track?.displayHeight]).toEqual([160, 90]);
    expect(codecs).toContain(track?.codec);
    expect(film.ending).toBe(track?.codec === 'avc' ? 'mp4' : 'webm');
    let frames = 0;
    if (track) for await (const { duration } of new EncodedPacketSink(track).packets()) frames += duration > 0 ? 1 : 0;
    expect(frames).toBe(12);

    const stopped = await page.evaluate((asked) => exportPage.film(asked, 2), options);
    expect([stopped.outcome, stopped.told.length]).toEqual(['cancelled', 2]);
    expect(stopped.theta[1]).toBeCloseTo(stopped.theta[0], 9);
    const poster = await page.evaluate(() => exportPage.poster());
    expect(poster.head).toEqual([0xff, 0xd8, 0xff]);
    expect(poster.bytes).toBeLessThanOrEqual(100_000);
    expect(errors).toEqual([]);
  },
);

test('without WebCodecs the panel says so, and offers no film', async () => {
  const { page } = await openPage(() => void Reflect.deleteProperty(globalThis, 'VideoEncoder'));
  await open(page, writePly(blobScene(256, 0)));
  await page.getByText(words.video.missing).waitFor();
  expect(await button(page, words.video.make).count()).toBe(0);
});
