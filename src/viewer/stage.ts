/**
 * Stage: the canvas, the renderer that draws into it and the loop that asks for pictures.
 * Invariant: a picture is drawn only after something asked for one, and never while the canvas is off screen. After lost() there is no
 * renderer until start() is called again.
 */
import { type Result, fail, ok } from '../core/job/failure.ts';
import { createGpuSplatRenderer } from '../core/view/gpuSplatRenderer.ts';
import type { PackedSplats } from '../core/view/packedSplats.ts';
import type { Picture, ProbeAnswer, ProbePoint, RendererStats, SceneShape, SplatRenderer, ViewFrame } from '../core/view/splatRenderer.ts';
import { type CanvasSize, watchSize } from './canvasSize.ts';
import { type GpuLease, leaseGpu } from './sharedGpu.ts';

export type Backend = SplatRenderer['backend'];

export interface Stage {
  /** The canvas that is drawn into now: a lost WebGL context leaves its canvas useless, so another takes its place in the document. */
  readonly canvas: HTMLCanvasElement;
  readonly backend: Backend | null;
  /** Opens WebGPU, else WebGL2; `only` names the one to try. `gpu-missing` when there is neither. */
  start(only?: Backend): Promise<Result<Backend>>;
  open(shape: SceneShape): void;
  append(batch: PackedSplats): void;
  hide(indices: Uint32Array): void;
  /** Other rows for splats from `first` on, their means as before. */
  rewrite(first: number, geometry: Uint32Array<ArrayBuffer>): void;
  /** One picture at the next animation frame, when visible. */
  invalidate(): void;
  setVisible(visible: boolean): void;
  /** Looks along rays of the picture as it is now. Empty answers without a renderer. */
  probe(points: ProbePoint[]): Promise<ProbeAnswer[]>;
  /** The picture as it is now, or of another size. Null without a renderer or anything to draw. */
  picture(size?: { widthPx: number; heightPx: number }): Promise<Picture | null>;
  stats(): RendererStats | null;
  /** Device pixels of the canvas now. */
  readonly widthPx: number;
  readonly heightPx: number;
  dispose(): void;
}

export interface StageHooks {
  /** Before a picture is drawn; true asks for the next one too. */
  tick(dtMs: number): boolean;
  /** What to draw; null for nothing. */
  frame(widthPx: number, heightPx: number): ViewFrame | null;
  /** After a picture was drawn. */
  drawn(): void;
  /** The device is gone. */
  lost(reason: string): void;
}

/** A tab that slept does not fling the camera. */
const longestStepMs = 100;

interface Opened {
  renderer: SplatRenderer;
  lease: GpuLease | null;
}

async function openWebGpu(canvas: HTMLCanvasElement, needsRedraw: () => void): Promise<Result<Opened>> {
  const leased = await leaseGpu();
  if (!leased.ok) return leased;
  const { gpu } = leased.value;
  const context = canvas.getContext('webgpu');
  if (!context) {
    leased.value.release();
    return fail('gpu-missing', 'The canvas gives no WebGPU context.');
  }
  const format = navigator.gpu.getPreferredCanvasFormat();
  const target = (widthPx: number, heightPx: number): GPUTexture => {
    if (canvas.width !== widthPx) canvas.width = widthPx;
    if (canvas.height !== heightPx) canvas.height = heightPx;
    return context.getCurrentTexture();
  };
  try {
    context.configure({ device: gpu.device, format, alphaMode: 'premultiplied' });
    return ok({ renderer: await createGpuSplatRenderer(gpu, { format, target, needsRedraw }), lease: leased.value });
  } catch (error) {
    leased.value.release();
    return fail('gpu-missing', `WebGPU could not be used: ${String(error)}`);
  }
}

async function openWebGl(canvas: HTMLCanvasElement, needsRedraw: () => void): Promise<Result<Opened>> {
  const { createWebGlSplatRenderer } = await import('./webgl/webglSplatRenderer.ts');
  const renderer = createWebGlSplatRenderer(canvas, needsRedraw);
  return renderer.ok ? ok({ renderer: renderer.value, lease: null }) : renderer;
}

/** A canvas that has given no context yet, in the place of one that has. */
function replaced(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const fresh = canvas.cloneNode() as HTMLCanvasElement;
  canvas.replaceWith(fresh);
  return fresh;
}

/** `canvas` is in the document; its parent gives the size. Nothing is opened before start(). */
export function createStage(first: HTMLCanvasElement, hooks: StageHooks): Stage {
  let canvas = first;
  let touched = false;
  let opened: Opened | null = null;
  let visible = true;
  let disposed = false;
  let dirty = false;
  let request = 0;
  let lastMs = 0;
  let size: CanvasSize = { widthPx: 1, heightPx: 1 };

  const shown = (): boolean => visible && opened !== null && !disposed;
  const ask = (): void => {
    if (dirty && shown() && request === 0) request = requestAnimationFrame(draw);
  };
  const invalidate = (): void => {
    dirty = true;
    ask();
  };
  const draw = (nowMs: number): void => {
    request = 0;
    if (!shown()) return;
    const dtMs = lastMs === 0 ? 0 : Math.min(nowMs - lastMs, longestStepMs);
    dirty = hooks.tick(dtMs);
    lastMs = dirty ? nowMs : 0;
    const frame = hooks.frame(size.widthPx, size.heightPx);
    if (frame) {
      opened?.renderer.draw(frame);
      hooks.drawn();
    }
    ask();
  };
  const stopWatching = watchSize(first, (now) => {
    size = now;
    invalidate();
  });

  const close = (): void => {
    cancelAnimationFrame(request);
    request = 0;
    opened?.renderer.dispose();
    opened?.lease?.release();
    opened = null;
  };

  const adopt = (next: Opened): void => {
    opened = next;
    void next.renderer.lost.then((reason) => {
      if (opened !== next) return;
      close();
      hooks.lost(reason);
    });
  };

  return {
    get canvas() {
      return canvas;
    },
    get backend() {
      return opened?.renderer.backend ?? null;
    },
    async start(only) {
      close();
      let why = '';
      for (const backend of ['webgpu', 'webgl2'] as const) {
        if (only && only !== backend) continue;
        if (touched) canvas = replaced(canvas);
        touched = true;
        const next = await (backend === 'webgpu' ? openWebGpu : openWebGl)(canvas, invalidate);
        if (!next.ok) {
          why += ` ${next.failure.detail}`;
          continue;
        }
        if (disposed) {
          next.value.renderer.dispose();
          next.value.lease?.release();
          return fail('cancelled', 'The viewer was taken away.');
        }
        adopt(next.value);
        invalidate();
        return ok(backend);
      }
      return fail('gpu-missing', `Nothing here can draw splats:${why}`);
    },
    open(shape) {
      opened?.renderer.open(shape);
    },
    append(batch) {
      opened?.renderer.append(batch);
      invalidate();
    },
    hide(indices) {
      opened?.renderer.hide(indices);
      invalidate();
    },
    rewrite(first, geometry) {
      opened?.renderer.rewrite(first, geometry);
      invalidate();
    },
    invalidate,
    setVisible(now) {
      visible = now;
      if (!now) lastMs = 0;
      ask();
    },
    async probe(points) {
      const frame = hooks.frame(size.widthPx, size.heightPx);
      if (!opened || !frame) return points.map(() => ({ surfaceDepth: null, transmittance: 1 }));
      return opened.renderer.probe(frame, points);
    },
    async picture(wanted = size) {
      const frame = hooks.frame(wanted.widthPx, wanted.heightPx);
      return opened && frame ? opened.renderer.picture(frame) : null;
    },
    stats: () => opened?.renderer.stats() ?? null,
    get widthPx() {
      return size.widthPx;
    },
    get heightPx() {
      return size.heightPx;
    },
    dispose() {
      disposed = true;
      stopWatching();
      close();
    },
  };
}
