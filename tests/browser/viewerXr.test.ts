/**
 * Sessions with a headset that is not there: both eyes' pixels against the matrices of WebXR, on WebGL2 and on WebGPU, and how sessions
 * end, are refused and are asked for by the buttons.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AppServer, serveApp } from './appServer.ts';
import { launchChromium } from './chromium.ts';
import type { Headset } from './viewerXr/fakeXr.ts';
import type { Scene } from './viewerXr/page.ts';

type Vector3 = [number, number, number];

const patient = { timeout: 30_000 };
let server: AppServer;
let browser: Browser;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  [server, browser] = await Promise.all([serveApp(), launchChromium({ webGpu: false })]);
  page = await openPage(browser);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

async function openPage(on: Browser): Promise<Page> {
  const opened = await on.newPage();
  const address = `${server.url}xr-test.html`;
  const body = '<!doctype html><title></title><script type="module" src="/tests/browser/viewerXr/page.ts"></script>';
  await opened.route(address, (route) => route.fulfill({ contentType: 'text/html', body }));
  opened.on('pageerror', (error) => errors.push(error.message));
  opened.on('console', (message) => {
    // Chromium says so whenever pixels are read.
    if (['error', 'warning'].includes(message.type()) && !message.text().includes('ReadPixels')) errors.push(message.text());
  });
  await opened.goto(address);
  await opened.waitForFunction(() => document.title === 'ready');
  return opened;
}

/** A pose turned left by `yaw`, by columns. */
const standing = ([x, y, z]: Vector3, yaw: number): number[] => {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  return [c, 0, -s, 0, 0, 1, 0, 0, s, 0, c, 0, x, y, z, 1];
};

/** Perspective from tangents (glFrustum with the far plane far away). */
const frustum = (left: number, right: number, down: number, up: number): number[] => {
  const [w, h] = [right - left, up - down];
  return [2 / w, 0, 0, 0, 0, 2 / h, 0, 0, (right + left) / w, (up + down) / h, -1, -1, 0, 0, -0.2, 0];
};

const eyePosition: Vector3 = [0.2, 1.6, 0.3];
/** Eyes 64 mm apart, each turned outwards, with more to see on its own side. */
const headset: Headset = {
  modes: ['immersive-vr', 'immersive-ar'],
  refusal: null,
  hasFloor: true,
  layerFails: false,
  bindsGpu: false,
  head: standing(eyePosition, 0),
  eyes: [standing([0.168, 1.6, 0.3], 0.08), standing([0.232, 1.6, 0.3], -0.08)],
  projections: [frustum(-1.2, 1, -0.9, 0.7), frustum(-1, 1.2, -0.9, 0.7)],
  eyeWidth: 128,
  eyeHeight: 112,
};
/** The camera looks along -z from [1, 0.5, 1], as the head does from where it is. */
const scene: Scene = {
  points: [
    [0.6, 0.9, -1.8],
    [1.5, 0.2, -3],
  ],
  camera: { target: [1, 0.5, -2], theta: 0, phi: Math.PI / 2, radius: 3 },
  metresPerUnit: 0.5,
  background: [0, 0, 1, 1],
};

/** Where an eye sees a world point when the viewer has turned left by `turned` since the start. */
function expectedPixel([x, y, z]: Vector3, eye: number, turned = 0): [number, number] {
  const [dx, dy, dz] = [0.5 * (x - 1), 0.5 * (y - 0.5), 0.5 * (z - 1)];
  const [c, s] = [Math.cos(-turned), Math.sin(-turned)];
  const room = [eyePosition[0] + c * dx + s * dz, eyePosition[1] + dy, eyePosition[2] - s * dx + c * dz];
  const [m, p] = [headset.eyes[eye], headset.projections[eye]];
  const offset = [0, 1, 2].map((k) => room[k] - m[12 + k]);
  const [ex, ey, ez] = [0, 4, 8].map((first) => offset.reduce((sum, value, k) => sum + value * m[first + k], 0));
  const [clipX, clipY, clipW] = [p[0] * ex + p[8] * ez, p[5] * ey + p[9] * ez, -ez];
  return [(0.5 + clipX / clipW / 2) * headset.eyeWidth, (0.5 - clipY / clipW / 2) * headset.eyeHeight];
}

/** Where a colour's light is, by its centre of gravity, and how bright it is there. */
function spot(rgba: Uint8Array, channel: number): { x: number; y: number; peak: number } {
  let [sum, x, y, peak] = [0, 0, 0, 0];
  for (let k = 0; k < rgba.length / 4; k++) {
    const value = rgba[4 * k + channel];
    sum += value;
    x += value * ((k % headset.eyeWidth) + 0.5);
    y += value * (Math.floor(k / headset.eyeWidth) + 0.5);
    peak = Math.max(peak, value);
  }
  return { x: x / sum, y: y / sum, peak };
}

function expectEyes(eyes: Uint8Array[], turned = 0): void {
  eyes.forEach((rgba, eye) =>
    scene.points.forEach((point, channel) => {
      const [x, y] = expectedPixel(point, eye, turned);
      const seen = spot(rgba, channel);
      expect(Math.hypot(seen.x - x, seen.y - y)).toBeLessThan(0.5);
      expect(seen.peak).toBeGreaterThan(220);
    }),
  );
}

const enter = async (
  mode: 'immersive-vr' | 'immersive-ar',
  wear: Partial<Headset> = {},
  shown: Partial<Scene> = {},
  on = page,
): Promise<string> =>
  on.evaluate(
    ([m, worn, what]) => {
      xrPage.wear(worn);
      return xrPage.enter(m, what);
    },
    [mode, { ...headset, ...wear }, { ...scene, ...shown }] as const,
  );
const settled = async (on = page): Promise<Uint8Array[]> => {
  const eyes = await on.evaluate(() => xrPage.settled());
  return eyes.map((text) => new Uint8Array(Buffer.from(text, 'base64')));
};

test('VR on WebGL2: both eyes show the splats where the matrices say, and a squeeze turns the viewer', async () => {
  expect(await enter('immersive-vr')).toBe('webgl2');
  const calls = await page.evaluate(() => ({ did: xrPage.installed.calls, spaces: xrPage.session().spaces, init: xrPage.session().init }));
  expect(calls.did).toEqual(['webgl2 for headsets', 'makeXRCompatible']);
  expect(calls.spaces).toEqual(['local-floor']);
  expect(calls.init).toEqual({ requiredFeatures: [], optionalFeatures: ['local-floor'] });
  const eyes = await settled();
  expectEyes(eyes);
  for (const rgba of eyes) expect(Array.from(rgba.subarray(0, 4))).toEqual([0, 0, 255, 255]);

  await page.evaluate(() => xrPage.fire('squeezestart', { handedness: 'left' }));
  expectEyes(await settled(), Math.PI / 6);

  // A ray from the head's place to the right is one from the camera's, turned with the viewer.
  const matrix = [0, 0, 1, 0, 0, 1, 0, 0, -1, 0, 0, 0, ...eyePosition, 1];
  await page.evaluate((m) => xrPage.fire('select', { targetRaySpace: xrPage.spaceAt(m) }), matrix);
  const [{ origin, direction }] = await page.evaluate(() => xrPage.rays);
  [1, 0.5, 1].forEach((value, k) => expect(origin[k]).toBeCloseTo(value, 5));
  [Math.cos(Math.PI / 6), 0, -0.5].forEach((value, k) => expect(direction[k]).toBeCloseTo(value, 5));
});

test('after the end nothing is left of a session', async () => {
  expect(page.workers().length).toBe(1);
  const left = await page.evaluate(async () => {
    const session = xrPage.session();
    const layer = session.state.baseLayer as unknown as { context: WebGL2RenderingContext };
    const { run } = xrPage;
    if (!run) throw new Error('There is no session.');
    await Promise.all([run.end(), run.end(), run.ended]);
    await run.end();
    await new Promise((resolve) => setTimeout(resolve));
    return { over: session.over, contextGone: layer.context.isContextLost() };
  });
  expect(left).toEqual({ over: true, contextGone: true });
  await expect.poll(() => page.workers().length, patient).toBe(0);
});

test('AR leaves the room visible around the splats; without a floor the head is the measure', async () => {
  expect(await enter('immersive-ar', { hasFloor: false })).toBe('webgl2');
  const eyes = await settled();
  expectEyes(eyes);
  for (const rgba of eyes) {
    expect(Array.from(rgba.subarray(0, 4))).toEqual([0, 0, 0, 0]);
    expect(spot(rgba, 3).peak).toBeGreaterThan(220);
  }
  expect(await page.evaluate(() => xrPage.session().spaces)).toEqual(['local-floor', 'local']);
  // The person takes the headset off.
  await page.evaluate(async () => {
    await xrPage.session().end();
    await xrPage.run?.ended;
  });
});

test.for([
  ['NotAllowedError', 'cancelled'],
  ['NotSupportedError', 'gpu-missing'],
] as const)('a session refused with %s is the failure %s', async ([refusal, code]) => {
  expect(await enter('immersive-vr', { refusal })).toMatch(new RegExp(`^${code}: .*immersive-vr`));
});

test('a headset that cannot be drawn to gets its session ended; so does a scene that cannot be read', async () => {
  expect(await enter('immersive-vr', { layerFails: true })).toMatch(/^gpu-missing: .*Another graphics card/);
  expect(await page.evaluate(() => xrPage.session().over)).toBe(true);
  expect(await enter('immersive-vr', {}, { fillFails: true })).toBe('webgl2');
  const after = await page.evaluate(async () => {
    await xrPage.run?.ended;
    return { over: xrPage.session().over, filled: await xrPage.run?.filled };
  });
  expect(after).toEqual({ over: true, filled: { ok: false, failure: { code: 'bad-file', detail: 'Not a splat.' } } });
});

test('a button for every mode there is, large enough, that enters and leaves', async () => {
  const vr = page.getByRole('button', { name: 'View in VR' });
  const ar = page.getByRole('button', { name: 'View in AR' });
  await page.evaluate(
    ([worn, what]) => {
      xrPage.wear(worn);
      xrPage.buttons(what);
    },
    [{ ...headset, modes: ['immersive-ar'] as const }, scene] as never as [Headset, Scene],
  );
  await ar.waitFor();
  expect(await vr.count()).toBe(0);
  // A headset is plugged in.
  await page.evaluate(() => {
    xrPage.headset.modes.push('immersive-vr');
    (navigator as Navigator & { xr: EventTarget }).xr.dispatchEvent(new Event('devicechange'));
  });
  await vr.waitFor();
  for (const button of [vr, ar]) {
    const box = await button.boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
  }
  expect(await vr.getAttribute('part')).toBe('vr-button');

  await vr.click();
  await page.getByRole('button', { name: 'Exit' }).click();
  await vr.waitFor();
  await ar.click();
  await page.waitForFunction(() => xrPage.heard.length === 3);
  const overlay = await page.evaluate(() => {
    const root = xrPage.session().init.domOverlay?.root as HTMLElement;
    const exit = root.querySelector('button') as HTMLButtonElement;
    const shown = exit.offsetWidth > 0;
    exit.click();
    return { shown, connected: root.isConnected };
  });
  expect(overlay).toEqual({ shown: true, connected: true });
  await page.waitForFunction(() => xrPage.heard.length === 4);
  expect(await page.evaluate(() => xrPage.heard)).toEqual(['in immersive-vr', 'out', 'in immersive-ar', 'out']);
  await page.evaluate(() => xrPage.disposeButtons());
  expect(await ar.count()).toBe(0);
  expect(errors).toEqual([]);
});

test('where the headset takes WebGPU both eyes are drawn with it, as on WebGL2', async () => {
  const withGpu = await launchChromium({ webGpu: true });
  const other = await openPage(withGpu);
  expect(await enter('immersive-vr', { bindsGpu: true }, {}, other)).toBe('webgpu');
  const { calls, init } = await other.evaluate(() => ({ calls: xrPage.installed.calls, init: xrPage.session().init }));
  expect(calls).toEqual(['adapter for headsets']);
  expect(init.requiredFeatures).toEqual(['webgpu']);
  const eyes = await settled(other);
  expectEyes(eyes);
  for (const rgba of eyes) expect(Array.from(rgba.subarray(0, 4))).toEqual([0, 0, 255, 255]);
  await other.evaluate(() => xrPage.run?.end());

  const picture = [200, 100, 5, 255, 3, 250, 128, 77];
  const rest = new Array<number>(24).fill(9);
  for (const format of ['rgba8unorm', 'rgba8unorm-srgb'] as const)
    expect(await other.evaluate(([f, p]) => xrPage.copied(f, p), [format, picture] as const)).toEqual([...rest, ...picture]);
  await withGpu.close();
  expect(errors).toEqual([]);
});
