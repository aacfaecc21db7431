/**
 * Every format on a bare page under the strict policy, from the built files: what is drawn is what the scene's numbers say, to within what
 * the format can hold.
 */
import type { ServerResponse } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writePly } from '../../src/core/formats/ply.ts';
import { psnrDb } from '../../src/core/image/metrics.ts';
import type { Pixels } from '../../src/core/scene/dataset.ts';
import { launchChromium } from '../browser/chromium.ts';
import { blobScene, splatFiles } from '../fixtures/splatFiles.ts';
import { type BarePage, barePages, openBare } from './barePage.ts';
import { blobPlaces, meanAt, nearestBlob, orbitText, trueShot } from './blobTruth.ts';
import { type FolderServer, type Served, serveFolder, strictPolicy } from './viewerBuildServer.ts';

/**
 * `degree`: spherical harmonics that the format holds. `leastDb`: what its rounding leaves of the picture. To compare: without any SH 36.6 dB
 * are left, with the quaternions conjugated 30, with everything moved by 0.01 or grown by 5 % 40 to 42. SPZ 3 and 4 are written with the
 * SH rounded to 5 and 4 bits.
 */
const formats: { name: string; degree: number; leastDb: number }[] = [
  { name: 'scene.ply', degree: 3, leastDb: 55 },
  { name: 'scene.ascii.ply', degree: 3, leastDb: 55 },
  { name: 'scene.compressed.ply', degree: 3, leastDb: 44 },
  { name: 'scene.splat', degree: 0, leastDb: 48 },
  { name: 'scene.v4.spz', degree: 3, leastDb: 38.5 },
  { name: 'scene.sog', degree: 3, leastDb: 50 },
  { name: 'scene.glb', degree: 3, leastDb: 55 },
  { name: 'scene.gltf', degree: 3, leastDb: 55 },
  { name: 'scene.ksplat', degree: 2, leastDb: 50 },
  { name: 'scene.v2.spz', degree: 3, leastDb: 44 },
  { name: 'scene.v3.spz', degree: 3, leastDb: 38.5 },
];
const splats = blobScene();
/** By SH degree. */
const truths = [0, 1, 2, 3].map((degree) => trueShot(splats, degree));
const patient = { timeout: 60_000, interval: 100 };

/** The blobs' colours in their places. */
function expectBlobs(shown: Pixels): void {
  for (const [index, { xPx, yPx, rgb }] of blobPlaces.entries()) {
    const mean = meanAt(shown, xPx, yPx);
    const nearest = nearestBlob(mean);
    expect(nearest.index).toBe(index);
    expect(nearest.cosine).toBeGreaterThan(0.97);
    expect(Math.hypot(...mean)).toBeGreaterThan(0.4 * Math.hypot(...rgb));
  }
}

/** Loads a file in an emptied element, and holds what it tells and draws against the truth. */
async function expectScene(bare: BarePage, { name, degree, leastDb }: (typeof formats)[number], backend: string): Promise<void> {
  const { page } = bare;
  const state = () =>
    page.evaluate(() => {
      const viewer = document.querySelector('splat-viewer');
      return { count: viewer?.splatCount, backend: viewer?.backend, orbit: String(viewer?.getCameraOrbit()) };
    });
  await page.evaluate(() => document.querySelector('splat-viewer')?.removeAttribute('src'));
  expect((await state()).count).toBe(0);
  expect(await bare.show(name)).toEqual({ type: 'load', detail: { url: name, splats: splats.count, warnings: [] } });
  expect(await state()).toEqual({ count: splats.count, backend, orbit: orbitText });
  const truth = truths[degree];
  const picture = await bare.picture();
  const onScreen = await shotLike(bare, truth, leastDb);
  process.stdout.write(`${name} ${backend}: picture ${psnrDb(picture, truth).toFixed(1)} dB, screen ${onScreen.toFixed(1)} dB\n`);
  expectBlobs(picture);
  expect(psnrDb(picture, truth)).toBeGreaterThan(leastDb);
}

/** Waits until the screen shows the truth; a picture may still be on its way. Gives the likeness in dB. */
async function shotLike(bare: BarePage, truth: Pixels, leastDb: number): Promise<number> {
  let likeness = 0;
  await expect.poll(async () => (likeness = psnrDb(await bare.shot(), truth)), patient).toBeGreaterThan(leastDb);
  return likeness;
}

/** A file of which `share` is sent in pieces at once, and the rest when release() is called. */
function slowFile(bytes: Uint8Array, share: number): { serve(response: ServerResponse): void; release(): void } {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const end = Math.floor(share * bytes.length);
  async function serve(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-length': bytes.length, 'content-security-policy': strictPolicy });
    for (let piece = 0; piece < 8; piece++) {
      response.write(bytes.subarray((piece * end) / 8, ((piece + 1) * end) / 8));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await released;
    response.end(bytes.subarray(end));
  }
  return { serve: (response) => void serve(response), release: () => release() };
}

/** Registers the tests; `folder` is the built viewer once they run. */
export function formatTests(folder: string): void {
  let server: FolderServer;
  const files: Record<string, Served> = { ...barePages };

  beforeAll(async () => {
    const fixtures = await splatFiles();
    // None is forgotten here when a format is added there.
    expect(fixtures.map(({ name }) => name).sort()).toEqual(formats.map(({ name }) => name).sort());
    for (const { name, bytes } of fixtures) files[name] = bytes;
    server = await serveFolder(folder, files, { 'content-security-policy': strictPolicy });
  });
  afterAll(() => server.close());

  describe.for([
    { backend: 'webgl2', names: formats.map(({ name }) => name) },
    { backend: 'webgpu', names: ['scene.ply', 'scene.v4.spz'] },
  ])('with $backend', ({ backend, names }) => {
    let browser: Browser;
    let bare: BarePage;

    beforeAll(async () => {
      browser = await launchChromium({ webGpu: backend === 'webgpu' });
      bare = await openBare(browser, `${server.url}bare.html`);
    });
    afterAll(() => browser.close());

    test.for(names)('%s is loaded and drawn as it is', async (name) => {
      await expectScene(
        bare,
        formats.find((format) => format.name === name)!,
        backend,
      );
      expect(bare.complaints).toEqual([]);
      expect([...bare.origins]).toEqual([new URL(server.url).origin]);
    });

    if (backend === 'webgl2')
      test('a .ply that comes slowly is seen before it is whole, and its progress rises to 1', async () => {
        const many = blobScene(24_576, 0);
        for (let i = 0; i < many.logScales.length; i++) many.logScales[i] -= 1;
        const slow = slowFile(writePly(many), 0.8);
        files['slow.ply'] = slow.serve;
        await bare.page.evaluate(() => document.querySelector('splat-viewer')?.removeAttribute('src'));
        await expect.poll(async () => Math.max(...meanAt(await bare.shot(), blobPlaces[0].xPx, blobPlaces[0].yPx)), patient).toBe(0);
        const shown = bare.show('slow.ply');
        await expect
          .poll(async () => nearestBlob(meanAt(await bare.shot(), blobPlaces[0].xPx, blobPlaces[0].yPx)).cosine, patient)
          .toBeGreaterThan(0.97);
        expectBlobs(await bare.shot());
        const early = await bare.page.evaluate(() => {
          const viewer = document.querySelector('splat-viewer');
          return { count: viewer?.splatCount ?? 0, loaded: viewer?.loaded };
        });
        expect(early.loaded).toBe(false);
        expect(early.count).toBeGreaterThan(0);
        expect(early.count).toBeLessThan(many.count);
        expect((await bare.heard()).map(({ type }) => type)).not.toContain('load');
        slow.release();
        expect(await shown).toMatchObject({ type: 'load', detail: { splats: many.count, warnings: [] } });
        const shares = (await bare.heard())
          .filter(({ type }) => type === 'progress')
          .map(({ detail }) => (detail as { totalProgress: number }).totalProgress);
        expect(shares.length).toBeGreaterThan(2);
        expect(shares[0]).toBeLessThan(1);
        expect(shares).toEqual([...shares].sort((a, b) => a - b));
        expect(shares.at(-1)).toBe(1);
        expect(bare.complaints).toEqual([]);
      });
  });
}
