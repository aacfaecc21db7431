/** Scan: exclusive prefix sum of u32 on the GPU (shaders/primitives/scan.wgsl). */
import code from '../../../shaders/primitives/scan.wgsl?raw';
import { createBuffer, destroyBuffer } from './buffers.ts';
import type { Gpu } from './device.ts';
import { createKernel } from './kernel.ts';
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

export async function createScan(gpu: Gpu, buffers: ScanBuffers): Promise<Scan> {
  const constants = { GROUP: group, ITEMS: items, BLOCK: scanBlock, GATHER: buffers.order ? 1 : 0 };
  const make = (entry: string) =>
    createKernel(gpu, { label: entry, code: [code], entry, bindings: ['read', 'read', 'read', 'write', 'write'], constants });
  const kernels = await Promise.all([make('reduce_blocks'), make('scan_sums'), make('scan_blocks')]);
  const sums = createBuffer(gpu, 'scan block sums', Math.ceil(buffers.maxItems / scanBlock) * 4);
  const groups = kernels.map((kernel) => kernel.bind(buffers.counts, buffers.input, buffers.order ?? buffers.counts, buffers.output, sums));
  return {
    record(recorder, extent) {
      const size = 'items' in extent ? groupsFor(extent.items, scanBlock) : extent;
      kernels.forEach((kernel, k) => recorder.dispatch({ kernel, group: groups[k], size: k === 1 ? [1, 1, 1] : size, step: false }));
    },
    dispose: () => destroyBuffer(gpu, sums),
  };
}
