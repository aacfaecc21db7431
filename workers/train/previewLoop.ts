/**
 * Draws the live preview into the canvas that the page handed over: between the trainer's submissions while it trains, with the
 * screen's frames while it rests.
 * Invariant: at most one frame is under way, and none is drawn unless the camera moved, the size changed or training went on.
 */
import type { PinholeView } from '../../src/core/scene/camera.ts';
import type { TrainSession } from '../../src/core/train/contract.ts';
import { createPreviewPace } from './previewPace.ts';

const movingForMs = 400;

/** The same view on a canvas `scale` times as large. */
function scaled(view: PinholeView, scale: number): PinholeView {
  const widthPx = Math.max(1, Math.round(view.widthPx * scale));
  const heightPx = Math.max(1, Math.round(view.heightPx * scale));
  const sx = widthPx / view.widthPx;
  const sy = heightPx / view.heightPx;
  return { widthPx, heightPx, fx: view.fx * sx, fy: view.fy * sy, cx: view.cx * sx, cy: view.cy * sy, pose: view.pose };
}

export class PreviewLoop {
  readonly #canvas: OffscreenCanvas;
  readonly #context: GPUCanvasContext;
  readonly #session: TrainSession;
  #view: PinholeView | null = null;
  #viewDrawn: PinholeView | null = null;
  #stepDrawn = -1;
  #scaleDrawn = 1;
  readonly #pace = createPreviewPace();
  #movedAtMs = -Infinity;
  #drawing = false;
  #scheduled = false;
  /** The frame drawn last has not been on the screen yet: in a hidden tab none is, and no more are drawn. */
  #unseen = false;
  #disposed = false;

  private constructor(canvas: OffscreenCanvas, session: TrainSession) {
    const context = canvas.getContext('webgpu');
    if (!context) throw new Error('The canvas gave no WebGPU context.');
    this.#canvas = canvas;
    this.#context = context;
    this.#session = session;
    context.configure({ device: session.gpu.device, format: navigator.gpu.getPreferredCanvasFormat(), alphaMode: 'opaque' });
  }

  /** The loop on a canvas that has not been used yet. */
  static async open(canvas: OffscreenCanvas, session: TrainSession): Promise<PreviewLoop> {
    // The first render compiles what draw() needs; draw() itself never waits and would leave the canvas blank.
    await session.render(scaled(session.startView, 0.25));
    return new PreviewLoop(canvas, session);
  }

  /** Shows another view; its size becomes the canvas's. */
  show(view: PinholeView): void {
    this.#view = view;
    this.#movedAtMs = performance.now();
    this.wake();
  }

  /** Looks again whether there is something to draw; call when training ends. */
  wake(): void {
    if (this.#scheduled || this.#disposed || this.#training) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#frame();
    });
  }

  /** Training starts or goes on. */
  trainingGoesOn(): void {
    this.#pace.restart();
  }

  /** The trainer's submissions so far are done, and its next is about to be made: a frame drawn now waits for nothing. */
  betweenSubmissions(): void {
    const nowMs = performance.now();
    this.#pace.submissionsDone(this.#session.step, nowMs);
    if (!this.#training || !this.#view || this.#drawing || this.#disposed || this.#unseen || !this.#pace.mayDraw(nowMs)) return;
    this.#draw(this.#view, this.#pace.scale);
    this.#pace.drew(this.#moving);
    this.#unseen = true;
    requestAnimationFrame(() => (this.#unseen = false));
  }

  dispose(): void {
    this.#disposed = true;
    this.#context.unconfigure();
  }

  get #training(): boolean {
    return this.#session.state === 'running';
  }

  get #moving(): boolean {
    return performance.now() - this.#movedAtMs < movingForMs;
  }

  /** Draws at rest: coarsely while the camera moves, at full resolution when it stands still. */
  #frame(): void {
    if (this.#disposed || !this.#view || this.#training) return;
    const scale = this.#moving ? this.#pace.scale : 1;
    const stale = this.#view !== this.#viewDrawn || this.#session.step !== this.#stepDrawn || scale > this.#scaleDrawn;
    if (stale && !this.#drawing) this.#drawAtRest(this.#view, scale);
    if (stale || this.#moving) this.wake();
  }

  #drawAtRest(view: PinholeView, scale: number): void {
    this.#drawing = true;
    const startMs = performance.now();
    this.#draw(view, scale);
    this.#session.gpu.device.queue.onSubmittedWorkDone().then(
      () => {
        this.#drawing = false;
        if (scale === this.#pace.scale) this.#pace.tookAtRest(performance.now() - startMs);
        this.wake();
      },
      () => this.dispose(), // The device is lost; the run reports that itself.
    );
  }

  #draw(view: PinholeView, scale: number): void {
    const shown = scaled(view, scale);
    if (this.#canvas.width !== shown.widthPx) this.#canvas.width = shown.widthPx;
    if (this.#canvas.height !== shown.heightPx) this.#canvas.height = shown.heightPx;
    this.#viewDrawn = view;
    this.#stepDrawn = this.#session.step;
    this.#scaleDrawn = scale;
    this.#session.draw(shown, this.#context.getCurrentTexture());
  }
}
