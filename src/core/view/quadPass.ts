/**
 * Quad pass: splats as quads into a half-float texture, front to back in slices, then over the background into the target. After each slice
 * the pixels that are opaque already are closed by the depth test, so that what lies behind a surface costs nothing there.
 * Invariant: accumulation is in half floats, since eight bits would round away what faint splats add up to.
 */
import closeCode from '../../../shaders/view/close_pixels.wgsl?raw';
import resolveCode from '../../../shaders/view/resolve.wgsl?raw';
import quadsCode from '../../../shaders/view/splat_quads.wgsl?raw';
import viewFrameCode from '../../../shaders/view/view_frame.wgsl?raw';
import { bufferFrom, createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import type { Profiler } from '../gpu/profiler.ts';
import { type ViewPasses, cornersOf, drawOffset, drawSlices } from './viewPasses.ts';

export interface QuadPass {
  /** Without passes the picture is the background alone. */
  record(encoder: GPUCommandEncoder, passes: ViewPasses | null, target: GPUTexture, profiler?: Profiler): void;
  dispose(): void;
}

const accumulation: GPUTextureFormat = (globalThis as { ACC?: GPUTextureFormat }).ACC ?? 'rgba16float';
const depthFormat: GPUTextureFormat = 'depth16unorm';
const [vertexStage, fragmentStage] = [1, 2];
const [textureBinding, renderAttachment] = [4, 16];
const uniformBits = usage.uniform | usage.copyDst;

/** Adds what is behind to what is in front: the share that the coverage so far leaves open. */
const behind: GPUBlendComponent = { srcFactor: 'one-minus-dst-alpha', dstFactor: 'one', operation: 'add' };

const uniformAt = (binding: number, visibility: number): GPUBindGroupLayoutEntry => ({ binding, visibility, buffer: { type: 'uniform' } });
const storageAt = (binding: number): GPUBindGroupLayoutEntry => ({
  binding,
  visibility: vertexStage,
  buffer: { type: 'read-only-storage' },
});
const textureAt = (binding: number): GPUBindGroupLayoutEntry => ({
  binding,
  visibility: fragmentStage,
  texture: { sampleType: 'unfilterable-float' },
});

async function createPipelines(gpu: Gpu, format: GPUTextureFormat) {
  const { device } = gpu;
  const layoutOf = (label: string, entries: GPUBindGroupLayoutEntry[]) => device.createBindGroupLayout({ label, entries });
  const layouts = {
    quads: layoutOf('view quads', [uniformAt(0, vertexStage), storageAt(1), storageAt(2), uniformAt(3, vertexStage), storageAt(4)]),
    close: layoutOf('view close', [textureAt(0)]),
    resolve: layoutOf('view resolve', [uniformAt(0, fragmentStage), textureAt(1)]),
  };
  const make = (
    label: keyof typeof layouts,
    code: string,
    [vertex, fragment]: [string, string],
    targets: GPUColorTargetState[],
    { constants = {}, ...more }: Partial<GPURenderPipelineDescriptor> & { constants?: Record<string, number> } = {},
  ) => {
    const module = device.createShaderModule({ label: `view ${label}`, code });
    return device.createRenderPipelineAsync({
      label: `view ${label}`,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layouts[label]] }),
      vertex: { module, entryPoint: vertex, constants },
      fragment: { module, entryPoint: fragment, targets },
      ...more,
    });
  };
  const depthStencil = (depthWriteEnabled: boolean, depthCompare: GPUCompareFunction) => ({
    depthStencil: { format: depthFormat, depthWriteEnabled, depthCompare },
  });
  const [quads, close, resolve] = await Promise.all([
    make('quads', quadsCode, ['quad_corner', 'quad_alpha'], [{ format: accumulation, blend: { color: behind, alpha: behind } }], {
      constants: { CORNERS: cornersOf(gpu) },
      primitive: { topology: 'triangle-strip' },
      ...depthStencil(false, 'less'),
    }),
    make('close', closeCode, ['over_all', 'close_opaque'], [], depthStencil(true, 'always')),
    make('resolve', `${viewFrameCode}\n${resolveCode}`, ['whole_picture', 'over_background'], [{ format }]),
  ]);
  return { layouts, quads, close, resolve };
}

/** What lives as long as the target's size. */
interface Surface {
  width: number;
  height: number;
  accumulated: GPUTexture;
  depth: GPUTexture;
  closeGroup: GPUBindGroup;
  resolveGroup: GPUBindGroup;
}

export async function createQuadPass(gpu: Gpu, frame: GPUBuffer, format: GPUTextureFormat): Promise<QuadPass> {
  const { device } = gpu;
  const { layouts, quads, close, resolve } = await createPipelines(gpu, format);
  const size = createBuffer(gpu, 'view size', 16, uniformBits);
  const numbers = Array.from({ length: drawSlices }, (_, k) => bufferFrom(gpu, 'view slice', new Uint32Array([k, 0, 0, 0]), uniformBits));
  const quadGroups = new WeakMap<ViewPasses, GPUBindGroup[]>();
  let surface: Surface | null = null;

  const drop = (): void => {
    surface?.accumulated.destroy();
    surface?.depth.destroy();
  };

  const surfaceFor = ({ width, height }: GPUTexture): Surface => {
    if (surface?.width === width && surface.height === height) return surface;
    drop();
    const texture = (label: string, textureFormat: GPUTextureFormat, bits: number): GPUTexture =>
      device.createTexture({ label, size: [width, height], format: textureFormat, usage: bits });
    const accumulated = texture('view accumulation', accumulation, textureBinding | renderAttachment);
    const depth = texture('view closed pixels', depthFormat, renderAttachment);
    const seen = { binding: 0, resource: accumulated.createView() };
    const closeGroup = device.createBindGroup({ layout: layouts.close, entries: [seen] });
    const entries = [
      { binding: 0, resource: { buffer: frame } },
      { ...seen, binding: 1 },
    ];
    surface = { width, height, accumulated, depth, closeGroup, resolveGroup: device.createBindGroup({ layout: layouts.resolve, entries }) };
    return surface;
  };

  const groupsFor = (passes: ViewPasses): GPUBindGroup[] => {
    const groupOf = (number: GPUBuffer): GPUBindGroup => {
      const buffers = [size, passes.order, passes.cache, number, passes.indirect];
      return device.createBindGroup({
        layout: layouts.quads,
        entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
      });
    };
    const made = quadGroups.get(passes) ?? numbers.map(groupOf);
    quadGroups.set(passes, made);
    return made;
  };

  return {
    record(encoder, passes, target, profiler) {
      const { width, height } = target;
      device.queue.writeBuffer(size, 0, new Float32Array([width, height, 0, 0]));
      const { accumulated, depth, closeGroup, resolveGroup } = surfaceFor(target);
      const timed = (label: string): Pick<GPURenderPassDescriptor, 'timestampWrites'> => {
        const writes = profiler?.passFor(label).timestampWrites;
        return writes ? { timestampWrites: writes } : {};
      };
      const colour = (view: GPUTextureView, loadOp: GPULoadOp): GPURenderPassColorAttachment => ({ view, loadOp, storeOp: 'store' });
      const groups = passes ? groupsFor(passes) : [];
      for (let slice = 0; slice < Math.max(1, groups.length); slice++) {
        const loadOp = slice === 0 ? 'clear' : 'load';
        const closed = { view: depth.createView(), depthClearValue: 1, depthLoadOp: loadOp, depthStoreOp: 'store' } as const;
        if (slice > 0) {
          const closing = encoder.beginRenderPass({
            label: 'view close',
            colorAttachments: [],
            depthStencilAttachment: closed,
            ...timed('view close'),
          });
          closing.setPipeline(close);
          closing.setBindGroup(0, closeGroup);
          closing.draw(3);
          closing.end();
        }
        const draw = encoder.beginRenderPass({
          label: 'view quads',
          colorAttachments: [colour(accumulated.createView(), loadOp)],
          depthStencilAttachment: closed,
          ...timed('view quads'),
        });
        if (passes) {
          draw.setPipeline(quads);
          draw.setBindGroup(0, groups[slice]);
          draw.drawIndirect(passes.indirect, drawOffset(slice));
        }
        draw.end();
      }
      const resolving = encoder.beginRenderPass({
        label: 'view resolve',
        colorAttachments: [colour(target.createView(), 'clear')],
        ...timed('view resolve'),
      });
      resolving.setPipeline(resolve);
      resolving.setBindGroup(0, resolveGroup);
      resolving.draw(3);
      resolving.end();
    },
    dispose() {
      drop();
      for (const buffer of [size, ...numbers]) destroyBuffer(gpu, buffer);
    },
  };
}
