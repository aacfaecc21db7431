/**
 * Quad pass: splats as quads into a texture of floats, front to back, then over the background into the target.
 * Invariant: accumulation is in floats: eight bits round away what faint splats add up to (43 dB instead of 52 and more).
 */
import quadsCode from '../../../shaders/view/splat_quads.wgsl?raw';
import resolveCode from '../../../shaders/view/resolve.wgsl?raw';
import viewFrameCode from '../../../shaders/view/view_frame.wgsl?raw';
import { bufferFrom, createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import type { Profiler } from '../gpu/profiler.ts';
import { type ViewPasses, drawOffset, splatRun } from './viewPasses.ts';

export interface QuadPass {
  /** Without passes the picture is the background alone. */
  record(encoder: GPUCommandEncoder, passes: ViewPasses | null, target: GPUTexture, profiler?: Profiler): void;
  dispose(): void;
}

/** Half floats: a software adapter spends more on packing them than on the splats, so there whole floats, where it can blend them. */
const accumulationOf = ({ isSoftware, device }: Gpu): GPUTextureFormat =>
  isSoftware && device.features.has('float32-blendable') ? 'rgba32float' : 'rgba16float';
const [vertexStage, fragmentStage] = [1, 2];
const [textureBinding, renderAttachment] = [4, 16];

/** Adds what is behind to what is in front: the share that the coverage so far leaves open. */
const behind: GPUBlendComponent = { srcFactor: 'one-minus-dst-alpha', dstFactor: 'one', operation: 'add' };

/** Two triangles for each quad of an instance. */
const runIndices = Uint16Array.from({ length: 6 * splatRun }, (_, i) => 4 * Math.floor(i / 6) + [0, 1, 2, 2, 1, 3][i % 6]);

async function createPipelines(gpu: Gpu, format: GPUTextureFormat) {
  const { device } = gpu;
  const storage = (binding: number): GPUBindGroupLayoutEntry => ({
    binding,
    visibility: vertexStage,
    buffer: { type: 'read-only-storage' },
  });
  const quadLayout = device.createBindGroupLayout({
    label: 'view quads',
    entries: [{ binding: 0, visibility: vertexStage, buffer: { type: 'uniform' } }, storage(1), storage(2), storage(3)],
  });
  const resolveLayout = device.createBindGroupLayout({
    label: 'view resolve',
    entries: [
      { binding: 0, visibility: fragmentStage, buffer: { type: 'uniform' } },
      { binding: 1, visibility: fragmentStage, texture: { sampleType: 'unfilterable-float' } },
    ],
  });
  const quads = device.createShaderModule({ label: 'view quads', code: quadsCode });
  const resolve = device.createShaderModule({ label: 'view resolve', code: `${viewFrameCode}\n${resolveCode}` });
  const [quadPipeline, resolvePipeline] = await Promise.all([
    device.createRenderPipelineAsync({
      label: 'view quads',
      layout: device.createPipelineLayout({ bindGroupLayouts: [quadLayout] }),
      vertex: { module: quads, entryPoint: 'quad_corner', constants: { RUN: splatRun } },
      fragment: {
        module: quads,
        entryPoint: 'quad_alpha',
        targets: [{ format: accumulationOf(gpu), blend: { color: behind, alpha: behind } }],
      },
      primitive: { topology: 'triangle-list' },
    }),
    device.createRenderPipelineAsync({
      label: 'view resolve',
      layout: device.createPipelineLayout({ bindGroupLayouts: [resolveLayout] }),
      vertex: { module: resolve, entryPoint: 'whole_picture' },
      fragment: { module: resolve, entryPoint: 'over_background', targets: [{ format }] },
    }),
  ]);
  return { quadLayout, resolveLayout, quadPipeline, resolvePipeline };
}

export async function createQuadPass(gpu: Gpu, frame: GPUBuffer, format: GPUTextureFormat): Promise<QuadPass> {
  const { device } = gpu;
  const { quadLayout, resolveLayout, quadPipeline, resolvePipeline } = await createPipelines(gpu, format);
  const size = createBuffer(gpu, 'view size', 16, usage.uniform | usage.copyDst);
  const indices = bufferFrom(gpu, 'view indices', runIndices, usage.index | usage.copyDst);
  let accumulated: GPUTexture | null = null;
  let resolveGroup: GPUBindGroup | null = null;
  const quadGroups = new WeakMap<ViewPasses, GPUBindGroup>();

  /** The texture to add up in, of the target's size. */
  const accumulateInto = ({ width, height }: GPUTexture): GPUTexture => {
    if (accumulated?.width === width && accumulated.height === height) return accumulated;
    accumulated?.destroy();
    const texture = device.createTexture({
      label: 'view accumulation',
      size: [width, height],
      format: accumulationOf(gpu),
      usage: textureBinding | renderAttachment,
    });
    accumulated = texture;
    resolveGroup = device.createBindGroup({
      layout: resolveLayout,
      entries: [
        { binding: 0, resource: { buffer: frame } },
        { binding: 1, resource: texture.createView() },
      ],
    });
    return texture;
  };

  const groupFor = (passes: ViewPasses): GPUBindGroup => {
    const resources = [size, passes.order, passes.cache, passes.sortCounts];
    const made =
      quadGroups.get(passes) ??
      device.createBindGroup({ layout: quadLayout, entries: resources.map((buffer, binding) => ({ binding, resource: { buffer } })) });
    quadGroups.set(passes, made);
    return made;
  };

  return {
    record(encoder, passes, target, profiler) {
      device.queue.writeBuffer(size, 0, new Float32Array([target.width, target.height, 0, 0]));
      const into = accumulateInto(target);
      const timed = (label: string): GPURenderPassDescriptor['timestampWrites'] => profiler?.passFor(label).timestampWrites;
      const timedPass = (label: string, view: GPUTextureView): GPURenderPassEncoder => {
        const timestampWrites = timed(label);
        return encoder.beginRenderPass({
          label,
          colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store', clearValue: [0, 0, 0, 0] }],
          ...(timestampWrites ? { timestampWrites } : {}),
        });
      };
      const draw = timedPass('view quads', into.createView());
      if (passes) {
        draw.setPipeline(quadPipeline);
        draw.setBindGroup(0, groupFor(passes));
        draw.setIndexBuffer(indices, 'uint16');
        draw.drawIndexedIndirect(passes.indirect, drawOffset);
      }
      draw.end();
      const resolve = timedPass('view resolve', target.createView());
      resolve.setPipeline(resolvePipeline);
      resolve.setBindGroup(0, resolveGroup);
      resolve.draw(3);
      resolve.end();
    },
    dispose() {
      accumulated?.destroy();
      for (const buffer of [size, indices]) destroyBuffer(gpu, buffer);
    },
  };
}
