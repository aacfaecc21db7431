/**
 * Files that are no splats, or only in part, on a bare page from the built files: an error that says what is wrong, with the poster where
 * it was and a way to try again; or a scene without what cannot be drawn. Drawn with WebGL2.
 */
import type { ServerResponse } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writePly } from '../../src/core/formats/ply.ts';
import { psnrDb } from '../../src/core/image/metrics.ts';
import { launchChromium } from '../browser/chromium.ts';
import { blobScene, splatFiles } from '../fixtures/splatFiles.ts';
import { barePages, openBare } from './barePage.ts';
import { trueShot } from './blobTruth.ts';
import { type FolderServer, type Served, serveFolder, strictPolicy } from './viewerBuildServer.ts';

/** A header that declares four billion splats over the bytes of two. */
function fourBillion(): Uint8Array {
  const text = Buffer.from(writePly(blobScene(2))).toString('latin1');
  return Buffer.from(text.replace('element vertex 2', 'element vertex 4000000000'), 'latin1');
}

/** Without a length, as a server sends what it makes on the way. */
const inChunks = (bytes: Uint8Array) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-security-policy': strictPolicy });
  response.write(bytes);
  response.end();
};

/** The scene with `notFinite` splats whose numbers are none and `gigantic` ones that would cover the screen in white, among the others. */
function spoilt(notFinite: number, gigantic: number) {
  const splats = blobScene();
  const perSplat = splats.sh.length / splats.count;
  const out = new Set<number>();
  for (let n = 0; n < notFinite + gigantic; n++) {
    const i = 7 * n + 3;
    out.add(i);
    if (n >= notFinite) {
      splats.logScales.fill(7 + n, 3 * i, 3 * i + 3);
      splats.opacityLogits[i] = 8;
      splats.sh.fill(3, perSplat * i, perSplat * i + 3);
    } else if (n % 3 === 0) splats.means[3 * i + 1] = NaN;
    else if (n % 3 === 1) splats.logScales[3 * i] = Infinity;
    else splats.sh[perSplat * i + 5] = -Infinity;
  }
  const whole = blobScene();
  for (const i of out) whole.opacityLogits[i] = -30;
  return { splats, whole, left: splats.count - out.size };
}

const isShown = (page: Page, part: string) =>
  page.evaluate((name) => {
    const layer = document.querySelector('splat-viewer')?.shadowRoot?.querySelector(`[part~="${name}"]`);
    return layer?.checkVisibility({ visibilityProperty: true, opacityProperty: true }) ?? null;
  }, part);

/** Registers the tests; `folder` is the built viewer once they run. */
export function brokenTests(folder: string): void {
  let server: FolderServer;
  let browser: Browser;
  let sound: Uint8Array;
  const files: Record<string, Served | undefined> = { ...barePages };

  beforeAll(async () => {
    const fixtures = await splatFiles();
    const of = (name: string) => fixtures.find((fixture) => fixture.name === name)!.bytes;
    const [spz, html] = [of('scene.v4.spz'), '<!doctype html><title>Sign in</title><p>Please sign in to see this file.'];
    sound = of('scene.ply');
    const picture = { create: { width: 64, height: 64, channels: 3, background: 'red' } } as const;
    files['photo.splat'] = await sharp(picture).jpeg().toBuffer();
    files['cut.spz'] = spz.subarray(0, Math.floor(0.6 * spz.length));
    files['page.ply'] = html;
    files['huge.ply'] = fourBillion();
    files['hugeInChunks.ply'] = inChunks(fourBillion());
    // Its first splats are on the way to the screen when the end is found missing.
    files['cutInChunks.ply'] = inChunks(sound.subarray(0, Math.floor(0.6 * sound.length)));
    server = await serveFolder(folder, files, { 'content-security-policy': strictPolicy });
    browser = await launchChromium({ webGpu: false });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test.for([
    ['none.ply', /answered 404/],
    ['photo.splat', /JPEG/],
    ['cut.spz', /truncated/],
    ['page.ply', /web page/],
    ['huge.ply', /truncated: it declares 4000000000 splats/],
    ['hugeInChunks.ply', /truncated: it declares 4000000000 splats/],
    ['cutInChunks.ply', /truncated: it declares 256 splats and ends inside splat 15\d/],
  ] as const)('%s: an error in words, the poster, a button that tries again', async ([name, words]) => {
    const { page, show, heard, complaints } = await openBare(browser, `${server.url}poster.html`, { everyError: false });
    const startedMs = Date.now();
    const end = await show(name);
    expect(end).toMatchObject({ type: 'error', detail: { type: 'bad-file', sourceError: { code: 'bad-file', file: name } } });
    expect(Date.now() - startedMs).toBeLessThan(20_000);
    const { message } = end.detail as { message: string };
    expect(message).toMatch(words);
    // One sentence, with the file's name in it.
    expect(message).toMatch(/^[^\n]+\.$/);
    expect(message).toContain(name);
    expect((await heard()).map(({ type }) => type)).not.toContain('poster-dismissed');
    expect(await page.getByText('Poster').isVisible()).toBe(true);
    expect([await isShown(page, 'error'), await isShown(page, 'reload-button')]).toEqual([true, true]);
    expect(await page.getByText(message).first().isVisible()).toBe(true);
    expect(await page.evaluate(() => document.querySelector('splat-viewer')?.loaded)).toBe(false);

    // The file is mended, and the button finds it so.
    const broken = files[name];
    files[name] = sound;
    await page.getByRole('button', { name: 'Load again' }).click();
    await page.waitForFunction(() => globalThis.heard.some(({ type }) => type === 'load'));
    files[name] = broken;
    await expect.poll(() => isShown(page, 'poster'), { timeout: 10_000 }).toBe(false);
    expect(await isShown(page, 'error')).toBe(false);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('splats that are no numbers and gigantic ones are left out, counted, and not seen', async () => {
    const { splats, whole, left } = spoilt(21, 4);
    files['spoilt.ply'] = writePly(splats);
    const { page, show, picture, shot, complaints } = await openBare(browser, `${server.url}bare.html`);
    const end = await show('spoilt.ply');
    expect(end).toMatchObject({ type: 'load', detail: { splats: left, warnings: [{ code: 'bad-file' }, { code: 'bad-file' }] } });
    const { warnings } = end.detail as { warnings: { detail: string }[] };
    expect(warnings[0].detail).toMatch(/^21 splats of 256 .* not finite .*\.$/);
    expect(warnings[1].detail).toMatch(/^4 splats of 256 .* hidden\.$/);
    const truth = trueShot(whole, 3);
    expect(psnrDb(await picture(), truth)).toBeGreaterThan(40);
    await expect.poll(async () => psnrDb(await shot(), truth), { timeout: 30_000 }).toBeGreaterThan(40);
    const { rgba, widthPx } = await shot();
    const last = rgba.length / 4 - 1;
    for (const corner of [0, widthPx - 1, last - widthPx + 1, last]) expect([...rgba.slice(4 * corner, 4 * corner + 3)]).toEqual([0, 0, 0]);
    expect(complaints).toEqual([]);
    await page.close();
  });
}
