/**
 * A bare page with the WebGL2 renderer in it, driven from Node: scenes go in as bytes, pictures and figures come out.
 * Invariant: the renderer is the served source with its real worker; only what a test says is taken away from the page.
 */
import type { Browser, Page } from 'playwright-core';
import type { PackedSplats } from '../../src/core/view/packedSplats.ts';
import type { ProbeAnswer, ProbePoint, RendererStats, SceneShape, ViewFrame } from '../../src/core/view/splatRenderer.ts';
import type { WebGlSplatRenderer } from '../../src/viewer/webgl/webglSplatRenderer.ts';

interface PageSide {
  renderer: WebGlSplatRenderer;
  canvas: HTMLCanvasElement;
  /** Times the renderer asked to be drawn again. */
  wanted: number;
  lost: string | null;
  append(count: number, shDegree: number, geometry: string, sh: string): void;
  base64(bytes: Uint8ClampedArray): string;
}

declare global {
  var webgl: PageSide;
}

const script = `
import { createWebGlSplatRenderer } from '/src/viewer/webgl/webglSplatRenderer.ts';
const canvas = document.body.appendChild(document.createElement('canvas'));
const made = createWebGlSplatRenderer(canvas, () => side.wanted++);
if (!made.ok) throw new Error(made.failure.detail);
const words = (text) => new Uint32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const side = globalThis.webgl = {
  renderer: made.value, canvas, wanted: 0, lost: null,
  append: (count, shDegree, geometry, sh) => made.value.append({ count, shDegree, geometry: words(geometry), sh: words(sh) }),
  base64: (bytes) => { let s = ''; for (const b of bytes) s += String.fromCharCode(b); return btoa(s); },
};
made.value.lost.then((reason) => (side.lost = reason));
document.title = 'ready';
`;

export interface WebGlPage {
  page: Page;
  open(shape: SceneShape): Promise<void>;
  append(batch: PackedSplats): Promise<void>;
  hide(indices: number[]): Promise<void>;
  /** RGBA, straight alpha, rows from the top. */
  picture(frame: ViewFrame): Promise<Uint8Array>;
  /** Draws and reads the canvas in the same task, as the screen would show it. */
  drawn(frame: ViewFrame): Promise<Uint8Array>;
  /** Draws until the renderer asks for no more, then as drawn(). */
  settled(frame: ViewFrame): Promise<Uint8Array>;
  probe(frame: ViewFrame, points: ProbePoint[]): Promise<ProbeAnswer[]>;
  stats(): Promise<RendererStats>;
  close(): Promise<void>;
}

const toBase64 = (words: Uint32Array): string => Buffer.from(words.buffer, words.byteOffset, words.byteLength).toString('base64');
const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

/** Opens the page under the served app's origin; `prepare` may take things away before the renderer is made. */
export async function openWebGlPage(browser: Browser, url: string, prepare?: (page: Page) => Promise<unknown>): Promise<WebGlPage> {
  const page = await browser.newPage();
  const address = `${url}webgl-test.html`;
  await page.route(address, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title></title>' }));
  await prepare?.(page);
  await page.goto(address);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  await page.addScriptTag({ type: 'module', content: script });
  await page
    .waitForFunction(() => document.title === 'ready')
    .catch((error: unknown) => {
      throw new Error(`The renderer did not start: ${problems.join('; ')}`, { cause: error });
    });

  const drawn = async (frame: ViewFrame): Promise<Uint8Array> =>
    fromBase64(
      await page.evaluate((f) => {
        const { renderer, canvas } = globalThis.webgl;
        renderer.draw(f);
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
        copy?.drawImage(canvas, 0, 0);
        return globalThis.webgl.base64(copy?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray());
      }, frame),
    );

  return {
    page,
    drawn,
    open: (shape) => page.evaluate((s) => globalThis.webgl.renderer.open(s), shape),
    append: ({ count, shDegree, geometry, sh }) =>
      page.evaluate(([n, degree, g, s]) => globalThis.webgl.append(n, degree, g, s), [
        count,
        shDegree,
        toBase64(geometry),
        toBase64(sh),
      ] as const),
    hide: (indices) => page.evaluate((list) => globalThis.webgl.renderer.hide(Uint32Array.from(list)), indices),
    picture: async (frame) =>
      fromBase64(await page.evaluate(async (f) => globalThis.webgl.base64((await globalThis.webgl.renderer.picture(f)).rgba), frame)),
    async settled(frame) {
      await page.evaluate(async (f) => {
        const side = globalThis.webgl;
        let before = -1;
        while (before !== side.wanted) {
          before = side.wanted;
          side.renderer.draw(f);
          for (let k = 0; k < 40 && before === side.wanted; k++) await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }, frame);
      return drawn(frame);
    },
    probe: (frame, points) => page.evaluate(([f, p]) => globalThis.webgl.renderer.probe(f, p), [frame, points] as const),
    stats: () => page.evaluate(() => globalThis.webgl.renderer.stats()),
    close: () => page.close(),
  };
}
