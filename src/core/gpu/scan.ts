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

/** Up to this many entries one workgroup does them all: two dispatches fewer are worth more than the other processors' help. */
const wholeItems = 16384;

export async function createScan(gpu: Gpu, buffers: ScanBuffers): Promise<Scan> {
  const constants = { GROUP: group, ITEMS: items, BLOCK: scanBlock, GATHER: buffers.order ? 1 : 0 };
  const entries = buffers.maxItems <= wholeItems ? ['scan_whole'] : ['reduce_blocks', 'scan_sums', 'scan_blocks'];
  const sums = createBuffer(gpu, 'scan block sums', Math.ceil(buffers.maxItems / scanBlock) * 4);
  const passes = await Promise.all(
    entries.map(async (entry) => {
      const kernel = await createKernel(gpu, {
        label: entry,
        code: [code],
        entry,
        bindings: ['read', 'read', 'read', 'write', 'write'],
        constants,
      });
      return {
        kernel,
        group: kernel.bind(buffers.counts, buffers.input, buffers.order ?? buffers.counts, buffers.output, sums),
        step: false,
      };
    }),
  );
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
