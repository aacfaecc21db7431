/**
 * Splat renderer on WebGL2, for browsers without WebGPU: splats in textures of words, projected once per picture, blended back to front as
 * quads, in an order that a worker makes. Loaded by `import()` only.
 * Invariant: nothing is drawn in an order that was not made for the scene's splats; until the first order arrives only the background is.
 */
import { type Result, fail, ok } from '../../core/job/failure.ts';
import { matrixOfQuaternion } from '../../core/math/rotation.ts';
import type { Picture, ProbeAnswer, SplatRenderer, ViewFrame } from '../../core/view/splatRenderer.ts';
import { type OrderTexture, createOrderTexture } from './orderTexture.ts';
import { createPasses } from './passes.ts';
import { type SplatStore, createSplatStore } from './splatStore.ts';
import { createSorting } from './sorting.ts';
import { type Target, blendFormat, createTarget } from './targets.ts';

/** One eye's picture: its camera, whose size is the viewport's, and the viewport's lower left corner in the framebuffer. */
export interface Eye {
  frame: ViewFrame;
  xPx: number;
  yPx: number;
}

/** What this renderer can do beyond the common interface: WebXR needs its context and framebuffers of its own. */
export interface WebGlSplatRenderer extends SplatRenderer {
  readonly context: WebGL2RenderingContext;
  /** Draws the eyes into a framebuffer, all in the order of the first one's camera. */
  drawEyes(framebuffer: WebGLFramebuffer | null, eyes: readonly Eye[]): void;
}

/** Splats that room is made for on a mere promise. */
const mostPromised = 2 ** 22;

const contextSettings: WebGLContextAttributes = {
  alpha: true,
  premultipliedAlpha: true,
  antialias: false,
  depth: false,
  stencil: false,
  powerPreference: 'high-performance',
};

/** The camera plane that depths are measured from. */
function planeOf({ view }: ViewFrame): { axis: [number, number, number]; offset: number } {
  const [x, y, z] = matrixOfQuaternion(view.pose.q).slice(6);
  return { axis: [x, y, z], offset: view.pose.t[2] };
}

/** The frame at no more than `most` pixels a side. */
function fitted(frame: ViewFrame, most: number): ViewFrame {
  const { view } = frame;
  const s = Math.min(1, most / view.widthPx, most / view.heightPx);
  if (s === 1) return frame;
  const [widthPx, heightPx] = [Math.max(1, Math.floor(view.widthPx * s)), Math.max(1, Math.floor(view.heightPx * s))];
  const [sx, sy] = [widthPx / view.widthPx, heightPx / view.heightPx];
  return { ...frame, view: { ...view, widthPx, heightPx, fx: view.fx * sx, fy: view.fy * sy, cx: view.cx * sx, cy: view.cy * sy } };
}

/** What the projection depends on: the background and the order are not among it. */
const projectionKey = ({ view, near, shDegree, exposure, crop }: ViewFrame, edition: number): string =>
  JSON.stringify([view, near, shDegree, exposure, crop, edition]);

function rendererOf(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext, needsRedraw: () => void): WebGlSplatRenderer {
  const { format, bytesPerTexel } = blendFormat(gl);
  const passes = createPasses(gl);
  const most = Math.min(gl.getParameter(gl.MAX_TEXTURE_SIZE) as number, ...(gl.getParameter(gl.MAX_VIEWPORT_DIMS) as Int32Array));
  const screen = createTarget(gl, format, bytesPerTexel);
  const cache = createTarget(gl, gl.RGBA32UI, 16, 2);
  const liveOrder = createOrderTexture(gl);
  let store: SplatStore = createSplatStore(gl, 0, 0);
  let antialiased = false;
  let edition = 0;
  let frames = 0;
  let projected = '';
  let disposed = false;
  let resolveLost: (reason: string) => void = () => undefined;
  const lost = new Promise<string>((resolve) => (resolveLost = resolve));
  const isGone = (): boolean => disposed || gl.isContextLost();

  const sorting = createSorting({
    onLiveOrder({ order, count }) {
      if (isGone()) return;
      liveOrder.upload(order, count);
      needsRedraw();
    },
    onCrash: (reason) => resolveLost(reason),
  });

  const onContextLost = (event: Event): void => {
    event.preventDefault();
    resolveLost((event as WebGLContextEvent).statusMessage || 'The browser took the WebGL context away.');
  };
  canvas.addEventListener('webglcontextlost', onContextLost);

  const wantOrder = (frame: ViewFrame): void => {
    const { axis, offset } = planeOf(frame);
    if (store.count > 0) sorting.want(axis, offset);
  };

  /** Blends the frame's splats into a target of the frame's size. */
  const render = (frame: ViewFrame, order: OrderTexture, target: Target): void => {
    target.resize(frame.view.widthPx, frame.view.heightPx);
    if (order.count > 0) {
      cache.resize(store.geometry.perRow, store.geometry.rows);
      const key = projectionKey(frame, edition);
      if (key !== projected) passes.project(store, antialiased, frame, cache);
      projected = key;
    }
    passes.blend(cache, order, target);
  };

  /** Renders aside and reads the pixels. */
  const read = (frame: ViewFrame, order: OrderTexture): Picture => {
    const { widthPx, heightPx } = frame.view;
    const [blended, bytes] = [createTarget(gl, format, bytesPerTexel), createTarget(gl, gl.RGBA8, 4)];
    const rgba = new Uint8ClampedArray(4 * widthPx * heightPx);
    render(frame, order, blended);
    bytes.resize(widthPx, heightPx);
    passes.resolve(blended, frame.background, bytes.framebuffer, true);
    gl.readPixels(0, 0, widthPx, heightPx, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
    for (const target of [blended, bytes]) target.dispose();
    return { widthPx, heightPx, rgba };
  };

  return {
    backend: 'webgl2',
    context: gl,
    lost,
    open(scene) {
      if (isGone()) return;
      store.dispose();
      liveOrder.dispose();
      cache.dispose();
      const capacity = Math.min(mostPromised, Math.max(0, Math.floor(scene.capacity) || 0));
      store = createSplatStore(gl, scene.shDegree, capacity);
      antialiased = scene.antialiased;
      edition++;
      sorting.open(antialiased, capacity);
    },
    append(batch) {
      if (isGone() || batch.count === 0) return;
      const taken = store.append(batch);
      if (taken === 0) return;
      edition++;
      sorting.append(batch.geometry.subarray(0, taken * (batch.geometry.length / batch.count)));
      needsRedraw();
    },
    hide(indices) {
      if (isGone() || indices.length === 0) return;
      sorting.hide(indices);
      needsRedraw();
    },
    rewrite(first, geometry) {
      if (isGone()) return;
      store.rewrite(first, geometry);
      // Orders leave out what lets all light through, and probes look at the sorter's rows.
      sorting.rewrite(first, geometry);
      edition++;
      needsRedraw();
    },
    draw(asked) {
      if (isGone()) return;
      const frame = fitted(asked, most);
      const { widthPx, heightPx } = frame.view;
      if (canvas.width !== widthPx) canvas.width = widthPx;
      if (canvas.height !== heightPx) canvas.height = heightPx;
      wantOrder(frame);
      render(frame, liveOrder, screen);
      passes.resolve(screen, frame.background, null, false);
      frames++;
    },
    drawEyes(framebuffer, eyes) {
      if (isGone() || eyes.length === 0) return;
      wantOrder(eyes[0].frame);
      for (const { frame, xPx, yPx } of eyes) {
        render(frame, liveOrder, screen);
        passes.resolve(screen, frame.background, framebuffer, false, [xPx, yPx]);
      }
      frames++;
    },
    async probe(frame, points): Promise<ProbeAnswer[]> {
      const answers = isGone() ? null : await sorting.probe(frame, points);
      return answers ?? points.map(() => ({ surfaceDepth: null, transmittance: 1 }));
    },
    async picture(asked) {
      const frame = fitted(asked, most);
      const reply = isGone() ? null : await sorting.exactOrder({ ...planeOf(frame), nearest: frame.near });
      const { widthPx, heightPx } = frame.view;
      if (isGone()) return { widthPx, heightPx, rgba: new Uint8ClampedArray(4 * widthPx * heightPx) };
      const order = createOrderTexture(gl);
      if (reply) order.upload(reply.order, reply.count);
      const picture = read(frame, order);
      order.dispose();
      frames++;
      return picture;
    },
    stats: () => ({ splats: store.count, bytes: store.bytes() + cache.bytes() + liveOrder.bytes(), sorts: sorting.sorts, frames }),
    dispose() {
      if (disposed) return;
      disposed = true;
      canvas.removeEventListener('webglcontextlost', onContextLost);
      sorting.dispose();
      for (const part of [store, liveOrder, cache, screen, passes]) part.dispose();
      gl.getExtension('WEBGL_lose_context')?.loseContext();
    },
  };
}

/**
 * A renderer that draws into `canvas`, which must have no context yet. `needsRedraw` is called when what draw() would show has changed by
 * itself: splats were added or hidden, a new order has arrived. Fails with gpu-missing where WebGL2 is.
 */
export function createWebGlSplatRenderer(canvas: HTMLCanvasElement, needsRedraw: () => void): Result<WebGlSplatRenderer> {
  const gl = canvas.getContext('webgl2', contextSettings);
  if (!gl) return fail('gpu-missing', 'This browser offers no WebGL2.');
  try {
    return ok(rendererOf(canvas, gl, needsRedraw));
  } catch (error) {
    return fail('gpu-missing', `WebGL2 is there but cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}
