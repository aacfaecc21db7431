/**
 * The viewer's WebGPU renderer: project -> gather what is in view -> sort by depth -> quads -> lay over the background. All sizes stay on
 * the GPU; nothing is read back to draw.
 * Invariant: projecting runs for every picture, sorting only when the order is stale (sortPolicy.ts); a picture drawn aside always has its
 * exact order.
 */
import { createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { stepBytes } from '../gpu/kernel.ts';
import type { Profiler } from '../gpu/profiler.ts';
import type { SortVariant } from '../gpu/radixSort.ts';
import { createRecorder } from '../gpu/recorder.ts';
import { packStep, renderConstants } from '../raster/stepConstants.ts';
import { type Chunks, createChunks } from './chunks.ts';
import { frameBytes, keyRange, packFrame } from './frameConstants.ts';
import { createProbePass } from './probePass.ts';
import { createQuadPass } from './quadPass.ts';
import { readTexture } from './readTexture.ts';
import { type SortedFor, guardPx, needsSort, sortedFor } from './sortPolicy.ts';
import type { SceneShape, SplatRenderer, ViewFrame } from './splatRenderer.ts';
import { type ViewPasses, createViewPasses } from './viewPasses.ts';

export interface GpuRendererOptions {
  /** Format of the targets. */
  format: GPUTextureFormat;
  /** The texture to draw the next picture into, of this size. */
  target(widthPx: number, heightPx: number): GPUTexture;
  /** Something asked for earlier can be drawn now. */
  needsRedraw(): void;
  /** Which sort to use; measured when absent. */
  sort?: SortVariant;
  /** Times every pass when given. */
  profiler?: Profiler;
}

export interface GpuSplatRenderer extends SplatRenderer {
  /** Draws into a texture of the view's size, not into the canvas, with an order of its own when `sorted`. Resolves when submitted. */
  drawInto(frame: ViewFrame, target: GPUTexture, sorted: boolean): Promise<void>;
}

/** Light, in whole pixels, below which a splat is not worth its quad: a faint speck of a tenth of a grey level over its neighbourhood. */
const minContribution = 0.02;

export async function createGpuSplatRenderer(gpu: Gpu, options: GpuRendererOptions): Promise<GpuSplatRenderer> {
  // Before anything is waited for: a device may be lost while its shaders compile.
  let stopListening = (): void => undefined;
  const lost = new Promise<string>((resolve) => {
    stopListening = gpu.onLost((message) => resolve(message || 'The graphics device was lost.'));
  });
  const stepBuffer = createBuffer(gpu, 'view step', stepBytes, usage.uniform | usage.copyDst);
  const frameBuffer = createBuffer(gpu, 'view frame', frameBytes, usage.uniform | usage.copyDst);
  const quads = await createQuadPass(gpu, frameBuffer, options.format);
  const pictures = options.format === 'rgba8unorm' ? quads : await createQuadPass(gpu, frameBuffer, 'rgba8unorm');
  const prober = await createProbePass(gpu);
  const newPasses = await createViewPasses(gpu, stepBuffer, frameBuffer, options.sort);

  let shape: SceneShape = { shDegree: 0, antialiased: false, capacity: 0 };
  let chunks: Chunks = createChunks(gpu, 0, 0);
  let passes: ViewPasses | null = null;
  let order: SortedFor | null = null;
  let growing: Promise<void> | null = null;
  let disposed = false;
  const tally = { sorts: 0, frames: 0 };

  const ready = (): boolean => !growing && (chunks.count === 0 || (passes?.capacity ?? 0) >= chunks.count);

  /** Makes room for all splats that are there. */
  const makeReady = async (): Promise<void> => {
    while (!disposed && !ready()) {
      const { count } = chunks;
      growing ??= newPasses(count <= shape.capacity ? shape.capacity : Math.ceil(1.5 * count)).then((larger) => {
        passes?.dispose();
        [growing, order, passes] = [null, null, larger];
        if (disposed) forget();
      });
      await growing;
    }
  };

  /** Projects, and sorts when it must; the passes then hold what the picture needs. */
  const prepare = (encoder: GPUCommandEncoder, frame: ViewFrame, mustSort: boolean): ViewPasses | null => {
    const { count, box } = chunks;
    const { view, near } = frame;
    const keys = count > 0 ? keyRange(view, box, near) : { base: 0, shift: 0 };
    const step = { ...renderConstants, view, near, tile: 16, count, slotCapacity: 0 };
    const shDegree = Math.min(frame.shDegree, shape.shDegree);
    gpu.device.queue.writeBuffer(stepBuffer, 0, packStep({ ...step, shDegree, antialiased: shape.antialiased }));
    gpu.device.queue.writeBuffer(frameBuffer, 0, packFrame(frame, keys, guardPx(view), minContribution));
    if (count === 0 || !passes) return null;
    const now = sortedFor(frame, count);
    const sorts = mustSort || needsSort(order, now, box);
    const recorder = createRecorder(encoder, options.profiler);
    passes.record(recorder, chunks, sorts);
    recorder.end();
    if (sorts) {
      order = now;
      tally.sorts++;
    }
    return passes;
  };

  const drawNow = (frame: ViewFrame, target: GPUTexture, sorted: boolean): void => {
    const encoder = gpu.device.createCommandEncoder();
    const prepared = prepare(encoder, frame, sorted);
    (target.format === options.format ? quads : pictures).record(encoder, prepared, target, options.profiler);
    options.profiler?.resolve(encoder);
    gpu.device.queue.submit([encoder.finish()]);
    tally.frames++;
  };

  const drawInto = async (frame: ViewFrame, target: GPUTexture, sorted: boolean): Promise<void> => {
    await makeReady();
    if (!disposed) drawNow(frame, target, sorted);
  };

  const forget = (): void => {
    chunks.dispose();
    passes?.dispose();
    passes = null;
    order = null;
  };

  return {
    backend: 'webgpu',
    open(next) {
      forget();
      shape = next;
      chunks = createChunks(gpu, next.shDegree, next.capacity);
    },
    append(batch) {
      if (!disposed) chunks.append(batch);
    },
    hide(indices) {
      if (disposed) return;
      chunks.hide(indices);
      order = null;
    },
    rewrite(first, geometry) {
      if (disposed) return;
      chunks.rewrite(first, geometry);
      // Splats that were too faint to be gathered may be seen now.
      order = null;
    },
    drawInto,
    draw(frame) {
      if (disposed) return;
      if (ready()) drawNow(frame, options.target(frame.view.widthPx, frame.view.heightPx), false);
      else if (!growing) void makeReady().then(() => options.needsRedraw());
    },
    async probe(frame, points) {
      if (points.length === 0) return [];
      await makeReady();
      if (disposed) return points.map(() => ({ surfaceDepth: null, transmittance: 1 }));
      const encoder = gpu.device.createCommandEncoder();
      const prepared = prepare(encoder, frame, false);
      gpu.device.queue.submit([encoder.finish()]);
      return prober.answer(prepared, chunks.count, points);
    },
    async picture(frame) {
      const { widthPx, heightPx } = frame.view;
      const target = gpu.device.createTexture({ size: [widthPx, heightPx], format: 'rgba8unorm', usage: 16 | 1 });
      try {
        await drawInto(frame, target, true);
        return await readTexture(gpu, target);
      } finally {
        target.destroy();
      }
    },
    stats: () => ({ splats: chunks.count, bytes: chunks.bytes() + (passes?.bytes() ?? 0), ...tally }),
    lost,
    dispose() {
      if (disposed) return;
      disposed = true;
      stopListening();
      forget();
      quads.dispose();
      if (pictures !== quads) pictures.dispose();
      for (const buffer of [stepBuffer, frameBuffer]) destroyBuffer(gpu, buffer);
    },
  };
}
