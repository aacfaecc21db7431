/**
 * Preview: renders splats that lie on the GPU from any camera, to pixels or into a canvas texture, through a rasterizer of its own.
 * Invariant: it only reads the splat buffers, so a training run and its preview do not touch each other.
 */
import blitCode from '../../../shaders/view/blit.wgsl?raw';
import { createBuffer, destroyBuffer, readF32, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { stepBytes } from '../gpu/kernel.ts';
import { createRecorder } from '../gpu/recorder.ts';
import type { PinholeView } from '../scene/camera.ts';
import type { Pixels } from '../scene/dataset.ts';
import { toPixels } from '../image/pixels.ts';
import { type Rasterizer, createRasterizer } from './rasterizer.ts';
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

/** Slots for one view: large splats seen close touch many tiles. */
const slotsFor = (capacity: number, limit: number): number => Math.min(capacity * 16 + 65536, Math.floor(limit / 4));

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
  const limit = gpu.device.limits.maxStorageBufferBindingSize;
  const blit = createBlit(gpu, sizes);
  const build = (maxPixels: number, maxTiles: number): Promise<Rasterizer> =>
    createRasterizer(gpu, stepBuffer, splats, { tile, maxPixels, maxTiles, slotCapacity: slotsFor(splats.capacity, limit), depthBits: 24 });
  let raster = await build(maxDrawPixels, 4096);

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
      const pixels = view.widthPx * view.heightPx;
      const tiles = Math.ceil(view.widthPx / tile) * Math.ceil(view.heightPx / tile);
      if (pixels > raster.options.maxPixels || tiles > raster.options.maxTiles) {
        raster.dispose();
        raster = await build(pixels, tiles);
      }
      gpu.device.queue.submit([encode(view, settings).finish()]);
      return toPixels(await readF32(gpu, raster.image, 0, pixels * 16), view.widthPx, view.heightPx);
    },
    draw(view, settings, target) {
      const small = scaled(view, maxDrawPixels);
      gpu.device.queue.writeBuffer(sizes, 0, new Float32Array([small.widthPx, small.heightPx, target.width, target.height]));
      const encoder = encode(small, settings);
      blit(encoder, raster.image, target);
      gpu.device.queue.submit([encoder.finish()]);
    },
    dispose() {
      raster.dispose();
      for (const buffer of [stepBuffer, sizes]) destroyBuffer(gpu, buffer);
    },
  };
}
