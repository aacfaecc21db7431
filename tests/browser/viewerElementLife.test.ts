/** <splat-viewer> comes and goes, and so does its graphics device: nothing is left behind, and what can be restored is. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SplatViewerElement } from '../../src/viewer/index.ts';
import { english } from '../../src/viewer/strings.ts';
import { type ViewerDriver, comeAndGo, colourAt, frontal, hotspots, isRed, patient, showWall, startDriver } from './viewerPage/driver.ts';

let driver: ViewerDriver;

beforeAll(async () => {
  driver = await startDriver({ webGpu: true });
});
afterAll(() => driver.close());

describe('coming and going', () => {
  test('a hundred times leaves nothing behind', async () => {
    const { page, errors } = await driver.openPage();
    const { buffers, left } = await comeAndGo(page, 100, `<splat-viewer ${frontal} camera-controls auto-rotate>${hotspots}</splat-viewer>`);
    expect(buffers[99]).toBe(buffers[1]);
    expect(left).toBeLessThanOrEqual(2);
    expect(page.workers()).toHaveLength(0);
    expect(errors).toEqual([]);
  });

  test('being moved keeps the scene, being taken away and put back shows it again', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal}></splat-viewer>`);
    const moved = await page.evaluate(async () => {
      const viewer = document.querySelector('splat-viewer') as SplatViewerElement;
      document.body.append(viewer);
      await Promise.resolve();
      return viewer.loaded;
    });
    expect(moved).toBe(true);
    const away = await page.evaluate(async () => {
      const viewer = document.querySelector('splat-viewer') as SplatViewerElement;
      viewer.remove();
      await Promise.resolve();
      const { loaded, backend } = viewer;
      document.querySelector('#place')?.append(viewer);
      return { loaded, backend };
    });
    expect(away).toEqual({ loaded: false, backend: null });
    await expect.poll(() => page.evaluate(() => document.querySelector('splat-viewer')?.loaded), patient).toBe(true);
    await expect.poll(async () => isRed(await colourAt(page, 0.42, 0.5)), patient).toBe(true);
  });

  test('a lost device comes back once by itself with the camera where it was, then a button brings it back', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal} interpolation-decay="0"><b slot="poster">Poster</b></splat-viewer>`);
    await page.evaluate(() => {
      const viewer = document.querySelector('splat-viewer') as SplatViewerElement;
      Object.assign(globalThis, { events: viewerPage.heard(viewer, ['load', 'error']) });
      viewer.zoom(2);
      viewer.jumpCameraToGoal();
    });
    const radius = () => page.evaluate(() => document.querySelector('splat-viewer')?.getCameraOrbit()?.radius);
    const events = () => page.evaluate(() => (globalThis as unknown as { events: { type: string; detail: { type?: string } }[] }).events);
    const before = await radius();
    await page.evaluate(() => globalThis.heldDevice.destroy());
    await expect.poll(async () => (await events()).map(({ type }) => type), patient).toEqual(['load']);
    expect(await radius()).toBe(before);
    await expect.poll(async () => isRed(await colourAt(page, 0.42, 0.5)), patient).toBe(true);
    await page.evaluate(() => globalThis.heldDevice.destroy());
    await expect.poll(async () => (await events()).map(({ detail }) => detail.type), patient).toEqual([undefined, 'gpu-lost']);
    expect(await page.getByText('Poster').isVisible()).toBe(true);
    await page.getByRole('button', { name: english.reload }).click();
    await expect.poll(async () => (await events()).length, patient).toBe(3);
    expect(await page.getByText('Poster').isVisible()).toBe(false);
  });

  test('where nothing can draw, the poster stays and the event says why', async () => {
    const { page } = await driver.ownPage(() => {
      Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
      HTMLCanvasElement.prototype.getContext = () => null;
    });
    const seen = await page.evaluate(async () => {
      await viewerPage.define();
      const viewer = viewerPage.mount('<splat-viewer><b slot="poster">Poster</b></splat-viewer>');
      const events = viewerPage.heard(viewer, ['load', 'error', 'poster-dismissed']);
      const result = await viewer.show(viewerPage.wall());
      return { events, result };
    });
    expect(seen.result).toMatchObject({ ok: false, failure: { code: 'gpu-missing' } });
    expect(seen.events).toMatchObject([{ type: 'error', detail: { type: 'gpu-missing' } }]);
    expect(await page.getByText('Poster').isVisible()).toBe(true);
    await page.getByText(english.gpuMissing).first().waitFor();
  });
});
