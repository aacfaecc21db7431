/**
 * <splat-viewer> in a real Chromium on a page of its own: what a web developer sees of it. Pixels come from screenshots, the wall's place
 * and colours from its definition in viewerPage/main.ts.
 */
import type { Route } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writePly } from '../../src/core/formats/ply.ts';
import { emptySplats } from '../../src/core/scene/splats.ts';
import type { SplatViewerElement } from '../../src/viewer/index.ts';
import { english } from '../../src/viewer/strings.ts';
import { type ViewerDriver, colourAt, frontal, isGreen, isRed, patient, showWall, startDriver } from './viewerPage/driver.ts';

let driver: ViewerDriver;

beforeAll(async () => {
  driver = await startDriver({ webGpu: true });
});
afterAll(() => driver.close());

describe('the element on a page', () => {
  test('takes properties that were set before it was defined, and reflects them', async () => {
    const { page, errors } = await driver.ownPage();
    const seen = await page.evaluate(async () => {
      const viewer = viewerPage.mount('<splat-viewer loading="lazy"></splat-viewer>');
      viewer.alt = 'A wall';
      viewer.cameraControls = true;
      viewer.exposure = 2;
      const before = viewer.getAttributeNames();
      await viewerPage.define();
      return { before, alt: viewer.getAttribute('alt'), controls: viewer.hasAttribute('camera-controls'), exposure: viewer.exposure };
    });
    expect(seen).toEqual({ before: ['loading'], alt: 'A wall', controls: true, exposure: 2 });
    expect(errors).toEqual([]);
  });

  test('shows splats the right way up and says so', async () => {
    const { page, errors } = await driver.openPage();
    const heard = await page.evaluate(async (markup) => {
      await viewerPage.define();
      const viewer = viewerPage.mount(markup);
      const events = viewerPage.heard(viewer, ['load', 'poster-dismissed', 'error', 'model-visibility']);
      await viewer.show(viewerPage.wall());
      return { events, loaded: viewer.loaded, count: viewer.splatCount, backend: viewer.backend, size: viewer.getDimensions() };
    }, `<splat-viewer ${frontal} background="#0000ff"></splat-viewer>`);
    expect(heard.events).toEqual([
      { type: 'poster-dismissed', detail: null },
      { type: 'model-visibility', detail: { visible: true } },
      { type: 'load', detail: { url: null, splats: 576, warnings: [] } },
    ]);
    expect(heard).toMatchObject({ loaded: true, count: 576, backend: 'webgpu' });
    expect(heard.size?.x).toBeGreaterThan(1.6);
    await expect.poll(async () => isRed(await colourAt(page, 0.42, 0.5)), patient).toBe(true);
    expect(isGreen(await colourAt(page, 0.58, 0.5))).toBe(true);
    expect(await colourAt(page, 0.05, 0.5)).toEqual([0, 0, 255]);
    expect(errors).toEqual([]);
  });

  test('loads a file, with progress on the way', async () => {
    const { page, errors } = await driver.openPage();
    const splats = emptySplats(200, 0);
    for (let i = 0; i < 200; i++) {
      splats.means.set([(i % 10) / 10, Math.floor(i / 10) / 20, 0], 3 * i);
      splats.quats[4 * i] = 1;
      splats.logScales.fill(-3, 3 * i, 3 * i + 3);
    }
    await page.route('**/scene.ply', (route) =>
      route.fulfill({ body: Buffer.from(writePly(splats)), contentType: 'application/octet-stream' }),
    );
    await page.evaluate(async () => {
      await viewerPage.define();
      const viewer = viewerPage.mount('<splat-viewer src="scene.ply"></splat-viewer>');
      Object.assign(globalThis, { events: viewerPage.heard(viewer, ['load', 'progress', 'error']) });
    });
    const events = () => page.evaluate(() => (globalThis as unknown as { events: { type: string; detail: unknown }[] }).events);
    await expect.poll(async () => (await events()).at(-1)?.type, patient).toBe('load');
    expect((await events()).at(-1)?.detail).toMatchObject({ url: 'scene.ply', splats: 200, warnings: [] });
    const shares = (await events())
      .filter(({ type }) => type === 'progress')
      .map(({ detail }) => (detail as { totalProgress: number }).totalProgress);
    expect(shares.at(-1)).toBe(1);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
    expect(errors).toEqual([]);
  });

  test('keeps the poster and says why when the file cannot be had, and tries again when asked', async () => {
    const { page } = await driver.openPage();
    let asked = 0;
    const answer = (route: Route) => {
      asked++;
      return route.fulfill({ status: 404, body: 'none' });
    };
    await page.route('**/missing.ply', answer);
    await page.evaluate(async () => {
      await viewerPage.define();
      const viewer = viewerPage.mount('<splat-viewer src="missing.ply" alt="A wall"><b slot="poster">Poster</b></splat-viewer>');
      Object.assign(globalThis, { events: viewerPage.heard(viewer, ['load', 'error', 'poster-dismissed']) });
    });
    await page.getByRole('button', { name: english.reload }).waitFor();
    const events = await page.evaluate(
      () => (globalThis as unknown as { events: { type: string; detail: { type: string; message: string } }[] }).events,
    );
    expect(events.map(({ type }) => type)).toEqual(['error']);
    expect(['offline', 'bad-file']).toContain(events[0].detail.type);
    await page.getByText('Poster').waitFor();
    const before = asked;
    await page.getByRole('button', { name: english.reload }).click();
    await expect.poll(() => asked).toBeGreaterThan(before);
  });

  test('waits with the poster until it is dismissed when reveal is manual', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal} reveal="manual"><b slot="poster">Poster</b></splat-viewer>`);
    expect(await page.getByText('Poster').isVisible()).toBe(true);
    await page.evaluate(() => document.querySelector('splat-viewer')?.dismissPoster());
    await expect.poll(() => page.getByText('Poster').isVisible()).toBe(false);
  });

  test('loads lazily only when it is about to be seen, and draws only then', async () => {
    const { page } = await driver.openPage();
    let asked = 0;
    await page.route('**/later.ply', (route) => {
      asked++;
      return route.fulfill({ status: 404, body: 'none' });
    });
    await page.evaluate(async () => {
      await viewerPage.define();
      viewerPage.mount('<div style="height: 3000px"></div><splat-viewer loading="lazy" src="later.ply"></splat-viewer>');
    });
    await page.waitForTimeout(500);
    expect(asked).toBe(0);
    await page.evaluate(() => scrollTo(0, 3000));
    await expect.poll(() => asked, patient).toBe(1);
  });
});

describe('many on one page', () => {
  test('share one device, and those off the screen do not draw', async () => {
    const { page } = await driver.openPage();
    const opened = () => page.evaluate(() => globalThis.openedDevices ?? 0);
    const before = await opened();
    await page.evaluate(async (markup) => {
      await viewerPage.define();
      viewerPage.mount(`${markup}${markup}<div style="height: 3000px"></div>${markup}`);
      await Promise.all([...document.querySelectorAll('splat-viewer')].map((viewer) => viewer.show(viewerPage.wall())));
    }, `<splat-viewer ${frontal}></splat-viewer>`);
    // None more where the page still holds the one of a viewer before.
    expect((await opened()) - before).toBeLessThanOrEqual(1);
    const frames = () => page.evaluate(() => [...document.querySelectorAll('splat-viewer')].map(({ stats }) => stats?.frames ?? -1));
    await expect.poll(async () => (await frames()).slice(0, 2).every((count) => count > 0), patient).toBe(true);
    expect((await frames())[2]).toBe(0);
    const drawn = await frames();
    await page.evaluate(() => document.querySelectorAll('splat-viewer').forEach((viewer) => (viewer.exposure = 0.5)));
    await expect.poll(async () => (await frames())[0], patient).toBeGreaterThan(drawn[0]);
    expect((await frames())[2]).toBe(0);
    await page.waitForTimeout(300);
    const rest = await frames();
    await page.waitForTimeout(500);
    expect(await frames()).toEqual(rest);
    await page.evaluate(() => scrollTo(0, 4000));
    await expect.poll(async () => (await frames())[2], patient).toBeGreaterThan(0);
  });
});

describe('a scene.json', () => {
  test('gives what the page leaves out, and its hotspots', async () => {
    const { page, errors } = await driver.openPage();
    const settings = {
      version: 1,
      title: 'From the file',
      camera: { position: [0, 0, 5], target: [0, 0, 0], fov: 40 },
      background: [0, 0, 1, 1],
      hotspots: [{ id: 'one', position: [0, 0, 0.3], title: 'One' }],
    };
    await page.route('**/scene.json', (route) => route.fulfill({ json: settings }));
    await page.evaluate(async () => {
      await viewerPage.define();
      const viewer = viewerPage.mount('<splat-viewer scene="scene.json" field-of-view="45deg" camera-controls></splat-viewer>');
      await viewer.show(viewerPage.wall());
    });
    await page.getByRole('application', { name: 'From the file' }).waitFor();
    await page.getByRole('button', { name: 'One' }).waitFor();
    const camera = () =>
      page.evaluate(() => {
        const viewer = document.querySelector('splat-viewer');
        return [String(viewer?.getCameraOrbit()), Math.round(viewer?.getFieldOfView() ?? 0)];
      });
    await expect.poll(camera, patient).toEqual(['0deg 90deg 5m', 45]);
    await expect.poll(() => colourAt(page, 0.05, 0.5), patient).toEqual([0, 0, 255]);
    await page.evaluate(() => document.querySelector('splat-viewer')?.removeAttribute('scene'));
    await expect.poll(() => page.getByRole('button', { name: 'One' }).count()).toBe(0);
    expect(errors).toEqual([]);
  });
});

describe('methods', () => {
  test('pick the wall where it is, measure on it, and miss beside it', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal}></splat-viewer>`);
    const picks = await page.evaluate(async () => {
      const viewer = document.querySelector('splat-viewer') as SplatViewerElement;
      const { left, top, width, height } = viewer.getBoundingClientRect();
      const [middle, right, beside] = await Promise.all([0.5, 0.6, 0.02].map((x) => viewer.pick(left + x * width, top + height / 2)));
      return { middle, right, beside, apart: middle && right && viewer.measure(middle, right), width, height };
    });
    expect(picks.beside).toBeNull();
    picks.middle?.position.forEach((v) => expect(Math.abs(v)).toBeLessThan(0.02));
    expect(picks.middle?.depth).toBeCloseTo(4, 1);
    expect(picks.middle?.normal?.[2]).toBeGreaterThan(0.95);
    // A tenth of the width, at depth 4, where the shorter side spans 2 tan(22.5 degrees) of a unit of depth.
    const expected = (0.1 * picks.width * 4 * 2 * Math.tan(Math.PI / 8)) / picks.height;
    expect(Math.abs((picks.apart ?? 0) - expected)).toBeLessThan(0.02 * expected);
  });

  test('clip by a box', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal} background="blue"></splat-viewer>`);
    await expect.poll(async () => isGreen(await colourAt(page, 0.58, 0.5)), patient).toBe(true);
    await page.evaluate(
      () => ((document.querySelector('splat-viewer') as SplatViewerElement).cropBox = { low: [-2, -2, -1], high: [0, 2, 1] }),
    );
    expect(await page.locator('splat-viewer').getAttribute('crop')).toBe('-2 -2 -1 0 2 1');
    await expect.poll(async () => (await colourAt(page, 0.6, 0.5))[2], patient).toBeGreaterThan(200);
    expect(isRed(await colourAt(page, 0.42, 0.5))).toBe(true);
  });

  test('take a picture of any size', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal}></splat-viewer>`);
    const bytes = await page.evaluate(async () => {
      const blob = await (document.querySelector('splat-viewer') as SplatViewerElement).toBlob({ widthPx: 90, heightPx: 60 });
      return blob && { type: blob.type, data: [...new Uint8Array(await blob.arrayBuffer())] };
    });
    expect(bytes?.type).toBe('image/png');
    const { data, info } = await sharp(Buffer.from(bytes?.data ?? []))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([90, 60, 4]);
    const at = (x: number, y: number) => [...data.subarray(4 * (y * 90 + x), 4 * (y * 90 + x) + 4)];
    expect(isRed(at(38, 30))).toBe(true);
    expect(isGreen(at(52, 30))).toBe(true);
    expect(at(2, 30)[3]).toBe(0);
  });

  test('give and take the camera in the words of the attributes', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal} interpolation-decay="0"></splat-viewer>`);
    const read = () =>
      page.evaluate(() => {
        const viewer = document.querySelector('splat-viewer') as SplatViewerElement;
        return [String(viewer.getCameraOrbit()), String(viewer.getCameraTarget()), viewer.getFieldOfView()];
      });
    const [orbit, target, fov] = await read();
    expect([orbit, target]).toEqual(['0deg 90deg 4m', '0m 0m 0m']);
    expect(fov).toBeCloseTo(45, 9);
    await page.evaluate(() => {
      const viewer = document.querySelector('splat-viewer') as SplatViewerElement;
      viewer.cameraOrbit = '30deg 60deg 3m';
      viewer.jumpCameraToGoal();
    });
    expect((await read())[0]).toBe('30deg 60deg 3m');
  });
});
