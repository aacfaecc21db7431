/**
 * Radix sort: stable sort of (u32 key, u32 value) pairs on the GPU, six bits a pass (shaders/primitives/radix_sort*.wgsl).
 * Invariant: all variants give the same result to the bit, since the sort is stable.
 */
import subgroupsCode from '../../../shaders/common/subgroups.wgsl?raw';
import ownedCode from '../../../shaders/primitives/radix_sort.wgsl?raw';
import passCode from '../../../shaders/primitives/radix_sort_pass.wgsl?raw';
import subgroupCode from '../../../shaders/primitives/radix_sort_subgroup.wgsl?raw';
import { bufferFrom, createBuffer, destroyBuffer, usage } from './buffers.ts';
import type { Gpu } from './device.ts';
import { type Binding, type Kernel, createKernel } from './kernel.ts';
import { type Recorder, groupsFor } from './recorder.ts';
import { type Extent, createScan, scanKernels } from './scan.ts';

export interface SortBuffers {
  /** [0] number of pairs. */
  counts: GPUBuffer;
  /** [0] entries of the histogram table: ceil(pairs / block) * sortDigits. */
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
  /** 'owned' when absent, which every device runs. */
  variant?: SortVariant;
}

/**
 * How a workgroup ranks its pairs: by columns that an invocation owns; so with few invocations and long runs, which suits a processor that
 * plays a GPU; or by ballots of its subgroups.
 */
export type SortVariant = 'owned' | 'long' | 'subgroup';

export interface RadixSort {
  /** Sorts on the lowest 6 * passes bits. The result is in A after an even number of passes, else in B. */
  record(recorder: Recorder, passes: number, blocks: Extent, table: Extent): void;
  dispose(): void;
}

export const sortDigits = 64;
const digitBits = 6;

interface Shape {
  group: number;
  items: number;
}

const shapes: Record<SortVariant, Shape> = {
  owned: { group: 32, items: 32 },
  long: { group: 8, items: 512 },
  subgroup: { group: 256, items: 8 },
};

/** Pairs that one workgroup takes. */
export const sortBlockOf = (variant: SortVariant): number => shapes[variant].group * shapes[variant].items;
export const sortBlock = sortBlockOf('owned');

export const passesForBits = (bits: number): number => Math.max(1, Math.ceil(bits / digitBits));

/** Entries of the histogram table for a number of pairs. */
export const tableEntries = (pairs: number, variant: SortVariant = 'owned'): number => Math.ceil(pairs / sortBlockOf(variant)) * sortDigits;

/** Subgroups of a workgroup at most, when every subgroup is as small as the adapter may make them. */
const mostSubgroups = (gpu: Gpu): number => shapes.subgroup.group / Math.max(4, gpu.minSubgroup);

/** The device has the feature, and the table fits 16 KiB. */
export const canSortBySubgroups = (gpu: Gpu): boolean => gpu.minSubgroup > 0 && mostSubgroups(gpu) * sortDigits * 4 <= 16384;

/** Compiles the passes of a sort. */
async function sortKernels(gpu: Gpu, variant: SortVariant): Promise<[histogram: Kernel, scatter: Kernel]> {
  const { group, items } = shapes[variant];
  const bindings: Binding[] = ['uniform', 'read', 'read', 'read', 'write', 'write', 'write'];
  const sizes = { GROUP: group, ITEMS: items, DIGITS: sortDigits };
  const make = (entry: string, code: string[], more: Record<string, number>): Promise<Kernel> =>
    createKernel(gpu, { label: entry, code, entry, bindings, constants: { ...sizes, ...more } });
  if (variant !== 'subgroup') {
    const table = { TABLE: sortDigits * group };
    return Promise.all([make('histogram', [passCode, ownedCode], table), make('scatter', [passCode, ownedCode], table)]);
  }
  const code = [subgroupsCode, passCode, subgroupCode];
  const table = { TABLE: sortDigits * mostSubgroups(gpu) };
  return Promise.all([make('histogram_subgroup', code, table), make('scatter_subgroup', code, { ...table, DIGIT_BITS: digitBits })]);
}

/** Compiles everything a sort with this much room needs, so that createRadixSort has nothing to wait for. */
export async function compileSort(gpu: Gpu, maxItems: number, variant: SortVariant): Promise<void> {
  await Promise.all([sortKernels(gpu, variant), scanKernels(gpu, tableEntries(maxItems, variant))]);
}

export async function createRadixSort(gpu: Gpu, buffers: SortBuffers): Promise<RadixSort> {
  const { counts, tableCounts, maxItems, maxPasses, valuesGiven = false, variant = 'owned' } = buffers;
  const [histogram, scatter] = await sortKernels(gpu, variant);
  const table = createBuffer(gpu, 'sort table', tableEntries(maxItems, variant) * 4);
  const starts = createBuffer(gpu, 'sort starts', (tableEntries(maxItems, variant) + 1) * 4);
  const scan = await createScan(gpu, { counts: tableCounts, input: table, output: starts, maxItems: tableEntries(maxItems, variant) });
  const a = { keys: buffers.keysA, values: buffers.valuesA };
  const b = { keys: buffers.keysB, values: buffers.valuesB };
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
      const size = 'items' in blocks ? groupsFor(blocks.items, sortBlockOf(variant)) : blocks;
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
