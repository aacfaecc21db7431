/** Scan: exclusive prefix sum of u32 on the GPU (shaders/primitives/scan.wgsl). */
import code from '../../../shaders/primitives/scan.wgsl?raw';
import { createBuffer, destroyBuffer } from './buffers.ts';
import type { Gpu } from './device.ts';
import { type Binding, type Kernel, createKernel } from './kernel.ts';
import { type Recorder, groupsFor } from './recorder.ts';

export interface ScanBuffers {
  /** [0] holds the number of entries. */
  counts: GPUBuffer;
  input: GPUBuffer;
  /** When given, entry k is input[order[k]]. */
  order?: GPUBuffer;
  /** maxItems + 1 entries: the sums and the total. */
  output: GPUBuffer;
  maxItems: number;
}

/** How many workgroups to start: for a count known to the CPU, or from an indirect buffer. */
export type Extent = { items: number } | { indirect: GPUBuffer; offset: number };

export interface Scan {
  record(recorder: Recorder, extent: Extent): void;
  dispose(): void;
}

const group = 64;
const items = 16;
export const scanBlock = group * items;

/** Up to this many entries one workgroup does them all: two dispatches fewer are worth more than the other processors' help. */
const wholeItems = 16384;

/** Compiles the passes of a scan with this much room, so that createScan has nothing to wait for. */
export function scanKernels(gpu: Gpu, maxItems: number, gathers = false): Promise<Kernel[]> {
  const constants = { GROUP: group, ITEMS: items, BLOCK: scanBlock, GATHER: gathers ? 1 : 0 };
  const entries = maxItems <= wholeItems ? ['scan_whole'] : ['reduce_blocks', 'scan_sums', 'scan_blocks'];
  const bindings: Binding[] = ['read', 'read', 'read', 'write', 'write'];
  return Promise.all(entries.map((entry) => createKernel(gpu, { label: entry, code: [code], entry, bindings, constants })));
}

export async function createScan(gpu: Gpu, buffers: ScanBuffers): Promise<Scan> {
  const kernels = await scanKernels(gpu, buffers.maxItems, buffers.order !== undefined);
  const sums = createBuffer(gpu, 'scan block sums', Math.ceil(buffers.maxItems / scanBlock) * 4);
  const passes = kernels.map((kernel) => ({
    kernel,
    group: kernel.bind(buffers.counts, buffers.input, buffers.order ?? buffers.counts, buffers.output, sums),
    step: false,
  }));
  return {
    record(recorder, extent) {
      const size = 'items' in extent ? groupsFor(extent.items, scanBlock) : extent;
      for (const pass of passes) {
        const single = pass.kernel.label === 'scan_sums' || pass.kernel.label === 'scan_whole';
        recorder.dispatch({ ...pass, size: single ? [1, 1, 1] : size });
      }
    },
    dispose: () => destroyBuffer(gpu, sums),
  };
}
