/** <splat-viewer> for people: hotspots, keys, pointer, announcements, and what axe says of it; drawn by WebGL2. The wall is that of viewerPage/main.ts. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SplatViewerElement } from '../../src/viewer/index.ts';
import { parts } from '../../src/viewer/publicApi.ts';
import { english } from '../../src/viewer/strings.ts';
import { type ViewerDriver, comeAndGo, frontal, hotspots, patient, showWall, startDriver } from './viewerPage/driver.ts';

const axeFile = fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url));
let driver: ViewerDriver;

beforeAll(async () => {
  driver = await startDriver({ webGpu: false });
});
afterAll(() => driver.close());

describe('hotspots', () => {
  test('stand at their point and hide behind splats and when they face away', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal}>${hotspots}</splat-viewer>`);
    const state = (name: string) => page.evaluate((slot) => document.querySelector('splat-viewer')?.queryHotspot(slot), name);
    await expect.poll(async () => (await state('hotspot-front'))?.visible, patient).toBe(true);
    expect((await state('hotspot-back'))?.visible).toBe(false);
    expect(await state('hotspot-away')).toMatchObject({ visible: false, facingCamera: false });
    expect(await page.locator('[slot=hotspot-front]').getAttribute('data-seen')).toBe('');
    const box = await page.locator('[slot=hotspot-front]').boundingBox();
    const viewer = await page.locator('splat-viewer').boundingBox();
    // 0.2 up at depth 3.7: 80 px of half a height per tan(22.5 degrees).
    const up = (80 / Math.tan(Math.PI / 8)) * (0.2 / 3.7);
    expect((box?.y ?? 0) + (box?.height ?? 0) / 2 - (viewer?.y ?? 0)).toBeCloseTo(80 - up, 0);
    await page.evaluate(() => {
      const element = document.querySelector('splat-viewer') as SplatViewerElement;
      element.updateHotspot({ name: 'hotspot-back', position: '0.2 0 0.5' });
    });
    await expect.poll(async () => (await state('hotspot-back'))?.visible, patient).toBe(true);
    expect(await state('hotspot-nowhere')).toBeNull();
  });

  test('are visited one after another by key, announced, with the camera brought to them', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal} camera-controls alt="A wall">${hotspots}</splat-viewer>`);
    await page.getByRole('application', { name: 'A wall' }).focus();
    await page.keyboard.press(']');
    await expect.poll(() => page.getByRole('status').textContent()).toBe('Point 1 of 3: Front');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Front');
    await page.keyboard.press(']');
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Back');
    await expect
      .poll(() => page.evaluate(() => document.querySelector('splat-viewer')?.getCameraTarget()?.z), patient)
      .toBeCloseTo(-0.5, 3);
    await page.keyboard.press('[');
    await page.keyboard.press('[');
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Away');
    const cosTheta = () => page.evaluate(() => Math.cos(document.querySelector('splat-viewer')?.getCameraOrbit()?.theta ?? 0));
    await expect.poll(cosTheta, patient).toBeLessThan(-0.999);
  });
});

describe('looking through another camera', () => {
  test('hides the hotspots, and nobody moves the camera that orbits until it is back', async () => {
    const { page, errors } = await driver.openPage();
    await showWall(
      page,
      `<splat-viewer ${frontal} camera-controls controls interpolation-decay="0" alt="A wall">${hotspots}</splat-viewer>`,
    );
    const front = page.getByText('Front');
    const orbit = () => page.evaluate(() => String(document.querySelector('splat-viewer')?.getCameraOrbit()));
    const target = () => page.evaluate(() => String(document.querySelector('splat-viewer')?.getCameraTarget()));
    await expect.poll(() => front.isVisible(), patient).toBe(true);
    const before = [await orbit(), await target()];
    await page.evaluate(() => {
      // From the front, as the attributes say.
      const pose = { q: [0, 0, 1, 0] as [number, number, number, number], t: [0, 0, 4] as [number, number, number] };
      document.querySelector('splat-viewer')?.lookThrough({ widthPx: 300, heightPx: 200, fx: 240, fy: 240, cx: 150, cy: 100, pose });
    });
    expect(await front.isVisible()).toBe(false);
    await page.getByRole('application', { name: 'A wall' }).focus();
    for (const key of ['ArrowLeft', '+', ']']) await page.keyboard.press(key);
    await page.getByRole('button', { name: english.zoomIn }).click();
    await page.mouse.move(60, 60);
    await page.mouse.wheel(0, 200);
    await page.mouse.down();
    await page.mouse.move(100, 90, { steps: 3 });
    await page.mouse.up();
    await page.mouse.dblclick(120, 80);
    await page.waitForTimeout(300);
    expect([await orbit(), await target()]).toEqual(before);
    await page.evaluate(() => document.querySelector('splat-viewer')?.lookThrough(null));
    expect(await front.isVisible()).toBe(true);
    await page.getByRole('application', { name: 'A wall' }).focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(orbit, patient).not.toBe(before[0]);
    expect(errors).toEqual([]);
  });
});

describe('hands and ears', () => {
  test('after some quiet a hint shows, until the person moves', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal} camera-controls interaction-prompt-threshold="100"></splat-viewer>`);
    const hint = page.getByText(english.prompt);
    await expect.poll(() => hint.isVisible(), patient).toBe(true);
    await page.locator('splat-viewer').getByRole('application').press('ArrowLeft');
    await expect.poll(() => hint.isVisible(), patient).toBe(false);
    await showWall(
      page,
      `<splat-viewer ${frontal} camera-controls interaction-prompt="none" interaction-prompt-threshold="0"></splat-viewer>`,
    );
    await page.waitForTimeout(200);
    expect(await hint.isVisible()).toBe(false);
  });

  test('every word can be another language’s, and every part has its name', async () => {
    const { page } = await driver.openPage();
    const words = JSON.stringify({ loaded: 'Die Szene ist da.', zoomIn: 'Näher', roleDescription: '3D-Szene' });
    await showWall(page, `<splat-viewer ${frontal} xr controls camera-controls alt="Eine Wand" a11y='${words}'></splat-viewer>`);
    await expect.poll(() => page.getByRole('status').textContent()).toBe('Die Szene ist da.');
    await page.getByRole('button', { name: 'Näher' }).click();
    await expect
      .poll(() => page.evaluate(() => document.querySelector('splat-viewer')?.getCameraOrbit()?.radius), patient)
      .toBeLessThan(3.6);
    const surface = page.getByRole('application', { name: 'Eine Wand' });
    expect(await surface.getAttribute('aria-roledescription')).toBe('3D-Szene');
    const found = await page.evaluate(() => {
      const nodes = document.querySelector('splat-viewer')?.shadowRoot?.querySelectorAll('[part]') ?? [];
      return [...new Set([...nodes].map((node) => node.getAttribute('part')))];
    });
    expect(found.sort()).toEqual(Object.keys(parts).sort());
  });

  test('arrow keys turn the camera, and its place is spoken', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal} camera-controls alt="A wall"></splat-viewer>`);
    await expect.poll(() => page.getByRole('status').textContent()).toBe(english.loaded);
    await page.keyboard.press('Tab');
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowLeft');
    const theta = () => page.evaluate(() => document.querySelector('splat-viewer')?.getCameraOrbit()?.theta ?? 0);
    await expect.poll(async () => Math.abs(await theta()), patient).toBeGreaterThan(1);
    await expect.poll(() => page.getByRole('status').textContent(), patient).toMatch(/^View from stage (left|right)/);
  });

  test('the wheel is the page’s until the scene has the focus', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal} camera-controls></splat-viewer><div style="height: 3000px"></div>`);
    const radius = () => page.evaluate(() => document.querySelector('splat-viewer')?.getCameraOrbit()?.radius ?? 0);
    await page.mouse.move(120, 140);
    await page.mouse.wheel(0, 40);
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(0);
    expect(await radius()).toBe(4);
    await page.evaluate(() => scrollTo(0, 0));
    await page.locator('splat-viewer').getByRole('application').focus();
    await page.mouse.wheel(0, 100);
    await expect.poll(radius, patient).toBeGreaterThan(4.1);
    expect(await page.evaluate(() => scrollY)).toBe(0);
  });

  test('a click tells what was hit, a drag does not', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal} camera-controls></splat-viewer>`);
    await page.evaluate(() => {
      const viewer = document.querySelector('splat-viewer') as SplatViewerElement;
      Object.assign(globalThis, { picks: viewerPage.heard(viewer, ['splat-pick']) });
    });
    const box = await page.locator('splat-viewer').boundingBox();
    const [x, y] = [(box?.x ?? 0) + 130, (box?.y ?? 0) + 80];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 30, y + 5, { steps: 3 });
    await page.mouse.up();
    await page.waitForTimeout(300);
    await page.mouse.click(x, y);
    const picks = () => page.evaluate(() => (globalThis as unknown as { picks: { detail: { clientX: number } }[] }).picks);
    await expect.poll(async () => (await picks()).length, patient).toBe(1);
    expect((await picks())[0].detail.clientX).toBe(x);
  });

  test('axe finds nothing, with poster, with hotspots and after an error', async () => {
    const { page } = await driver.openPage();
    await showWall(page, `<splat-viewer ${frontal} camera-controls controls alt="A wall">${hotspots}</splat-viewer>`);
    await page.evaluate(() => {
      const place = document.querySelector('#place') as HTMLElement;
      place.insertAdjacentHTML(
        'beforeend',
        '<splat-viewer reveal="manual" camera-controls alt="Two"><b slot="poster">Poster</b></splat-viewer>',
      );
      place.insertAdjacentHTML('beforeend', '<splat-viewer src="nowhere.ply" alt="Three"></splat-viewer>');
    });
    await page.getByRole('button', { name: english.reload }).waitFor();
    await page.waitForTimeout(500);
    await page.evaluate(await readFile(axeFile, 'utf8'));
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
      return (await axe.run()).violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
    });
    expect(found).toEqual([]);
    const small = await page.evaluate(() => {
      const buttons = [...document.querySelectorAll('splat-viewer')].flatMap((viewer) => [
        ...viewer.querySelectorAll('button'),
        ...(viewer.shadowRoot?.querySelectorAll('button') ?? []),
      ]);
      const sizes = buttons.map((button) => button.getBoundingClientRect()).filter(({ width }) => width > 0);
      return { count: sizes.length, small: sizes.filter(({ width, height }) => width < 24 || height < 24).length };
    });
    expect(small.count).toBeGreaterThan(6);
    expect(small.small).toBe(0);
  });
});

test('code that did not come over the network is asked for again by the button', async () => {
  const { page } = await driver.ownPage();
  const code = '**/webglSplatRenderer.ts*';
  await page.route(code, (route) => route.abort());
  const first = await page.evaluate(async (markup) => {
    await viewerPage.define();
    return viewerPage.mount(markup).show(viewerPage.wall());
  }, `<splat-viewer ${frontal}></splat-viewer>`);
  expect(first).toMatchObject({ ok: false, failure: { code: 'offline' } });
  await page.unroute(code);
  await page.getByRole('button', { name: english.reload }).click();
  await expect.poll(() => page.evaluate(() => document.querySelector('splat-viewer')?.loaded), patient).toBe(true);
  expect(await page.getByRole('button', { name: english.reload }).isVisible()).toBe(false);
});

test('with WebGL2 too nothing is left of viewers that came and went', async () => {
  const { page, errors } = await driver.openPage();
  // More than the sixteen contexts that a page may hold at a time.
  const { left } = await comeAndGo(page, 30, `<splat-viewer ${frontal} camera-controls auto-rotate>${hotspots}</splat-viewer>`);
  expect(left).toBeLessThanOrEqual(2);
  expect(page.workers()).toHaveLength(0);
  expect(errors).toEqual([]);
});
