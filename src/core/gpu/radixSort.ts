/** Radix sort: stable sort of (u32 key, u32 value) pairs on the GPU, six bits a pass (shaders/primitives/radix_sort.wgsl). */
import code from '../../../shaders/primitives/radix_sort.wgsl?raw';
import { bufferFrom, createBuffer, destroyBuffer, usage } from './buffers.ts';
import type { Gpu } from './device.ts';
import { type Binding, type Kernel, createKernel } from './kernel.ts';
import { type Recorder, groupsFor } from './recorder.ts';
import { type Extent, createScan } from './scan.ts';

export interface SortBuffers {
  /** [0] number of pairs. */
  counts: GPUBuffer;
  /** [0] entries of the histogram table: ceil(pairs / sortBlock) * sortDigits. */
  tableCounts: GPUBuffer;
  /** Keys come in here; keys and values ping-pong between A and B. */
  keysA: GPUBuffer;
  valuesA: GPUBuffer;
  keysB: GPUBuffer;
  valuesB: GPUBuffer;
  maxItems: number;
  /** Most passes that will ever be asked for. */
  maxPasses: number;
  /** Sort the values that lie in valuesA along with the keys; else the values start as 0, 1, 2, ... */
  valuesGiven?: boolean;
}

export interface RadixSort {
  /** Sorts on the lowest 6 * passes bits. The result is in A after an even number of passes, else in B. */
  record(recorder: Recorder, passes: number, blocks: Extent, table: Extent): void;
  dispose(): void;
}

const group = 32;
const items = 32;
export const sortBlock = group * items;
export const sortDigits = 64;
const digitBits = 6;

export const passesForBits = (bits: number): number => Math.max(1, Math.ceil(bits / digitBits));

/** Entries of the histogram table for a number of pairs. */
export const tableEntries = (pairs: number): number => Math.ceil(pairs / sortBlock) * sortDigits;

export async function createRadixSort(gpu: Gpu, buffers: SortBuffers): Promise<RadixSort> {
  const { counts, tableCounts, maxItems, maxPasses, valuesGiven = false } = buffers;
  const table = createBuffer(gpu, 'sort table', tableEntries(maxItems) * 4);
  const starts = createBuffer(gpu, 'sort starts', (tableEntries(maxItems) + 1) * 4);
  const scan = await createScan(gpu, { counts: tableCounts, input: table, output: starts, maxItems: tableEntries(maxItems) });
  const a = { keys: buffers.keysA, values: buffers.valuesA };
  const b = { keys: buffers.keysB, values: buffers.valuesB };
  const constants = { GROUP: group, ITEMS: items, DIGITS: sortDigits, TABLE: sortDigits * group };
  const bindings: Binding[] = ['uniform', 'read', 'read', 'read', 'write', 'write', 'write'];
  const make = (entry: string) => createKernel(gpu, { label: entry, code: [code], entry, bindings, constants });
  const [histogram, scatter] = await Promise.all([make('histogram'), make('scatter')]);
  const uniforms: GPUBuffer[] = [];
  const passes = Array.from({ length: maxPasses }, (_, pass) => {
    const iota = pass === 0 && !valuesGiven;
    const words = new Uint32Array([pass * digitBits, iota ? 1 : 0, 0, 0]);
    const uniform = bufferFrom(gpu, 'sort pass', words, usage.uniform | usage.copyDst);
    uniforms.push(uniform);
    const [from, to] = pass % 2 === 0 ? [a, b] : [b, a];
    const values = iota ? counts : from.values;
    const groupFor = (kernel: Kernel, entries: GPUBuffer) => kernel.bind(uniform, counts, from.keys, values, entries, to.keys, to.values);
    return [
      { kernel: histogram, group: groupFor(histogram, table), step: false },
      { kernel: scatter, group: groupFor(scatter, starts), step: false },
    ];
  });
  return {
    record(recorder, wanted, blocks, tableExtent) {
      const size = 'items' in blocks ? groupsFor(blocks.items, sortBlock) : blocks;
      for (const [count, place] of passes.slice(0, wanted)) {
        recorder.dispatch({ ...count, size });
        scan.record(recorder, tableExtent);
        recorder.dispatch({ ...place, size });
      }
    },
    dispose() {
      scan.dispose();
      for (const buffer of [table, starts, ...uniforms]) destroyBuffer(gpu, buffer);
    },
  };
}
