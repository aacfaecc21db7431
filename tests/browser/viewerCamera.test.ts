/**
 * The camera's gestures where only a browser can tell: what scrolls the page and what turns the camera, focus and the wheel, the clicks of
 * a hotspot, dragging beyond the edge. The rest is in tests/unit/viewer/cameraController.test.ts.
 */
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CameraController } from '../../src/viewer/camera/cameraController.ts';
import { type AppServer, serveApp } from './appServer.ts';
import { launchChromium } from './chromium.ts';

declare global {
  var viewerCamera: { controller: CameraController; taps: number; clicks: number };
}

/** A surface of 400 by 300 at (50, 100) in a page three screens high, with a button in its upper left corner. */
const body = `<!doctype html><title></title>
<body style="margin: 0; height: 2400px">
<div id="surface" tabindex="0" style="position: absolute; left: 50px; top: 100px; width: 400px; height: 300px; background: #888; user-select: none">
  <button style="position: absolute; left: 20px; top: 20px; width: 40px; height: 40px">1</button>
</div>`;

const script = `
import { createCameraController } from '/src/viewer/camera/cameraController.ts';
import { defaultLimits } from '/src/viewer/camera/limits.ts';
const surface = document.getElementById('surface');
const side = globalThis.viewerCamera = { controller: null, taps: 0, clicks: 0 };
const settings = {
  mode: 'orbit', enabled: true, limits: defaultLimits(4), disableZoom: false, disablePan: false, disableTap: false, touchAction: 'pan-y',
  autoRotate: false, autoRotateDelayMs: 3000, rotationPerSecond: 0.1,
  interpolationDecayMs: 50, orbitSensitivity: 1, zoomSensitivity: 1, panSensitivity: 1,
};
const hooks = { invalidate() {}, onchange() {}, reducedMotion: () => true, ontap: () => side.taps++ };
side.controller = createCameraController(surface, hooks, settings, { target: [0, 0, 0], theta: 0, phi: 1.5, radius: 4, fov: 0.8 });
surface.querySelector('button').addEventListener('click', () => side.clicks++);
document.title = 'ready';
`;

let server: AppServer;
let browser: Browser;
let page: Page;
let touch: CDPSession;

beforeAll(async () => {
  [server, browser] = await Promise.all([serveApp(), launchChromium({ webGpu: false })]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

beforeEach(async () => {
  const context = await browser.newContext({ hasTouch: true, viewport: { width: 600, height: 800 } });
  page = await context.newPage();
  const address = `${server.url}camera-test.html`;
  await page.route(address, (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto(address);
  await page.addScriptTag({ type: 'module', content: script });
  await page.waitForFunction(() => document.title === 'ready');
  touch = await context.newCDPSession(page);
});
afterEach(() => page.context().close());

const look = () =>
  page.evaluate(() => ({
    goal: globalThis.viewerCamera.controller.goal,
    moved: globalThis.viewerCamera.controller.userHasMoved,
    taps: globalThis.viewerCamera.taps,
    clicks: globalThis.viewerCamera.clicks,
    scrolled: scrollY,
    cursor: document.getElementById('surface')?.style.cursor,
  }));

const fingers = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...touchPoints: [number, number][]) =>
  touch.send('Input.dispatchTouchEvent', { type, touchPoints: touchPoints.map(([x, y], id) => ({ x, y, id })) });

/** A finger put down at (200, 300) and drawn along in ten steps. */
async function swipe(dx: number, dy: number): Promise<void> {
  await fingers('touchStart', [200, 300]);
  for (let k = 1; k <= 10; k++) await fingers('touchMove', [200 + (k * dx) / 10, 300 + (k * dy) / 10]);
  await fingers('touchEnd');
}

test('a vertical swipe over the viewer scrolls the page and leaves the camera', async () => {
  await swipe(0, -180);
  await page.waitForFunction(() => scrollY > 100);
  const { moved, goal } = await look();
  expect([moved, goal.phi]).toEqual([false, 1.5]);
});

test('a horizontal swipe turns the camera and leaves the page', async () => {
  await swipe(-120, 0);
  const { scrolled, goal } = await look();
  expect(scrolled).toBe(0);
  // Leftwards over 120 of 300 px.
  expect(goal.theta).toBeCloseTo(0.4 * 2 * Math.PI, 6);
});

test('a swipe that begins sideways may go on down: the camera follows, the page stays', async () => {
  await fingers('touchStart', [150, 200]);
  for (let k = 1; k <= 6; k++) await fingers('touchMove', [150 + 10 * k, 200]);
  for (let k = 1; k <= 6; k++) await fingers('touchMove', [210, 200 + 10 * k]);
  await fingers('touchEnd');
  const { scrolled, goal } = await look();
  expect(scrolled).toBe(0);
  expect(goal.theta).toBeLessThan(-0.5);
  expect(goal.phi).toBeLessThan(1);
});

test('two fingers pinch the scene, not the page', async () => {
  await fingers('touchStart', [200, 250], [240, 250]);
  for (let k = 1; k <= 8; k++) await fingers('touchMove', [200 - 5 * k, 250], [240 + 5 * k, 250]);
  await fingers('touchEnd');
  const { goal, scrolled, taps } = await look();
  expect(goal.radius).toBeCloseTo(4 / 3, 1);
  expect([scrolled, taps]).toEqual([0, 0]);
  expect(await page.evaluate(() => visualViewport?.scale)).toBe(1);
});

test('the wheel scrolls the page until the viewer has the focus', async () => {
  await page.mouse.move(250, 250);
  await page.mouse.wheel(0, 50);
  await page.waitForFunction(() => scrollY === 50);
  expect((await look()).goal.radius).toBe(4);
  await page.mouse.click(250, 200);
  await page.mouse.wheel(0, 50);
  await page.waitForFunction(() => globalThis.viewerCamera.controller.goal.radius > 4);
  expect(await look()).toMatchObject({ scrolled: 50, taps: 1 });
  await page.mouse.click(550, 700);
  await page.mouse.move(250, 200);
  await page.mouse.wheel(0, 50);
  await page.waitForFunction(() => scrollY === 100);
});

test('keys move the camera and not the page, but only with the focus', async () => {
  await page.keyboard.press('ArrowLeft');
  expect((await look()).moved).toBe(false);
  await page.focus('#surface');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowLeft');
  const { goal, scrolled } = await look();
  expect(goal.theta).toBeCloseTo(Math.PI / 8, 9);
  expect(goal.phi).toBeCloseTo(1.5, 9);
  expect(scrolled).toBe(0);
});

test('a click on a hotspot is the hotspot’s; a drag from it turns the camera; a click beside it is a tap', async () => {
  await page.mouse.click(90, 140);
  expect(await look()).toMatchObject({ clicks: 1, taps: 0, moved: false });
  await page.mouse.move(90, 140);
  await page.mouse.down();
  await page.mouse.move(190, 140, { steps: 5 });
  await page.mouse.up();
  expect(await look()).toMatchObject({ clicks: 1, taps: 0, moved: true });
  await page.mouse.click(200, 300);
  expect(await look()).toMatchObject({ clicks: 1, taps: 1 });
});

test('a drag goes on beyond the edge of the viewer and ends there', async () => {
  await page.mouse.move(440, 200);
  await page.mouse.down();
  await page.mouse.move(590, 200, { steps: 5 });
  expect((await look()).cursor).toBe('grabbing');
  await page.mouse.up();
  const { goal, cursor } = await look();
  expect(goal.theta).toBeCloseTo(-Math.PI, 2);
  expect(cursor).toBe('grab');
  await page.mouse.move(300, 200);
  expect((await look()).goal.theta).toBe(goal.theta);
});

test('the right button pans without a menu', async () => {
  await page.evaluate(() => {
    document.addEventListener('contextmenu', (event) => (document.title = String(event.defaultPrevented)));
  });
  await page.mouse.move(250, 250);
  await page.mouse.down({ button: 'right' });
  await page.mouse.move(280, 250, { steps: 3 });
  await page.mouse.up({ button: 'right' });
  const { goal } = await look();
  expect(goal.theta).toBe(0);
  expect(goal.target[0]).toBeLessThan(-0.1);
  expect(await page.title()).toBe('true');
});
