/**
 * The WebGL2 renderer in Chromium without WebGPU, against the rasterizer's f64 twin on the same packed splats: pictures, live drawing and
 * its sorting, probes, and the ends: a lost context, no worker, dispose.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderRef } from '../../src/core/raster/render.ref.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import { type Splats, emptySplats, shBasisCount } from '../../src/core/scene/splats.ts';
import { type PackedSplats, packSplats, unpackSplats } from '../../src/core/view/packedSplats.ts';
import { probeSplats } from '../../src/core/view/probe.ref.ts';
import type { Box, ViewFrame } from '../../src/core/view/splatRenderer.ts';
import { randomNumbers } from '../randomScene.ts';
import { type AppServer, serveApp } from './appServer.ts';
import { launchChromium } from './chromium.ts';
import { type WebGlPage, openWebGlPage } from './webglPage.ts';

const leastPsnr = 45;

let server: AppServer;
let browser: Browser;
let view3d: WebGlPage;

beforeAll(async () => {
  [server, browser] = await Promise.all([serveApp(), launchChromium({ webGpu: false })]);
  view3d = await openWebGlPage(browser, server.url);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

/** At the origin, looking along z, or turned about the vertical axis. */
function lookingBy(turn: number, widthPx = 150, heightPx = 110): PinholeView {
  const pose: PinholeView['pose'] = { q: [Math.cos(turn / 2), 0, Math.sin(turn / 2), 0], t: [0.1, -0.2, 0.3] };
  return { widthPx, heightPx, fx: 120, fy: 118, cx: 0.51 * widthPx, cy: 0.48 * heightPx, pose };
}

const frameOf = (view: PinholeView, more: Partial<ViewFrame> = {}): ViewFrame => ({
  view,
  near: 0.2,
  shDegree: 3,
  background: [0, 0, 0, 1],
  exposure: 1,
  crop: null,
  ...more,
});

/** A cloud all around the origin, from pin pricks to blobs, needles among them, faint to solid. */
function cloud(seed: number, count: number, shDegree: number): Splats {
  const random = randomNumbers(seed);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const splats = emptySplats(count, shDegree);
  const perSplat = 3 * shBasisCount(shDegree);
  for (let i = 0; i < count; i++) {
    const [azimuth, distance] = [between(-Math.PI, Math.PI), between(0.5, 9)];
    splats.means.set([distance * Math.sin(azimuth), between(-0.45, 0.45) * distance, distance * Math.cos(azimuth)], 3 * i);
    for (let k = 0; k < 3; k++) splats.logScales[3 * i + k] = Math.log(between(0.01, 0.12) * distance ** 0.7) - (k === 2 ? 1.5 : 0);
    for (let k = 0; k < 4; k++) splats.quats[4 * i + k] = between(-1, 1);
    splats.opacityLogits[i] = between(-4, 4);
    for (let k = 0; k < perSplat; k++) splats.sh[perSplat * i + k] = k < 3 ? between(-1.5, 1.5) : between(-0.35, 0.35);
  }
  return splats;
}

function without(splats: Splats, isOut: (i: number) => boolean): Splats {
  const logits = splats.opacityLogits.map((logit, i) => (isOut(i) ? -20 : logit));
  return { ...splats, opacityLogits: logits };
}

/** What the twin shows, straight RGBA in 0..255, not rounded. */
function expected(splats: Splats, { view, near, shDegree, background, exposure }: ViewFrame): Float64Array {
  const { image, finalT } = renderRef(splats, view, { near, stopAtT: 0, activeShDegree: Math.min(shDegree, splats.shDegree) });
  const out = new Float64Array(4 * finalT.length);
  for (let p = 0; p < finalT.length; p++) {
    const behind = finalT[p] * background[3];
    const alpha = 1 - finalT[p] + behind;
    for (let c = 0; c < 3; c++) {
      const premultiplied = exposure * image[3 * p + c] + behind * background[c];
      out[4 * p + c] = 255 * Math.min(1, alpha > 0 ? premultiplied / alpha : 0);
    }
    out[4 * p + 3] = 255 * alpha;
  }
  return out;
}

/** Of the colours as they are seen, that is times alpha, and of alpha itself. */
function psnr(shown: Uint8Array, truth: Float64Array): number {
  expect(shown.length).toBe(truth.length);
  let sum = 0;
  for (let k = 0; k < truth.length; k++) {
    const a = 4 * Math.floor(k / 4) + 3;
    const [mine, theirs] = k === a ? [shown[k], truth[k]] : [(shown[k] * shown[a]) / 255, (truth[k] * truth[a]) / 255];
    sum += (mine - theirs) ** 2;
  }
  return 10 * Math.log10(255 ** 2 / (sum / truth.length));
}

async function show(on: WebGlPage, packed: PackedSplats, antialiased = false, capacity = packed.count): Promise<Splats> {
  await on.open({ shDegree: packed.shDegree, antialiased, capacity });
  await on.append(packed);
  return unpackSplats(packed, antialiased);
}

const cases: { name: string; degree: number; antialiased?: boolean; frame?: Partial<ViewFrame> }[] = [
  { name: 'SH 0', degree: 0 },
  { name: 'SH 1', degree: 1 },
  { name: 'SH 2', degree: 2 },
  { name: 'SH 3', degree: 3 },
  { name: 'SH 3 shown at degree 1', degree: 3, frame: { shDegree: 1 } },
  { name: 'antialiased', degree: 1, antialiased: true },
  { name: 'a transparent background', degree: 1, frame: { background: [0.4, 0.2, 0.9, 0] } },
  { name: 'a half transparent background', degree: 0, frame: { background: [0.9, 0.6, 0.1, 0.5] } },
  { name: 'exposure', degree: 1, frame: { exposure: 0.6, background: [0.1, 0.5, 0.3, 1] } },
];

test.for(cases)('a picture is the twin: $name', async ({ name, degree, antialiased = false, frame: more }) => {
  const splats = await show(view3d, packSplats(cloud(11 + degree, 900, degree)), antialiased);
  const frame = frameOf(lookingBy(0.4), more);
  const figure = psnr(await view3d.picture(frame), expected(splats, frame));
  process.stdout.write(`PSNR ${name}: ${figure.toFixed(1)} dB\n`);
  expect(figure).toBeGreaterThan(leastPsnr);
});

test('a fog of faint splats keeps its light through a thousand layers', async () => {
  const fog = cloud(21, 3000, 0);
  for (let i = 0; i < fog.count; i++) {
    fog.opacityLogits[i] = -3.5;
    for (let k = 0; k < 3; k++) fog.logScales[3 * i + k] += 1.2;
  }
  const splats = await show(view3d, packSplats(fog));
  const frame = frameOf(lookingBy(0, 60, 50), { background: [1, 1, 1, 1] });
  const figure = psnr(await view3d.picture(frame), expected(splats, frame));
  process.stdout.write(`PSNR fog: ${figure.toFixed(1)} dB\n`);
  expect(figure).toBeGreaterThan(leastPsnr);
});

test('a crop leaves out what lies outside, hide() what is named', async () => {
  const splats = await show(view3d, packSplats(cloud(3, 900, 1)));
  const crop: Box = { low: [-2, -9, -9], high: [3, 0.4, 9] };
  const outside = (i: number): boolean =>
    [0, 1, 2].some((k) => splats.means[3 * i + k] < crop.low[k] || splats.means[3 * i + k] > crop.high[k]);
  const cropped = frameOf(lookingBy(0), { crop });
  expect(psnr(await view3d.picture(cropped), expected(without(splats, outside), cropped))).toBeGreaterThan(leastPsnr);
  expect(psnr(await view3d.picture(cropped), expected(splats, cropped))).toBeLessThan(35);
  const frame = frameOf(lookingBy(0));
  await view3d.hide(Array.from({ length: 300 }, (_, k) => 3 * k));
  expect(
    psnr(
      await view3d.picture(frame),
      expected(
        without(splats, (i) => i % 3 === 0),
        frame,
      ),
    ),
  ).toBeGreaterThan(leastPsnr);
});

test('splats that come bit by bit, more than was said, are all there', async () => {
  const whole = cloud(5, 9500, 2);
  for (let i = 0; i < 3 * whole.count; i++) whole.logScales[i] -= 1;
  const packed = packSplats(whole);
  await view3d.open({ shDegree: 2, antialiased: false, capacity: 10 });
  for (const [from, to] of [[0, 1], [1, 700], [700, 3100], [3100, 3101], [3101, 9500]]) await view3d.append(packSplats(whole, from, to - from)); // prettier-ignore
  const frame = frameOf(lookingBy(-0.7));
  expect(psnr(await view3d.picture(frame), expected(unpackSplats(packed), frame))).toBeGreaterThan(leastPsnr);
  const { splats, bytes } = await view3d.stats();
  expect(splats).toBe(9500);
  // Geometry, SH and cache are 32 + 48 + 32 bytes a splat, and a number in the order; the textures grow by halves.
  expect(bytes).toBeGreaterThan(116 * 9500);
  expect(bytes).toBeLessThan(2 * 116 * 9500);
});

test('drawing shows the background until an order is there, then the twin, from behind as well', async () => {
  const splats = await show(view3d, packSplats(cloud(8, 900, 1)));
  const sortsBefore = (await view3d.stats()).sorts;
  const front = frameOf(lookingBy(0), { background: [0.2, 0.4, 0.6, 1] });
  const first = await view3d.drawn(front);
  expect(Array.from(first.subarray(0, 4))).toEqual([51, 102, 153, 255]);
  expect(new Set(new Uint32Array(first.buffer))).toHaveProperty('size', 1);
  expect(psnr(await view3d.settled(front), expected(splats, front))).toBeGreaterThan(leastPsnr);

  const rested = (await view3d.stats()).sorts;
  expect(rested - sortsBefore).toBeLessThanOrEqual(2);
  const other = frameOf(lookingBy(0.001, 90, 90), { background: [1, 1, 1, 1], exposure: 0.5 });
  expect(psnr(await view3d.settled(other), expected(splats, other))).toBeGreaterThan(leastPsnr);
  expect((await view3d.stats()).sorts).toBe(rested);

  const back = frameOf(lookingBy(Math.PI), { background: [0.2, 0.4, 0.6, 1] });
  // Drawn in the old order it is another picture: the test can tell.
  expect(psnr(await view3d.drawn(back), expected(splats, back))).toBeLessThan(40);
  expect(psnr(await view3d.settled(back), expected(splats, back))).toBeGreaterThan(leastPsnr);
  expect((await view3d.stats()).sorts).toBe(rested + 1);
});

test('the canvas is see-through where the background is', async () => {
  await show(view3d, packSplats(cloud(9, 200, 0)));
  const frame = frameOf(lookingBy(0), { background: [1, 1, 1, 0] });
  const shown = await view3d.settled(frame);
  const truth = expected(unpackSplats(packSplats(cloud(9, 200, 0))), frame);
  expect(psnr(shown, truth)).toBeGreaterThan(leastPsnr);
  expect(shown.filter((_, k) => k % 4 === 3 && shown[k] < 20).length).toBeGreaterThan(500);
});

test('probes answer from the worker what the twin answers', async () => {
  const packed = packSplats(cloud(12, 900, 0));
  await show(view3d, packed, true);
  const frame = frameOf(lookingBy(0.2));
  const points = [3, 40, 75.5, 120].flatMap((xPx) => [10, 55.5, 80].map((yPx) => ({ xPx, yPx, depth: xPx / 20 })));
  expect(await view3d.probe(frame, points)).toEqual(probeSplats(packed.geometry, { antialiased: true }, frame, points));
});

test.for(['refused', 'not found'])('where a worker is %s the page sorts by itself', async (how) => {
  const alone = await openWebGlPage(browser, server.url, (page) =>
    how === 'refused'
      ? page.addInitScript(() => {
          globalThis.Worker = class {
            constructor() {
              throw new DOMException('no workers here', 'SecurityError');
            }
          } as never;
        })
      : page.route('**/workers/splatSort.ts*', (route) => route.abort()),
  );
  const splats = await show(alone, packSplats(cloud(4, 600, 1)));
  const frame = frameOf(lookingBy(0));
  expect(psnr(await alone.settled(frame), expected(splats, frame))).toBeGreaterThan(leastPsnr);
  expect(psnr(await alone.picture(frame), expected(splats, frame))).toBeGreaterThan(leastPsnr);
  expect(alone.page.workers().length).toBe(0);
  await alone.close();
});

test('where halves cannot be drawn into it blends in bytes; a sort worker that dies counts as a loss', async () => {
  const plain = await openWebGlPage(browser, server.url, (page) =>
    page.addInitScript(() => {
      const ask = WebGL2RenderingContext.prototype.getExtension as (name: string) => unknown;
      WebGL2RenderingContext.prototype.getExtension = function (this: WebGL2RenderingContext, name: string) {
        return name.startsWith('EXT_color_buffer') ? null : ask.call(this, name);
      } as never;
    }),
  );
  const splats = await show(plain, packSplats(cloud(4, 600, 1)));
  const frame = frameOf(lookingBy(0));
  const figure = psnr(await plain.picture(frame), expected(splats, frame));
  process.stdout.write(`PSNR in bytes: ${figure.toFixed(1)} dB\n`);
  expect(figure).toBeGreaterThan(38);
  await plain.page.workers()[0].evaluate(() => {
    setTimeout(() => {
      throw new Error('out of breath');
    });
  });
  await plain.page.waitForFunction(() => globalThis.webgl.lost?.includes('out of breath'));
  expect(await plain.probe(frame, [{ xPx: 1, yPx: 1, depth: 1 }])).toEqual([{ surfaceDepth: null, transmittance: 1 }]);
  await plain.close();
});

test('splats beyond the largest texture are left out and the rest is shown', async () => {
  const small = await openWebGlPage(browser, server.url, (page) =>
    page.addInitScript(() => {
      const ask = WebGL2RenderingContext.prototype.getParameter as (name: number) => unknown;
      WebGL2RenderingContext.prototype.getParameter = function (this: WebGL2RenderingContext, name: number) {
        return name === this.MAX_TEXTURE_SIZE ? 128 : ask.call(this, name);
      };
    }),
  );
  // SH of degree 3 takes six texels: 16 splats in a row of at most 128, 128 rows.
  const whole = cloud(6, 2200, 3);
  for (let i = 0; i < 3 * whole.count; i++) whole.logScales[i] -= 1;
  await show(small, packSplats(whole, 0, 1500));
  await small.append(packSplats(whole, 1500, 700));
  const frame = frameOf(lookingBy(0, 120, 100));
  const truth = expected(unpackSplats(packSplats(whole, 0, 2048)), frame);
  expect(psnr(await small.picture(frame), truth)).toBeGreaterThan(leastPsnr);
  expect((await small.stats()).splats).toBe(2048);
  await small.close();
});

test('two eyes are drawn side by side into a framebuffer of somebody else', async () => {
  const splats = await show(view3d, packSplats(cloud(8, 500, 1)));
  const eyes = [0, 0.03].map((turn, k) => ({ frame: frameOf(lookingBy(turn, 80, 60)), xPx: 5 + 90 * k, yPx: 7 }));
  await view3d.settled(eyes[0].frame);
  const pictures = await view3d.page.evaluate((list) => {
    const { renderer, base64 } = globalThis.webgl;
    const gl = renderer.context;
    const [framebuffer, colours] = [gl.createFramebuffer(), gl.createRenderbuffer()];
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.bindRenderbuffer(gl.RENDERBUFFER, colours);
    gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, 180, 70);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, colours);
    renderer.drawEyes(framebuffer, list);
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    return list.map(({ xPx, yPx }) => {
      const rows = new Uint8ClampedArray(4 * 80 * 60);
      for (let y = 0; y < 60; y++) gl.readPixels(xPx, yPx + 59 - y, 80, 1, gl.RGBA, gl.UNSIGNED_BYTE, rows, 320 * y);
      return base64(rows);
    });
  }, eyes);
  const figures = pictures.map((text, k) => psnr(new Uint8Array(Buffer.from(text, 'base64')), expected(splats, eyes[k].frame)));
  expect(figures[0]).toBeGreaterThan(leastPsnr);
  // The second eye is drawn in the first one's order.
  expect(figures[1]).toBeGreaterThan(38);
});

test('a lost context is reported once and nothing throws after it', async () => {
  const losing = await openWebGlPage(browser, server.url);
  await show(losing, packSplats(cloud(4, 100, 0)));
  await losing.settled(frameOf(lookingBy(0)));
  await losing.page.evaluate(() => globalThis.webgl.canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext());
  await losing.page.waitForFunction(() => globalThis.webgl.lost !== null);
  await show(losing, packSplats(cloud(4, 100, 0)));
  expect(new Set(await losing.drawn(frameOf(lookingBy(0))))).toEqual(new Set([0]));
  expect(new Set(await losing.picture(frameOf(lookingBy(0))))).toEqual(new Set([0]));
  await losing.close();
});

test('dispose() ends the worker, gives the context back and is no loss', async () => {
  const ending = await openWebGlPage(browser, server.url);
  await show(ending, packSplats(cloud(4, 100, 0)));
  await ending.settled(frameOf(lookingBy(0)));
  expect(ending.page.workers().length).toBe(1);
  const left = await ending.page.evaluate(
    async (frame) => {
      const { renderer, canvas } = globalThis.webgl;
      const pending = renderer.picture(frame);
      const probed = renderer.probe(frame, [{ xPx: 5, yPx: 5, depth: Infinity }]);
      renderer.dispose();
      renderer.dispose();
      renderer.draw(frame);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const picture = await pending;
      return { sum: picture.rgba.reduce((a, b) => a + b, 0), probed: await probed, gone: canvas.getContext('webgl2')?.isContextLost() };
    },
    frameOf(lookingBy(0)),
  );
  expect(left).toEqual({ sum: 0, probed: [{ surfaceDepth: null, transmittance: 1 }], gone: true });
  expect(await ending.page.evaluate(() => globalThis.webgl.lost)).toBeNull();
  await expect.poll(() => ending.page.workers().length).toBe(0);
  await ending.close();
});
