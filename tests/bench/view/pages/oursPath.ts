/**
 * The camera path on this viewer's WebGPU renderer, in a canvas as the element has it.
 * Invariant: the profiler is away except during gpuStages(), so that totals do not pay for it.
 */
import { readPly } from '../../../../src/core/formats/ply.ts';
import { openGpu } from '../../../../src/core/gpu/device.ts';
import { createProfiler } from '../../../../src/core/gpu/profiler.ts';
import { type GpuRendererOptions, createGpuSplatRenderer } from '../../../../src/core/view/gpuSplatRenderer.ts';
import type { PinholeView } from '../../../../src/core/scene/camera.ts';
import { packSplats } from '../../../../src/core/view/packedSplats.ts';
import type { ViewFrame } from '../../../../src/core/view/splatRenderer.ts';
import type { StageMs } from '../benchViewer.ts';

export interface OursPath {
  /** Draws into the canvas; picture() must have been called once. */
  show(view: PinholeView): Promise<void>;
  picture(view: PinholeView): Promise<Uint8ClampedArray>;
  gpuStages(views: PinholeView[]): Promise<StageMs | null>;
  gpuBytes(): number;
}

const frameOf = (view: PinholeView): ViewFrame => ({
  view,
  near: 0.05,
  shDegree: 3,
  background: [0, 0, 0, 1],
  exposure: 1,
  crop: null,
});

function stageOf(label: string): keyof StageMs {
  if (/quads|resolve/.test(label)) return 'draw';
  return label.startsWith('view ') ? 'project' : 'sort';
}

/** Splats packed in one go. */
const runLength = 65_536;

export async function openPath(url: string): Promise<OursPath> {
  const opened = await openGpu(navigator.gpu);
  if (!opened.ok) throw new Error(opened.failure.detail);
  const gpu = opened.value;
  const canvas = document.createElement('canvas');
  document.body.append(canvas);
  const context = canvas.getContext('webgpu');
  if (!context) throw new Error('The canvas gives no WebGPU context.');
  const format = navigator.gpu.getPreferredCanvasFormat();
  context.configure({ device: gpu.device, format, alphaMode: 'premultiplied' });
  const options: GpuRendererOptions = {
    format,
    target(widthPx, heightPx) {
      if (canvas.width !== widthPx) canvas.width = widthPx;
      if (canvas.height !== heightPx) canvas.height = heightPx;
      return context.getCurrentTexture();
    },
    needsRedraw: () => undefined,
  };
  const renderer = await createGpuSplatRenderer(gpu, options);
  const read = readPly(new Uint8Array(await (await fetch(url)).arrayBuffer()), url);
  if (!read.ok) throw new Error(read.failure.detail);
  const { splats } = read.value;
  renderer.open({ shDegree: splats.shDegree, antialiased: splats.antialiased, capacity: splats.count });
  for (let from = 0; from < splats.count; from += runLength) {
    renderer.append(packSplats(splats, from, Math.min(runLength, splats.count - from)));
  }
  const show = async (view: PinholeView): Promise<void> => {
    const { frames } = renderer.stats();
    renderer.draw(frameOf(view));
    if (renderer.stats().frames === frames) throw new Error('The renderer did not draw.');
    await gpu.device.queue.onSubmittedWorkDone();
  };
  return {
    show,
    // Also makes room for all splats, so that draw() draws.
    picture: async (view) => (await renderer.picture(frameOf(view))).rgba,
    async gpuStages(views) {
      if (!gpu.hasTimestamps) return null;
      const profiler = createProfiler(gpu);
      options.profiler = profiler;
      const sums = { project: 0, sort: 0, draw: 0 };
      for (const view of views) {
        await show(view);
        for (const [label, { ms }] of await profiler.read()) sums[stageOf(label)] += ms / views.length;
      }
      delete options.profiler;
      profiler.dispose();
      return sums;
    },
    gpuBytes: () => renderer.stats().bytes,
  };
}
