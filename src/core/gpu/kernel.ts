/**
 * Kernel: the one way to make a compute pipeline. WGSL parts are concatenated in the order given, the bind group layout is explicit, and
 * group 0 holds everything.
 * Invariant: a kernel never needs more than 8 storage buffers, 16 KiB of workgroup memory and 256 invocations (the portable floor).
 */
import type { Gpu } from './device.ts';

/** 'step' is a uniform buffer with a dynamic offset: one buffer holds the constants of many steps. */
export type Binding = 'step' | 'uniform' | 'read' | 'write';

export interface KernelSpec {
  label: string;
  /** WGSL source parts. */
  code: string[];
  entry: string;
  bindings: Binding[];
  /** Values of `override` constants. */
  constants?: Record<string, number>;
}

export interface Kernel {
  label: string;
  pipeline: GPUComputePipeline;
  bind(...buffers: GPUBuffer[]): GPUBindGroup;
}

/** Bytes of one step's constants; a multiple of the default minUniformBufferOffsetAlignment. */
export const stepBytes = 256;

const computeStage = 4;
const layoutOf: Record<Binding, GPUBufferBindingLayout> = {
  step: { type: 'uniform', hasDynamicOffset: true, minBindingSize: stepBytes },
  uniform: { type: 'uniform' },
  read: { type: 'read-only-storage' },
  write: { type: 'storage' },
};

/** Kernels by device and specification: compiling takes milliseconds to seconds, and several parts of a run use the same ones. */
const compiled = new WeakMap<GPUDevice, Map<string, Promise<Kernel>>>();

/** Compiles a kernel, once per device. A shader that does not compile is a bug: the error carries the compiler's message. */
export function createKernel(gpu: Gpu, spec: KernelSpec): Promise<Kernel> {
  const known = compiled.get(gpu.device) ?? new Map<string, Promise<Kernel>>();
  compiled.set(gpu.device, known);
  const key = JSON.stringify(spec);
  const kernel = known.get(key) ?? compile(gpu, spec);
  known.set(key, kernel);
  return kernel;
}

async function compile(gpu: Gpu, spec: KernelSpec): Promise<Kernel> {
  const { device } = gpu;
  const module = device.createShaderModule({ label: spec.label, code: spec.code.join('\n') });
  const layout = device.createBindGroupLayout({
    label: spec.label,
    entries: spec.bindings.map((binding, index) => ({ binding: index, visibility: computeStage, buffer: layoutOf[binding] })),
  });
  const pipeline = await device.createComputePipelineAsync({
    label: spec.label,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: spec.entry, ...(spec.constants ? { constants: spec.constants } : {}) },
  });
  const bind = (...buffers: GPUBuffer[]): GPUBindGroup =>
    device.createBindGroup({
      label: spec.label,
      layout,
      entries: buffers.map((buffer, index) => ({
        binding: index,
        resource: spec.bindings[index] === 'step' ? { buffer, size: stepBytes } : { buffer },
      })),
    });
  return { label: spec.label, pipeline, bind };
}
