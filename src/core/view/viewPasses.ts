/**
 * View passes: the compute part of the viewer's renderer for up to `capacity` splats.
 * Invariant: after record() `cache` holds every splat's projection, and `order` the splats of the last sort by depth, near ones first, as
 * many as sortCounts[0] says.
 */
import dispatchCode from '../../../shaders/common/dispatch_size.wgsl?raw';
import gaussianCode from '../../../shaders/common/gaussian.wgsl?raw';
import shCode from '../../../shaders/common/sh.wgsl?raw';
import stepCode from '../../../shaders/common/step.wgsl?raw';
import compactCode from '../../../shaders/view/compact.wgsl?raw';
import packedCode from '../../../shaders/view/packed_splat.wgsl?raw';
import sizeCode from '../../../shaders/view/size_passes.wgsl?raw';
import projectCode from '../../../shaders/view/splat_project.wgsl?raw';
import frameCode from '../../../shaders/view/view_frame.wgsl?raw';
import { createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import { chooseSort } from '../gpu/chooseSort.ts';
import type { Gpu } from '../gpu/device.ts';
import { createKernel } from '../gpu/kernel.ts';
import { type SortVariant, compileSort, createRadixSort, passesForBits, sortBlockOf, sortDigits, tableEntries } from '../gpu/radixSort.ts';
import { type Recorder, groupsFor } from '../gpu/recorder.ts';
import { createScan, scanBlock, scanKernels } from '../gpu/scan.ts';
import type { Chunk, Chunks } from './chunks.ts';
import { keyBits } from './frameConstants.ts';

export interface ViewPasses {
  capacity: number;
  cache: GPUBuffer;
  order: GPUBuffer;
  /** [0] splats in the order. */
  sortCounts: GPUBuffer;
  /** Sizes of the sort, its scan and the draw (size_passes.wgsl). */
  indirect: GPUBuffer;
  record(recorder: Recorder, chunks: Chunks, sorts: boolean): void;
  bytes(): number;
  dispose(): void;
}

/** Byte offset of the draw's arguments in `indirect`. */
export const drawOffset = 24;

/** Splats of one instance of the draw. */
export const splatRun = 128;

const group = 64;
const sortPasses = passesForBits(keyBits);

function createStore(gpu: Gpu, capacity: number) {
  const words = (label: string, count: number, bits?: number) => createBuffer(gpu, label, count * 4, bits);
  return {
    cache: words('view cache', capacity * 8),
    keys: words('view keys', capacity),
    visible: words('view flags', capacity),
    offsets: words('view offsets', capacity + 1),
    keysA: words('view keys A', capacity),
    keysB: words('view keys B', capacity),
    orderA: words('view order A', capacity),
    orderB: words('view order B', capacity),
    counts: words('view count', 4),
    sortCounts: words('view sort count', 4),
    tableCounts: words('view table count', 4),
    indirect: words('view sizes', 12, usage.storage | usage.indirect | usage.copySrc | usage.copyDst),
  };
}

/** Compiles what does not depend on the number of splats; the result makes the passes for a capacity. `sortVariant` skips the measuring. */
export async function createViewPasses(
  gpu: Gpu,
  step: GPUBuffer,
  frame: GPUBuffer,
  sortVariant?: SortVariant,
): Promise<(capacity: number) => Promise<ViewPasses>> {
  const variant = sortVariant ?? (await chooseSort(gpu));
  const anySize = [1, 2 ** 30].flatMap((items) => [scanKernels(gpu, items), compileSort(gpu, items, variant)]);
  const compiling = Promise.all(anySize);
  const [project, compact, sizes] = await Promise.all([
    createKernel(gpu, {
      label: 'view project',
      code: [stepCode, gaussianCode, shCode, packedCode, frameCode, projectCode],
      entry: 'project_view',
      bindings: ['step', 'uniform', 'uniform', 'read', 'read', 'write', 'write', 'write'],
      constants: { GROUP: group },
    }),
    createKernel(gpu, {
      label: 'view compact',
      code: [compactCode],
      entry: 'compact_visible',
      bindings: ['read', 'read', 'read', 'read', 'write', 'write'],
      constants: { GROUP: group },
    }),
    createKernel(gpu, {
      label: 'view sizes',
      code: [dispatchCode, sizeCode],
      entry: 'size_passes',
      bindings: ['read', 'read', 'write', 'write', 'write'],
      constants: {
        SORT_BLOCK: sortBlockOf(variant),
        SCAN_BLOCK: scanBlock,
        DIGITS: sortDigits,
        INDICES: 6 * splatRun,
        RUN: splatRun,
      },
    }),
  ]);
  await compiling;
  return async (capacity) => {
    const s = createStore(gpu, capacity);
    const [scan, sort] = await Promise.all([
      createScan(gpu, { counts: s.counts, input: s.visible, output: s.offsets, maxItems: capacity }),
      createRadixSort(gpu, {
        counts: s.sortCounts,
        tableCounts: s.tableCounts,
        keysA: s.keysA,
        valuesA: s.orderA,
        keysB: s.keysB,
        valuesB: s.orderB,
        maxItems: capacity,
        maxPasses: sortPasses,
        valuesGiven: true,
        variant,
      }),
    ]);
    const compactGroup = compact.bind(s.counts, s.visible, s.offsets, s.keys, s.keysA, s.orderA);
    const sizesGroup = sizes.bind(s.counts, s.offsets, s.sortCounts, s.tableCounts, s.indirect);
    const projectGroups = new WeakMap<Chunk, GPUBindGroup>();
    const projectGroup = (chunk: Chunk): GPUBindGroup => {
      const made =
        projectGroups.get(chunk) ?? project.bind(step, frame, chunk.uniform, chunk.geometry, chunk.sh, s.cache, s.keys, s.visible);
      projectGroups.set(chunk, made);
      return made;
    };
    return {
      capacity,
      cache: s.cache,
      order: sortPasses % 2 === 0 ? s.orderA : s.orderB,
      sortCounts: s.sortCounts,
      indirect: s.indirect,
      record(recorder, chunks, sorts) {
        const { count } = chunks;
        gpu.device.queue.writeBuffer(s.counts, 0, new Uint32Array([count]));
        for (const chunk of chunks.list)
          recorder.dispatch({ kernel: project, group: projectGroup(chunk), size: groupsFor(chunk.count, group), step: true });
        if (!sorts) return;
        scan.record(recorder, { items: count });
        recorder.dispatch({ kernel: compact, group: compactGroup, size: groupsFor(count, group), step: false });
        recorder.dispatch({ kernel: sizes, group: sizesGroup, size: [1, 1, 1], step: false });
        sort.record(recorder, sortPasses, { indirect: s.indirect, offset: 0 }, { indirect: s.indirect, offset: 12 });
      },
      bytes: () => Object.values(s).reduce((sum, buffer) => sum + buffer.size, 8 * tableEntries(capacity, variant)),
      dispose() {
        scan.dispose();
        sort.dispose();
        for (const buffer of Object.values(s)) destroyBuffer(gpu, buffer);
      },
    };
  };
}
