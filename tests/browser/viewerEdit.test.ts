/**
 * Splats that the page edits in <splat-viewer>: rows rewritten in place and read again, on WebGPU and WebGL2. Hidden ones let light
 * through, are not picked, come back, and stay hidden over a lost device; the shown camera tells where points of the file are seen.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rotateVector, matrixOfQuaternion } from '../../src/core/math/rotation.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import type { PackedSplats, packSplats } from '../../src/core/view/packedSplats.ts';
import type { SplatViewerElement } from '../../src/viewer/index.ts';
import { type ViewerDriver, colourAt, frontal, isGreen, isRed, patient, startDriver } from './viewerPage/driver.ts';

interface EditedPage {
  packed: PackedSplats;
  whole: Uint32Array;
  viewer: SplatViewerElement;
}
declare global {
  var edited: EditedPage;
  var packWall: typeof packSplats;
}

/** Shows the wall from rows that the page keeps; the red half hidden from the start when asked. */
async function showPacked(page: Page, hideRed: boolean): Promise<void> {
  const content = "import { packSplats } from '/src/core/view/packedSplats.ts'; globalThis.packWall = packSplats;";
  await page.addScriptTag({ type: 'module', content });
  await page.waitForFunction(() => 'packWall' in globalThis);
  await page.evaluate(
    async ([html, hide]) => {
      await viewerPage.define();
      const viewer = viewerPage.mount(html);
      const packed = packWall(viewerPage.wall());
      globalThis.edited = { packed, whole: packed.geometry.slice(), viewer };
      const floats = new Float32Array(packed.geometry.buffer);
      if (hide) for (let at = 0; at < floats.length; at += 8) if (floats[at] > 0) packed.geometry[at + 4] &= 0xffff;
      const shown = await viewer.load({ packed, antialiased: false });
      if (!shown.ok) throw new Error(shown.failure.detail);
    },
    [`<splat-viewer ${frontal} background="#0000ff" interpolation-decay="0"></splat-viewer>`, hideRed] as const,
  );
}

const isBlue = ([r, g, b]: number[]): boolean => r < 60 && g < 60 && b > 200;
const left = async (page: Page): Promise<number[]> => colourAt(page, 0.42, 0.5);
const right = async (page: Page): Promise<number[]> => colourAt(page, 0.58, 0.5);
const restore = (page: Page): Promise<void> =>
  page.evaluate(() => {
    edited.packed.geometry.set(edited.whole);
    edited.viewer.refreshSplats();
  });
const hide = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const floats = new Float32Array(edited.packed.geometry.buffer);
    for (let at = 0; at < floats.length; at += 8) if (floats[at] > 0) edited.packed.geometry[at + 4] &= 0xffff;
    edited.viewer.refreshSplats();
  });
const pickLeft = (page: Page) =>
  page.evaluate(async () => {
    const { left: x, top, width, height } = edited.viewer.getBoundingClientRect();
    return (await edited.viewer.pick(x + 0.42 * width, top + 0.5 * height))?.position ?? null;
  });

describe.for([
  ['WebGPU', true],
  ['WebGL2', false],
] as const)('%s', ([, webGpu]) => {
  let driver: ViewerDriver;
  beforeAll(async () => {
    driver = await startDriver({ webGpu });
  });
  afterAll(() => driver.close());

  test('splats that were hidden from the start come, go and come again, in pictures and under the pointer', async () => {
    const { page, errors } = await driver.openPage();
    await showPacked(page, true);
    await expect.poll(async () => isGreen(await right(page)), patient).toBe(true);
    expect(isBlue(await left(page))).toBe(true);
    expect(await pickLeft(page)).toBeNull();
    await restore(page);
    await expect.poll(async () => isRed(await left(page)), patient).toBe(true);
    expect((await pickLeft(page))?.[2]).toBeCloseTo(0, 1);
    await hide(page);
    await expect.poll(async () => isBlue(await left(page)), patient).toBe(true);
    expect(await pickLeft(page)).toBeNull();
    expect(isGreen(await right(page))).toBe(true);
    if (webGpu) {
      await page.evaluate(() => globalThis.heldDevice.destroy());
      await expect.poll(async () => isGreen(await right(page)), patient).toBe(true);
      expect(isBlue(await left(page))).toBe(true);
      await restore(page);
      await expect.poll(async () => isRed(await left(page)), patient).toBe(true);
    }
    expect(errors).toEqual([]);
  });

  test('the shown camera is in CSS pixels of the element and the file’s space', async () => {
    const { page } = await driver.openPage();
    await showPacked(page, false);
    const [view, width, height] = await page.evaluate(
      () => [edited.viewer.shownView(), edited.viewer.clientWidth, edited.viewer.clientHeight] as const,
    );
    const { fx, fy, cx, cy, widthPx, heightPx, pose } = view as PinholeView;
    expect([widthPx, heightPx]).toEqual([width, height]);
    // The camera is 4 in front of the middle; the file has x and y turned round.
    const [x, y, z] = rotateVector(matrixOfQuaternion(pose.q), [-0.5, -0.25, 0]).map((value, k) => value + pose.t[k]);
    const f = Math.min(width, height) / 2 / Math.tan(Math.PI / 8);
    expect(z).toBeCloseTo(4, 5);
    expect((fx * x) / z + cx).toBeCloseTo(width / 2 + (f * 0.5) / 4, 3);
    expect((fy * y) / z + cy).toBeCloseTo(height / 2 - (f * 0.25) / 4, 3);
  });
});
