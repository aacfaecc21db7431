/**
 * Preview: renders splats that lie on the GPU from any camera, to pixels or into a canvas texture, through a rasterizer of its own.
 * Invariant: it only reads the splat buffers, so a training run and its preview do not touch each other.
 */
import blitCode from '../../../shaders/view/blit.wgsl?raw';
import { createBuffer, destroyBuffer, readF32, readU32, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { stepBytes } from '../gpu/kernel.ts';
import { createRecorder } from '../gpu/recorder.ts';
import type { PinholeView } from '../scene/camera.ts';
import type { Pixels } from '../scene/dataset.ts';
import { toPixels } from '../image/pixels.ts';
import { createRasterizer } from './rasterizer.ts';
import type { SplatBuffers } from './splatBuffers.ts';
import { packStep, renderConstants } from './stepConstants.ts';

export interface PreviewSettings {
  count: number;
  near: number;
  shDegree: number;
  antialiased: boolean;
}

export interface Preview {
  /** Renders at the view's own size. */
  render(view: PinholeView, settings: PreviewSettings): Promise<Pixels>;
  /** Renders at most maxDrawPixels and stretches to the texture. Does not wait. */
  draw(view: PinholeView, settings: PreviewSettings, target: GPUTexture): void;
  dispose(): void;
}

const tile = 16;

/** Pixels of a drawn preview; a larger canvas is stretched. */
const maxDrawPixels = 640 * 640;

/** Slots to start with. Few large splats need many each, so there is a floor; what is still too little is noticed and grows. */
const firstSlots = (capacity: number): number => Math.max(capacity * 8, 1 << 18);

function scaled(view: PinholeView, maxPixels: number): PinholeView {
  const s = Math.min(1, Math.sqrt(maxPixels / (view.widthPx * view.heightPx)));
  const widthPx = Math.max(1, Math.floor(view.widthPx * s));
  const heightPx = Math.max(1, Math.floor(view.heightPx * s));
  const [sx, sy] = [widthPx / view.widthPx, heightPx / view.heightPx];
  return { ...view, widthPx, heightPx, fx: view.fx * sx, fy: view.fy * sy, cx: view.cx * sx, cy: view.cy * sy };
}

function createBlit(gpu: Gpu, sizes: GPUBuffer) {
  const { device } = gpu;
  const module = device.createShaderModule({ label: 'blit', code: blitCode });
  const pipelines = new Map<GPUTextureFormat, GPURenderPipeline>();
  const pipelineFor = (format: GPUTextureFormat): GPURenderPipeline => {
    const made =
      pipelines.get(format) ??
      device.createRenderPipeline({
        label: 'blit',
        layout: 'auto',
        vertex: { module, entryPoint: 'corner' },
        fragment: { module, entryPoint: 'stretch', targets: [{ format }] },
      });
    pipelines.set(format, made);
    return made;
  };
  return (encoder: GPUCommandEncoder, image: GPUBuffer, target: GPUTexture): void => {
    const pipeline = pipelineFor(target.format);
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: { buffer: sizes } },
        { binding: 1, resource: { buffer: image } },
      ],
    });
    const pass = encoder.beginRenderPass({ colorAttachments: [{ view: target.createView(), loadOp: 'clear', storeOp: 'store' }] });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.draw(3);
    pass.end();
  };
}

export async function createPreview(gpu: Gpu, splats: SplatBuffers): Promise<Preview> {
  const stepBuffer = createBuffer(gpu, 'preview step', stepBytes, usage.uniform | usage.copyDst);
  const sizes = createBuffer(gpu, 'preview sizes', 16, usage.uniform | usage.copyDst);
  const mostSlots = Math.floor(gpu.device.limits.maxStorageBufferBindingSize / 4);
  const blit = createBlit(gpu, sizes);
  let room = { maxPixels: maxDrawPixels, maxTiles: 4096, slotCapacity: Math.min(firstSlots(splats.capacity), mostSlots) };
  let raster = await createRasterizer(gpu, stepBuffer, splats, { tile, depthBits: 24, ...room });
  let looking: Promise<void> | null = null;
  let disposed = false;

  const rebuild = async (): Promise<void> => {
    const larger = await createRasterizer(gpu, stepBuffer, splats, { tile, depthBits: 24, ...room });
    raster.dispose();
    raster = larger;
    if (disposed) raster.dispose();
  };

  /** Reads how many slots the last views asked for; true when there were too few and there are more now. */
  const growSlots = async (): Promise<boolean> => {
    const [, , wanted] = await readU32(gpu, raster.counters);
    if (disposed || wanted <= room.slotCapacity || room.slotCapacity === mostSlots) return false;
    room = { ...room, slotCapacity: Math.min(Math.ceil(1.25 * wanted), mostSlots) };
    await rebuild();
    return true;
  };

  const encode = (view: PinholeView, settings: PreviewSettings): GPUCommandEncoder => {
    const constants = { ...renderConstants, ...settings, view, tile, slotCapacity: raster.options.slotCapacity };
    gpu.device.queue.writeBuffer(stepBuffer, 0, packStep(constants));
    raster.setCount(settings.count);
    const encoder = gpu.device.createCommandEncoder();
    const recorder = createRecorder(encoder);
    raster.record(recorder, settings.count, view);
    recorder.end();
    return encoder;
  };

  return {
    async render(view, settings) {
      await looking;
      const pixels = view.widthPx * view.heightPx;
      const tiles = Math.ceil(view.widthPx / tile) * Math.ceil(view.heightPx / tile);
      if (pixels > room.maxPixels || tiles > room.maxTiles) {
        room = { ...room, maxPixels: Math.max(pixels, room.maxPixels), maxTiles: Math.max(tiles, room.maxTiles) };
        await rebuild();
      }
      do gpu.device.queue.submit([encode(view, settings).finish()]);
      while (await growSlots());
      return toPixels(await readF32(gpu, raster.image, 0, pixels * 16), view.widthPx, view.heightPx);
    },
    draw(view, settings, target) {
      const small = scaled(view, maxDrawPixels);
      gpu.device.queue.writeBuffer(sizes, 0, new Float32Array([small.widthPx, small.heightPx, target.width, target.height]));
      const encoder = encode(small, settings);
      blit(encoder, raster.image, target);
      gpu.device.queue.submit([encoder.finish()]);
      // With a lag: a frame that lacked slots is drawn whole the next time. A lost device ends the reading.
      looking ??= growSlots()
        .then(
          () => undefined,
          () => undefined,
        )
        .finally(() => (looking = null));
    },
    dispose() {
      disposed = true;
      raster.dispose();
      for (const buffer of [stepBuffer, sizes]) destroyBuffer(gpu, buffer);
    },
  };
}
